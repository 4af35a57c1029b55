/** As much of a batch as its place in a list depends on. */
export interface Placed {
  readonly state: string;
  readonly date: string;
  /** RFC 3339, or null where nothing is planned. */
  readonly due: string | null;
}

const PAST_DATES = 8;
const NEXT_DATES = 4;

/**
 * What needs somebody first: failed, running, due and not begun; then what is published, the newest first; then what is planned,
 * the nearest first. Equals keep the house's order.
 * @param now RFC 3339 of business time; undefined before the house has said it: then nothing counts as due
 */
export function inOrderOfNeed<B extends Placed>(batches: readonly B[], now: string | undefined): B[] {
  const rank = ({ state, due }: B): number => {
    if (state === 'failed') return 0;
    if (state === 'running') return 1;
    if (state === 'planned') return due !== null && now !== undefined && due <= now ? 2 : 4;
    return 3;
  };
  return batches.toSorted((a, b) => {
    const one = rank(a);
    const other = rank(b);
    if (one !== other) return one - other;
    return one === 4 ? a.date.localeCompare(b.date) : b.date.localeCompare(a.date);
  });
}

/** The dates shown side by side: the last eight up to today and the next four. */
export function datesAround(batches: readonly Placed[], today: string | undefined): string[] {
  const dates = [...new Set(batches.map((batch) => batch.date))].toSorted();
  if (today === undefined) return dates.slice(-PAST_DATES - NEXT_DATES);
  const past = dates.filter((date) => date <= today);
  return [...past.slice(-PAST_DATES), ...dates.slice(past.length, past.length + NEXT_DATES)];
}
