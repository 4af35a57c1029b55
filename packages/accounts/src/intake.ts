import { dateIn, type Instant } from '@meridian/base';
import type { EventBody, NumberedEvent } from '@meridian/messages';
import { NO_PRICE, NODE_PRICE_DIGITS } from '@meridian/messages';
import { applyClientFill, type FillEffects, newFillEffects, storeFills } from './intake-fill.ts';
import { applyHedgeFill, type HedgeEffects, newHedgeEffects, storeHedgeFills } from './intake-hedge.ts';
import { type Books, type Cause, type JournalDraft, post } from './ledger.ts';
import { leaseLines } from './limit.ts';
import { problem } from './problems.ts';

/**
 * What the markets say, folded into the books: fills become provisional positions with pending margin and fees at once,
 * hedge fills, marks, cuts and exceptions are recorded, lease counters merged. One call applies hundreds of events in a
 * handful of statements. Exactly once: the caller stores the position in the same transaction.
 */

/** Events without any effect on the books are dropped before they cost anything. */
const EFFECTIVE: ReadonlySet<string> = new Set([
  ...['client-fill', 'hedge-fill', 'mark-set', 'phase-changed', 'exception-raised', 'lease-report', 'lease-booked'],
]);

export function affectsBooks(event: NumberedEvent): boolean {
  if (event.name === 'phase-changed') return event.body.kind !== 2;
  return EFFECTIVE.has(event.name);
}

/** Prices of nodes (4 decimals) as the books keep them (8). */
export const BOOK_PRICE_DIGITS = 8;
const NODE_TO_BOOK = 10n ** BigInt(BOOK_PRICE_DIGITS - NODE_PRICE_DIGITS);
export const bookPrice = (nodePrice: number): bigint => BigInt(nodePrice) * NODE_TO_BOOK;

export interface MarketDay {
  readonly trade_date: string;
  readonly business_date: string | null;
}

export interface Origin {
  readonly market: string;
  readonly seq: number;
  readonly k: number;
  readonly at: Instant;
}

export interface ExceptionRow extends Origin {
  readonly kind: string;
  readonly listing: number | null;
  readonly child: number | null;
  readonly order: number | null;
  readonly side: number | null;
  readonly quantity: number | null;
  readonly price: bigint | null;
  readonly execId: string | null;
}

/** State of one intake: what was read, what will be written. */
export interface Intake {
  readonly books: Books;
  readonly cause: Cause;
  readonly market: string;
  day: MarketDay | undefined;
  readonly fills: FillEffects;
  readonly hedges: HedgeEffects;
  readonly exceptions: ExceptionRow[];
  /** Money that nodes returned, by cell. */
  readonly returned: Map<bigint, bigint>;
  marks: number;
  /** The day that was cut in this intake. */
  cut: MarketDay | undefined;
}

/** @throws Problem INTAKE_REFUSED for a fill before the market's first trading day. */
export async function applyEvents(books: Books, cause: Cause, market: string, events: readonly NumberedEvent[]) {
  const intake: Intake = {
    ...{ books, cause, market },
    day: await currentDay(books, market),
    ...{ fills: newFillEffects(), hedges: newHedgeEffects(), exceptions: [], returned: new Map(), marks: 0, cut: undefined },
  };
  for (const event of events) await applyEvent(intake, event);
  await storeHedgeFills(intake);
  const holds = await storeFills(intake);
  await dateFills(intake);
  await storeExceptions(intake);
  const journals = await post(books, cause, await returnDrafts(intake));
  return {
    journals,
    fills: intake.fills.rows.length,
    hedgeFills: intake.hedges.rows.length,
    marks: intake.marks,
    exceptions: intake.exceptions.length,
    holds: holds.length,
  };
}

async function currentDay(books: Books, market: string): Promise<MarketDay | undefined> {
  const { rows } = await books.tx.query<MarketDay>(
    `SELECT trade_date, business_date FROM accounts.market_day
      WHERE market = $1 AND opened_at IS NOT NULL ORDER BY trade_date DESC LIMIT 1`,
    [market],
  );
  return rows[0];
}

