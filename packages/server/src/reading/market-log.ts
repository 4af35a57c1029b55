import type { AnswerOf } from '@meridian/api';
import { type NumberedEvent, readEvent } from '@meridian/messages';
import type { Resource } from '@meridian/security';
import type { Queryable } from '@meridian/store';
import type { ProcessClient } from '../link/rpc.ts';
import { owned } from './sight.ts';

/** How long a node may take to tell what one command did. */
const TAIL_MS = 3_000;

/**
 * The events of one command from a node's own log. The tail waits for what comes; so it is asked only for what is committed,
 * and left as soon as it goes beyond.
 */
export async function eventsAt(node: ProcessClient, seq: number): Promise<readonly NumberedEvent[] | undefined> {
  const { events } = (await node.status()) as { events?: { seq: number } };
  if (!(Number.isSafeInteger(seq) && seq > 0) || events === undefined || seq > events.seq) return undefined;
  const abort = new AbortController();
  const timer = setTimeout(() => abort.abort(), TAIL_MS);
  const found: NumberedEvent[] = [];
  try {
    for await (const bytes of node.tail({ consumer: 'reader', from: { seq: seq - 1, k: K_LAST } }, abort.signal)) {
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      for (let at = 0; at < bytes.length; ) {
        const event = readEvent(view, at);
        at += event.header.length;
        if (event.header.seq > seq) return answerOf(found);
        if (event.header.seq === seq && found.length < EVENTS_MAX) found.push(event);
      }
      if (found.length > 0 && seq === events.seq) return answerOf(found);
    }
  } finally {
    clearTimeout(timer);
    abort.abort();
  }
  return answerOf(found);
}

const answerOf = (found: readonly NumberedEvent[]) => (found.length === 0 ? undefined : found);
/** Beyond every event of a command. */
const K_LAST = 0x7fff_ffff;
const EVENTS_MAX = 1_000;

type LogEntry = AnswerOf<'GET /v1/log/{market}/{seq}'>;

export function logEntry(market: string, seq: number, events: readonly NumberedEvent[]): LogEntry {
  return {
    ...{ market, seq },
    events: events.slice(0, EVENTS_MAX).map(({ header, name, body }) => ({
      ...{ k: header.k, name },
      body: JSON.parse(JSON.stringify(body, (_, value) => (typeof value === 'bigint' ? value.toString() : value))),
    })),
  };
}

/** Whose entry it is: that of the accounts that its events name. Several clients' or entities' belongs to the house. */
export async function logOwner(db: Queryable, id: string, events: readonly NumberedEvent[]): Promise<Resource> {
  const accounts = events.flatMap(({ body }) => ('account' in body && typeof body.account === 'number' ? [body.account] : []));
  const { rows } = await db.query<{ client: bigint | null; entity: bigint | null }>(
    `SELECT CASE WHEN count(DISTINCT client) = 1 THEN min(client) END AS client,
            CASE WHEN count(DISTINCT entity) = 1 THEN min(entity) END AS entity
       FROM accounts.business_account WHERE account = ANY ($1::bigint[])`,
    [accounts],
  );
  return owned('trace', id, rows[0] ?? { client: null, entity: null });
}
