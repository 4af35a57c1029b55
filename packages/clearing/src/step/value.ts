import { allocate, type DateText } from '@meridian/base';
import { conversionRate, marginOf, type Observation, openQuantity, value as worthOf } from '@meridian/product';
import type { Transaction } from '@meridian/store';
import { lockedMargin, type OpenContract, openContracts, readAccounts } from '../contract-book.ts';
import { publishedPlaces, putRows, type Row, rowsOf } from '../dataset.ts';
import { problem } from '../problems.ts';
import { type DatedReference, datedReference, type Rates, ratesAt } from '../rules.ts';
import { hashOf, type Step, type StepScope } from '../step.ts';
import { type HedgeFill, hedgeFills } from './hedge.ts';
import { minorOf } from './inventory.ts';
import { type MarketContext, pinsOf, placeOf } from './plan.ts';

interface Before {
  readonly contract: bigint;
  readonly mtm: bigint;
  readonly margin: bigint;
  readonly notional: bigint;
}

/** Marks contracts and hedges at the session's closing marks, computes margin and the obligations by value date. */
export const value: Step<MarketContext> = {
  name: 'value',
  async run(tx, scope) {
    const pins = pinsOf(scope);
    const reference = await datedReference(tx, scope.key.clearingDate as DateText);
    const rates = await ratesAt(tx, pins.cutAt);
    const markOf = await marks(tx, scope);
    const valuations = await contractValues(tx, scope, reference, rates, markOf);
    const inventory = await rowsOf<InventoryRow>(tx, 'inventory', placeOf(scope, 'process'), 'route, listing');
    const inventoryMarks = inventory.map((row) => {
      const mark = markOf(row.listing);
      const fair = minorOf(row.quantity * mark, reference.listing(row.listing).terms) - row.cost_minor;
      return { route: row.route, listing: row.listing, mark, fair_value: fair };
    });
    const obligations = await obligationRows(tx, scope, inventory);
    const hashes = [
      await putRows(tx, 'valuation', scope, valuations),
      await putRows(tx, 'inventory_mark', scope, inventoryMarks),
      await putRows(tx, 'obligation', scope, obligations),
    ];
    return {
      outputHash: hashOf(hashes),
      rowsIn: valuations.length + inventory.length,
      rowsOut: valuations.length + inventoryMarks.length + obligations.length,
      summary: { contracts: valuations.length, rateSet: String(rates.rateSet), obligations: obligations.length },
    };
  },
};

/** Closing marks of the session, checked to be there when asked for. @throws Problem CLEARING_FACT_MISSING */
async function marks(tx: Transaction, scope: StepScope<MarketContext>): Promise<(listing: bigint) => bigint> {
  const { rows } = await tx.query<{ listing: bigint; price: bigint }>(
    'SELECT listing, price FROM accounts.mark WHERE market = $1 AND trade_date = $2',
    [scope.key.market, scope.key.clearingDate],
  );
  const found = new Map(rows.map((row) => [row.listing, row.price]));
  return (listing) => {
    const price = found.get(listing);
    if (price === undefined) throw problem('CLEARING_FACT_MISSING', { what: 'closing mark', key: `listing ${listing}` });
    return price;
  };
}

async function contractValues(
  tx: Transaction,
  scope: StepScope<MarketContext>,
  reference: DatedReference,
  rates: Rates,
  markOf: (listing: bigint) => bigint,
): Promise<Row[]> {
  const accounts = await readAccounts(tx);
  const contracts = await openContracts(tx, placeOf(scope, 'process'), accounts, reference.listing, true);
  const before = await previousValues(tx, scope);
  return contracts.map((contract) => {
    const known = before.get(contract.contract);
    return valuation(contract, markOf(contract.listing.listing), rates, known ?? NOTHING);
  });
}

async function previousValues(tx: Transaction, scope: StepScope<MarketContext>): Promise<ReadonlyMap<bigint, Before>> {
  const { previous } = pinsOf(scope);
  if (previous === null) return new Map();
  const places = await publishedPlaces(tx, previous.batch, previous.attempt);
  const rows = await rowsOf<Before>(tx, 'valuation', places('value'), 'contract');
  return new Map(rows.map((row) => [row.contract, row]));
}

const NOTHING = { mtm: 0n, margin: 0n, notional: 0n };

function valuation(contract: OpenContract, mark: bigint, rates: Rates, before: Omit<Before, 'contract'>): Row {
  const { state } = contract;
  const { swap } = state;
  const rate = rates.rate(swap.priceCurrency, swap.terms.settlementCurrency);
  const isComposite = swap.terms.basis === 'composite';
  const fx = isComposite ? { rate, source: String(rates.rateSet), fixedAt: rates.publishedAt } : null;
  const observed: Observation = { price: mark, fx };
  const worth = worthOf(state, observed);
  const required = marginOf(swap, openQuantity(state), observed);
  return {
    ...{ contract: contract.contract, currency: swap.terms.settlementCurrency, quantity: openQuantity(state), mark },
    ...{ fx_rate: conversionRate(swap, fx), fx_rate_set: rates.rateSet, mtm_before: before.mtm },
    ...{ mtm: worth.markToMarket.minor, exposure: worth.exposure.minor, notional: worth.notional.minor },
    ...{ margin_before: before.margin, notional_before: before.notional, margin: lockedMargin(state) },
    ...{ requirement: required.initial.minor, maintenance: required.maintenance.minor },
  };
}