async function applyEvent(intake: Intake, event: NumberedEvent): Promise<void> {
  const { seq, k, time: at } = event.header;
  const origin = { market: intake.market, seq, k, at };
  switch (event.name) {
    case 'client-fill':
      return applyClientFill(intake, origin, event.body);
    case 'hedge-fill':
      return applyHedgeFill(intake, origin, event.body);
    case 'mark-set':
      return applyMark(intake, origin, event.body);
    case 'phase-changed':
      return applyPhase(intake, origin, event.body);
    case 'exception-raised':
      intake.exceptions.push(nodeException(origin, event.body));
      return;
    case 'lease-report':
      return applyLeaseReport(intake, event.body);
    case 'lease-booked':
      return applyLeaseBooked(intake, event.body);
    default:
      return;
  }
}

export function dayOf(intake: Intake, origin: Origin): MarketDay {
  if (intake.day !== undefined) return intake.day;
  throw problem('INTAKE_REFUSED', {
    market: origin.market,
    at: `${origin.seq}.${origin.k}`,
    reason: 'a fill before the first trading day was opened',
  });
}

async function applyPhase(intake: Intake, { market, seq, k, at }: Origin, body: EventBody<'phase-changed'>): Promise<void> {
  if (body.kind === 1) {
    const { rows } = await intake.books.tx.query<MarketDay>(
      `INSERT INTO accounts.market_day AS d (market, trade_date, opened_at) VALUES ($1, $2, $3)
       ON CONFLICT (market, trade_date) DO UPDATE SET opened_at = coalesce(d.opened_at, EXCLUDED.opened_at)
       RETURNING trade_date, business_date`,
      [market, body.date, at],
    );
    intake.day = rows[0];
  } else if (body.kind === 3) {
    // Without a date from day-open a session takes the Beijing date of its close.
    const { rows } = await intake.books.tx.query<MarketDay>(
      `UPDATE accounts.market_day SET cut_seq = $3, cut_k = $4, cut_at = $5, business_date = coalesce(business_date, $6)
        WHERE market = $1 AND trade_date = $2 AND cut_seq IS NULL RETURNING trade_date, business_date`,
      [market, body.date, seq, k, at, dateIn(at, 'Asia/Shanghai')],
    );
    intake.cut = rows[0];
    if (rows[0] !== undefined && intake.day?.trade_date === rows[0].trade_date) intake.day = rows[0];
  }
}

/** Fills of a session that nobody had dated take the date of its cut. */
async function dateFills({ books, market, cut }: Intake): Promise<void> {
  if (cut === undefined) return;
  await books.tx.query(
    'UPDATE accounts.fill SET business_date = $3 WHERE market = $1 AND trade_date = $2 AND business_date IS NULL',
    [market, cut.trade_date, cut.business_date],
  );
}

async function applyMark(intake: Intake, { market, seq, k }: Origin, body: EventBody<'mark-set'>): Promise<void> {
  intake.marks++;
  await intake.books.tx.query(
    `INSERT INTO accounts.mark (listing, trade_date, price, kind, source_at, market, seq, k)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
     ON CONFLICT (listing, trade_date) DO UPDATE SET price = EXCLUDED.price, kind = EXCLUDED.kind,
       source_at = EXCLUDED.source_at, market = EXCLUDED.market, seq = EXCLUDED.seq, k = EXCLUDED.k`,
    [
      ...[body.listing, body.date, bookPrice(body.price), body.kind === 1 ? 'closing-print' : 'last-mid'],
      ...[body.sourceTime, market, seq, k],
    ],
  );
}

const EXCEPTION_KINDS = ['', 'late-fill', 'unknown-order', 'unknown-execution', 'execution-differs', 'residual'];

function nodeException(origin: Origin, body: EventBody<'exception-raised'>): ExceptionRow {
  return {
    ...origin,
    kind: EXCEPTION_KINDS[body.kind] ?? `kind-${body.kind}`,
    listing: body.listing,
    child: body.child,
    order: body.order,
    side: body.side,
    quantity: body.quantity,
    price: body.price === NO_PRICE ? null : bookPrice(body.price),
    execId: body.execId,
  };
}

