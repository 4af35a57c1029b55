import { invariant } from '@meridian/base';

/** One field that both sides must agree on. Values are integers or texts; money and prices are scaled integers. */
export interface ReconField<L, R> {
  readonly name: string;
  left(row: L): bigint | string;
  right(row: R): bigint | string;
  /** Largest difference of two integers that still agrees; default 0. */
  readonly tolerance?: bigint;
}

export interface Break {
  readonly kind: 'missing' | 'extra' | 'duplicate' | 'mismatch';
  readonly key: string;
  /** Empty unless a single field differs. */
  readonly field: string;
  readonly left: string | null;
  readonly right: string | null;
  readonly difference: string | null;
}

export interface Reconciliation<L, R> {
  readonly matched: readonly { readonly key: string; readonly left: L; readonly right: R }[];
  readonly breaks: readonly Break[];
}

/**
 * Compares two sets of rows by key: every row of both sides ends in exactly one pair or in a break. `missing`: ours
 * without theirs; `extra`: theirs without ours; `duplicate`: the key stands twice on one side, then none of its rows is
 * paired, because nobody can say which is meant. Sorted by key, so equal sets give equal results.
 */
export function reconcile<L, R>(
  left: readonly L[],
  right: readonly R[],
  keys: { left(row: L): string; right(row: R): string },
  fields: readonly ReconField<L, R>[],
): Reconciliation<L, R> {
  const lefts = Map.groupBy(left, keys.left);
  const rights = Map.groupBy(right, keys.right);
  const matched: { key: string; left: L; right: R }[] = [];
  const breaks: Break[] = [];
  const found = (kind: Break['kind'], key: string) =>
    breaks.push({ kind, key, field: '', left: count(lefts.get(key)), right: count(rights.get(key)), difference: null });

  for (const key of [...new Set([...lefts.keys(), ...rights.keys()])].sort(byText)) {
    const [l = [], r = []] = [lefts.get(key), rights.get(key)];
    if (l.length > 1 || r.length > 1) found('duplicate', key);
    else if (r.length === 0) found('missing', key);
    else if (l.length === 0) found('extra', key);
    else {
      const pair = { key, left: l[0] as L, right: r[0] as R };
      const differences = fields.flatMap((field) => mismatch(field, pair));
      breaks.push(...differences);
      if (differences.length === 0) matched.push(pair);
    }
  }
  invariant(matched.length <= Math.min(left.length, right.length), 'a row is matched at most once');
  return { matched, breaks };
}

function mismatch<L, R>(field: ReconField<L, R>, pair: { key: string; left: L; right: R }): Break[] {
  const [l, r] = [field.left(pair.left), field.right(pair.right)];
  if (l === r) return [];
  const difference = typeof l === 'bigint' && typeof r === 'bigint' ? l - r : null;
  if (difference !== null && (difference < 0n ? -difference : difference) <= (field.tolerance ?? 0n)) return [];
  const told = { left: String(l), right: String(r), difference: difference === null ? null : String(difference) };
  return [{ kind: 'mismatch', key: pair.key, field: field.name, ...told }];
}

const count = (rows: readonly unknown[] | undefined) => String(rows?.length ?? 0);

/** Code-unit order: the same on every machine, unlike a locale's. */
export function byText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
