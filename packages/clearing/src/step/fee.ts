import { type Currency, type DateText, invariant, minorDigits, mulDiv, parseDecimal, pow10 } from '@meridian/base';
import { FEE_RATE_DIGITS, type FeeLevel, type FeeLine, feeAmount, PRICE_DIGITS } from '@meridian/market';
import type { Transaction } from '@meridian/store';
import type { BrokerFill } from '../broker-file.ts';
import { type Account, readAccounts } from '../contract-book.ts';
import { putRows, type Row, rowsOf } from '../dataset.ts';
import { type Break, reconcile } from '../recon.ts';
import { type DatedReference, datedReference, FX_ONE, type ListingFact, type Rates, ratesAt } from '../rules.ts';
import { type BatchFault, hashOf, type Step, type StepScope } from '../step.ts';
import { type Amendment, amendmentsOf } from './amendment.ts';
import type { Trade } from './analyse.ts';
import { breakRow, isTold } from './check.ts';
import { type HedgeFill, hedgeFills } from './hedge.ts';
import { type MarketContext, pinsOf, placeOf } from './plan.ts';
import { type BaseChange, postable, refundRows } from './refund.ts';

/** One charge: who pays what, at the level at which the rule book rounds it. */
interface Charge {
  readonly payer: 'client' | 'house';
  readonly level: FeeLevel;
  readonly ref: string;
  readonly entity: bigint;
  readonly account: bigint | null;
  readonly route: bigint | null;
  readonly listing: ListingFact;
  /** FIX side: what is sold pays what sellers pay. */
  readonly side: 'buy' | 'sell';
  readonly currency: string;
  quantity: bigint;
  value: bigint;
  /** Σ quantity × price × the fills' own exchange rates: what commission is a part of. */
  convertedValue: bigint;
}

const LEVELS: readonly FeeLevel[] = ['fill', 'order', 'note'];

/**
 * Client commission per order on the traded value at the fills' rates; levies passed through, and the house's own
 * levies and broker commission, each at the level that its rule names. Levies passed through in another currency are
 * converted, half-even, at the rate set in force at the cut.
 */
export const fee: Step<MarketContext> = {
  name: 'fee',
  async run(tx, scope) {
    const pins = pinsOf(scope);
    const date = scope.key.clearingDate as DateText;
    const reference = await datedReference(tx, date);
    const accounts = await readAccounts(tx);
    const rates = await ratesAt(tx, pins.cutAt);
    const trades = await rowsOf<Trade>(tx, 'trade', placeOf(scope, 'analyse'), 'seq, k');
    const hedges = await hedgeFills(tx, scope);
    const { facts } = scope.context;
    const schedule = (listing: ListingFact, side: 'buy' | 'sell') =>
      facts.market.feeSchedule(listing.mic, date, side, listing.securityClass);
    const client = clientCharges(trades, accounts, reference);
    const house = houseCharges(hedges, reference);
    const broker = brokerLine(facts.rules.brokerCommissionPerUnit);
    const charges = [
      ...client.filter((charge) => charge.level === 'order').map((charge) => commissionRow(charge, accounts)),
      ...[...client, ...house].flatMap((charge) => levyRows(charge, schedule(charge.listing, charge.side), rates)),
      ...house.filter((charge) => charge.level === 'fill').map((charge) => row(charge, broker(charge), 'BROKER', rates)),
    ];
    const changes = [
      ...(await amendmentsOf(tx, trades)).map((amendment) => baseChange(amendment, reference)),
      ...(await hedgeChanges(tx, scope, hedges, reference)),
    ];
    const refunds = await refundRows(tx, scope, changes, (listing) => broker({ listing }));
    const subOf = (account: bigint) => (accounts.get(account) as Account).sub;
    const { rows: given, faults: due } = postable(charges, refunds, subOf);
    const rows = [...charges, ...given].sort((a, b) => (sortKey(a) < sortKey(b) ? -1 : 1));
    const hash = await putRows(tx, 'fee', scope, rows);
    const breaks = againstBroker(
      [...charges, ...refunds],
      await rowsOf<BrokerFill>(tx, 'broker_fill', placeOf(scope, 'import'), 'line'),
    );
    await putRows(
      tx,
      'recon_break',
      scope,
      breaks.map((found) => breakRow('broker-fee', found, false)),
    );
    return {
      outputHash: hashOf([hash, String(rates.rateSet), breaks]),
      rowsIn: trades.length + hedges.length,
      rowsOut: rows.length,
      summary: { charges: charges.length, refunds: given.length, rateSet: String(rates.rateSet), breaks: breaks.length },
      faults: [...due, ...breaks.map(faultOfFee)],
    };
  },
};

const faultOfFee = (found: Break): BatchFault => ({
  ...{ rule: 'RECON_BREAK', severity: 'warning', field: found.field || 'fee', value: found.right ?? found.key },
  params: {
    ...{ recon: 'broker-fee', key: found.key, kind: found.kind, field: found.field },
    ...{ ours: found.left ?? '-', theirs: found.right ?? '-' },
  },
});

