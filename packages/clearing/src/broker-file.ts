import { type DateText, declareProblems, rescale } from '@meridian/base';
import { PRICE_DIGITS } from '@meridian/market';
import { BROKER_FEE_DIGITS, BROKER_FILE, NODE_PRICE_DIGITS } from '@meridian/messages';
import { type FileRecord, readDelimited } from './delimited-file.ts';
import type { BatchFault } from './step.ts';

const RESEND = {
  zh: '请对方更正并重新发送，然后重新运行批次',
  en: 'Have the sender correct and resend it, then run the batch again',
};

declareProblems({
  FILE_DUPLICATE: {
    status: 422,
    title: { zh: '成交编号重复', en: 'Duplicate execution' },
    detail: {
      zh: '{file} 第 {line} 行的成交编号 {value} 已出现在第 {first} 行',
      en: 'Execution {value} in line {line} of {file} stands in line {first} already',
    },
    remedy: RESEND,
  },
  FILE_BUST: {
    status: 422,
    title: { zh: '撤销无对应成交', en: 'Bust without a fill' },
    detail: {
      zh: '{file} 第 {line} 行撤销的成交“{value}”未注明，或已被撤销',
      en: 'Line {line} of {file} takes back execution "{value}", which is not named or taken back already',
    },
    remedy: RESEND,
  },
  FILE_QUANTITY: {
    status: 422,
    title: { zh: '数量或金额无效', en: 'Invalid quantity or amount' },
    detail: {
      zh: '{file} 第 {line} 行 {field} 为 {value}，须为正且在界限内',
      en: 'Line {line} of {file}: {field} is {value}; it must be positive and within bounds',
    },
    remedy: RESEND,
  },
});

/** A row of the broker's file as the books hold it: prices with 8 decimals, fees in minor units, times UTC. */
export interface BrokerFill {
  readonly line: number;
  readonly at_byte: number;
  readonly kind: 'FILL' | 'BUST';
  readonly exec_id: string;
  readonly ref_exec_id: string;
  readonly venue_order_id: string;
  readonly cl_ord_id: string;
  readonly trading_account: string;
  readonly isin: string;
  readonly symbol: string;
  readonly mic: string;
  readonly side: string;
  readonly quantity: bigint;
  readonly price: bigint;
  readonly currency: string;
  readonly transact_at: bigint;
  readonly trade_date: DateText;
  readonly settlement_date: DateText;
  readonly commission: bigint;
  readonly sec31: bigint;
  readonly taf: bigint;
  /** `late-bust`: takes back an execution of an earlier file. */
  readonly state: 'good' | 'busted' | 'bust' | 'late-bust';
  /** Offsets of the row's fields in the file, by the layout's names. */
  readonly at: Readonly<Record<string, number>>;
}

export interface BrokerFileRead {
  /** Name and version of the layout. */
  readonly layout: string;
  readonly lines: number;
  readonly header: { readonly mic: string; readonly date: string; readonly at: Readonly<Record<string, number>> };
  readonly fills: readonly BrokerFill[];
  readonly faults: readonly BatchFault[];
}

/** Quantities and amounts of one row at most: sums over a whole file stay inside the books' integers. */
const QUANTITY_MAX = 1_000_000_000_000n;

/** Reads the broker's file and checks it against itself: layout, duplicates, busts, trailer count and control totals. */
export function readBrokerFile(file: string, content: Uint8Array): BrokerFileRead {
  const read = readDelimited(BROKER_FILE, file, content);
  const faults = [...read.faults];
  const header = { mic: text(read.header, 'mic'), date: text(read.header, 'date'), at: read.header?.at ?? {} };
  let fills = read.rows.map(fillOf);
  if (faults.length === 0) {
    faults.push(...fills.flatMap((fill) => rowFaults(file, fill)), ...duplicates(file, fills));
    const busted = bustedIds(file, fills, faults);
    const own = new Set(fills.filter((fill) => fill.kind === 'FILL').map((fill) => fill.exec_id));
    fills = fills.map((fill): BrokerFill => {
      if (fill.kind === 'BUST') return own.has(fill.ref_exec_id) ? fill : { ...fill, state: 'late-bust' };
      return busted.has(fill.exec_id) ? { ...fill, state: 'busted' } : fill;
    });
    if (read.trailer !== undefined) faults.push(...totalFaults(file, fills, read.trailer));
  }
  const layout = `${BROKER_FILE.name} ${BROKER_FILE.version}`;
  return { layout, lines: read.rows.length + 2, header, fills, faults };
}

