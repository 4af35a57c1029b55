import type { AnswerOf } from '@meridian/api';
import type { Queryable } from '@meridian/store';
import { bounded } from './account.ts';
import { amountText, ppmOf } from './figure.ts';
import type { PageAsk } from './page.ts';
import type { Sight } from './sight.ts';

/** Limit cells (额度单元) with the slices that nodes hold of them. UA-6, UA-7 */

type LimitLine = AnswerOf<'GET /v1/limits/{cell}'>;

export interface LimitRow {
  readonly cell: bigint;
  readonly scope: string;
  readonly scope_id: bigint;
  readonly label: string | null;
  readonly measure: string;
  readonly currency: string | null;
  readonly issuer: bigint | null;
  readonly lim: bigint;
  readonly booked: bigint;
  readonly state: string;
  readonly version: bigint;
  readonly maker: string;
  readonly checker: string;
  /** Whose it is; null for cells over several clients or entities. */
  readonly client: bigint | null;
  readonly entity: bigint | null;
}

/** A cell belongs to whom its scope names; the firm's, a group's, an issuer's or a market's belongs to the house. */
const LIMIT = `
  SELECT c.cell, c.scope, c.scope_id, c.measure, c.currency, c.issuer, c.lim, c.booked, c.state, c.version, c.maker, c.checker,
         coalesce(k.client, m.client, b.client) AS client,
         coalesce(k.entity, m.entity, b.entity, CASE c.scope WHEN 'entity' THEN c.scope_id END) AS entity,
         CASE c.scope WHEN 'client' THEN k.token WHEN 'master' THEN t.token WHEN 'sub' THEN t.token || ' ' || s.code
                      WHEN 'business' THEN b.code WHEN 'group' THEN g.code WHEN 'issuer' THEN i.name
                      WHEN 'entity' THEN e.code END AS label
    FROM accounts.limit_cell c
    LEFT JOIN accounts.client k ON c.scope = 'client' AND k.client = c.scope_id
    LEFT JOIN accounts.sub_account s ON c.scope = 'sub' AND s.sub = c.scope_id
    LEFT JOIN accounts.master_account m ON m.master = CASE c.scope WHEN 'master' THEN c.scope_id WHEN 'sub' THEN s.master END
    LEFT JOIN accounts.client t ON t.client = m.client
    LEFT JOIN accounts.business_account b ON c.scope = 'business' AND b.account = c.scope_id
    LEFT JOIN accounts.client_group g ON c.scope = 'group' AND g.client_group = c.scope_id
    LEFT JOIN LATERAL (SELECT name FROM reference.issuer WHERE issuer = c.scope_id AND c.scope = 'issuer'
                        ORDER BY valid_from DESC LIMIT 1) i ON true
    LEFT JOIN LATERAL (SELECT code FROM reference.entity WHERE entity = c.scope_id AND c.scope = 'entity'
                        ORDER BY valid_from DESC LIMIT 1) e ON true`;

export async function limits(db: Queryable, sight: Sight, scope: string | undefined, ask: PageAsk): Promise<LimitRow[]> {
  const { rows } = await db.query<LimitRow>(
    `SELECT * FROM (${LIMIT}) x
      WHERE ($1::bigint[] IS NULL OR client = ANY ($1)) AND (entity IS NULL AND $1 IS NULL OR entity = ANY ($2))
        AND ($3::text IS NULL OR scope = $3) AND cell > $4
        AND cell::text NOT IN (SELECT o.body ->> 'cell' FROM accounts.command o
                                WHERE o.no > $5 AND o.kind = 'set-limit' AND x.version = 1)
      ORDER BY cell LIMIT $6`,
    [sight.clients, sight.entities, scope ?? null, ask.after?.[0] ?? 0n, ask.asOf, ask.limit],
  );
  return rows;
}

export async function limitRow(db: Queryable, cell: string): Promise<LimitRow | undefined> {
  return (await db.query<LimitRow>(`${LIMIT} WHERE c.cell = $1`, [cell])).rows[0];
}

interface LeaseRow {
  readonly cell: bigint;
  readonly node: string;
  readonly epoch: bigint;
  readonly granted_cum: bigint;
  readonly returned_cum: bigint;
  /** What the node still holds, bookings under way having left it. */
  readonly held: bigint;
  /** What its orders use, as it last reported, bookings under way having left it. */
  readonly used: bigint;
}

/** Money in whole units of the cell's currency, positions in units. Used = booked and what the nodes last reported. */
export async function limitLines(db: Queryable, rows: readonly LimitRow[]): Promise<LimitLine[]> {
  const leases = await db.query<LeaseRow>(
    `SELECT cell, node, epoch, granted_cum, returned_cum,
            granted_cum - returned_cum - booking_cum + booking_acked_cum AS held,
            greatest(used_reported - booking_cum + booking_acked_cum, 0) AS used
       FROM accounts.lease WHERE cell = ANY ($1) ORDER BY cell, node`,
    [rows.map(({ cell }) => cell)],
  );
  const ofCell = Map.groupBy(leases.rows, ({ cell }) => cell);
  return rows.map((row) => limitLine(row, ofCell.get(row.cell) ?? []));
}

function limitLine(row: LimitRow, leases: readonly LeaseRow[]): LimitLine {
  const text = (amount: bigint) => (row.currency === null ? String(amount) : amountText(amount, row.currency));
  const leased = leases.reduce((sum, { held }) => sum + held, 0n);
  const used = leases.reduce((sum, lease) => sum + lease.used, row.booked);
  return {
    ...{ cell: String(row.cell), scope: row.scope, scopeId: String(row.scope_id), measure: row.measure },
    ...{ label: (row.label ?? `${row.scope} ${row.scope_id}`).slice(0, 80), currency: row.currency },
    issuer: row.issuer === null ? null : String(row.issuer),
    ...{ limit: text(row.lim), booked: text(row.booked), leased: text(leased), used: text(used) },
    ...{ usedPpm: bounded(ppmOf(used, row.lim)), state: row.state, version: Number(row.version) },
    ...{ maker: row.maker, checker: row.checker },
    leases: leases.slice(0, 50).map((lease) => ({
      ...{ node: lease.node, epoch: Number(lease.epoch), granted: text(lease.granted_cum) },
      ...{ returned: text(lease.returned_cum), used: text(lease.used) },
    })),
  };
}