/** Counters merge by max; what a node gave back of a sub account's margin is free cash again. */
async function applyLeaseReport(intake: Intake, body: EventBody<'lease-report'>): Promise<void> {
  const { rows } = await intake.books.tx.query<{ freed: bigint }>(
    `UPDATE accounts.lease l SET returned_cum = greatest(l.returned_cum, $3::bigint), used_reported = $4
       FROM (SELECT cell, node, returned_cum FROM accounts.lease) o
      WHERE l.cell = $1 AND l.node = $2 AND l.epoch = $5 AND o.cell = l.cell AND o.node = l.node
      RETURNING l.returned_cum - o.returned_cum AS freed`,
    [body.cell, intake.market, body.returned, body.used, body.epoch],
  );
  addReturned(intake, body.cell, rows[0]?.freed ?? 0n);
}

/** The node took a booking: what was under way has arrived. Its counter holds the booking, so nothing is freed by it. */
async function applyLeaseBooked(intake: Intake, body: EventBody<'lease-booked'>): Promise<void> {
  const { rows } = await intake.books.tx.query<{ freed: bigint }>(
    `UPDATE accounts.lease l
        SET returned_cum = greatest(l.returned_cum, $3::bigint), used_reported = $4,
            booking_acked_cum = least(l.booking_cum, l.booking_acked_cum + $5::bigint)
       FROM (SELECT cell, node, returned_cum FROM accounts.lease) o
      WHERE l.cell = $1 AND l.node = $2 AND o.cell = l.cell AND o.node = l.node
      RETURNING l.returned_cum - o.returned_cum AS freed`,
    [body.cell, intake.market, body.returned, body.used, body.amount],
  );
  addReturned(intake, body.cell, (rows[0]?.freed ?? 0n) - BigInt(body.amount));
}

function addReturned(intake: Intake, cell: number, freed: bigint): void {
  if (freed !== 0n) intake.returned.set(BigInt(cell), (intake.returned.get(BigInt(cell)) ?? 0n) + freed);
}

async function returnDrafts(intake: Intake): Promise<JournalDraft[]> {
  if (intake.returned.size === 0) return [];
  const { rows } = await intake.books.tx.query<{ cell: bigint; currency: string; sub: bigint; entity: bigint }>(
    `SELECT c.cell, c.currency, s.sub, s.entity FROM accounts.limit_cell c JOIN accounts.sub_account s ON s.sub = c.scope_id
      WHERE c.cell = ANY ($1::bigint[]) AND c.scope = 'sub' AND c.measure = 'initial-margin' ORDER BY c.cell`,
    [[...intake.returned.keys()]],
  );
  const businessDate = intake.day?.business_date ?? dateIn(intake.cause.at, 'Asia/Shanghai');
  return rows
    .map((row) => ({ row, freed: intake.returned.get(row.cell) ?? 0n }))
    .filter(({ freed }) => freed > 0n)
    .map(({ row, freed }) => ({
      rule: 'lease-return' as const,
      businessDate,
      market: intake.market,
      lines: leaseLines('lease-return', row, row, freed),
    }));
}

async function storeExceptions(intake: Intake): Promise<void> {
  const rows = intake.exceptions;
  if (rows.length === 0) return;
  const column = <T>(of: (row: ExceptionRow) => T) => rows.map(of);
  await intake.books.tx.query(
    `INSERT INTO accounts.exception (market, seq, k, kind, at, listing, child, order_id, side, quantity, price, exec_id)
     SELECT * FROM unnest($1::text[], $2::bigint[], $3::integer[], $4::text[], $5::bigint[], $6::bigint[], $7::bigint[],
                          $8::bigint[], $9::smallint[], $10::bigint[], $11::bigint[], $12::text[])`,
    [
      ...[column((r) => r.market), column((r) => r.seq), column((r) => r.k), column((r) => r.kind), column((r) => r.at)],
      ...[column((r) => r.listing), column((r) => r.child), column((r) => r.order), column((r) => r.side)],
      ...[column((r) => r.quantity), column((r) => r.price), column((r) => r.execId)],
    ],
  );
}
