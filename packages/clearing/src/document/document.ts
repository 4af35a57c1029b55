import { type Bilingual, type Currency, formatDecimal, formatInstant, type Instant, minorDigits } from '@meridian/base';

/**
 * A report as data: what it says, in both languages, without any layout. HTML and XLSX are two prints of the same
 * document, and its hash is the hash of this value.
 */
export interface ReportDocument {
  readonly kind: 'batch-report' | 'failure-report' | 'confirmation' | 'statement';
  readonly title: Bilingual;
  readonly subtitle: string;
  /** Shown as a coloured mark beside the title. */
  readonly verdict: { readonly tone: 'good' | 'warn' | 'bad'; readonly text: Bilingual };
  readonly identity: readonly { readonly label: Bilingual; readonly value: string }[];
  readonly sections: readonly Section[];
  readonly footer: Bilingual;
}

export interface Section {
  readonly title: Bilingual;
  readonly note?: Bilingual;
  readonly columns: readonly Column[];
  readonly rows: readonly (readonly Cell[])[];
  /** Set apart below the rows. */
  readonly totals?: readonly (readonly Cell[])[];
}

export interface Column {
  readonly title: Bilingual;
  readonly kind: 'text' | 'number' | 'code';
}

/** A text as it is, or an integer of `digits` decimals. null: nothing to say. */
export type Cell = string | { readonly scaled: bigint; readonly digits: number } | null;

export function amountCell(minor: bigint, currency: string): Cell {
  return { scaled: minor, digits: minorDigits(currency as Currency) };
}

export function numberCell(scaled: bigint | number, digits = 0): Cell {
  return { scaled: BigInt(scaled), digits };
}

/** A price or rate: without trailing zeros, two decimals at least. */
export function rateCell(scaled: bigint, digits: number): Cell {
  let [value, left] = [scaled, digits];
  while (left > 2 && value % 10n === 0n) {
    value /= 10n;
    left--;
  }
  return { scaled: value, digits: left };
}

/** "2013-10-08 13:30 UTC", with seconds where there are any: for people; data keep their microseconds. */
export function moment(at: Instant): string {
  const [date, time = ''] = formatInstant(at).slice(0, 19).split('T');
  return `${date} ${time.endsWith(':00') ? time.slice(0, 5) : time} UTC`;
}

const WORDS: Readonly<Record<string, string>> = {
  ...{ done: '完成', inherited: '沿用', failed: '失败', accepted: '已接受', refused: '已拒绝', registered: '已登记' },
  ...{ auto: '自动', manual: '人工', batch: '批次', events: '事件', file: '文件', long: '多', short: '空' },
  ...{
    fatal: '致命',
    warning: '提示',
    quarantine: '隔离',
    open: '未处理',
    explained: '已说明',
    resolved: '已解决',
    waived: '已豁免',
  },
  ...{ missing: '对方缺失', extra: '对方多出', duplicate: '重复', mismatch: '不一致' },
};

/** A word of the database beside its Chinese: "完成 done". One that is not known stands alone. */
export function word(text: string): string {
  const zh = WORDS[text];
  return zh === undefined ? text : `${zh} ${text}`;
}

/** "-1,234,567.80" */
export function grouped(scaled: bigint, digits: number): string {
  const [whole = '', fraction] = formatDecimal(scaled, digits).split('.');
  const text = whole.replace(/\B(?=(\d{3})+$)/g, ',');
  return fraction === undefined ? text : `${text}.${fraction}`;
}
