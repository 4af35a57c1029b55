import { type DateText, formatDecimal, formatInstant, type Instant, invariant } from '@meridian/base';
import { type EntityDefaults, entity, type FieldLine } from '@meridian/catalog';
import { NODE_PRICE_DIGITS } from './scale.ts';

/**
 * The file in which a broker tells, after the close of a session date, what it executed for the house: a text of
 * records, one a line, each beginning with its tag; header, rows, trailer with control totals. Writer and reader share
 * this description and nothing else. The name is `broker-<MIC>-<YYYYMMDD>.csv`; beside it, when it is complete,
 * lies an empty `….csv.done`.
 */

/** How one field is written: integers and decimals as scaled integers, instants as ISO 8601 UTC, text without the delimiter. */
export interface BrokerField {
  readonly name: string;
  readonly kind: 'text' | 'integer' | 'decimal' | 'date' | 'instant';
  /** Decimals of a `decimal`. */
  readonly digits?: number;
  readonly charsMax?: number;
  /** The only values taken. */
  readonly values?: readonly string[];
}

export interface BrokerRecordLayout {
  /** The first cell of the record's lines. */
  readonly tag: string;
  readonly fields: readonly BrokerField[];
}

export interface BrokerFileLayout {
  readonly name: string;
  readonly version: number;
  readonly delimiter: string;
  readonly lineBytesMax: number;
  readonly linesMax: number;
  readonly header: BrokerRecordLayout;
  readonly row: BrokerRecordLayout;
  readonly trailer: BrokerRecordLayout;
}

/** Decimals of commission and fees: minor units of the quote currency. */
export const BROKER_FEE_DIGITS = 2;

const MIC: BrokerField = { name: 'mic', kind: 'text', charsMax: 4 };
const NAME = 'broker-fills';
const VERSION = 1;

export const BROKER_FILE: BrokerFileLayout = {
  name: NAME,
  version: VERSION,
  delimiter: ',',
  lineBytesMax: 512,
  linesMax: 1_000_002,
  header: {
    tag: 'H',
    fields: [
      { name: 'layout', kind: 'text', values: [NAME] },
      { name: 'version', kind: 'text', values: [String(VERSION)] },
      MIC,
      { name: 'date', kind: 'date' },
      /** Business time of the close that made it. */
      { name: 'closedAt', kind: 'instant' },
    ],
  },
  row: {
    tag: 'R',
    fields: [
      /** BUST takes back the fill named by `refExecId`, fees included; a correction is a BUST and a FILL that names the same. */
      { name: 'kind', kind: 'text', values: ['FILL', 'BUST'] },
      { name: 'execId', kind: 'text', charsMax: 32 },
      { name: 'refExecId', kind: 'text', charsMax: 32 },
      { name: 'orderId', kind: 'text', charsMax: 32 },
      { name: 'clOrdId', kind: 'text', charsMax: 64 },
      { name: 'account', kind: 'text', charsMax: 32 },
      { name: 'isin', kind: 'text', charsMax: 12 },
      { name: 'symbol', kind: 'text', charsMax: 32 },
      MIC,
      { name: 'side', kind: 'text', values: ['BUY', 'SELL', 'SHORT'] },
      { name: 'quantity', kind: 'integer' },
      { name: 'price', kind: 'decimal', digits: NODE_PRICE_DIGITS },
      { name: 'tradeTime', kind: 'instant' },
      { name: 'tradeDate', kind: 'date' },
      { name: 'settlementDate', kind: 'date' },
      { name: 'currency', kind: 'text', charsMax: 3 },
      { name: 'commission', kind: 'decimal', digits: BROKER_FEE_DIGITS },
      { name: 'sec31', kind: 'decimal', digits: BROKER_FEE_DIGITS },
      { name: 'taf', kind: 'decimal', digits: BROKER_FEE_DIGITS },
    ],
  },
  trailer: {
    tag: 'T',
    fields: [
      { name: 'rows', kind: 'integer' },
      /** Σ quantity, fills counted up and busts counted down. */
      { name: 'quantity', kind: 'integer' },
      /** Σ quantity × price, signed alike. */
      { name: 'value', kind: 'decimal', digits: NODE_PRICE_DIGITS },
    ],
  },
};