/** Charges that the broker states per fill, by our codes. */
const STATED = { BROKER: 'commission', SEC31: 'sec31', TAF: 'taf' } as const;

/** Our charges per fill against those in the broker's file, to the cent. A difference is reported and stays open. */
function againstBroker(rows: readonly Row[], brokers: readonly BrokerFill[]): Break[] {
  const charged = new Map(rows.map((fees) => [`${fees['payer']} ${fees['code']} ${fees['ref']}`, fees['amount'] as bigint]));
  const good = brokers.filter(isTold);
  const codes = Object.keys(STATED) as (keyof typeof STATED)[];
  const back = new Map(
    rows.map((fees) => [`${fees['code']} ${(fees['line'] as { ref?: string }).ref}`, -(fees['amount'] as bigint)]),
  );
  const ours = (code: keyof typeof STATED) => (broker: BrokerFill) =>
    broker.state === 'late-bust'
      ? (back.get(`${code} fill ${broker.ref_exec_id}`) ?? 0n)
      : (charged.get(`house ${code} fill ${broker.exec_id}`) ?? 0n);
  const fields = codes.map((name) => ({ name, left: ours(name), right: (broker: BrokerFill) => broker[STATED[name]] }));
  const key = (broker: BrokerFill) => broker.exec_id;
  return [...reconcile(good, good, { left: key, right: key }, fields).breaks];
}

const sortKey = (fees: Row) => [fees['payer'], fees['code'], fees['ref']].join('\n');

function baseChange({ trade, root, rootDate }: Amendment, reference: DatedReference): BaseChange {
  const left = trade.kind === 'bust' ? 0n : trade.quantity;
  const was = trade.ref_quantity as bigint;
  const value = left * trade.price - was * (trade.ref_price as bigint);
  return {
    ...{ payer: 'client', batch: trade.ref_batch as string, date: rootDate, refs: clientRefs(root) },
    ...{ side: root.side === 1 ? 'buy' : 'sell', listing: reference.listing(root.listing) },
    ...{ quantity: left - was, value, convertedValue: value * root.fx_rate },
  };
}

const clientRefs = (trade: Trade) => ({
  fill: `${trade.seq}.${trade.k}`,
  order: `${trade.order_id}`,
  note: `${trade.account}/${trade.listing}/${trade.side === 1 ? 'buy' : 'sell'}`,
});

function clientCharges(trades: readonly Trade[], accounts: ReadonlyMap<bigint, Account>, reference: DatedReference): Charge[] {
  const charges = new Map<string, Charge>();
  for (const trade of trades.filter((candidate) => candidate.kind === 'fill')) {
    const account = accounts.get(trade.account) as Account;
    const refs = clientRefs(trade);
    for (const level of LEVELS)
      addTo(charges, {
        ...{ payer: 'client', level, ref: `${level} ${refs[level]}`, entity: account.entity, account: trade.account },
        ...{ route: null, listing: reference.listing(trade.listing), side: trade.side === 1 ? 'buy' : 'sell' },
        ...{ currency: account.settlement_currency, quantity: trade.quantity, value: trade.quantity * trade.price },
        convertedValue: trade.quantity * trade.price * trade.fx_rate,
      });
  }
  return [...charges.values()];
}

/** A bust of an execution that an earlier batch booked takes it out of the base that its batch charged on. */
async function hedgeChanges(
  tx: Transaction,
  scope: StepScope<MarketContext>,
  hedges: readonly HedgeFill[],
  reference: DatedReference,
): Promise<BaseChange[]> {
  const changes: BaseChange[] = [];
  for (const hedge of hedges.filter((candidate) => candidate.kind === 'bust')) {
    const { rows } = await tx.query<{ batch: string; clearing_date: DateText }>(
      `SELECT b.batch, b.clearing_date FROM clearing.batch b
         JOIN accounts.market_day d ON d.market = b.market AND d.trade_date = b.clearing_date
        WHERE b.kind = 'market' AND b.market = $1 AND b.business = $2 AND b.live_attempt IS NOT NULL
          AND (d.cut_seq, d.cut_k) >= ($3, $4)
        ORDER BY b.clearing_date LIMIT 1`,
      [scope.key.market, scope.key.business, hedge.seq, hedge.k],
    );
    const booked = rows[0];
    invariant(booked !== undefined, 'what is before the cut was booked by a batch');
    const value = -hedge.quantity * hedge.price;
    changes.push({
      ...{ payer: 'house', batch: booked.batch, date: booked.clearing_date, refs: houseRefs(hedge) },
      ...{ side: hedge.own_side === 1 ? 'buy' : 'sell', listing: reference.listing(hedge.listing) },
      ...{ quantity: -hedge.quantity, value, convertedValue: 0n },
    });
  }
  return changes;
}

const houseRefs = (hedge: HedgeFill) => ({
  fill: hedge.exec_id,
  order: `${hedge.child}`,
  note: `${hedge.route}/${hedge.listing}/${hedge.own_side === 1 ? 'buy' : 'sell'}`,
});

