import { randomBytes } from 'node:crypto';
import type { Transaction } from '@meridian/store';
import type { Ground } from './ground.ts';
import { problem } from './problems.ts';
import { base32, enrolmentUri, stepOf } from './totp.ts';

/** What an authenticator program needs; shown once, to the user alone. */
export interface TotpEnrolment {
  /** Base32, to be typed in. */
  readonly secret: string;
  /** otpauth://…, to be drawn as a QR code. */
  readonly uri: string;
}

/** RFC 4226 asks for 160 bits. */
const SECRET_BYTES = 20;

const sealedFor = (user: string): string => `totp ${user}`;

/** Makes a secret that counts from its first right code on; one in use stays in use until then. */
export async function beginTotp(tx: Transaction, ground: Ground, user: string): Promise<TotpEnrolment> {
  const bytes = randomBytes(SECRET_BYTES);
  await tx.query(
    `INSERT INTO security.totp (user_name, pending) VALUES ($1, $2)
     ON CONFLICT (user_name) DO UPDATE SET pending = excluded.pending`,
    [user, ground.keys.seal(sealedFor(user), bytes)],
  );
  const secret = base32(bytes);
  return { secret, uri: enrolmentUri(ground.site?.name ?? 'Meridian', user, secret) };
}

/** @throws Problem FACTOR_REFUSED */
export async function confirmTotp(tx: Transaction, { keys, clock }: Ground, user: string, code: string): Promise<void> {
  const { rows } = await tx.query<{ pending: Buffer | null }>(
    'SELECT pending FROM security.totp WHERE user_name = $1 FOR UPDATE',
    [user],
  );
  const pending = rows[0]?.pending ?? undefined;
  if (pending === undefined) throw problem('FACTOR_REFUSED', { reason: 'no enrolment was begun' });
  const step = stepOf(keys.open(sealedFor(user), pending), code, clock.now(), 0);
  if (step === undefined) throw problem('FACTOR_REFUSED', { reason: 'the code is not the one of this moment' });
  await tx.query('UPDATE security.totp SET sealed = pending, pending = NULL, last_step = $2 WHERE user_name = $1', [
    user,
    step,
  ]);
}

/** Whether the code is right and later than every one shown before. */
export async function useTotp(tx: Transaction, { keys, clock }: Ground, user: string, code: string): Promise<boolean> {
  const { rows } = await tx.query<{ sealed: Buffer | null; last_step: bigint }>(
    'SELECT sealed, last_step FROM security.totp WHERE user_name = $1 FOR UPDATE',
    [user],
  );
  const row = rows[0];
  if (row === undefined || row.sealed === null) return false;
  const step = stepOf(keys.open(sealedFor(user), row.sealed), code, clock.now(), Number(row.last_step));
  if (step === undefined) return false;
  await tx.query('UPDATE security.totp SET last_step = $2 WHERE user_name = $1', [user, step]);
  return true;
}
