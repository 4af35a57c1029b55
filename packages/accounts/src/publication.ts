import type { Parameter } from '@meridian/store';
import { accountKeyText } from './account-key.ts';
import type { CommandBodyOf, PostingLine } from './command.ts';
import { recordContracts } from './contract.ts';
import { pendingHoldsOf, voidHolds } from './hold.ts';
import {
  type Books,
  type Cause,
  creditAvailable,
  entry,
  type JournalDraft,
  type JournalLine,
  post,
  readBalances,
} from './ledger.ts';
import { type Cell, held, isMoneyOfSub, type Lease, leaseLines, readCells, readLeases, tellNode } from './limit.ts';
import { type PostingRuleName, postingRule } from './posting-rule.ts';
import { problem } from './problems.ts';

/**
 * A clearing batch becomes the books, in one transaction: its fills are booked and their pending entries fall, what the
 * nodes held for them moves to the books, contracts of record change, the lines are posted. CL-f, design §4(8).
 */
export async function publishBatch(books: Books, cause: Cause, body: CommandBodyOf<'publish-batch'>) {
  const refuse = (reason: string) => problem('PUBLICATION_REFUSED', { batch: body.batch, reason });
  const { rows: earlier } = await books.tx.query('SELECT 1 FROM accounts.published_batch WHERE batch = $1 AND attempt >= $2', [
    body.batch,
    body.attempt,
  ]);
  if (earlier.length > 0) throw refuse('this or a later attempt is published');
  const drafts = publicationDrafts(body);
  await bookFills(books, cause, body, refuse);
  const released = await book(books, cause, body);
  await recordContracts(books, body.batch, body.contracts);
  const shortfalls = await shortfallDrafts(books, body, [...released.drafts, ...drafts]);
  const journals = await post(books, cause, [...released.drafts, ...shortfalls, ...drafts]);
  await books.tx.query(
    'INSERT INTO accounts.published_batch (batch, attempt, market, business_date, command_no) VALUES ($1, $2, $3, $4, $5)',
    [body.batch, body.attempt, body.market, body.businessDate, cause.no],
  );
  return {
    journals,
    fills: body.fills.length,
    contracts: body.contracts.length,
    overLeased: released.overLeased,
    shortfalls: shortfalls.length,
  };
}

/**
 * Order in which the rules of a publication are posted: what gives the client money back comes before what takes it, so
 * that no floor is touched on the way.
 */
const FIRST: readonly string[] = [
  ...['variation-release', 'margin-release', 'dividend-paid', 'contract-realise', 'contract-realise-margin'],
];

/** One journal per rule. @throws Problem POSTING_REFUSED | LEDGER_KEY_REFUSED */
function publicationDrafts(body: CommandBodyOf<'publish-batch'>): JournalDraft[] {
  const byRule = new Map<PostingRuleName, PostingLine[]>();
  for (const line of body.lines) {
    checkLine(line);
    const rule = line.rule as PostingRuleName;
    const lines = byRule.get(rule);
    if (lines === undefined) byRule.set(rule, [line]);
    else lines.push(line);
  }
  const rank = (rule: string) => (FIRST.includes(rule) ? FIRST.indexOf(rule) : FIRST.length);
  return [...byRule]
    .sort(([a], [b]) => rank(a) - rank(b) || (a < b ? -1 : 1))
    .map(([rule, lines]) => ({
      rule,
      businessDate: body.businessDate,
      market: body.market,
      batch: body.batch,
      lines: [...lines]
        .sort((a, b) => Number(b.credit.code === '2010') - Number(a.credit.code === '2010'))
        .flatMap((line) => entry(rule, line.debit, line.credit, line.currency, BigInt(line.amount))),
    }));
}

function checkLine(line: PostingLine): void {
  const rule = postingRule(line.rule);
  const refuse = (reason: string) => problem('POSTING_REFUSED', { rule: line.rule, reason });
  if (rule === undefined) throw refuse('there is no such rule');
  if (rule.poster !== 'clearing') throw refuse(`its poster is ${rule.poster}`);
  if (line.debit.entity !== line.credit.entity) throw refuse('both accounts belong to one entity');
  if (line.debit.sub !== undefined && line.credit.sub !== undefined && line.debit.sub !== line.credit.sub)
    throw refuse('client money stays in its sub account');
  accountKeyText(line.debit, line.currency);
  accountKeyText(line.credit, line.currency);
}