function houseCharges(hedges: readonly HedgeFill[], reference: DatedReference): Charge[] {
  const charges = new Map<string, Charge>();
  for (const hedge of hedges.filter((candidate) => candidate.kind === 'fill')) {
    const side = hedge.side === 1 ? 'buy' : 'sell';
    const listing = reference.listing(hedge.listing);
    const refs = houseRefs(hedge);
    for (const level of LEVELS)
      addTo(charges, {
        ...{ payer: 'house', level, ref: `${level} ${refs[level]}`, entity: reference.route(hedge.route).entity },
        ...{ account: null, route: hedge.route, listing, side, currency: listing.terms.currency },
        ...{ quantity: hedge.quantity, value: hedge.quantity * hedge.price, convertedValue: 0n },
      });
  }
  return [...charges.values()];
}

function addTo(charges: Map<string, Charge>, charge: Charge): void {
  const key = `${charge.payer} ${charge.ref}`;
  const sofar = charges.get(key);
  if (sofar === undefined) charges.set(key, charge);
  else {
    sofar.quantity += charge.quantity;
    sofar.value += charge.value;
    sofar.convertedValue += charge.convertedValue;
  }
}

function commissionRow(charge: Charge, accounts: ReadonlyMap<bigint, Account>): Row {
  const { commission_ppm } = accounts.get(charge.account as bigint) as Account;
  const digits = minorDigits(charge.currency as Currency);
  const { perCurrencyUnit } = charge.listing.terms.quoteUnit;
  const scale = pow10(PRICE_DIGITS + 10 + 6) * perCurrencyUnit;
  const amount = mulDiv(charge.convertedValue * commission_ppm, pow10(digits), scale, 'half-up');
  return {
    ...{ payer: 'client', code: 'COMMISSION', level: 'order', ref: charge.ref, entity: charge.entity },
    ...{ account: charge.account, route: null, listing: charge.listing.listing, quantity: charge.quantity },
    ...{ value: charge.convertedValue, quote_currency: charge.currency, quote_amount: amount },
    ...{
      currency: charge.currency,
      amount,
      line: { kind: 'commission', ppm: String(commission_ppm), perUnit: String(perCurrencyUnit) },
    },
  };
}

/** Levies of the charge's own level. */
function levyRows(charge: Charge, lines: readonly FeeLine[], rates: Rates): Row[] {
  return lines.filter((line) => line.level === charge.level).map((line) => row(charge, line, line.code, rates));
}

function row(charge: Charge, line: FeeLine, code: string, rates: Rates): Row {
  const quoteAmount = feeAmount(line, { quantity: charge.quantity, value: perCurrency(charge) });
  const rate = rates.rate(line.currency, charge.currency);
  const [up, down] = [charge.currency, line.currency].map((each) => pow10(minorDigits(each as Currency))) as [bigint, bigint];
  return {
    ...{ payer: charge.payer, code, level: line.level, ref: charge.ref, entity: charge.entity, account: charge.account },
    ...{ route: charge.route, listing: charge.listing.listing, quantity: charge.quantity, value: charge.value },
    ...{ quote_currency: line.currency, quote_amount: quoteAmount, currency: charge.currency },
    amount: rate === FX_ONE ? quoteAmount : mulDiv(quoteAmount * rate, up, FX_ONE * down, 'half-even'),
    line: lineFacts(line, rate, charge.listing),
  };
}

/** Fee schedules speak of the currency, prices of its quote unit. */
function perCurrency(charge: Charge): bigint {
  return charge.value / charge.listing.terms.quoteUnit.perCurrencyUnit;
}

/** What the charge was computed by, kept with it: the proof recomputes from this and the fills. */
function lineFacts(line: FeeLine, rate: bigint, listing: ListingFact): object {
  const { basis } = line;
  const part = basis.kind === 'rate' ? basis.rate : basis.kind === 'per-unit' ? basis.perUnit : null;
  return {
    ...{ kind: basis.kind, part: part === null ? null : String(part), fact: line.factId, rounding: line.rounding },
    ...{ unit: String(line.unitMinor), min: textOf(line.minMinor), max: textOf(line.maxMinor), rate: String(rate) },
    ...{ fixed: basis.kind === 'fixed' ? basis.amount : null, perUnit: String(listing.terms.quoteUnit.perCurrencyUnit) },
  };
}

const textOf = (value: bigint | null) => (value === null ? null : String(value));

/** The broker's commission as a line like any levy: per unit, half up, per fill. */
function brokerLine(perUnit: string): (charge: { readonly listing: ListingFact }) => FeeLine {
  return (charge) => ({
    ...({
      code: 'BROKER',
      name: 'Broker commission',
      factId: 'broker-agreement',
      source: 'agreement',
      confidence: 'seen',
    } as const),
    ...({ currency: charge.listing.terms.currency, rounding: 'half-up', level: 'fill', unitMinor: 1n } as const),
    ...{ basis: { kind: 'per-unit', perUnit: parseDecimal(perUnit, FEE_RATE_DIGITS) }, minMinor: null, maxMinor: null },
  });
}