const text = (record: FileRecord | undefined, name: string) => String(record?.values[name] ?? '');

function fillOf(record: FileRecord): BrokerFill {
  // The layout has checked kind and form of every field.
  const values = record.values as Record<string, unknown>;
  const word = (name: string) => values[name] as string;
  const number = (name: string) => values[name] as bigint;
  const date = (name: string) => values[name] as DateText;
  const kind = word('kind') as BrokerFill['kind'];
  return {
    line: record.line,
    at_byte: record.byte,
    at: record.at,
    kind,
    exec_id: word('execId'),
    ref_exec_id: word('refExecId'),
    venue_order_id: word('orderId'),
    cl_ord_id: word('clOrdId'),
    trading_account: word('account'),
    isin: word('isin'),
    symbol: word('symbol'),
    mic: word('mic'),
    side: word('side') as BrokerFill['side'],
    quantity: number('quantity'),
    price: rescale(number('price'), NODE_PRICE_DIGITS, PRICE_DIGITS, 'half-even'),
    currency: word('currency'),
    transact_at: number('tradeTime'),
    trade_date: date('tradeDate'),
    settlement_date: date('settlementDate'),
    commission: number('commission'),
    sec31: number('sec31'),
    taf: number('taf'),
    state: kind === 'BUST' ? 'bust' : 'good',
  };
}

function rowFaults(file: string, fill: BrokerFill): BatchFault[] {
  const bounded = (field: 'quantity' | 'price', max: bigint): BatchFault[] =>
    fill[field] > 0n && fill[field] <= max ? [] : [at(file, fill, 'FILE_QUANTITY', field, String(fill[field]))];
  return [...bounded('quantity', QUANTITY_MAX), ...bounded('price', 10n ** 16n)];
}

function at(file: string, fill: BrokerFill, rule: string, field: string, value: string, more = {}): BatchFault {
  const place = { file, line: fill.line, field, value };
  return { rule, severity: 'fatal', ...place, byte: fill.at[field] ?? fill.at_byte, params: { ...place, ...more } };
}

function duplicates(file: string, fills: readonly BrokerFill[]): BatchFault[] {
  const first = new Map<string, number>();
  return fills.flatMap((fill): BatchFault[] => {
    const line = first.get(fill.exec_id);
    if (line !== undefined) return [at(file, fill, 'FILE_DUPLICATE', 'execId', fill.exec_id, { first: line })];
    first.set(fill.exec_id, fill.line);
    return [];
  });
}

function bustedIds(file: string, fills: readonly BrokerFill[], faults: BatchFault[]): ReadonlySet<string> {
  const busted = new Set<string>();
  for (const bust of fills.filter((fill) => fill.kind === 'BUST')) {
    if (bust.ref_exec_id === '' || busted.has(bust.ref_exec_id))
      faults.push(at(file, bust, 'FILE_BUST', 'refExecId', bust.ref_exec_id));
    busted.add(bust.ref_exec_id);
  }
  return busted;
}

function totalFaults(file: string, fills: readonly BrokerFill[], trailer: FileRecord): BatchFault[] {
  const signed = (of: (fill: BrokerFill) => bigint) =>
    fills.reduce((sum, fill) => (fill.kind === 'FILL' ? sum + of(fill) : sum - of(fill)), 0n);
  const value = signed((fill) => fill.quantity * rescale(fill.price, PRICE_DIGITS, NODE_PRICE_DIGITS, 'half-even'));
  const found = { rows: BigInt(fills.length), quantity: signed((fill) => fill.quantity), value };
  return (Object.keys(found) as (keyof typeof found)[]).flatMap((field): BatchFault[] => {
    if (trailer.values[field] === found[field]) return [];
    const place = { file, line: trailer.line, field, value: String(trailer.values[field]) };
    const params = { ...place, found: String(found[field]) };
    return [{ rule: 'FILE_TOTAL', severity: 'fatal', ...place, byte: trailer.at[field] ?? trailer.byte, params }];
  });
}

/** Fees that the broker states for a row, by the codes of the fee schedule. */
export const BROKER_FEE_FIELDS = { SEC31: 'sec31', TAF: 'taf' } as const;
export { BROKER_FEE_DIGITS };
