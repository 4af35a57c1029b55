import type { Principal } from '@meridian/security';
import type { Queryable } from '@meridian/store';
import { isClient, type Sight } from './sight.ts';

/**
 * What waits for somebody: open exceptions of the desk, failed batches, margin calls that are raised or missed. A client's
 * user counts its own calls only.
 */
export async function alertCount(db: Queryable, principal: Principal, sight: Sight): Promise<number> {
  const { rows } = await db.query<{ exceptions: number; batches: number; calls: number }>(
    `SELECT (SELECT count(*)::int FROM accounts.exception WHERE state = 'open') AS exceptions,
            (SELECT count(*)::int FROM clearing.batch b
              WHERE b.live_attempt IS NULL AND (SELECT a.state FROM clearing.attempt a WHERE a.batch = b.batch
                                                 ORDER BY a.attempt DESC LIMIT 1) = 'failed') AS batches,
            (SELECT count(*)::int FROM accounts.margin_call c JOIN accounts.master_account m ON m.master = c.master
              WHERE c.state IN ('raised', 'breached') AND ($1::bigint[] IS NULL OR c.client = ANY ($1))
                AND m.entity = ANY ($2)) AS calls`,
    [sight.clients, sight.entities],
  );
  const { exceptions = 0, batches = 0, calls = 0 } = rows[0] ?? {};
  return isClient(principal) ? calls : exceptions + batches + calls;
}
