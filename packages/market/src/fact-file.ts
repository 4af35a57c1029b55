import {
  type Currency,
  type DateText,
  dateText,
  declareProblems,
  isCurrency,
  minorDigits,
  parseDecimal,
  type Rounding,
} from '@meridian/base';
import type { FeeBasis, FeeFact, FeeItem, FeeLevel, FeeSchedule } from './fee.ts';
import { FEE_RATE_DIGITS } from './fee.ts';
import type { LotRule } from './lot.ts';
import type { PhaseKind, PhaseRule, PhaseTable } from './phase.ts';
import { parsePrice } from './price.ts';
import { BLANK_START, type DatedFact, type Provenance } from './provenance.ts';
import type { SettlementCycle } from './settlement.ts';
import type { TickBand, TickTable } from './tick-table.ts';

const { problem } = declareProblems({
  FACT_FILE_INVALID: {
    status: 500,
    title: { zh: '市场事实文件无效', en: 'Invalid market-fact file' },
    detail: { zh: '{file} 的记录 {id}：{reason}', en: 'Row {id} of {file}: {reason}' },
    remedy: { zh: '恢复或更正 data/ 下的文件', en: 'Restore or correct the file under data/' },
  },
});

/** A row of a JSON fact file, unchecked. */
export type RawRow = Readonly<Record<string, unknown>>;

/** Reads one row of a fact file with errors that name file and row. */
export interface RowReader {
  readonly raw: RawRow;
  text(key: string): string;
  textOrNull(key: string): string | null;
  count(key: string): number | null;
  rows(key: string): readonly RowReader[];
  strings(key: string): readonly string[];
  oneOf<T extends string>(key: string, allowed: readonly T[]): T;
  date(key: string): DateText;
  dateOrNull(key: string): DateText | null;
  fail(reason: string): never;
}

export function rowReader(file: string, raw: unknown, outer = '?'): RowReader {
  const row = raw as RawRow;
  const id = typeof row?.['id'] === 'string' ? row['id'] : outer;
  const fail = (reason: string): never => {
    throw problem('FACT_FILE_INVALID', { file, id, reason });
  };
  if (typeof raw !== 'object' || raw === null || Array.isArray(raw)) fail('not an object');
  const textOrNull = (key: string): string | null => {
    const value = row[key] ?? null;
    return value === null || typeof value === 'string' ? value : fail(`${key} is no text`);
  };
  const text = (key: string): string => textOrNull(key) ?? fail(`${key} is missing`);
  const list = (key: string): readonly unknown[] => {
    const value = row[key];
    return Array.isArray(value) ? value : fail(`${key} is no list`);
  };
  const dateOrNull = (key: string): DateText | null => {
    const value = textOrNull(key);
    return value === null ? null : dateText(value);
  };
  return {
    raw: row,
    text,
    textOrNull,
    count(key) {
      const value = row[key] ?? null;
      return value === null || (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) ? value : null;
    },
    rows: (key) => list(key).map((item) => rowReader(file, item, id)),
    strings: (key) => list(key).map((item) => (typeof item === 'string' ? item : fail(`${key} holds more than text`))),
    oneOf: (key, allowed) => allowed.find((a) => a === row[key]) ?? fail(`${key} is none of ${allowed.join(', ')}`),
    date: (key) => dateText(text(key)),
    dateOrNull,
    fail,
  };
}

export function provenanceOf(row: RowReader): Provenance {
  const checked = row.textOrNull('checked');
  const caveat = Object.keys(row.raw)
    .filter((key) => key === 'verify' || key === 'conflict' || key.endsWith('_confidence'))
    .map((key) => `${key}: ${row.text(key)}`)
    .join('; ');
  return {
    source: row.text('source'),
    confidence: row.oneOf('confidence', ['seen', 'memory']),
    ...(checked === null ? {} : { checked }),
    ...(caveat === '' ? {} : { caveat }),
  };
}

