import { type Bilingual, type Currency, formatDecimal, minorDigits } from '@meridian/base';

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

/** "-1,234,567.80" */
export function grouped(scaled: bigint, digits: number): string {
  const [whole = '', fraction] = formatDecimal(scaled, digits).split('.');
  const text = whole.replace(/\B(?=(\d{3})+$)/g, ',');
  return fraction === undefined ? text : `${text}.${fraction}`;
}
