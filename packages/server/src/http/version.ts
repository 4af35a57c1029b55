import { problem } from './problems.ts';

/** Refuses a change of what has changed since it was seen. @throws Problem VERSION_MISMATCH */
export function requireVersion(asking: { readonly ifMatch: string | undefined }, now: string | bigint | number): void {
  if (asking.ifMatch !== String(now))
    throw problem('VERSION_MISMATCH', { seen: (asking.ifMatch ?? '').slice(0, 64), now: String(now) });
}

/** `"7"` → 7 as text; undefined without the header. Weak tags, lists and `*` name no version. */
export function seenVersion(header: string | undefined): string | undefined {
  if (header === undefined) return undefined;
  const tag = /^"([\x21\x23-\x7e]{1,64})"$/.exec(header)?.[1];
  if (tag === undefined) throw problem('HEADER_REFUSED', { header: 'if-match', reason: 'one ETag in quotes' });
  return tag;
}
