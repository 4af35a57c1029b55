import { randomInt } from 'node:crypto';
import { instantParameter, type Transaction } from '@meridian/store';
import type { Ground } from './ground.ts';
import { fingerprint } from './identity-keys.ts';

/** Without letters and digits that look alike. */
const LETTERS = 'ABCDEFGHJKLMNPQRSTUVWXYZ23456789';
const COUNT = 10;

/** Ten codes of 80 bits, told once; those before them are void. */
export async function issueRecoveryCodes(tx: Transaction, { keys }: Ground, user: string): Promise<readonly string[]> {
  const codes = Array.from({ length: COUNT }, () => {
    const letters = Array.from({ length: 16 }, () => LETTERS[randomInt(LETTERS.length)]).join('');
    return (letters.match(/.{4}/g) as string[]).join('-');
  });
  await tx.query('DELETE FROM security.recovery_code WHERE user_name = $1', [user]);
  await tx.query('INSERT INTO security.recovery_code (user_name, hash) SELECT $1, unnest($2::bytea[])', [
    user,
    codes.map((code) => hashOf(keys.lookup, user, code)),
  ]);
  return codes;
}

/** True once for each code. */
export async function useRecoveryCode(tx: Transaction, { keys, clock }: Ground, user: string, code: string): Promise<boolean> {
  const { rowCount } = await tx.query(
    'UPDATE security.recovery_code SET used_at = $3 WHERE user_name = $1 AND hash = $2 AND used_at IS NULL',
    [user, hashOf(keys.lookup, user, code), instantParameter(clock.now())],
  );
  return rowCount === 1;
}

/** A code has 80 random bits: a keyed hash is enough. */
function hashOf(key: Buffer, user: string, code: string): Buffer {
  const bare = code
    .toUpperCase()
    .replace(/[^A-Z0-9]/g, '')
    .slice(0, 64);
  return Buffer.from(fingerprint(key, `recovery ${user}`, bare), 'base64url');
}
