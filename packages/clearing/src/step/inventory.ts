import { divide, minorDigits, mulDiv, pow10 } from '@meridian/base';
import { type Listing, PRICE_DIGITS } from '@meridian/market';
import type { Transaction } from '@meridian/store';
import { publishedPlaces, type Row, rowsOf } from '../dataset.ts';
import type { DatedReference } from '../rules.ts';
import type { StepScope } from '../step.ts';
import { type HedgeFill, hedgeFills } from './hedge.ts';
import { type MarketContext, pinsOf } from './plan.ts';

/**
 * The house's hedge inventory of one route and listing at average cost. `cost` is exact, quantity × price in 8 decimals,
 * signed like the quantity: a short inventory costs what it was sold for.
 */
export interface Inventory {
  readonly entity: bigint;
  readonly route: bigint;
  readonly listing: bigint;
  readonly currency: string;
  readonly quantity: bigint;
  readonly cost: bigint;
}

interface InventoryRow extends Omit<Inventory, 'cost'> {
  readonly cost: string;
  readonly cost_minor: bigint;
}

interface Tally {
  quantity: bigint;
  cost: bigint;
  costBefore: bigint;
  fairBefore: bigint;
  bought: bigint;
  sold: bigint;
  valueBought: bigint;
  valueSold: bigint;
}

/** Minor units of the quote currency of Σ quantity × price, half-even. */
export function minorOf(value: bigint, listing: Listing): bigint {
  const units = pow10(PRICE_DIGITS) * listing.quoteUnit.perCurrencyUnit;
  return divide(value * pow10(minorDigits(listing.currency)), units, 'half-even');
}

export async function inventoryRows(
  tx: Transaction,
  scope: StepScope<MarketContext>,
  reference: DatedReference,
): Promise<Row[]> {
  const tallies = await carried(tx, scope);
  const fills = await hedgeFills(tx, scope);
  for (const fill of fills) trade(tallyOf(tallies, fill), fill);
  return [...tallies]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, tally]): Row => {
      const [route, listing] = key.split('/').map(BigInt) as [bigint, bigint];
      const { terms } = reference.listing(listing);
      const { currency } = terms;
      return {
        ...{ entity: reference.route(route).entity, route, listing, currency },
        ...{ quantity: tally.quantity, cost: tally.cost, cost_minor: minorOf(tally.cost, terms) },
        ...{ cost_before: tally.costBefore, bought: tally.bought, sold: tally.sold },
        ...{ cash_out: minorOf(tally.valueBought, terms), cash_in: minorOf(tally.valueSold, terms) },
        fair_before: tally.fairBefore,
      };
    });
}

async function carried(tx: Transaction, scope: StepScope<MarketContext>): Promise<Map<string, Tally>> {
  const { previous } = pinsOf(scope);
  const tallies = new Map<string, Tally>();
  if (previous === null) return tallies;
  const places = await publishedPlaces(tx, previous.batch, previous.attempt);
  const marks = await rowsOf<{ route: bigint; listing: bigint; fair_value: bigint }>(
    ...([tx, 'inventory_mark', places('value'), 'route, listing'] as const),
  );
  for (const row of await rowsOf<InventoryRow>(tx, 'inventory', places('process'), 'route, listing')) {
    const mark = marks.find((candidate) => candidate.route === row.route && candidate.listing === row.listing);
    tallies.set(`${row.route}/${row.listing}`, {
      ...{ quantity: row.quantity, cost: BigInt(row.cost), costBefore: row.cost_minor, fairBefore: mark?.fair_value ?? 0n },
      ...{ bought: 0n, sold: 0n, valueBought: 0n, valueSold: 0n },
    });
  }
  return tallies;
}

function tallyOf(tallies: Map<string, Tally>, fill: HedgeFill): Tally {
  const key = `${fill.route}/${fill.listing}`;
  const tally = tallies.get(key) ?? {
    ...{ quantity: 0n, cost: 0n, costBefore: 0n, fairBefore: 0n },
    ...{ bought: 0n, sold: 0n, valueBought: 0n, valueSold: 0n },
  };
  tallies.set(key, tally);
  return tally;
}

/**
 * A bust of an earlier day's execution trades the other way at its price: what the average cost differs by is realised.
 * What closes leaves at average cost, what opens comes in at its price; crossing zero does both.
 */
function trade(tally: Tally, fill: HedgeFill): void {
  const sign = fill.side === 1 ? 1n : -1n;
  if (sign === 1n) {
    tally.bought += fill.quantity;
    tally.valueBought += fill.quantity * fill.price;
  } else {
    tally.sold += fill.quantity;
    tally.valueSold += fill.quantity * fill.price;
  }
  const held = tally.quantity < 0n ? -tally.quantity : tally.quantity;
  const closes = tally.quantity * sign < 0n ? (fill.quantity < held ? fill.quantity : held) : 0n;
  if (closes > 0n) tally.cost -= mulDiv(tally.cost, closes, held, 'half-even');
  tally.cost += sign * (fill.quantity - closes) * fill.price;
  tally.quantity += sign * fill.quantity;
}