/** A row "via Connect" is a rule of a hedge channel, not of the market; a planned row is not in force. */
function isInForce(row: RowReader): boolean {
  return row.raw['planned'] === undefined && !row.text('market').includes(' via ');
}

function datedOf(row: RowReader): DatedFact {
  const markets = row.raw['markets'] === undefined ? row.text('market').split('/') : row.strings('markets');
  return {
    id: row.text('id'),
    markets,
    validFrom: row.dateOrNull('valid_from') ?? BLANK_START,
    validTo: row.dateOrNull('valid_to'),
    ...provenanceOf(row),
  };
}

/** Own rows beside the copied ones; a row that `supersedes` others takes their place. */
export function mergeFacts(file: string, copied: readonly unknown[], own: readonly unknown[]): RowReader[] {
  const ownRows = own.map((raw) => rowReader(file, raw));
  const gone = new Set(ownRows.flatMap((r) => (r.raw['supersedes'] === undefined ? [] : r.strings('supersedes'))));
  const kept = copied.map((raw) => rowReader(file, raw)).filter((r) => !gone.has(r.text('id')));
  return [...ownRows, ...kept].filter(isInForce);
}

export function settlementCycles(rows: readonly RowReader[]): SettlementCycle[] {
  return rows.map((row) => {
    const cycle = row.count('cycle');
    const cash = cycle ?? row.count('cycle_cash') ?? row.fail('no cycle');
    const securities = cycle ?? row.count('cycle_securities') ?? row.fail('no cycle');
    return { ...datedOf(row), cash, securities };
  });
}

/** Rows that only state order-size limits carry no lot and are left out. */
export function lotRules(rows: readonly RowReader[]): LotRule[] {
  return rows.flatMap((row) => {
    const boardLot = row.count('board_lot');
    const perSecurity = typeof row.raw['board_lot'] === 'string' && (row.raw['board_lot'] as string).startsWith('per security');
    return boardLot === null && !perSecurity ? [] : [{ ...datedOf(row), boardLot, orderMin: row.count('min_order') }];
  });
}

const PHASE_KINDS: readonly PhaseKind[] = [
  'auction_call',
  'auction_uncross',
  'continuous',
  'continuous_extended',
  'blocked',
  'break',
  'order_entry',
  'fixed_price',
  'retail_only',
  'post_trading',
];

/** Board-specific variants (STAR, ChiNext) follow the main board in the list, so the main board answers for the market. */
export function phaseTables(rows: readonly RowReader[]): PhaseTable[] {
  return rows
    .filter((row) => row.raw['phases'] !== undefined)
    .map((row) => ({
      ...datedOf(row),
      zone: row.text('tz'),
      dayType: row.oneOf('day_type', ['full', 'half']),
      phases: row.rows('phases').map(phaseRule),
    }));
}

function phaseRule(row: RowReader): PhaseRule {
  const allow = row.raw['allow'] as Record<string, unknown> | undefined;
  const may = (action: string): boolean => {
    const value = allow?.[action];
    return typeof value === 'boolean' ? value : row.fail(`allow.${action} is missing`);
  };
  return {
    code: row.text('code'),
    kind: row.oneOf('kind', PHASE_KINDS),
    start: row.text('start'),
    end: row.text('end'),
    allow: { new: may('new'), replace: may('replace'), cancel: may('cancel') },
    orderTypes: row.raw['order_types'] === undefined ? null : row.strings('order_types'),
    randomEnd: row.raw['random_end'] !== undefined,
    nestedIn: row.textOrNull('nested_in'),
  };
}

