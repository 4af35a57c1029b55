import { postingRule } from '@meridian/accounts';
import { type Currency, type DateText, declareProblems, formatDecimal, minorDigits, mulDiv, pow10 } from '@meridian/base';
import { type FeeLevel, type FeeLine, feeAmount, PRICE_DIGITS } from '@meridian/market';
import type { Transaction } from '@meridian/store';
import type { Row } from '../dataset.ts';
import { EARLIER, publishedData } from '../published-data.ts';
import { FX_ONE, type ListingFact } from '../rules.ts';
import type { BatchFault, StepScope } from '../step.ts';
import { feeRule } from './lines.ts';
import type { MarketContext } from './plan.ts';

declareProblems({
  FEE_REFUND_DUE: {
    status: 409,
    title: { zh: '应退费用未入账', en: 'A refund of fees is due' },
    detail: {
      zh: '{key} 应退 {amount} {currency}（规则 {rule} 不能反向记账）',
      en: '{key} is to get back {amount} {currency} (rule {rule} posts one way only)',
    },
    remedy: { zh: '由两人复核后人工退还', en: 'Give it back by hand, under four eyes' },
  },
});

/** What a bust or correction changes of the base of charges that an earlier batch made. */
export interface BaseChange {
  readonly payer: 'client' | 'house';
  readonly batch: string;
  readonly date: DateText;
  readonly side: 'buy' | 'sell';
  readonly listing: ListingFact;
  readonly refs: Readonly<Record<FeeLevel, string>>;
  readonly quantity: bigint;
  readonly value: bigint;
  readonly convertedValue: bigint;
}

interface Charged {
  readonly payer: 'client' | 'house';
  readonly code: string;
  readonly level: FeeLevel;
  readonly entity: bigint;
  readonly account: bigint | null;
  readonly route: bigint | null;
  readonly listing: bigint;
  readonly quantity: bigint;
  readonly value: string;
  readonly quote_currency: string;
  readonly quote_amount: bigint;
  readonly currency: string;
  readonly amount: bigint;
  readonly line: Readonly<Record<string, string | null>>;
}

/**
 * Charges of earlier batches computed again by the rules that made them, on what their base is now; what was charged
 * before is taken off. Minor units, − is given back.
 */
export async function refundRows(
  tx: Transaction,
  scope: StepScope<MarketContext>,
  changes: readonly BaseChange[],
  broker: (listing: ListingFact) => FeeLine,
): Promise<Row[]> {
  const rows: Row[] = [];
  const levelled = changes.flatMap((change) =>
    Object.entries(change.refs).map(([level, ref]) => ({ ...change, ref: `${level} ${ref}` })),
  );
  for (const same of Map.groupBy(levelled, (change) => [change.payer, change.batch, change.ref].join('\n')).values()) {
    const [first] = same as [(typeof same)[number]];
    const sum = (of: (change: BaseChange) => bigint) => same.reduce((total, change) => total + of(change), 0n);
    const charged = Map.groupBy(await chargesOf(tx, scope, first), (charge) => charge.code);
    for (const [code, charges] of charged) {
      const last = charges.at(-1) as Charged;
      const base = {
        quantity: last.quantity + sum((change) => change.quantity),
        value: BigInt(last.value) + sum((change) => (code === 'COMMISSION' ? change.convertedValue : change.value)),
      };
      const now = base.quantity === 0n ? NOTHING : chargeOn(scope, last, first, base, broker);
      const was = charges.reduce((total, charge) => total + charge.amount, 0n);
      const quoteWas = charges.reduce((total, charge) => total + charge.quote_amount, 0n);
      if (now.amount === was && now.quote === quoteWas) continue;
      rows.push({
        ...{ payer: last.payer, code, level: last.level, ref: `${first.ref} of ${first.date}`, entity: last.entity },
        ...{ account: last.account, route: last.route, listing: last.listing, quantity: base.quantity, value: base.value },
        ...{ quote_currency: last.quote_currency, quote_amount: now.quote - quoteWas, currency: last.currency },
        ...{ amount: now.amount - was, line: { ...last.line, of: first.batch, ref: first.ref, was: String(was) } },
      });
    }
  }
  return rows;
}

