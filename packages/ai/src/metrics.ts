/** Judging probabilities against what happened. Labels are 0 or 1; probabilities within [0, 1]. */

/** Log loss never counts a probability as more certain than this. */
const CERTAIN = 1e-12;

export function logLoss(scores: ArrayLike<number>, labels: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < scores.length; i++) sum += logLossOf(scores[i] as number, labels[i] as number);
  return sum / scores.length;
}

/** Of one decision, in nats. */
export function logLossOf(score: number, label: number): number {
  const p = Math.min(1 - CERTAIN, Math.max(CERTAIN, score));
  return label === 1 ? -Math.log(p) : -Math.log1p(-p);
}

/** Mean squared distance (Brier 1950). */
export function brier(scores: ArrayLike<number>, labels: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < scores.length; i++) sum += ((scores[i] as number) - (labels[i] as number)) ** 2;
  return sum / scores.length;
}

/** Area under the ROC curve by ranks (Mann–Whitney), ties counted half; NaN when one class is absent. */
export function auc(scores: ArrayLike<number>, labels: ArrayLike<number>): number {
  const order = ascending(scores);
  let [ranks, positives] = [0, 0];
  for (let i = 0; i < order.length; ) {
    let j = i;
    while (j < order.length && scores[order[j] as number] === scores[order[i] as number]) j++;
    const rank = (i + 1 + j) / 2;
    for (let k = i; k < j; k++) {
      if (labels[order[k] as number] !== 1) continue;
      ranks += rank;
      positives++;
    }
    i = j;
  }
  const negatives = order.length - positives;
  return (ranks - (positives * (positives + 1)) / 2) / (positives * negatives);
}

/** The same over many draws of rows: scores are put in order once, a draw only counts. */
export function rankedAuc(scores: ArrayLike<number>, labels: ArrayLike<number>): (rows: readonly number[]) => number {
  const order = ascending(scores);
  const rank = new Uint32Array(order.length);
  let ranks = 0;
  for (const [n, i] of order.entries()) {
    if (n > 0 && scores[i] !== scores[order[n - 1] as number]) ranks++;
    rank[i] = ranks;
  }
  const [events, others] = [new Uint32Array(ranks + 1), new Uint32Array(ranks + 1)];
  return (rows) => {
    events.fill(0);
    others.fill(0);
    for (const i of rows) {
      const at = rank[i] as number;
      if (labels[i] === 1) events[at] = (events[at] as number) + 1;
      else others[at] = (others[at] as number) + 1;
    }
    let [won, below, happened] = [0, 0, 0];
    for (let at = 0; at <= ranks; at++) {
      won += (events[at] as number) * (below + (others[at] as number) / 2);
      below += others[at] as number;
      happened += events[at] as number;
    }
    return won / (happened * below);
  };
}

/** Kolmogorov–Smirnov distance between the scores of the two classes. */
export function ks(scores: ArrayLike<number>, labels: ArrayLike<number>): number {
  const order = ascending(scores);
  const total = order.reduce((sum, i) => sum + (labels[i] as number), 0);
  let [positives, negatives, widest] = [0, 0, 0];
  for (let i = 0; i < order.length; i++) {
    if (labels[order[i] as number] === 1) positives++;
    else negatives++;
    if (i + 1 < order.length && scores[order[i + 1] as number] === scores[order[i] as number]) continue;
    widest = Math.max(widest, Math.abs(positives / total - negatives / (order.length - total)));
  }
  return widest;
}

/** Rows whose scores are neighbours. All but the count are shares of one, within [0, 1]. */
export interface ReliabilityBin {
  /** Least and greatest score among them. */
  readonly low: number;
  readonly high: number;
  /** Rows. */
  readonly count: number;
  /** Mean of the scores, and share of events, among them. */
  readonly predicted: number;
  readonly observed: number;
}

/** Bins of equal count, by score. Equal widths would put nearly everything into the first. */
export function reliability(scores: ArrayLike<number>, labels: ArrayLike<number>, bins = 10): ReliabilityBin[] {
  const order = ascending(scores);
  const result: ReliabilityBin[] = [];
  for (let b = 0; b < bins; b++) {
    const part = order.slice(Math.floor((b * order.length) / bins), Math.floor(((b + 1) * order.length) / bins));
    if (part.length === 0) continue;
    const mean = (of: ArrayLike<number>) => part.reduce((sum, i) => sum + (of[i] as number), 0) / part.length;
    result.push({
      ...{ low: scores[part[0] as number] as number, high: scores[part.at(-1) as number] as number },
      ...{ count: part.length, predicted: mean(scores), observed: mean(labels) },
    });
  }
  return result;
}

/** Expected calibration error over {@link reliability}: the mean distance between what is said and what happens. */
export function ece(scores: ArrayLike<number>, labels: ArrayLike<number>, bins = 10): number {
  const parts = reliability(scores, labels, bins);
  return parts.reduce((sum, { count, predicted, observed }) => sum + count * Math.abs(predicted - observed), 0) / scores.length;
}

function ascending(scores: ArrayLike<number>): Uint32Array {
  return Uint32Array.from({ length: scores.length }, (_, i) => i).sort(
    (a, b) => (scores[a] as number) - (scores[b] as number) || a - b,
  );
}

/** Uniform numbers in [0, 1) from a seed: mulberry32, so that the same seed gives the same numbers for ever. */
export function seededUniform(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

export interface Interval {
  readonly low: number;
  readonly value: number;
  readonly high: number;
}

/**
 * A statistic with its 95 % bootstrap interval. Whole clusters are drawn: decisions about one client in one month are not
 * independent, and drawing them one by one would make every interval too narrow.
 */
export function bootstrap(
  clusters: readonly (readonly number[])[],
  statistic: (rows: readonly number[]) => number,
  { seed, rounds = 400 }: { readonly seed: number; readonly rounds?: number },
): Interval {
  const uniform = seededUniform(seed);
  const values: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const rows: number[] = [];
    for (let i = 0; i < clusters.length; i++)
      for (const row of clusters[Math.floor(uniform() * clusters.length)] as readonly number[]) rows.push(row);
    const value = statistic(rows);
    if (Number.isFinite(value)) values.push(value);
  }
  values.sort((a, b) => a - b);
  const at = (quantile: number) => values[Math.min(values.length - 1, Math.floor(quantile * values.length))] ?? Number.NaN;
  return { low: at(0.025), value: statistic(clusters.flat()), high: at(0.975) };
}