export interface InventoryRow {
  readonly entity: bigint;
  readonly route: bigint;
  readonly listing: bigint;
  readonly currency: string;
  readonly quantity: bigint;
  readonly cost_minor: bigint;
  readonly cost_before: bigint;
  readonly bought: bigint;
  readonly sold: bigint;
  readonly cash_out: bigint;
  readonly cash_in: bigint;
  readonly fair_before: bigint;
}

interface Leg {
  readonly kind: 'cash' | 'securities';
  readonly entity: bigint;
  readonly counterparty: bigint;
  readonly listing: bigint | null;
  readonly currency: string | null;
  readonly value_date: DateText;
  readonly amount: bigint;
  readonly trades: number;
}

/**
 * What the house owes (−) and is owed (+) at the broker by value date, from the day's hedges and their charges. Net:
 * one per route, currency or listing, and date; gross: one per fill, the rounded totals parted exactly. CL-4
 */
async function obligationRows(
  tx: Transaction,
  scope: StepScope<MarketContext>,
  inventory: readonly InventoryRow[],
): Promise<Row[]> {
  const { market, clearingDate } = scope.key;
  const fills = await hedgeFills(tx, scope);
  const fees = await houseFees(tx, scope);
  const { settlementDates } = scope.context.facts.market;
  const dates = settlementDates(market, clearingDate as DateText);
  // What is taken back falls with what it takes back; where that is settled already, it goes back like a trade of today.
  const dateOf = (fill: HedgeFill, what: 'cash' | 'securities') => {
    const own = fill.kind === 'bust' ? settlementDates(market, fill.trade_date)[what] : dates[what];
    return own > clearingDate ? own : dates[what];
  };
  const legs = inventory.flatMap((row): Leg[] => {
    const own = fills.filter((fill) => fill.route === row.route && fill.listing === row.listing);
    const charge = fees.get(`${row.route}/${row.listing}`) ?? 0n;
    const cash = { kind: 'cash' as const, ...owner(row), listing: null, currency: row.currency, value_date: dates.cash };
    const paper = { kind: 'securities' as const, ...owner(row), listing: row.listing, currency: null };
    return [
      ...parts(own, 1, row.cash_out).map(([fill, amount]) => ({
        ...{ ...cash, amount: -amount, value_date: dateOf(fill, 'cash'), trades: 1 },
      })),
      ...parts(own, -1, row.cash_in).map(([fill, amount]) => ({
        ...cash,
        amount,
        value_date: dateOf(fill, 'cash'),
        trades: 1,
      })),
      ...(charge === 0n ? [] : [{ ...cash, amount: -charge, trades: own.length }]),
      ...own.map((fill) => {
        const amount = fill.side === 1 ? fill.quantity : -fill.quantity;
        return { ...paper, value_date: dateOf(fill, 'securities'), amount, trades: 1 };
      }),
    ];
  });
  const settled = scope.context.rule.settle === 'net' ? netted(legs) : legs;
  return settled
    .filter((leg) => leg.amount !== 0n)
    .map((leg, index): Row => ({ no: index + 1, ...leg, trade_date: clearingDate }));
}

const owner = (row: InventoryRow) => ({ entity: row.entity, counterparty: row.route });

/** A rounded total parted over the fills of one direction by their values; the parts add up exactly. */
function parts(fills: readonly HedgeFill[], direction: 1 | -1, total: bigint): (readonly [HedgeFill, bigint])[] {
  const own = fills.filter((fill) => (fill.side === 1) === (direction === 1));
  if (own.length === 0) return [];
  const amounts = allocate(
    total,
    own.map((fill) => fill.quantity * fill.price),
  );
  return own.map((fill, i) => [fill, amounts[i] as bigint] as const);
}

async function houseFees(tx: Transaction, scope: StepScope<MarketContext>): Promise<ReadonlyMap<string, bigint>> {
  const place = placeOf(scope, 'fee');
  const { rows } = await tx.query<{ route: bigint; listing: bigint; amount: bigint }>(
    `SELECT route, listing, sum(amount)::bigint AS amount FROM clearing.fee
      WHERE batch = $1 AND attempt = $2 AND payer = 'house' GROUP BY route, listing`,
    [place.batch, place.attempt],
  );
  return new Map(rows.map((row) => [`${row.route}/${row.listing}`, row.amount]));
}

function netted(legs: readonly Leg[]): Leg[] {
  const nets = new Map<string, Leg>();
  for (const leg of legs) {
    const key = [leg.kind, leg.entity, leg.counterparty, leg.listing, leg.currency, leg.value_date].join('/');
    const sofar = nets.get(key);
    nets.set(key, {
      ...leg,
      amount: (sofar?.amount ?? 0n) + leg.amount,
      trades: (sofar?.trades ?? 0) + leg.trades,
    });
  }
  return [...nets.values()];
}
