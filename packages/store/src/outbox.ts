import { setTimeout as sleep } from 'node:timers/promises';
import { isProblem, type Logger, silentLogger } from '@meridian/base';
import type { Database, Transaction } from './database.ts';
import { problem } from './problems.ts';

/** Something to be done outside the database because of a transaction: a mail, a file, a push. */
export interface OutboxMessage {
  /** Stable: the receiver drops a second delivery by it. */
  readonly id: string;
  readonly topic: string;
  /** Messages of one topic and key are delivered in their order. */
  readonly key: string;
  /** JSON; amounts as text. */
  readonly body: unknown;
}

/**
 * Puts a message into the outbox, in the business transaction that causes it. The same message again is no change.
 * @throws Problem OUTBOX_CONFLICT for a known id with another body
 */
export async function enqueue(tx: Transaction, message: OutboxMessage): Promise<void> {
  const values = [message.id, message.topic, message.key, { json: message.body }];
  const { rowCount } = await tx.query(
    'INSERT INTO store.outbox (id, topic, key, body) VALUES ($1, $2, $3, $4) ON CONFLICT (id) DO NOTHING',
    values,
  );
  if (rowCount === 1) return;
  const same = await tx.query(
    'SELECT 1 FROM store.outbox WHERE id = $1 AND topic = $2 AND key = $3 AND body = $4::jsonb',
    values,
  );
  if (same.rowCount === 0) throw problem('OUTBOX_CONFLICT', { id: message.id.slice(0, 128) });
}

export interface RelayOptions {
  readonly database: Database;
  /** How each topic is delivered; resolves when the receiver has it. `signal` fires when the patience is over. */
  readonly topics: Readonly<Record<string, (message: OutboxMessage, signal: AbortSignal) => Promise<void>>>;
  readonly logger?: Logger;
  /** Attempts before a message is given up as `dead` and an operator is needed. Default 20 (about an hour). */
  readonly attemptsMax?: number;
  /** Bound of one delivery; default 30 s. */
  readonly patienceMs?: number;
  /** Look-out for new messages when idle; default 500 ms. */
  readonly idleMs?: number;
  /** Wait after the n-th failed attempt; default 2ⁿ s, at most 5 minutes. */
  readonly backoffMs?: (attempt: number) => number;
}

export interface Relay {
  /** Delivers whatever is due now. @returns deliveries attempted */
  drain(): Promise<number>;
  /** Lets the delivery in hand finish and stops. */
  stop(): Promise<void>;
}

/** Delivers the outbox, at least once each. Several relays may run: a message is in one hand at a time. */
export function startRelay(options: RelayOptions): Relay {
  const logger = options.logger ?? silentLogger;
  const halt = new AbortController();
  const drain = async () => {
    let attempts = 0;
    while (!halt.signal.aborted && (await deliverNext(options, logger))) attempts++;
    return attempts;
  };
  const loop = (async () => {
    while (!halt.signal.aborted) {
      await drain().catch((error: unknown) => {
        if (!isProblem(error, 'DATABASE_AWAY')) logger.error('outbox relay failed', { reason: reasonOf(error) });
      });
      await sleep(options.idleMs ?? 500, undefined, { signal: halt.signal, ref: false }).catch(() => {});
    }
  })();
  return {
    drain,
    async stop() {
      halt.abort();
      await loop;
    },
  };
}

const DUE = `
  SELECT id, topic, key, body, attempts FROM store.outbox o
   WHERE state = 'pending' AND next_at <= clock_timestamp() AND topic = ANY ($1)
     AND NOT EXISTS (SELECT 1 FROM store.outbox e
                      WHERE e.state = 'pending' AND e.topic = o.topic AND e.key = o.key AND e.no < o.no)
   ORDER BY no LIMIT 1 FOR UPDATE SKIP LOCKED`;

/** Delivers one due message while holding its row. If the process dies now, the row is free again and due again. */
async function deliverNext(options: RelayOptions, logger: Logger): Promise<boolean> {
  return options.database.transaction(async (tx) => {
    const { rows } = await tx.query<OutboxMessage & { attempts: number }>(DUE, [Object.keys(options.topics)]);
    const message = rows[0];
    if (message === undefined) return false;
    const { attempts: failed, ...content } = message;
    try {
      await deliver(options, content);
      await tx.query(
        `UPDATE store.outbox SET state = 'delivered', attempts = attempts + 1, ended_at = clock_timestamp(), last_error = NULL
          WHERE id = $1`,
        [message.id],
      );
    } catch (error) {
      if (isProblem(error, 'DATABASE_AWAY')) throw error;
      await recordFailure(tx, options, logger, { ...content, attempts: failed + 1 }, error);
    }
    return true;
  });
}

async function deliver(options: RelayOptions, message: OutboxMessage): Promise<void> {
  const signal = AbortSignal.timeout(options.patienceMs ?? 30_000);
  const late = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(new Error('delivery took too long')), { once: true });
  });
  const handler = options.topics[message.topic] as RelayOptions['topics'][string];
  await Promise.race([handler(message, signal), late]);
}

async function recordFailure(
  tx: Transaction,
  options: RelayOptions,
  logger: Logger,
  message: OutboxMessage & { readonly attempts: number },
  error: unknown,
): Promise<void> {
  const { id, topic, attempts } = message;
  const isDead = attempts >= (options.attemptsMax ?? 20);
  const waitMs = (options.backoffMs ?? ((attempt) => Math.min(1_000 * 2 ** attempt, 300_000)))(attempts);
  await tx.query(
    `UPDATE store.outbox SET attempts = $2, last_error = $3, next_at = clock_timestamp() + $4 * interval '1 millisecond',
            state = CASE WHEN $5 THEN 'dead' ELSE 'pending' END, ended_at = CASE WHEN $5 THEN clock_timestamp() END
      WHERE id = $1`,
    [id, attempts, reasonOf(error), waitMs, isDead],
  );
  if (isDead) logger.error('outbox message given up', { topic, attempts });
  else logger.warn('outbox delivery failed', { topic, attempts });
}

function reasonOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).slice(0, 500);
}
