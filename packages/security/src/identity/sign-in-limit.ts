import { isIPv6 } from 'node:net';
import { type Instant, MICROS_PER_SECOND } from '@meridian/base';
import { type Database, instantParameter, type Queryable, type Transaction } from '@meridian/store';
import { fingerprint, type IdentityKeys } from './identity-keys.ts';
import { problem } from './problems.ts';

/** What tries are counted against. */
export type LimitKind = 'account' | 'address' | 'factor';

export interface Limited {
  readonly kind: LimitKind;
  /** User name or address; for names that nobody has as well. */
  readonly value: string;
}

interface Rule {
  /** Failures that lock. */
  readonly failuresMax: number;
  /** Failures are forgotten when none came for so long, seconds. */
  readonly forgetSeconds: number;
}

/**
 * A person mistypes; an office shares an address. A right password does not forgive wrong codes: whoever has stolen it
 * would try all million of them.
 */
const RULES: Readonly<Record<LimitKind, Rule>> = {
  account: { failuresMax: 5, forgetSeconds: 86_400 },
  factor: { failuresMax: 5, forgetSeconds: 86_400 },
  address: { failuresMax: 20, forgetSeconds: 3_600 },
};

const LOCK_SECONDS_MIN = 60;
const LOCK_SECONDS_MAX = 3_600;

/** Seconds of lock after so many failures: a minute, doubling up to an hour. */
function lockSeconds(failures: number, { failuresMax }: Rule): number {
  return failures < failuresMax ? 0 : Math.min(LOCK_SECONDS_MIN * 2 ** Math.min(failures - failuresMax, 16), LOCK_SECONDS_MAX);
}

export interface SignInLimits {
  /** @throws Problem SIGN_IN_LOCKED while any of them is locked. One read, nothing is counted. */
  check(limited: readonly Limited[], now: Instant): Promise<void>;
  /**
   * Counts a try as failed before it is judged: tries made at once cannot slip past the count together.
   * @returns whether this try, if it fails, locks
   * @throws Problem SIGN_IN_LOCKED, counting nothing
   */
  reserve(limited: Limited, now: Instant): Promise<boolean>;
  /** The try succeeded: the account starts anew. */
  clear(tx: Queryable, limited: Limited): Promise<void>;
  /** The try succeeded: it alone is not counted, what others at this address did stays. */
  forgive(tx: Queryable, limited: Limited): Promise<void>;
  /** Until when it is locked; undefined when it is not. */
  lockedUntil(limited: Limited, now: Instant): Promise<Instant | undefined>;
}

export function signInLimits(database: Database, keys: IdentityKeys): SignInLimits {
  const keyOf = ({ kind, value }: Limited) =>
    fingerprint(keys.lookup, kind, kind === 'address' ? networkOf(value) : value.toLowerCase().slice(0, 64));
  const read = async (limited: readonly Limited[]): Promise<Instant> => {
    const { rows } = await database.query<{ until: Instant | null }>(
      'SELECT max(locked_until) AS until FROM security.sign_in_limit WHERE key = ANY($1)',
      [limited.map(keyOf)],
    );
    return rows[0]?.until ?? 0;
  };
  return {
    async check(limited, now) {
      refuseLocked(await read(limited), now);
    },
    reserve: (limited, now) => database.transaction((tx) => reserve(tx, keyOf(limited), RULES[limited.kind], now)),
    async clear(tx, limited) {
      await tx.query('DELETE FROM security.sign_in_limit WHERE key = $1', [keyOf(limited)]);
    },
    async forgive(tx, limited) {
      await tx.query(
        'UPDATE security.sign_in_limit SET failures = greatest(failures - 1, 0), locked_until = NULL WHERE key = $1',
        [keyOf(limited)],
      );
    },
    async lockedUntil(limited, now) {
      const until = await read([limited]);
      return until > now ? until : undefined;
    },
  };
}

async function reserve(tx: Transaction, key: string, rule: Rule, now: Instant): Promise<boolean> {
  const forgotten = instantParameter(now - 86_400 * MICROS_PER_SECOND);
  await tx.query('DELETE FROM security.sign_in_limit WHERE last_failure < $1 AND coalesce(locked_until, $1) <= $1', [
    forgotten,
  ]);
  await tx.query(
    'INSERT INTO security.sign_in_limit (key, failures, last_failure) VALUES ($1, 0, $2) ON CONFLICT (key) DO NOTHING',
    [key, instantParameter(now)],
  );
  const { rows } = await tx.query<{ failures: number; last: Instant; until: Instant | null }>(
    `SELECT failures, last_failure AS last, locked_until AS until FROM security.sign_in_limit WHERE key = $1 FOR UPDATE`,
    [key],
  );
  const row = rows[0] ?? { failures: 0, last: now, until: null };
  refuseLocked(row.until ?? 0, now);
  const failures = now - row.last > rule.forgetSeconds * MICROS_PER_SECOND ? 1 : row.failures + 1;
  const seconds = lockSeconds(failures, rule);
  await tx.query('UPDATE security.sign_in_limit SET failures = $2, last_failure = $3, locked_until = $4 WHERE key = $1', [
    key,
    failures,
    instantParameter(now),
    seconds === 0 ? null : instantParameter(now + seconds * MICROS_PER_SECOND),
  ]);
  return seconds > 0;
}

function refuseLocked(until: Instant, now: Instant): void {
  if (until > now) throw problem('SIGN_IN_LOCKED', { retry_after: Math.ceil((until - now) / MICROS_PER_SECOND) });
}

/** Who holds one IPv6 address holds the /64 around it. An IPv4 address in IPv6 clothes is the IPv4 address. */
export function networkOf(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address);
  if (mapped !== null) return mapped[1] as string;
  const bare = address.replace(/%.*$/, '');
  if (!isIPv6(bare)) return address.slice(0, 64);
  const [head = '', tail] = bare.toLowerCase().split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - left.length - right.length);
  return [...left, ...Array<string>(zeros).fill('0'), ...right]
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, ''))
    .join(':');
}
