import { formatInstant, type Instant } from '@meridian/base';
import type { AuditLog } from '@meridian/security';
import type { Database } from '@meridian/store';
import type { Cursors } from '../cursor.ts';
import type { Endpoints } from '../endpoint.ts';

type AuditRoutes = Extract<keyof Endpoints, `${string} /v1/audit${string}`>;

const PAGE_ENTRIES = 100;

/** The audit chain for those who read it: newest first, and the proof that nothing of it was changed. DS-7 */
export function auditEndpoints(house: {
  readonly database: Database;
  readonly audit: AuditLog;
  readonly cursors: Cursors;
}): Pick<Endpoints, AuditRoutes> {
  const { database, audit, cursors } = house;
  return {
    'GET /v1/audit': {
      handle: async ({ principal, query }) => {
        const { cursor, limit = PAGE_ENTRIES, actor, action } = query;
        const walk = { route: 'GET /v1/audit', user: principal.user, query };
        const begun = cursor === undefined ? undefined : cursors.open(walk, cursor);
        const asOf = begun?.asOf ?? (await head(database));
        const { rows } = await database.query<Row>(
          `SELECT no, at, actor, duty, action, target, params, outcome, prev_hash, hash FROM security.audit_entry
            WHERE no <= $1 AND ($2::bigint IS NULL OR no < $2) AND ($3::text IS NULL OR actor = $3)
              AND ($4::text IS NULL OR action LIKE replace(replace($4, '%', '\\%'), '_', '\\_') || '%')
            ORDER BY no DESC LIMIT $5`,
          [asOf, begun?.position ?? null, actor ?? null, action ?? null, limit + 1],
        );
        const page = rows.slice(0, limit);
        const last = rows.length > limit ? page.at(-1) : undefined;
        const next = last === undefined ? null : cursors.seal(walk, { asOf, position: String(last.no) });
        return { body: { items: page.map(shown), next, asOf } };
      },
    },
    'GET /v1/audit/proof': {
      handle: async () => {
        const { entries, fault } = await audit.verify();
        return {
          body: {
            ...{ entries: Number(entries), intact: fault === undefined },
            fault: fault === undefined ? null : { no: Number(fault.no), kind: fault.kind },
          },
        };
      },
    },
  };
}

interface Row {
  readonly no: bigint;
  readonly at: Instant;
  readonly actor: string;
  readonly duty: string;
  readonly action: string;
  readonly target: string;
  readonly params: Record<string, unknown>;
  readonly outcome: string;
  readonly prev_hash: string;
  readonly hash: string;
}

function shown({ no, at, prev_hash: prevHash, action, target, outcome, ...row }: Row) {
  return {
    ...{ ...row, no: Number(no), at: formatInstant(at), prevHash },
    ...{ action: action.slice(0, 200), target: target.slice(0, 400), outcome: outcome.slice(0, 400) },
  };
}

async function head(database: Database): Promise<number> {
  const { rows } = await database.query<{ no: bigint }>('SELECT coalesce(max(no), 0)::bigint AS no FROM security.audit_entry');
  return Number(rows[0]?.no ?? 0);
}
