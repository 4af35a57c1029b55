import { invariant } from '@meridian/base';
import type { EventBody } from '@meridian/messages';
import type { Parameter } from '@meridian/store';
import { accountKeyText } from './account-key.ts';
import { type HoldDraft, pendingHoldsOf, placeHolds, voidHolds } from './hold.ts';
import { bookPrice, dayOf, type ExceptionRow, type Intake, type Origin } from './intake.ts';
import { creditAvailable, entry, readBalances } from './ledger.ts';

/** Client fills of record, the provisional positions they make and the money they hold. */
export interface FillRow extends Origin {
  readonly tradeDate: string;
  readonly businessDate: string | null;
  readonly body: EventBody<'client-fill'>;
  readonly execType: 'F' | 'G' | 'H';
  state: 'provisional' | 'busted';
  /** What booking this row adds to the position. */
  delta: bigint;
  hold: bigint;
}

interface Payer {
  readonly account: bigint;
  readonly sub: bigint;
  readonly entity: bigint;
  readonly settlement_currency: string;
  readonly margin_ppm: bigint;
  readonly fee_buffer_ppm: bigint;
}

export interface FillEffects {
  readonly rows: FillRow[];
  readonly payers: Map<number, Payer | null>;
  /** Earlier fills that are gone: their pending entries fall. */
  readonly busted: { readonly market: string; readonly seq: number; readonly k: number }[];
  /** Change of provisional quantity by "account/listing". */
  readonly provisional: Map<string, bigint>;
}

export const newFillEffects = (): FillEffects => ({ rows: [], payers: new Map(), busted: [], provisional: new Map() });

const signed = (side: number, quantity: number): bigint => (side === 1 ? BigInt(quantity) : -BigInt(quantity));

const exceptionOf = (origin: Origin, kind: string, body: EventBody<'client-fill'>): ExceptionRow => ({
  ...origin,
  ...{ kind, listing: body.listing, child: null, order: body.order, side: body.side },
  ...{ quantity: body.quantity, price: bookPrice(body.price), execId: null },
});

/**
 * F adds to the provisional position; H takes the fill it names out; G takes it out and stands in its place. A fill that
 * a batch has booked is not touched: the change itself becomes provisional and waits for the next batch, and a person
 * is told. What does not belong to an account of ours is an exception and nothing else.
 */
export async function applyClientFill(intake: Intake, origin: Origin, body: EventBody<'client-fill'>): Promise<void> {
  const effects = intake.fills;
  if ((await payerOf(intake, body.account)) === null) {
    intake.exceptions.push(exceptionOf(origin, 'unknown-account', body));
    return;
  }
  const day = dayOf(intake, origin);
  const execType = String.fromCharCode(body.execType) as FillRow['execType'];
  invariant(execType === 'F' || execType === 'G' || execType === 'H', () => `client fill of type ${body.execType}`);
  const row: FillRow = {
    ...origin,
    ...{ tradeDate: day.trade_date, businessDate: day.business_date, body, execType, state: 'provisional' },
    delta: execType === 'H' ? 0n : signed(body.side, body.quantity),
    hold: execType === 'H' ? 0n : BigInt(body.hold),
  };
  if (execType !== 'F') await takeOut(intake, origin, row);
  effects.rows.push(row);
  if (row.state === 'provisional') addProvisional(effects, body.account, body.listing, row.delta);
}

async function takeOut(intake: Intake, origin: Origin, row: FillRow): Promise<void> {
  const { body } = row;
  const effects = intake.fills;
  const own = effects.rows.find((r) => r.seq === body.refSeq && r.k === body.refK);
  const earlier = own === undefined ? await storedFill(intake, body.refSeq, body.refK) : undefined;
  const original = own ?? earlier;
  if (original === undefined || original.state === 'busted') {
    intake.exceptions.push(exceptionOf(origin, 'unknown-execution', body));
    if (row.execType === 'H') row.state = 'busted';
    return;
  }
  if (original.state === 'booked') {
    intake.exceptions.push(exceptionOf(origin, 'bust-after-booking', body));
    row.delta -= original.delta;
    return;
  }
  addProvisional(effects, body.account, body.listing, -original.delta);
  if (row.execType === 'H') row.state = 'busted';
  if (own !== undefined) {
    own.state = 'busted';
  } else {
    await intake.books.tx.query(`UPDATE accounts.fill SET state = 'busted' WHERE market = $1 AND seq = $2 AND k = $3`, [
      intake.market,
      body.refSeq,
      body.refK,
    ]);
    effects.busted.push({ market: intake.market, seq: body.refSeq, k: body.refK });
  }
}

async function storedFill(intake: Intake, seq: number, k: number) {
  const { rows } = await intake.books.tx.query<{ state: 'provisional' | 'booked' | 'busted'; delta: bigint }>(
    'SELECT state, delta FROM accounts.fill WHERE market = $1 AND seq = $2 AND k = $3',
    [intake.market, seq, k],
  );
  return rows[0];
}

function addProvisional(effects: FillEffects, account: number, listing: number, delta: bigint): void {
  const key = `${account}/${listing}`;
  effects.provisional.set(key, (effects.provisional.get(key) ?? 0n) + delta);
}

