import type { AnswerOf } from '@meridian/api';
import type { Queryable } from '@meridian/store';
import type { PageAsk } from './page.ts';
import type { Sight } from './sight.ts';

/** Black and white lists (黑白名单): what a scope may do in a listing. RC-a */

export interface ListRow {
  readonly entry: bigint;
  readonly listing: bigint;
  readonly mic: string;
  readonly code: string;
  readonly scope: 'firm' | 'group' | 'client';
  readonly scope_id: bigint;
  readonly permission: number;
  readonly valid_from: string;
  readonly valid_to: string | null;
}

/** The names of the three permissions, by their number. */
export const PERMISSIONS = ['none', 'open-and-close', 'close-only'] as const;

/** Entries in force or to come on a date. A client's user sees what bears on it: its own, its group's and the firm's. */
export async function listEntries(db: Queryable, sight: Sight, on: string, ask: PageAsk): Promise<ListRow[]> {
  const { rows } = await db.query<ListRow>(
    `SELECT x.entry, x.listing, l.mic, l.code, x.scope, x.scope_id, x.permission, x.valid_from, x.valid_to
       FROM reference.list_entry x
       JOIN LATERAL (SELECT mic, code FROM reference.listing WHERE listing = x.listing ORDER BY valid_from DESC LIMIT 1) l ON true
      WHERE (x.valid_to IS NULL OR x.valid_to >= $3)
        AND (x.scope = 'firm'
             OR x.scope = 'client' AND x.scope_id IN (SELECT k.client FROM accounts.client k
                  WHERE ($1::bigint[] IS NULL OR k.client = ANY ($1)) AND k.entity = ANY ($2))
             OR x.scope = 'group' AND x.scope_id IN (SELECT k.client_group FROM accounts.client k
                  WHERE ($1::bigint[] IS NULL OR k.client = ANY ($1)) AND k.entity = ANY ($2)))
        AND (x.entry, x.valid_from) > ($4, $5)
      ORDER BY x.entry, x.valid_from LIMIT $6`,
    [sight.clients, sight.entities, on, ask.after?.[0] ?? 0n, ask.after?.[1] ?? '0001-01-01', ask.limit],
  );
  return rows;
}

export function listLine(row: ListRow): AnswerOf<'GET /v1/lists'>['items'][number] {
  return {
    ...{ entry: String(row.entry), listing: String(row.listing), market: row.mic, symbol: row.code, scope: row.scope },
    scopeId: row.scope === 'firm' ? null : String(row.scope_id),
    permission: PERMISSIONS[row.permission] ?? 'none',
    ...{ validFrom: row.valid_from, validTo: row.valid_to },
  };
}
