import type { AnswerOf } from '@meridian/api';
import type { NumberedEvent } from '@meridian/messages';
import type { Resource } from '@meridian/security';
import type { Queryable } from '@meridian/store';
import { owned } from './sight.ts';

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
