import { createHmac } from 'node:crypto';

const STEP_MS = 30_000;

/** The step of RFC 6238 that now is in. */
export const stepNow = (): number => Math.floor(Date.now() / STEP_MS);

/** RFC 6238 over RFC 4648 base 32, written down again: what a user's device shows at a step. */
export function oneTimeCode(secret: string, step: number): string {
  const bits = [...secret]
    .map((letter) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(letter).toString(2).padStart(5, '0'))
    .join('');
  const key = Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(step));
  const mac = createHmac('sha1', key).update(counter).digest();
  const at = (mac[19] as number) & 15;
  return String((mac.readUInt32BE(at) & 0x7fff_ffff) % 1_000_000).padStart(6, '0');
}