const NOTHING = { amount: 0n, quote: 0n };

async function chargesOf(
  tx: Transaction,
  scope: StepScope<MarketContext>,
  { payer, batch, ref }: BaseChange & { readonly ref: string },
): Promise<Charged[]> {
  const { market, business, clearingDate } = scope.key;
  const { rows } = await tx.query<Charged>(
    `SELECT d.* FROM ${publishedData('fee', 'clearing.fee')}
      WHERE ${EARLIER} AND d.payer = $4
        AND ((b.batch = $5 AND d.ref = $6) OR (d.line ->> 'of' = $5 AND d.line ->> 'ref' = $6))
      ORDER BY b.clearing_date, d.code`,
    [market, business, clearingDate, payer, batch, ref],
  );
  return rows;
}

function chargeOn(
  scope: StepScope<MarketContext>,
  charged: Charged,
  { listing, date, side }: BaseChange,
  base: { readonly quantity: bigint; readonly value: bigint },
  broker: (listing: ListingFact) => FeeLine,
): { readonly amount: bigint; readonly quote: bigint } {
  const { perCurrencyUnit } = listing.terms.quoteUnit;
  const digits = pow10(minorDigits(charged.currency as Currency));
  if (charged.code === 'COMMISSION') {
    const scale = pow10(PRICE_DIGITS + 10 + 6) * perCurrencyUnit;
    const amount = mulDiv(base.value * BigInt(charged.line['ppm'] ?? 0), digits, scale, 'half-up');
    return { amount, quote: amount };
  }
  const schedule = scope.context.facts.market.feeSchedule(listing.mic, date, side, listing.securityClass);
  const line = charged.code === 'BROKER' ? broker(listing) : schedule.find((candidate) => candidate.code === charged.code);
  if (line === undefined) throw new RangeError(`${charged.code} was charged on ${date} and is not in its schedule`);
  const quote = feeAmount(line, { quantity: base.quantity, value: base.value / perCurrencyUnit });
  const rate = BigInt(charged.line['rate'] ?? FX_ONE);
  if (rate === FX_ONE) return { amount: quote, quote };
  const scale = FX_ONE * pow10(minorDigits(charged.quote_currency as Currency));
  return { amount: mulDiv(quote * rate, digits, scale, 'half-even'), quote };
}

/**
 * Refunds that the books can take: they net against the batch's own charges of the same rule and accounts. What is more
 * than those can only be posted where the rule goes both ways; else it is left to a person, and said.
 */
export function postable(
  charges: readonly Row[],
  refunds: readonly Row[],
  subOf: (account: bigint) => bigint,
): { readonly rows: Row[]; readonly faults: BatchFault[] } {
  const keyOf = (row: Row) => {
    const rule = feeRule(row['payer'] as string, row['code'] as string).rule;
    const owner =
      row['payer'] === 'client'
        ? `sub account ${subOf(row['account'] as bigint)}`
        : `route ${row['route']} listing ${row['listing']}`;
    return { rule, owner, key: [rule, owner, row['entity'], row['currency']].join('\n') };
  };
  const net = new Map<string, bigint>();
  for (const row of [...charges, ...refunds])
    net.set(keyOf(row).key, (net.get(keyOf(row).key) ?? 0n) + (row['amount'] as bigint));
  const isOneWay = (row: Row) => (net.get(keyOf(row).key) ?? 0n) < 0n && postingRule(keyOf(row).rule)?.bothWays !== true;
  const faults = [...Map.groupBy(refunds.filter(isOneWay), (row) => keyOf(row).key).values()].map((same): BatchFault => {
    const { rule, owner } = keyOf(same[0] as Row);
    const currency = String(same[0]?.['currency']);
    const due = -same.reduce((total, row) => total + (row['amount'] as bigint), 0n);
    const amount = formatDecimal(due, minorDigits(currency as Currency));
    return {
      ...{ rule: 'FEE_REFUND_DUE', severity: 'warning', field: 'fee', value: amount },
      params: { key: owner, amount, currency, rule },
    };
  });
  return { rows: refunds.filter((row) => !isOneWay(row)), faults };
}