async function bookFills(
  books: Books,
  cause: Cause,
  body: CommandBodyOf<'publish-batch'>,
  refuse: (reason: string) => Error,
): Promise<void> {
  if (body.fills.length === 0) return;
  const keys: Parameter[] = [body.fills.map((f) => f.market), body.fills.map((f) => f.seq), body.fills.map((f) => f.k)];
  const { rows } = await books.tx.query<{
    account: bigint;
    listing: bigint;
    delta: bigint;
    ref_seq: bigint | null;
    ref_k: number | null;
  }>(
    `UPDATE accounts.fill f SET state = 'booked', batch = $4
       FROM unnest($1::text[], $2::bigint[], $3::integer[]) AS b (market, seq, k)
      WHERE (f.market, f.seq, f.k) = (b.market, b.seq, b.k) AND f.state = 'provisional'
      RETURNING f.account, f.listing, f.delta, f.ref_seq, f.ref_k`,
    [...keys, body.batch],
  );
  if (rows.length !== body.fills.length) throw refuse('it lists fills that do not exist, twice, or that are booked or busted');
  // A booked bust or correction ends the booked fill that it names.
  const ended = rows.filter((row) => row.ref_seq !== null);
  if (ended.length > 0)
    await books.tx.query(
      `UPDATE accounts.fill f SET state = 'busted', batch = NULL
         FROM unnest($2::bigint[], $3::integer[]) AS b (seq, k)
        WHERE f.market = $1 AND (f.seq, f.k) = (b.seq, b.k) AND f.state = 'booked'`,
      [body.market, ended.map((r) => r.ref_seq as bigint), ended.map((r) => r.ref_k as number)],
    );
  await voidHolds(books, cause, await pendingHoldsOf(books, body.fills));
  await books.tx.query(
    `UPDATE accounts.position p SET quantity = p.quantity + d.delta, provisional_quantity = p.provisional_quantity - d.delta
       FROM (SELECT e.account, e.listing, sum(e.delta)::bigint AS delta
               FROM unnest($1::bigint[], $2::bigint[], $3::bigint[]) AS e (account, listing, delta) GROUP BY 1, 2) d
      WHERE (p.account, p.listing) = (d.account, d.listing)`,
    [rows.map((r) => r.account), rows.map((r) => r.listing), rows.map((r) => r.delta)],
  );
}

/** Moves what nodes held to the books: the slice shrinks, the cell's booked use changes, the node is told. */
async function book(books: Books, cause: Cause, body: CommandBodyOf<'publish-batch'>) {
  const drafts: JournalDraft[] = [];
  const overLeased: bigint[] = [];
  if (body.bookings.length === 0) return { drafts, overLeased };
  const cells = new Map((await readCells(books.tx)).map((cell) => [cell.cell, { ...cell }]));
  const leases = await readLeases(books.tx);
  const told = new Map<string, { cell: number; amount: number }[]>();
  for (const booking of body.bookings) {
    const amount = BigInt(booking.amount);
    const cell = cells.get(BigInt(booking.cell));
    if (cell === undefined) throw problem('BOOKING_REFUSED', { ...where(booking), reason: 'there is no such cell' });
    cell.booked += BigInt(booking.booked);
    if (amount === 0n) continue;
    const at = leases.findIndex((l) => l.cell === cell.cell && l.node === booking.market);
    const lease = leases[at];
    if (lease === undefined || held(lease) < amount)
      throw problem('BOOKING_REFUSED', {
        ...where(booking),
        reason: `the node holds ${lease === undefined ? 0n : held(lease)}`,
      });
    leases[at] = { ...lease, booking_cum: lease.booking_cum + amount };
    await books.tx.query('UPDATE accounts.lease SET booking_cum = booking_cum + $3 WHERE cell = $1 AND node = $2', [
      cell.cell,
      booking.market,
      amount,
    ]);
    const cellsTold = told.get(booking.market) ?? [];
    cellsTold.push({ cell: booking.cell, amount: Number(amount) });
    told.set(booking.market, cellsTold);
    if (isMoneyOfSub(cell)) drafts.push(await releaseDraft(books, body, cell, amount));
  }
  await storeBooked(books, body, cells, leases, overLeased);
  for (const [market, cellsTold] of [...told].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const command = { booking: `${market}/${cause.no}`, cells: cellsTold };
    await tellNode(books, cause, market, { name: 'book-lease', body: command });
  }
  return { drafts, overLeased };
}