/** Tick tables with their scopes; a table without a scope is for nobody and is left out. */
export function tickTables(rows: readonly RowReader[], scopes: readonly RowReader[]): TickTable[] {
  const byId = new Map(rows.map((r) => [r.text('id'), r]));
  return scopes.map((scope) => {
    const row = byId.get(scope.text('fact')) ?? scope.fail(`no tick row ${scope.text('fact')}`);
    const band = scope.textOrNull('liquidity_band');
    const from = scope.dateOrNull('from') ?? ('0001-01-01' as DateText);
    return {
      ...datedOf(row),
      bands: band === null ? row.rows('bands').map(tickBand) : regimeBands(row, band),
      scopes: [{ classes: scope.strings('classes'), group: scope.textOrNull('group'), from }],
    };
  });
}

function tickBand(row: RowReader): TickBand {
  const over = row.textOrNull('over') ?? row.text('from_');
  const upTo = row.raw['up_to'] === undefined ? row.textOrNull('below') : row.textOrNull('up_to');
  return { over: parsePrice(over), upTo: upTo === null ? null : parsePrice(upTo), tick: parsePrice(row.text('tick')) };
}

function regimeBands(row: RowReader, band: string): TickBand[] {
  const regime = rowReader('ticks.json', row.raw['regime'], row.text('id'));
  const edges = regime.strings('price_from').map(parsePrice);
  const ticks = rowReader('ticks.json', regime.raw['ticks'], row.text('id')).strings(band).map(parsePrice);
  return edges.map((over, i) => ({ over, upTo: edges[i + 1] ?? null, tick: ticks[i] ?? row.fail('fewer ticks than edges') }));
}

export function feeFacts(rows: readonly RowReader[]): FeeFact[] {
  return rows.flatMap((row): FeeFact[] => {
    const side = ['buy', 'sell', 'both'].find((s) => s === row.raw['side']) as FeeFact['side'] | undefined;
    if (side === undefined) return [];
    const max = row.textOrNull('max') ?? row.textOrNull('max_per_trade');
    return [{ ...datedOf(row), name: row.text('fee'), side, basis: feeBasis(row), min: row.textOrNull('min'), max }];
  });
}

const PLAIN_DECIMAL = /^\d+(\.\d+)?$/;

/** Null when the row describes its basis in words: it is then no basis for a computation. */
function feeBasis(row: RowReader): FeeBasis | null {
  const decimal = (key: string) => {
    const value = row.textOrNull(key);
    return value !== null && PLAIN_DECIMAL.test(value) ? value : null;
  };
  const perUnit = decimal('usd_per_share');
  if (perUnit !== null) return { kind: 'per-unit', perUnit: parseDecimal(perUnit, FEE_RATE_DIGITS) };
  const rate = decimal('rate');
  if (rate !== null) return { kind: 'rate', rate: parseDecimal(rate, FEE_RATE_DIGITS) };
  const fixed = decimal('fixed');
  return fixed === null ? null : { kind: 'fixed', amount: fixed };
}

const ROUNDINGS: readonly Rounding[] = ['half-even', 'half-up', 'up', 'down', 'floor', 'ceil'];
const LEVELS: readonly FeeLevel[] = ['fill', 'order', 'note'];

export function feeSchedules(rows: readonly RowReader[]): FeeSchedule[] {
  return rows.map((row) => {
    const code = row.text('currency');
    if (!isCurrency(code)) return row.fail(`currency ${code}`);
    return {
      market: row.text('market'),
      from: row.date('from'),
      to: row.dateOrNull('to'),
      currency: code,
      items: row.rows('items').map((item) => feeItem(item, code)),
    };
  });
}

function feeItem(row: RowReader, code: Currency): FeeItem {
  const unit = row.text('unit');
  return {
    code: row.text('code'),
    facts: row.strings('facts'),
    rounding: row.oneOf('rounding', ROUNDINGS),
    level: row.oneOf('level', LEVELS),
    unitMinor: unit === 'minor' ? 1n : parseDecimal(unit, minorDigits(code)),
    from: row.dateOrNull('from'),
    to: row.dateOrNull('to'),
    exemptClasses: row.raw['exempt_classes'] === undefined ? [] : row.strings('exempt_classes'),
  };
}
