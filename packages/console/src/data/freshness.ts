/** When an answer was asked for: what it tells is of that moment or after it. Milliseconds of the page's monotonic clock. */
export interface Asked {
  readonly askedAt: number;
}

/** Adds to an answer when it was asked for. */
export async function asked<T extends object>(
  ask: () => Promise<T>,
  now: () => number = () => performance.now(),
): Promise<T & Asked> {
  const askedAt = now();
  return { ...(await ask()), askedAt };
}

/**
 * A line of an answer under the stream's row for the same object, whichever is newer. An answer carries no sequence number, so
 * their order is that of hearing: an answer that was asked for after the stream last vouched for its rows (`vouchedAt`, null where
 * it never did) tells of a later state than they do. A broken or not yet resumed line vouches for nothing.
 */
export function newerOf<L extends object>(
  line: L,
  live: Partial<L> | undefined,
  { askedAt }: Asked,
  vouchedAt: number | null,
): L {
  return live === undefined || vouchedAt === null || askedAt > vouchedAt ? line : { ...line, ...live };
}
