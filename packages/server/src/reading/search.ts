import { type AnswerOf, FOUND_AT } from '@meridian/api';
import type { Action, Principal } from '@meridian/security';
import type { Queryable } from '@meridian/store';
import type { OrderSource } from '../board/order-source.ts';
import { sightOf } from './sight.ts';

type Found = AnswerOf<'GET /v1/search'>[number];

/**
 * Each kind that tables know, with the action that lets somebody read it; `at` names what its address leads to. `asked`: clients,
 * entities, the text as a pattern, and as a number.
 */
const KINDS: readonly { readonly kind: Found['kind']; readonly action: Action; readonly sql: string }[] = [
  {
    kind: 'order',
    action: 'order.read',
    sql: `SELECT DISTINCT f.market || '/' || f.order_id AS id, f.market || ' ' || f.order_id || ' ' || b.code AS label,
                 f.market || '/' || f.order_id AS at
            FROM asked JOIN accounts.fill f ON f.order_id = asked.number JOIN accounts.business_account b ON b.account = f.account
           WHERE (clients IS NULL OR b.client = ANY (clients)) AND b.entity = ANY (entities)`,
  },
  {
    kind: 'contract',
    action: 'contract.read',
    sql: `SELECT c.contract::text AS id, c.uti AS label, c.contract::text AS at FROM asked, accounts.contract c
           WHERE (c.contract = number OR c.uti ILIKE pattern)
             AND (clients IS NULL OR c.client = ANY (clients)) AND c.entity = ANY (entities)`,
  },
  {
    kind: 'client',
    action: 'account.read',
    sql: `SELECT c.client::text AS id, c.token AS label, m.master::text AS at
            FROM asked, accounts.client c JOIN accounts.master_account m ON m.client = c.client
           WHERE (c.client = number OR c.token ILIKE pattern)
             AND (clients IS NULL OR c.client = ANY (clients)) AND c.entity = ANY (entities)`,
  },
  {
    kind: 'account',
    action: 'account.read',
    sql: `SELECT b.account::text AS id, b.code AS label, b.master::text AS at FROM asked, accounts.business_account b
           WHERE (b.account = number OR b.code ILIKE pattern)
             AND (clients IS NULL OR b.client = ANY (clients)) AND b.entity = ANY (entities)`,
  },
  {
    kind: 'batch',
    action: 'batch.read',
    sql: `SELECT b.batch AS id, b.batch AS label, b.batch AS at FROM asked, clearing.batch b
           WHERE b.batch ILIKE pattern AND clients IS NULL`,
  },
  {
    kind: 'journal',
    action: 'ledger.read',
    sql: `SELECT j.id::text AS id, j.id || ' ' || j.rule AS label, j.id::text AS at
            FROM asked JOIN accounts.journal j ON j.id = asked.number
           WHERE clients IS NULL AND EXISTS (SELECT 1 FROM accounts.posting p JOIN accounts.ledger_account a ON a.id = p.account
                                              WHERE p.journal = j.id AND a.entity = ANY (entities))`,
  },
  {
    kind: 'document',
    action: 'report.read',
    sql: `SELECT replace(d.id, '/', '~') AS id, d.file_name AS label, replace(d.id, '/', '~') AS at
            FROM asked, clearing.document d LEFT JOIN accounts.client c ON c.client = d.client
           WHERE d.file_name ILIKE pattern AND (clients IS NULL OR d.client = ANY (clients))
             AND (d.client IS NULL OR c.entity = ANY (entities))`,
  },
  {
    kind: 'user',
    action: 'user.read',
    sql: `SELECT u.name AS id, u.title_zh || ' ' || u.title_en AS label, u.name AS at FROM asked, security.user u
           WHERE (u.name ILIKE pattern OR u.title_zh ILIKE pattern OR u.title_en ILIKE pattern) AND asked.clients IS NULL`,
  },
  {
    kind: 'model',
    action: 'model.read',
    sql: `SELECT v.id, v.use_case || ' ' || v.no AS label, v.id AS at
            FROM asked, ai.model_version v
           WHERE (v.id ILIKE pattern OR v.use_case ILIKE pattern) AND asked.clients IS NULL`,
  },
];
const ASKED =
  'WITH asked AS (SELECT $1::bigint[] AS clients, $2::bigint[] AS entities, $3::text AS pattern, $4::bigint AS number)';

/** Of each kind at most this many. */
const EACH_MAX = 8;

/** What the palette finds: by number, by token, code or name, in everything that this session may read. */
export async function search(
  db: Queryable,
  principal: Principal,
  allowed: ReadonlySet<Action>,
  orders: Pick<OrderSource, 'find'>,
  text: string,
): Promise<Found[]> {
  const sought = text.trim();
  if (sought === '') return [];
  const sight = sightOf(principal);
  const number = /^[1-9]\d{0,17}$/.test(sought) ? sought : null;
  const pattern = `%${sought.replaceAll(/[\\%_]/g, '\\$&')}%`;
  // Orders that trade, or never did, are on the board; those that it forgot are in the books, by their fills.
  const found: Found[] = allowed.has('order.read') ? orders.find(principal, sought, EACH_MAX).map(orderFound) : [];
  for (const { kind, action, sql } of KINDS) {
    if (!allowed.has(action)) continue;
    const { rows } = await db.query<{ readonly id: string; readonly label: string; readonly at: string }>(
      `${ASKED} ${sql} ORDER BY 1 LIMIT ${EACH_MAX}`,
      [...[sight.clients, sight.entities, pattern, number]],
    );
    const fresh = rows.filter(({ id }) => !found.some((each) => each.kind === kind && each.id === id));
    found.push(...fresh.map(({ id, label, at }) => ({ kind, id, label, path: pathOf(kind, at) })));
  }
  return found.slice(0, 50);
}

function orderFound({ market, order, clOrdId, accountCode }: ReturnType<OrderSource['find']>[number]): Found {
  const label = [market, order, accountCode, ...(clOrdId === '' ? [] : [clOrdId])].join(' ');
  return { kind: 'order', id: `${market}/${order}`, label, path: pathOf('order', `${market}/${order}`) };
}

/** What stands in a query is encoded; a path's names are plain already, and an order's has its slash. */
function pathOf(kind: Found['kind'], at: string): string {
  const before = FOUND_AT[kind];
  return before + (before.includes('?') ? encodeURIComponent(at) : at);
}
