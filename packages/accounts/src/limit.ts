import { type CellAccount, type Command, headroom } from '@meridian/messages';
import type { Queryable } from '@meridian/store';
import { accountKeyText } from './account-key.ts';
import { readSubs } from './cash.ts';
import type { CommandBodyOf } from './command.ts';
import { type Books, type Cause, creditAvailable, entry, type JournalDraft, post, readBalances } from './ledger.ts';
import { problem } from './problems.ts';

/** Limit cells (额度单元) and the static slices of them that nodes hold. UA-6, UA-7. */

/** A cell with what its nodes hold of it. */
export interface Cell {
  readonly cell: bigint;
  readonly scope: string;
  readonly scope_id: bigint;
  readonly measure: 'initial-margin' | 'notional' | 'position';
  readonly currency: string | null;
  readonly issuer: bigint | null;
  readonly lim: bigint;
  readonly booked: bigint;
  readonly state: 'active' | 'frozen' | 'over-leased';
}

export interface Lease {
  readonly cell: bigint;
  readonly node: string;
  readonly epoch: bigint;
  readonly granted_cum: bigint;
  readonly returned_cum: bigint;
  readonly booking_cum: bigint;
  readonly booking_acked_cum: bigint;
  readonly used_reported: bigint;
}

/** What the node still holds, as the centre counts it: bookings under way have left the slice already. */
export function held(lease: Lease): bigint {
  return lease.granted_cum - lease.returned_cum - (lease.booking_cum - lease.booking_acked_cum);
}

export async function readCells(db: Queryable): Promise<Cell[]> {
  return (await db.query<Cell>('SELECT * FROM accounts.limit_cell ORDER BY cell')).rows;
}

export async function readLeases(db: Queryable): Promise<Lease[]> {
  return (await db.query<Lease>('SELECT * FROM accounts.lease ORDER BY cell, node')).rows;
}

/** The lease protocol's own view of a cell. */
export function cellAccount(cell: Cell, leases: readonly Lease[]): CellAccount {
  const slices = leases.filter((lease) => lease.cell === cell.cell);
  return {
    limit: Number(cell.lim),
    booked: Number(cell.booked),
    slices: new Map(slices.map((l) => [l.node, { granted: Number(l.granted_cum), returned: Number(l.granted_cum - held(l)) }])),
  };
}

/** True for the cells whose grants are covered by cash: initial margin of one sub account. */
export const isMoneyOfSub = (cell: Pick<Cell, 'scope' | 'measure'>): boolean =>
  cell.scope === 'sub' && cell.measure === 'initial-margin';

