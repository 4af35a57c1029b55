import type { Queryable } from '@meridian/store';
import { ppmOf } from './figure.ts';
import type { FirmRates } from './firm-rates.ts';
import type { Sight } from './sight.ts';

/** How much of the margin limits a market's node uses and holds. null: no limit, or one in a currency without a rate. */
export interface MarketUse {
  readonly usedPpm: number | null;
  readonly leasedPpm: number | null;
}

interface UseRow {
  readonly cell: bigint;
  readonly currency: string;
  readonly lim: bigint;
  readonly booked: bigint;
  readonly node: string | null;
  readonly held: bigint | null;
  readonly used: bigint | null;
}

/**
 * Initial margin of sub accounts, each limit counted once, in the firm's currency: what a node holds of it, and what of
 * that its orders use as it last reported. The total counts what is booked as well. UA-6, UA-7
 */
export async function leaseUse(
  db: Queryable,
  sight: Sight,
  rates: FirmRates,
): Promise<{ readonly markets: ReadonlyMap<string, MarketUse>; readonly total: MarketUse; readonly leases: number }> {
  const { rows } = await db.query<UseRow>(
    `SELECT c.cell, c.currency, c.lim, c.booked, l.node, l.granted_cum - l.returned_cum - l.booking_cum + l.booking_acked_cum AS held,
            greatest(l.used_reported - l.booking_cum + l.booking_acked_cum, 0) AS used
       FROM accounts.limit_cell c
       JOIN accounts.sub_account s ON c.scope = 'sub' AND s.sub = c.scope_id
       JOIN accounts.master_account m ON m.master = s.master
       LEFT JOIN accounts.lease l ON l.cell = c.cell
      WHERE c.measure = 'initial-margin' AND ($1::bigint[] IS NULL OR m.client = ANY ($1)) AND m.entity = ANY ($2)
      ORDER BY c.cell, l.node`,
    [sight.clients, sight.entities],
  );
  const inFirm = (amount: bigint, code: string) => rates.minor(amount, code);
  const cells = [...Map.groupBy(rows, ({ cell }) => cell).values()];
  let limit = 0n;
  let isKnown = true;
  const sums = new Map<string, { held: bigint; used: bigint }>();
  let [heldAll, usedAll] = [0n, 0n];
  for (const [first, ...more] of cells) {
    if (first === undefined) continue;
    const lim = inFirm(first.lim, first.currency);
    const booked = inFirm(first.booked, first.currency);
    if (lim === undefined || booked === undefined) {
      isKnown = false;
      continue;
    }
    limit += lim;
    usedAll += booked;
    for (const { node, held, used, currency } of [first, ...more]) {
      if (node === null || held === null || used === null) continue;
      const [heldFirm, usedFirm] = [inFirm(held, currency) ?? 0n, inFirm(used, currency) ?? 0n];
      const sum = sums.get(node) ?? { held: 0n, used: 0n };
      sums.set(node, { held: sum.held + heldFirm, used: sum.used + usedFirm });
      heldAll += heldFirm;
      usedAll += usedFirm;
    }
  }
  const use = (held: bigint, used: bigint): MarketUse => ({
    usedPpm: isKnown ? ppmOf(used, limit) : null,
    leasedPpm: isKnown ? ppmOf(held, limit) : null,
  });
  return {
    markets: new Map([...sums].map(([node, { held, used }]) => [node, use(held, used)])),
    total: use(heldAll, usedAll),
    leases: rows.filter(({ held }) => held !== null && held > 0n).length,
  };
}