/** One row as the writer takes it. Prices in NODE_PRICE_SCALE, fees in minor units, times UTC. */
export interface BrokerRow {
  readonly kind: 'FILL' | 'BUST';
  readonly execId: string;
  /** '' for a fill that replaces none. */
  readonly refExecId: string;
  readonly orderId: string;
  readonly clOrdId: string;
  readonly account: string;
  readonly isin: string;
  readonly symbol: string;
  readonly mic: string;
  readonly side: 'BUY' | 'SELL' | 'SHORT';
  readonly quantity: bigint;
  readonly price: bigint;
  readonly tradeTime: Instant;
  readonly tradeDate: DateText;
  readonly settlementDate: DateText;
  readonly currency: string;
  readonly commission: bigint;
  readonly sec31: bigint;
  readonly taf: bigint;
}

export interface BrokerDay {
  readonly mic: string;
  readonly date: DateText;
  readonly closedAt: Instant;
  readonly rows: readonly BrokerRow[];
}

export function brokerFileName(mic: string, date: DateText): string {
  return `broker-${mic}-${date.replaceAll('-', '')}.csv`;
}

/** The whole file, with its control totals. Every line ends with a line feed. */
export function formatBrokerFile(day: BrokerDay): string {
  invariant(day.rows.length + 2 <= BROKER_FILE.linesMax, 'a broker file has a bounded number of rows');
  const sum = (of: (row: BrokerRow) => bigint) =>
    day.rows.reduce((total, row) => (row.kind === 'FILL' ? total + of(row) : total - of(row)), 0n);
  const header = { layout: NAME, version: String(VERSION), mic: day.mic, date: day.date, closedAt: day.closedAt };
  const trailer = { rows: BigInt(day.rows.length), quantity: sum((r) => r.quantity), value: sum((r) => r.quantity * r.price) };
  const lines = [
    formatRecord(BROKER_FILE.header, header),
    ...day.rows.map((row) => formatRecord(BROKER_FILE.row, row)),
    formatRecord(BROKER_FILE.trailer, trailer),
  ];
  return lines.map((line) => `${line}\n`).join('');
}

function formatRecord(record: BrokerRecordLayout, values: object): string {
  const cells = record.fields.map((field) => formatField(field, (values as Record<string, unknown>)[field.name]));
  const line = [record.tag, ...cells].join(BROKER_FILE.delimiter);
  invariant(line.length <= BROKER_FILE.lineBytesMax, 'a line of a broker file is within its bound');
  return line;
}

function formatField(field: BrokerField, value: unknown): string {
  switch (field.kind) {
    case 'integer':
      return (value as bigint).toString();
    case 'decimal':
      return formatDecimal(value as bigint, field.digits ?? 0);
    case 'instant':
      return formatInstant(value as Instant);
    case 'date':
    case 'text': {
      const text = value as string;
      const isPlain = /^[\x20-\x7e]*$/.test(text) && !text.includes(BROKER_FILE.delimiter);
      invariant(isPlain && text.length <= (field.charsMax ?? 64), () => `${field.name} cannot stand in a broker file`);
      invariant(field.values === undefined || field.values.includes(text), () => `${field.name} ${text} is not in the layout`);
      return text;
    }
  }
}

/** What the house receives in it: its own orders and executions, by house account; nothing of a client. DS-1, DS-2. */
const DEFAULTS: EntityDefaults = {
  title: { zh: '经纪商成交文件', en: 'Broker fills file' },
  kind: 'file',
  owner: 'clearing',
  purpose: ['clearing', 'hedging', 'audit'],
};
const HOUSE_TRADING = { sensitive: true, jrt0158: 3, jrt0197: 3, mask: 'bucket' } as const;
const HOUSE_ACCOUNT = { sensitive: true, jrt0158: 3, jrt0197: 3, mask: 'account' } as const;
const CLASSES: Readonly<Record<string, Omit<Exclude<FieldLine, string>, 'type'>>> = {
  account: HOUSE_ACCOUNT,
  clOrdId: HOUSE_ACCOUNT,
  quantity: HOUSE_TRADING,
  price: HOUSE_TRADING,
  value: HOUSE_TRADING,
  commission: HOUSE_TRADING,
  sec31: HOUSE_TRADING,
  taf: HOUSE_TRADING,
};

for (const part of ['header', 'row', 'trailer'] as const) {
  const lines: Record<string, FieldLine> = {};
  for (const field of BROKER_FILE[part].fields)
    lines[field.name.replace(/[A-Z]/g, (c) => `_${c.toLowerCase()}`)] = { ...CLASSES[field.name], type: field.kind };
  entity(`messages.broker_file_${part}`, DEFAULTS, lines);
}