/** Defines a cell or changes its limit; a cut below what is in use is declared, never silent. Four eyes: see centre. */
export async function setLimit(
  books: Books,
  body: CommandBodyOf<'set-limit'>,
  maker: string,
  checker: string,
): Promise<{ state: string }> {
  const lim = BigInt(body.lim);
  if (lim > BigInt(Number.MAX_SAFE_INTEGER)) throw problem('LIMIT_REFUSED', { cell: body.cell, reason: 'above 2^53' });
  if ((body.measure === 'position') !== (body.currency === null))
    throw problem('LIMIT_REFUSED', { cell: body.cell, reason: 'money has a currency, a position has none' });
  const { rows } = await books.tx.query<Cell>('SELECT * FROM accounts.limit_cell WHERE cell = $1', [body.cell]);
  const [known] = rows;
  if (known === undefined) {
    await books.tx.query(
      `INSERT INTO accounts.limit_cell (cell, scope, scope_id, measure, currency, issuer, lim, maker, checker)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
      [body.cell, body.scope, body.scopeId, body.measure, body.currency, body.issuer, lim, maker, checker],
    );
    return { state: 'active' };
  }
  const isSame =
    known.scope === body.scope &&
    known.scope_id === BigInt(body.scopeId) &&
    known.measure === body.measure &&
    known.currency === body.currency &&
    known.issuer === (body.issuer === null ? null : BigInt(body.issuer));
  if (!isSame) throw problem('LIMIT_REFUSED', { cell: body.cell, reason: 'the cell measures something else' });
  const use =
    known.booked + (await readLeases(books.tx)).filter((l) => l.cell === known.cell).reduce((s, l) => s + held(l), 0n);
  const state = use > lim ? 'over-leased' : known.state === 'over-leased' ? 'active' : known.state;
  await books.tx.query(
    'UPDATE accounts.limit_cell SET lim = $2, state = $3, maker = $4, checker = $5, version = version + 1 WHERE cell = $1',
    [body.cell, lim, state, maker, checker],
  );
  return { state };
}

/** Tells a node something, in commit order. */
export async function tellNode(books: Books, cause: Cause, market: string, command: Command): Promise<void> {
  await books.tx.query('INSERT INTO accounts.node_message (no, market, command, created_no) VALUES ($1, $2, $3, $4)', [
    ++books.counters.nodeMessage,
    market,
    { json: command },
    cause.no,
  ]);
}

/**
 * Opens the day: every market's node is granted an equal slice of each active cell's headroom — for a sub account's
 * margin, of what its cash allows as well. Dr 2010 / Cr 2011 for the latter. What does not divide stays at the centre.
 * An overdrawn cell grants nothing.
 */
export async function openDay(books: Books, cause: Cause, body: CommandBodyOf<'day-open'>) {
  const markets = [...new Set(body.sessions.map(({ market }) => market))].sort();
  for (const { market, tradeDate } of body.sessions)
    await books.tx.query(
      `INSERT INTO accounts.market_day AS d (market, trade_date, business_date) VALUES ($1, $2, $3)
       ON CONFLICT (market, trade_date) DO UPDATE SET business_date = EXCLUDED.business_date WHERE d.cut_seq IS NULL`,
      [market, tradeDate, body.businessDate],
    );
  const [cells, leases] = [await readCells(books.tx), await readLeases(books.tx)];
  const subs = await readSubs(
    books.tx,
    cells.filter(isMoneyOfSub).map(({ scope_id }) => Number(scope_id)),
  );
  const drafts: JournalDraft[] = [];
  const granted: { cell: bigint; node: string; amount: bigint }[] = [];
  for (const cell of cells) {
    if (cell.state !== 'active') continue;
    let room = BigInt(headroom(cellAccount(cell, leases)));
    const sub = isMoneyOfSub(cell) ? subs.get(Number(cell.scope_id)) : undefined;
    if (isMoneyOfSub(cell)) {
      if (sub === undefined) continue;
      const free = { entity: Number(sub.entity), code: '2010', sub: Number(sub.sub) };
      const key = accountKeyText(free, cell.currency as string);
      const cash = creditAvailable((await readBalances(books.tx, [key])).get(key));
      if (cash < room) room = cash;
    }
    const slice = room > 0n ? room / BigInt(markets.length) : 0n;
    if (slice === 0n) continue;
    for (const node of markets) granted.push({ cell: cell.cell, node, amount: slice });
    if (sub !== undefined) {
      const total = slice * BigInt(markets.length);
      drafts.push({ rule: 'lease-grant', businessDate: body.businessDate, lines: leaseLines('lease-grant', sub, cell, total) });
    }
  }
  const journals = await post(books, cause, drafts);
  await grant(books, cause, granted, leases);
  return { journals, grants: granted };
}

/** Dr 2010 / Cr 2011, or the way back. */
export function leaseLines(
  rule: 'lease-grant' | 'lease-return' | 'booking-release',
  sub: { readonly sub: bigint; readonly entity: bigint },
  cell: { readonly currency: string | null },
  amount: bigint,
) {
  const free = { entity: Number(sub.entity), code: '2010', sub: Number(sub.sub) };
  const granted = { ...free, code: '2011' };
  const [debit, credit] = rule === 'lease-grant' ? [free, granted] : [granted, free];
  return entry(rule, debit, credit, cell.currency as string, amount);
}

async function grant(
  books: Books,
  cause: Cause,
  grants: readonly { readonly cell: bigint; readonly node: string; readonly amount: bigint }[],
  leases: readonly Lease[],
): Promise<void> {
  for (const { cell, node, amount } of grants) {
    const lease = leases.find((l) => l.cell === cell && l.node === node);
    const epoch = lease?.epoch ?? 1n;
    const cum = (lease?.granted_cum ?? 0n) + amount;
    await books.tx.query(
      `INSERT INTO accounts.lease (cell, node, epoch, granted_cum) VALUES ($1, $2, $3, $4)
       ON CONFLICT (cell, node) DO UPDATE SET granted_cum = EXCLUDED.granted_cum`,
      [cell, node, epoch, cum],
    );
    const body = { cell: Number(cell), epoch: Number(epoch), granted: Number(cum) };
    await tellNode(books, cause, node, { name: 'grant-lease', body });
  }
}

/** The cells an order of the account consumes, in cell order: the scopes above it that have one. At most 12 reach a node. */
export function cellsOfAccount(
  account: {
    readonly account: bigint;
    readonly sub: bigint;
    readonly master: bigint;
    readonly client: bigint;
    readonly client_group: bigint | null;
    readonly entity: bigint;
    readonly route: bigint;
    readonly settlement_currency: string;
  },
  cells: readonly Cell[],
): bigint[] {
  const scopes: Record<string, bigint | null> = {
    firm: 1n,
    entity: account.entity,
    group: account.client_group,
    client: account.client,
    master: account.master,
    sub: account.sub,
    business: account.account,
    route: account.route,
  };
  return cells
    .filter((c) => scopes[c.scope] === c.scope_id && (c.currency === null || c.currency === account.settlement_currency))
    .map((c) => c.cell);
}
