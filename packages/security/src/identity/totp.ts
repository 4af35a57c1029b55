import { createHmac, timingSafeEqual } from 'node:crypto';
import { type Instant, MICROS_PER_SECOND } from '@meridian/base';

/** One-time codes by time: RFC 6238 over HMAC-SHA-1, six digits, steps of 30 seconds, as authenticator programs expect. */

const STEP_SECONDS = 30;
const DIGITS = 6;
/** Steps that a clock may be off, either way. */
const WINDOW = 1;

export const stepAt = (now: Instant): number => Math.floor(now / (STEP_SECONDS * MICROS_PER_SECOND));

/** The code of one step. RFC 4226 §5.3. */
export function codeOf(secret: Uint8Array, step: number, digits = DIGITS): string {
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(step));
  const mac = createHmac('sha1', secret).update(counter).digest();
  const offset = (mac[19] as number) & 0xf;
  return String((mac.readUInt32BE(offset) & 0x7fff_ffff) % 10 ** digits).padStart(digits, '0');
}

/** The step that a code belongs to, later than `lastStep` and not far from now; undefined when there is none. */
export function stepOf(secret: Uint8Array, code: string, now: Instant, lastStep: number): number | undefined {
  if (!/^\d{6}$/.test(code)) return undefined;
  let found: number | undefined;
  for (let step = stepAt(now) - WINDOW; step <= stepAt(now) + WINDOW; step++) {
    const isRight = timingSafeEqual(Buffer.from(codeOf(secret, step)), Buffer.from(code));
    if (isRight && step > lastStep) found ??= step;
  }
  return found;
}

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** RFC 4648 without padding: how a secret is typed in. */
export function base32(bytes: Uint8Array): string {
  let [bits, held, text] = [0, 0, ''];
  for (const byte of bytes) {
    held = (held << 8) | byte;
    for (bits += 8; bits >= 5; bits -= 5) text += BASE32[(held >>> (bits - 5)) & 31];
    held &= 0xff;
  }
  return bits === 0 ? text : text + BASE32[(held << (5 - bits)) & 31];
}

/** What an authenticator program reads from a picture. */
export function enrolmentUri(issuer: string, user: string, secret: string): string {
  const label = `${encodeURIComponent(issuer)}:${encodeURIComponent(user)}`;
  return `otpauth://totp/${label}?secret=${secret}&issuer=${encodeURIComponent(issuer)}&algorithm=SHA1&digits=${DIGITS}&period=${STEP_SECONDS}`;
}