async function payerOf(intake: Intake, account: number): Promise<Payer | null> {
  const known = intake.fills.payers.get(account);
  if (known !== undefined) return known;
  const { rows } = await intake.books.tx.query<Payer>(
    `SELECT account, sub, entity, settlement_currency, margin_ppm, fee_buffer_ppm FROM accounts.business_account
      WHERE account = $1`,
    [account],
  );
  intake.fills.payers.set(account, rows[0] ?? null);
  return rows[0] ?? null;
}

/** Writes the rows, moves the provisional positions, lets the pending entries of busts fall and makes the new ones. */
export async function storeFills(intake: Intake): Promise<bigint[]> {
  const { rows, busted } = intake.fills;
  if (rows.length === 0) return [];
  const { books, cause } = intake;
  await insertFills(intake);
  await movePositions(intake);
  if (busted.length > 0) await voidHolds(books, cause, await pendingHoldsOf(books, busted));
  return placeHolds(books, cause, await holdDrafts(intake));
}

async function insertFills(intake: Intake): Promise<void> {
  const column = (of: (row: FillRow) => Parameter): Parameter[] => intake.fills.rows.map(of);
  await intake.books.tx.query(
    `INSERT INTO accounts.fill (market, seq, k, at, trade_date, business_date, order_id, account, listing, side, effect,
                                quantity, price, exec_type, state, delta, hold, rate_set, hedge_seq, hedge_k, ref_seq, ref_k)
     SELECT * FROM unnest($1::text[], $2::bigint[], $3::integer[], $4::bigint[], $5::date[], $6::date[], $7::bigint[],
                          $8::bigint[], $9::bigint[], $10::smallint[], $11::smallint[], $12::bigint[], $13::bigint[],
                          $14::text[], $15::text[], $16::bigint[], $17::bigint[], $18::bigint[], $19::bigint[],
                          $20::integer[], $21::bigint[], $22::integer[])`,
    [
      ...[column((r) => r.market), column((r) => r.seq), column((r) => r.k), column((r) => r.at), column((r) => r.tradeDate)],
      ...[column((r) => r.businessDate), column((r) => r.body.order), column((r) => r.body.account)],
      ...[column((r) => r.body.listing), column((r) => r.body.side), column((r) => r.body.effect)],
      ...[column((r) => r.body.quantity), column((r) => bookPrice(r.body.price)), column((r) => r.execType)],
      ...[column((r) => r.state), column((r) => r.delta), column((r) => r.hold), column((r) => r.body.rateSet)],
      ...[column((r) => r.body.hedgeSeq), column((r) => r.body.hedgeK)],
      ...[column((r) => (r.execType === 'F' ? null : r.body.refSeq)), column((r) => (r.execType === 'F' ? null : r.body.refK))],
    ],
  );
}

async function movePositions(intake: Intake): Promise<void> {
  const moved = [...intake.fills.provisional].map(([key, delta]) => [...key.split('/'), delta] as const);
  await intake.books.tx.query(
    `INSERT INTO accounts.position AS p (account, listing, provisional_quantity)
     SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[])
     ON CONFLICT (account, listing) DO UPDATE SET provisional_quantity = p.provisional_quantity + EXCLUDED.provisional_quantity`,
    [
      moved.map(([account]) => account as string),
      moved.map(([, listing]) => listing as string),
      moved.map(([, , d]) => d as bigint),
    ],
  );
}

/**
 * The pending entries of the new fills: margin 2011 → 2012, fees 2011 → 4020, in the proportion of the account's rates,
 * the fee share rounded down. A hold that its node was never granted cannot be reserved: what is there is, the rest
 * becomes an exception for a person.
 */
async function holdDrafts(intake: Intake): Promise<HoldDraft[]> {
  const fills = intake.fills.rows.filter((row) => row.state === 'provisional' && row.hold > 0n);
  const keyOf = (payer: Payer) => ({ entity: Number(payer.entity), code: '2011', sub: Number(payer.sub) });
  const payers = fills.map((row) => intake.fills.payers.get(row.body.account) as Payer);
  const keys = [...new Set(payers.map((payer) => accountKeyText(keyOf(payer), payer.settlement_currency)))];
  const left = new Map([...(await readBalances(intake.books.tx, keys))].map(([key, state]) => [key, creditAvailable(state)]));
  const drafts: HoldDraft[] = [];
  for (const [i, row] of fills.entries()) {
    const payer = payers[i] as Payer;
    const granted = keyOf(payer);
    const key = accountKeyText(granted, payer.settlement_currency);
    const there = left.get(key) ?? 0n;
    const hold = row.hold <= there ? row.hold : there > 0n ? there : 0n;
    if (hold < row.hold) intake.exceptions.push(exceptionOf(row, 'hold-short', row.body));
    left.set(key, there - hold);
    const rates = payer.margin_ppm + payer.fee_buffer_ppm;
    const fee = rates === 0n ? 0n : (hold * payer.fee_buffer_ppm) / rates;
    const source = { market: row.market, seq: row.seq, k: row.k };
    const draft = (rule: 'margin-hold' | 'fee-hold', credit: Parameters<typeof entry>[2], amount: bigint) =>
      amount > 0n && drafts.push({ rule, lines: entry(rule, granted, credit, payer.settlement_currency, amount), source });
    draft('margin-hold', { ...granted, code: '2012' }, hold - fee);
    draft('fee-hold', { entity: granted.entity, code: '4020' }, fee);
  }
  return drafts;
}
