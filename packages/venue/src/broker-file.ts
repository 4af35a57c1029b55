import { access, mkdir, open, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { type DateText, declareProblems, type Instant, parseDecimal, pow10, rescale } from '@meridian/base';
import { feeAmount, type MarketFacts, PRICE_DIGITS } from '@meridian/market';
import { BROKER_FEE_DIGITS, type BrokerRow, brokerFileName, formatBrokerFile, NODE_PRICE_DIGITS } from '@meridian/messages';
import type { BrokerEntry } from './trade-ledger.ts';
import type { VenueConfig } from './venue-command.ts';
import { executionId, venueOrderId } from './venue-event.ts';

const { problem } = declareProblems({
  BROKER_FEE_UNKNOWN: {
    status: 422,
    title: { zh: '经纪商文件不认识该收费', en: 'A levy the broker file has no column for' },
    detail: { zh: '{mic} 在 {date} 的收费 {code} 没有对应列', en: 'The levy {code} of {mic} on {date} has no column' },
    remedy: { zh: '扩展经纪商文件版式', en: 'Extend the layout of the broker file' },
  },
});

/** What the broker charges and how it looks up the rest. */
export interface BrokerTerms {
  readonly facts: MarketFacts;
  /** Per unit, in the quote currency, e.g. "0.0020". */
  readonly commissionPerUnit: string;
  /** Security class of a symbol, for exemptions of levies. */
  readonly securityClass: (symbol: string) => string;
}

const SIDES = { 1: 'BUY', 2: 'SELL', 5: 'SHORT' } as const;
/** Decimals of the commission rate. */
const RATE_DIGITS = 8;

/**
 * The rows of one day's file: what was executed, busted and corrected. Levies are per fill, by the schedule of the trade
 * date. The commission is rounded half up once per order: a fill bears what it adds to its order's commission.
 */
export function brokerRows(
  config: VenueConfig,
  entries: readonly BrokerEntry[],
  date: string,
  terms: BrokerTerms,
): BrokerRow[] {
  const commission = commissions(entries, terms.commissionPerUnit);
  return entries
    .filter((entry) => entry.fileDate === date)
    .map((entry) => rowOf(config, entry, commission.get(entry.execution) as bigint, terms));
}

/** By execution, minor units. A bust gives back what its fill bore. */
function commissions(entries: readonly BrokerEntry[], perUnit: string): Map<number, bigint> {
  const rate = parseDecimal(perUnit, RATE_DIGITS);
  const charged = (quantity: bigint) => rescale(quantity * rate, RATE_DIGITS, BROKER_FEE_DIGITS, 'half-up');
  const filled = new Map<number, bigint>();
  const found = new Map<number, bigint>();
  for (const { kind, execution, reference, order, quantity } of entries) {
    const before = filled.get(order) ?? 0n;
    if (kind === 'fill') {
      filled.set(order, before + BigInt(quantity));
      found.set(execution, charged(before + BigInt(quantity)) - charged(before));
    } else {
      filled.set(order, before - BigInt(quantity));
      found.set(execution, found.get(reference) as bigint);
    }
  }
  return found;
}

function rowOf(config: VenueConfig, entry: BrokerEntry, commission: bigint, terms: BrokerTerms): BrokerRow {
  const { mic } = config;
  const listing = config.listings[entry.listing - 1] as VenueConfig['listings'][number];
  const tradeDate = entry.tradeDate as DateText;
  return {
    kind: entry.kind === 'fill' ? 'FILL' : 'BUST',
    execId: executionId(mic, entry.execution),
    refExecId: entry.reference === 0 ? '' : executionId(mic, entry.reference),
    orderId: venueOrderId(mic, entry.order),
    clOrdId: entry.clOrdId,
    account: entry.account,
    isin: listing.isin,
    symbol: listing.symbol,
    mic,
    side: SIDES[entry.side as keyof typeof SIDES],
    quantity: BigInt(entry.quantity),
    price: BigInt(entry.price),
    tradeTime: entry.time,
    tradeDate,
    settlementDate: terms.facts.settlementDates(mic, tradeDate).securities,
    currency: listing.currency,
    commission,
    ...levies(mic, tradeDate, entry, terms.securityClass(listing.symbol), terms.facts),
  };
}

function levies(mic: string, date: DateText, entry: BrokerEntry, securityClass: string, facts: MarketFacts) {
  const charge = {
    quantity: BigInt(entry.quantity),
    value: BigInt(entry.quantity) * BigInt(entry.price) * pow10(PRICE_DIGITS - NODE_PRICE_DIGITS),
  };
  const found = { sec31: 0n, taf: 0n };
  for (const line of facts.feeSchedule(mic, date, entry.side === 1 ? 'buy' : 'sell', securityClass)) {
    if (line.code === 'SEC31') found.sec31 += feeAmount(line, charge);
    else if (line.code === 'TAF') found.taf += feeAmount(line, charge);
    else throw problem('BROKER_FEE_UNKNOWN', { mic, date, code: line.code });
  }
  return found;
}

/**
 * Writes a day's file and, when it is complete on the disk, its marker. Written again it comes out byte-equal.
 * @returns the file's path
 */
export async function writeBrokerFile(
  dropDir: string,
  config: VenueConfig,
  date: DateText,
  closedAt: Instant,
  entries: readonly BrokerEntry[],
  terms: BrokerTerms,
): Promise<string> {
  const rows = brokerRows(config, entries, date, terms);
  const path = join(dropDir, brokerFileName(config.mic, date));
  await mkdir(dropDir, { recursive: true });
  await drop(path, formatBrokerFile({ mic: config.mic, date, closedAt, rows }));
  await drop(`${path}.done`, '');
  return path;
}

/** Path of a day's file when it was dropped whole. */
export async function droppedBrokerFile(dropDir: string, mic: string, date: DateText): Promise<string | undefined> {
  const path = join(dropDir, brokerFileName(mic, date));
  const there = await Promise.all([access(path), access(`${path}.done`)]).catch(() => undefined);
  return there === undefined ? undefined : path;
}

/**
 * A reader sees the old file or the whole new one, and what `.done` promises is on the disk. The house keeps its own small
 * files in its own way, private, as JSON: what a broker drops is another firm's.
 */
async function drop(path: string, text: string): Promise<void> {
  const temporary = `${path}.tmp`;
  const file = await open(temporary, 'w');
  try {
    await file.writeFile(text, 'latin1');
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(temporary, path);
}
