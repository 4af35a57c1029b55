import type { TSchema } from '@meridian/base';
import { isProblem, parseJson } from '@meridian/base';
import { problem } from './problems.ts';

/** A body: 64 KiB of JSON, 32 levels deep. */
export const BODY_BYTES_MAX = 64 << 10;
const BODY_BOUNDS = { charsMax: BODY_BYTES_MAX, depthMax: 32 };

/**
 * Reads a body as JSON: valid UTF-8, no duplicate keys, no `__proto__`. Absent, it stands for `{}` where that says the same.
 * @throws Problem BODY_REFUSED
 */
export function readBody(bytes: Buffer | undefined, schema: TSchema | undefined): unknown {
  const isAbsent = bytes === undefined || bytes.length === 0;
  if (schema === undefined) {
    if (!isAbsent) throw problem('BODY_REFUSED', { field: '/', reason: 'none is taken here' });
    return undefined;
  }
  if (isAbsent) {
    if (Object.keys((schema as { properties?: object }).properties ?? { any: 1 }).length === 0) return {};
    throw problem('BODY_REFUSED', { field: '/', reason: 'missing' });
  }
  return parsed(bytes);
}

function parsed(bytes: Buffer): unknown {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (error) {
    throw problem('BODY_REFUSED', { field: '/', reason: 'not UTF-8' }, error);
  }
  try {
    const value = parseJson(text, BODY_BOUNDS);
    if (!isStorable(value)) throw problem('BODY_REFUSED', { field: '/', reason: 'characters that are none' });
    return value;
  } catch (error) {
    if (isProblem(error, 'JSON_REFUSED'))
      throw problem('BODY_REFUSED', { field: '/', reason: plain(error.params['reason']) }, error);
    throw error;
  }
}

/** What was sent does not come back. */
const plain = (reason: unknown): string => String(reason).replace(/^duplicate key .*/s, 'duplicate key');

/** Half a surrogate pair and NUL are legal JSON that nothing behind us can store. */
function isStorable(value: unknown): boolean {
  if (typeof value === 'string') return value.isWellFormed() && !value.includes('\0');
  if (value === null || typeof value !== 'object') return true;
  return Object.entries(value).every(([key, member]) => isStorable(key) && isStorable(member));
}
