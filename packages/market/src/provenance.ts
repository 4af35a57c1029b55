import { addDays, type DateText, declareProblems, type Problem } from '@meridian/base';

const { problem } = declareProblems({
  FACT_UNCHECKED: {
    status: 422,
    title: { zh: '市场事实未经核对', en: 'Unchecked market fact' },
    detail: {
      zh: '{market} 的{topic}在 {date} 只有未经核对的记录（{id}），不可依赖',
      en: 'The only {topic} row of {market} for {date} ({id}) was never checked and may not be relied on',
    },
    remedy: {
      zh: '对照一手来源核对该记录，并在 data/market-rules/checked.json 中登记',
      en: 'Check the row against a primary source and register it in data/market-rules/checked.json',
    },
  },
  FACT_NOT_COVERED: {
    status: 422,
    title: { zh: '市场事实未覆盖', en: 'Market fact not covered' },
    detail: { zh: '{market} 的{topic}不覆盖 {date}', en: 'No {topic} of {market} covers {date}' },
    remedy: { zh: '补充该日期的规则记录及其来源', en: 'Add a row for that date, with its source' },
  },
});

/**
 * How well a fact is known. `seen`: read in a public page or file. `memory`: general knowledge, which nothing may rely
 * on until it was checked against a source; the check then stands in `checked`.
 */
export interface Provenance {
  readonly source: string;
  readonly confidence: 'seen' | 'memory';
  readonly checked?: string;
  /** What about a seen fact is still in doubt: a date from memory, sources that disagree. Shown, not refused. */
  readonly caveat?: string;
}

/** A row of a rule table: valid on trade dates `validFrom … validTo`, both inclusive; `validTo` null = open. */
export interface DatedFact extends Provenance {
  readonly id: string;
  /** Operating market codes the row is for, e.g. XNYS and XNAS. */
  readonly markets: readonly string[];
  readonly validFrom: DateText;
  readonly validTo: DateText | null;
}

/** The copied tables leave `valid_from` blank for "open or before 2015": that is no claim about anything earlier. */
export const BLANK_START = '2015-01-01' as DateText;

/** Closed date interval in which a table knows what happened. */
export interface Coverage {
  readonly from: DateText;
  readonly to: DateText;
}

export function covers(intervals: readonly Coverage[], date: DateText): boolean {
  return intervals.some((c) => c.from <= date && date <= c.to);
}

/** "2013-10-01…2013-10-31, 2015-01-02…2027-12-31" */
export function coverageText(intervals: readonly Coverage[]): string {
  return intervals.map((c) => `${c.from}…${c.to}`).join(', ') || 'nothing';
}

/** Joins intervals that touch or overlap. */
export function mergeCoverage(intervals: readonly Coverage[]): Coverage[] {
  const merged: Coverage[] = [];
  for (const next of [...intervals].sort((a, b) => (a.from < b.from ? -1 : 1))) {
    const last = merged.at(-1);
    if (last !== undefined && next.from <= addDays(last.to, 1))
      merged[merged.length - 1] = { from: last.from, to: next.to > last.to ? next.to : last.to };
    else merged.push(next);
  }
  return merged;
}

export function isReliable(fact: Provenance): boolean {
  return fact.confidence === 'seen' || fact.checked !== undefined;
}

export function validOn(fact: DatedFact, date: DateText): boolean {
  return fact.validFrom <= date && (fact.validTo === null || date <= fact.validTo);
}

/**
 * The row of a table that is in force on a date.
 * @throws Problem FACT_NOT_COVERED without a row; FACT_UNCHECKED when the only row is from memory.
 */
export function factOn<F extends DatedFact>(rows: readonly F[], market: string, topic: string, date: DateText): F {
  const valid = rows.filter((row) => row.markets.includes(market) && validOn(row, date));
  const reliable = valid.find(isReliable);
  if (reliable !== undefined) return reliable;
  const unchecked = valid[0];
  if (unchecked !== undefined) throw problem('FACT_UNCHECKED', { market, topic, date, id: unchecked.id });
  throw notCovered(market, topic, date);
}

export function notCovered(market: string, topic: string, date: string): Problem {
  return problem('FACT_NOT_COVERED', { market, topic, date });
}
