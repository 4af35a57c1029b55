/** One measured figure beside its reference in the same run. */
export interface Figure {
  readonly name: string;
  readonly unit: string;
  /** Median over the rounds; null where nothing could be measured here. */
  readonly ours: number | null;
  /** The same of the named reference; null where the bar is absolute or the reference is not installed. */
  readonly peer: number | null;
  /** ours ÷ peer. */
  readonly ratio: number | null;
  /** What is asked, in words: "ratio ≤ 1.6", "≥ 100000". */
  readonly bar: string;
  /** Whether the bar is met; null where there is none or nothing to compare with. */
  readonly holds: boolean | null;
  readonly rounds: number;
  readonly note: string;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1
    ? (sorted[middle] as number)
    : ((sorted[middle - 1] as number) + (sorted[middle] as number)) / 2;
}

/** Figures as lines of JSON. */
export function print(figures: readonly Figure[]): void {
  for (const figure of figures) process.stdout.write(`${JSON.stringify(figure)}\n`);
}
