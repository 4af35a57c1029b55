import { type Instant, MICROS_PER_SECOND } from '@meridian/base';
import { instantParameter } from '@meridian/store';
import type { Principal } from '../principal.ts';
import type { Ground } from './ground.ts';
import { principalOf, readSession, tokenHash } from './session.ts';

/** Decides for every request who asks. */
export interface Admission {
  /**
   * Who holds this token; undefined for whoever is not, not yet or no longer signed in. From memory, as long as nothing
   * changed in the directory. @throws Problem DATABASE_AWAY: nobody is let in on old knowledge
   */
  authenticate(token: string): Promise<Principal | undefined>;
}

interface Admitted {
  readonly principal: Principal;
  readonly expiresAt: Instant;
  /** The directory as it was when this was read. */
  readonly epoch: bigint;
  seenAt: Instant;
  notedAt: Instant;
}

/** Sessions kept in memory, and dead tokens known to be dead. The least recently read leave first. */
const KEPT_MAX = 10_000;
/** How far the stored time of last use may lag behind, seconds. A session can end that much too early, never too late. */
const NOTE_SECONDS = 60;

export function openAdmission(ground: Ground): Admission {
  const { clock, policy, epoch: watch, database } = ground;
  const admitted = new Map<string, Admitted>();
  // A token that nobody holds is never given to anybody later, and one that ended never lives again.
  const dead = new Map<string, true>();
  const idle = policy.idleSeconds * MICROS_PER_SECOND;
  const noteEvery = Math.min(NOTE_SECONDS, policy.idleSeconds / 10) * MICROS_PER_SECOND;

  async function load(key: string, hash: Buffer): Promise<Principal | undefined> {
    const row = await readSession(database, ground, hash);
    if (row === undefined) {
      admitted.delete(key);
      keep(dead, key, true);
      return undefined;
    }
    watch.saw(row.epoch);
    const principal = principalOf(row);
    if (principal === undefined) return undefined;
    const fresh = {
      ...{ principal, expiresAt: row.expires_at, epoch: row.epoch, seenAt: row.seen_at, notedAt: row.seen_at },
    };
    keep(admitted, key, fresh);
    await see(fresh);
    return principal;
  }

  async function see(entry: Admitted): Promise<void> {
    const now = clock.now();
    entry.seenAt = now;
    if (now - entry.notedAt < noteEvery) return;
    entry.notedAt = now;
    await database.query(
      'UPDATE security.session SET seen_at = greatest(seen_at, $2::timestamptz) WHERE id = $1 AND ended_at IS NULL',
      [entry.principal.session, instantParameter(now)],
    );
  }

  return {
    async authenticate(token) {
      const hash = tokenHash(token);
      if (hash === undefined) return undefined;
      const key = hash.toString('base64');
      if (dead.has(key)) return undefined;
      const entry = admitted.get(key);
      if (entry === undefined) return load(key, hash);
      const current = watch.current();
      const epoch = typeof current === 'bigint' ? current : await current;
      const now = clock.now();
      // Another process may have seen a session that seems idle here.
      if (entry.epoch !== epoch || now >= entry.expiresAt || now - entry.seenAt > idle) return load(key, hash);
      await see(entry);
      return entry.principal;
    },
  };
}

function keep<V>(map: Map<string, V>, key: string, value: V): void {
  map.delete(key);
  map.set(key, value);
  if (map.size > KEPT_MAX) map.delete(map.keys().next().value as string);
}
