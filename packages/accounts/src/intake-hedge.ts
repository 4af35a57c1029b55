import type { EventBody } from '@meridian/messages';
import type { Parameter } from '@meridian/store';
import { bookPrice, dayOf, type Intake, type Origin } from './intake.ts';

/** Hedge fills of record: what the venue executed in the house account, its busts and corrections. */
export interface HedgeRow extends Origin {
  readonly tradeDate: string;
  readonly body: EventBody<'hedge-fill'>;
  state: 'good' | 'busted' | 'corrected';
}

export interface HedgeEffects {
  readonly rows: HedgeRow[];
}

export const newHedgeEffects = (): HedgeEffects => ({ rows: [] });

/** F is good; H takes the execution it names out; G takes it out and stands in its place. An unknown one is an exception. */
export async function applyHedgeFill(intake: Intake, origin: Origin, body: EventBody<'hedge-fill'>): Promise<void> {
  const row: HedgeRow = { ...origin, tradeDate: dayOf(intake, origin).trade_date, body, state: 'good' };
  const type = String.fromCharCode(body.execType);
  if (type !== 'F') {
    const replaced = type === 'H' ? 'busted' : 'corrected';
    if (!(await replace(intake, body.execRefId, replaced)))
      intake.exceptions.push({
        ...origin,
        kind: 'unknown-execution',
        ...{ listing: body.listing, child: body.child, order: body.intent, side: body.side },
        ...{ quantity: body.quantity, price: bookPrice(body.price), execId: body.execRefId },
      });
    if (type === 'H') row.state = 'busted';
  }
  intake.hedges.rows.push(row);
}

async function replace(intake: Intake, execId: string, state: 'busted' | 'corrected'): Promise<boolean> {
  const own = intake.hedges.rows.find((row) => row.body.execId === execId && row.state === 'good');
  if (own !== undefined) {
    own.state = state;
    return true;
  }
  const { rowCount } = await intake.books.tx.query(
    `UPDATE accounts.hedge_fill SET state = $3 WHERE market = $1 AND exec_id = $2 AND state = 'good'`,
    [intake.market, execId, state],
  );
  return rowCount > 0;
}

export async function storeHedgeFills(intake: Intake): Promise<void> {
  const { rows } = intake.hedges;
  if (rows.length === 0) return;
  const column = (of: (row: HedgeRow) => Parameter): Parameter[] => rows.map(of);
  await intake.books.tx.query(
    `INSERT INTO accounts.hedge_fill (market, seq, k, at, trade_date, child, intent, route, listing, side, quantity, price,
                                      exec_type, exec_id, exec_ref_id, venue_order_id, transact_at, state)
     SELECT * FROM unnest($1::text[], $2::bigint[], $3::integer[], $4::bigint[], $5::date[], $6::bigint[], $7::bigint[],
                          $8::bigint[], $9::bigint[], $10::smallint[], $11::bigint[], $12::bigint[], $13::text[], $14::text[],
                          $15::text[], $16::text[], $17::bigint[], $18::text[])`,
    [
      ...[column((r) => r.market), column((r) => r.seq), column((r) => r.k), column((r) => r.at), column((r) => r.tradeDate)],
      ...[column((r) => r.body.child), column((r) => r.body.intent), column((r) => r.body.route)],
      ...[column((r) => r.body.listing), column((r) => r.body.side), column((r) => r.body.quantity)],
      ...[column((r) => bookPrice(r.body.price)), column((r) => String.fromCharCode(r.body.execType))],
      ...[column((r) => r.body.execId), column((r) => (r.body.execRefId === '' ? null : r.body.execRefId))],
      ...[column((r) => r.body.venueOrderId), column((r) => r.body.transactTime), column((r) => r.state)],
    ],
  );
}
