import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { canonicalJson } from '@meridian/base';
import { problem } from './problems.ts';

/** Where a walk over a list stands. */
export interface CursorPlace {
  /** The sequence that every page of the walk is as of. */
  readonly asOf: number;
  /** Where the page before ended, in the list's own words. At most 200 characters. */
  readonly position: string;
}

/** Whose walk it is and over what: a cursor is good for nothing else. `query` without `cursor` and `limit`. */
export interface Walk {
  readonly route: string;
  readonly user: string;
  readonly query: object | undefined;
}

/**
 * Opaque cursors, sealed with a key of this process: a restart ends every walk, and its reader begins again. What somebody
 * made up, altered, or took from another query or user is refused.
 */
export interface Cursors {
  seal(walk: Walk, place: CursorPlace): string;
  /** @throws Problem CURSOR_REFUSED */
  open(walk: Walk, cursor: string): CursorPlace;
}

const MAC_BYTES = 16;
/** What fits a cursor of 400 characters. */
const PLACE_BYTES_MAX = 280;

export function openCursors(key: Uint8Array = randomBytes(32)): Cursors {
  const mac = (walk: Walk, body: Buffer): Buffer =>
    createHmac('sha256', key).update(scopeOf(walk)).update(body).digest().subarray(0, MAC_BYTES);
  return {
    seal(walk, { asOf, position }) {
      const body = Buffer.from(JSON.stringify([asOf, position]));
      if (body.length > PLACE_BYTES_MAX) throw new RangeError(`a place of ${body.length} bytes in ${walk.route}`);
      return Buffer.concat([mac(walk, body), body]).toString('base64url');
    },
    open(walk, cursor) {
      const bytes = /^[A-Za-z0-9_-]{24,400}$/.test(cursor) ? Buffer.from(cursor, 'base64url') : Buffer.alloc(0);
      const body = bytes.subarray(MAC_BYTES);
      // Text that decodes to the same bytes by other letters is refused as well.
      if (bytes.toString('base64url') !== cursor || body.length === 0) throw problem('CURSOR_REFUSED');
      if (!timingSafeEqual(bytes.subarray(0, MAC_BYTES), mac(walk, body))) throw problem('CURSOR_REFUSED');
      const [asOf, position] = JSON.parse(body.toString()) as [number, string];
      return { asOf, position };
    },
  };
}

function scopeOf({ route, user, query = {} }: Walk): Buffer {
  const { cursor: _, limit: __, ...rest } = query as Readonly<Record<string, unknown>>;
  return createHash('sha256')
    .update(canonicalJson({ route, user, query: rest }))
    .digest();
}
