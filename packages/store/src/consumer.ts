import type { Transaction } from './database.ts';
import { problem } from './problems.ts';

/** The place of an event in its stream: the log's sequence number and the event's number within the command. */
export interface Position {
  readonly seq: bigint;
  readonly k: number;
}

/** Whose position in which stream: ("accounts", "XNYS"). */
export interface Consumer {
  readonly consumer: string;
  readonly stream: string;
}

/** The last event whose effect the consumer has stored; undefined before its first. */
export async function consumerPosition(tx: Pick<Transaction, 'query'>, who: Consumer): Promise<Position | undefined> {
  const { rows } = await tx.query<{ seq: bigint; k: number }>(
    'SELECT seq, k FROM store.consumer_offset WHERE consumer = $1 AND stream = $2',
    [who.consumer, who.stream],
  );
  return rows[0];
}

/**
 * Runs `effect` for an event exactly once: the position is stored in the same transaction as the effect, so an event
 * offered again — after a crash, by a second process — is skipped. Positions only rise; two consumers of one name wait
 * for each other. With `after`, the position that the sender says precedes this event, a gap is refused as well.
 * For a batch offer its last position, and its first event's predecessor as `after`.
 * @returns false when the event had been applied already
 * @throws Problem CONSUMER_GAP
 */
export async function consume(
  tx: Transaction,
  who: Consumer,
  position: Position,
  effect: () => Promise<void>,
  after?: Position | null,
): Promise<boolean> {
  if (!(await advance(tx, who, position, after))) return false;
  await effect();
  return true;
}

async function advance(tx: Transaction, who: Consumer, position: Position, after?: Position | null): Promise<boolean> {
  const values = [who.consumer, who.stream, position.seq, position.k];
  const { rowCount } = await tx.query(
    `INSERT INTO store.consumer_offset AS o (consumer, stream, seq, k) VALUES ($1, $2, $3, $4)
     ON CONFLICT (consumer, stream) DO NOTHING`,
    values,
  );
  if (rowCount === 1) {
    if (after !== undefined && after !== null) throw gap(who, undefined, after);
    return true;
  }
  const { rows } = await tx.query<{ seq: bigint; k: number }>(
    'SELECT seq, k FROM store.consumer_offset WHERE consumer = $1 AND stream = $2 FOR UPDATE',
    [who.consumer, who.stream],
  );
  const at = rows[0] as Position;
  if (position.seq < at.seq || (position.seq === at.seq && position.k <= at.k)) return false;
  if (after !== undefined && (after === null || after.seq !== at.seq || after.k !== at.k)) throw gap(who, at, after);
  await tx.query('UPDATE store.consumer_offset SET seq = $3, k = $4 WHERE consumer = $1 AND stream = $2', values);
  return true;
}

function gap(who: Consumer, at: Position | undefined, after: Position | null): Error {
  const text = (position: Position | null | undefined) => (position ? `${position.seq}.${position.k}` : 'the start');
  return problem('CONSUMER_GAP', { consumer: who.consumer, stream: who.stream, at: text(at), after: text(after) });
}