const where = (booking: { readonly cell: number; readonly market: string }) => ({ cell: booking.cell, market: booking.market });

async function releaseDraft(
  books: Books,
  body: CommandBodyOf<'publish-batch'>,
  cell: Cell,
  amount: bigint,
): Promise<JournalDraft> {
  const { rows } = await books.tx.query<{ sub: bigint; entity: bigint }>(
    'SELECT sub, entity FROM accounts.sub_account WHERE sub = $1',
    [cell.scope_id],
  );
  const [sub] = rows;
  if (sub === undefined) throw problem('PARTY_UNKNOWN', { what: 'sub account', id: cell.scope_id });
  return {
    rule: 'booking-release',
    businessDate: body.businessDate,
    market: body.market,
    batch: body.batch,
    lines: leaseLines('booking-release', sub, cell, amount),
  };
}

/** A cell that ends beyond its limit is declared over-leased; one that is inside again is active again. */
async function storeBooked(
  books: Books,
  body: CommandBodyOf<'publish-batch'>,
  cells: ReadonlyMap<bigint, Cell>,
  leases: readonly Lease[],
  overLeased: bigint[],
): Promise<void> {
  const touched = new Set(body.bookings.map(({ cell }) => BigInt(cell)));
  for (const id of [...touched].sort((a, b) => (a < b ? -1 : 1))) {
    const cell = cells.get(id) as Cell;
    if (cell.booked < 0n)
      throw problem('BOOKING_REFUSED', { cell: id, market: body.market, reason: 'less than nothing would be booked' });
    const use = leases.filter((l) => l.cell === id).reduce((sum, l) => sum + held(l), cell.booked);
    const isOver = use > cell.lim;
    if (isOver) overLeased.push(id);
    const state = isOver ? 'over-leased' : cell.state === 'over-leased' ? 'active' : cell.state;
    await books.tx.query('UPDATE accounts.limit_cell SET booked = $2, state = $3 WHERE cell = $1', [id, cell.booked, state]);
  }
}

/**
 * A booking can take more than a client has (a loss beyond its margin): what is missing becomes a claim on the client
 * (1050) instead of holding up the batch; the risk centre sees it as such.
 */
async function shortfallDrafts(
  books: Books,
  body: CommandBodyOf<'publish-batch'>,
  drafts: readonly JournalDraft[],
): Promise<JournalDraft[]> {
  const net = new Map<string, { line: JournalLine; low: bigint; sum: bigint }>();
  for (const line of drafts.flatMap((draft) => draft.lines)) {
    if (line.key.code !== '2010') continue;
    const key = accountKeyText(line.key, line.currency);
    const at = net.get(key) ?? { line, low: 0n, sum: 0n };
    at.sum -= line.amount;
    if (at.sum < at.low) at.low = at.sum;
    net.set(key, at);
  }
  const balances = await readBalances(books.tx, [...net.keys()]);
  const short: JournalDraft[] = [];
  for (const [key, { line, low }] of net) {
    const missing = -(creditAvailable(balances.get(key)) + low);
    if (missing <= 0n) continue;
    const { entity, sub } = line.key;
    const owed = { entity, code: '1050', ...(sub === undefined ? {} : { sub }) };
    short.push({
      rule: 'client-shortfall',
      businessDate: body.businessDate,
      market: body.market,
      batch: body.batch,
      lines: entry('client-shortfall', owed, line.key, line.currency, missing),
    });
  }
  return short;
}
