import { isProblem } from '@meridian/base';
import { instantParameter, type Queryable } from '@meridian/store';
import type { Jurisdiction } from '../principal.ts';
import { raiseEpoch } from './epoch.ts';
import { type Actor, actorOf, type Ground } from './ground.ts';
import { isPossiblePassword, type StoredPassword } from './password.ts';
import { problem } from './problems.ts';
import { displaceOldest, draftSession, endSessions, type SignedIn, storeSession, tokenHash } from './session.ts';
import type { Limited } from './sign-in-limit.ts';
import { readUser, type UserRow } from './user.ts';

/** Where somebody signs in from, as the door knows it. */
export interface Arrival {
  /** The peer's address; behind a proxy the one that a trusted proxy names. */
  readonly address: string;
  /** Where the caller says to be. Counts only where the address does not tell, and only if the user may be there. */
  readonly jurisdiction?: Jurisdiction;
  /** A token the browser already holds: that session ends. No token that was there before signing in lives after it. */
  readonly earlier?: string;
}

export interface PasswordSignIn extends Arrival {
  readonly user: string;
  readonly password: string;
}

/** Places by address; undefined where it does not tell. */
export type JurisdictionOf = (address: string) => Jurisdiction | undefined;

export interface SignIn {
  /**
   * The first step. Whatever is wrong, user or password, the answer and the work are the same.
   * @throws Problem SIGN_IN_REFUSED | SIGN_IN_LOCKED | SIGN_IN_BUSY (both say retry_after, seconds) |
   *   JURISDICTION_REFUSED | JURISDICTION_UNCLEAR (after the right password only)
   */
  byPassword(attempt: PasswordSignIn): Promise<SignedIn>;
  /** Lets in a user whom another issuer has proven. @throws Problem SUBJECT_UNKNOWN | JURISDICTION_… */
  byFederation(user: string, arrival: Arrival): Promise<SignedIn>;
}

export function openSignIn(ground: Ground, jurisdictionOf: JurisdictionOf): SignIn {
  const { clock, limits, hasher } = ground;

  async function byPassword(attempt: PasswordSignIn): Promise<SignedIn> {
    const { address, password } = attempt;
    const name = attempt.user.toLowerCase().slice(0, 64);
    const place: Limited = { kind: 'address', value: address };
    const account: Limited = { kind: 'account', value: name };
    await limits.check([place, account], clock.now());
    if (!isPossiblePassword(password)) {
      await limits.reserve(place, clock.now());
      return refuse(
        ground,
        await readUser(ground.database, name),
        'password',
        address,
        await limits.reserve(account, clock.now()),
      );
    }
    let user: UserRow | undefined;
    let stored: StoredPassword | undefined;
    let locks = false;
    const { matches, isOutdated } = await hasher.verify(name, password, async () => {
      await limits.reserve(place, clock.now());
      locks = await limits.reserve(account, clock.now());
      user = await readUser(ground.database, name);
      stored = user === undefined ? undefined : await readPassword(ground.database, name);
      return stored;
    });
    if (!matches || user === undefined || user.state !== 'active')
      return refuse(ground, user, user?.state === 'disabled' ? 'disabled' : 'password', address, locks);
    const signedIn = await admit(user, attempt, true, [place, account]);
    if (isOutdated && stored !== undefined) await rehash(ground, name, password, stored);
    return signedIn;
  }

  async function admit(user: UserRow, arrival: Arrival, isPassword: boolean, counted: readonly Limited[]): Promise<SignedIn> {
    const { address, earlier } = arrival;
    let jurisdiction: Jurisdiction;
    try {
      jurisdiction = placeOf(user, arrival, jurisdictionOf(address));
    } catch (error) {
      await note(ground, actorOf(user), 'sign-in', user.name, `refused: ${isProblem(error) ? error.code : 'failed'}`, {
        address,
      });
      throw error;
    }
    const opening = { byPassword: isPassword, strong: false, jurisdiction, address, signedInAt: clock.now() };
    const draft = draftSession(ground, user, opening);
    const earlierHash = earlier === undefined ? undefined : tokenHash(earlier);
    await ground.database.transaction(async (tx) => {
      // First, as in every change: two transactions that wait for it hold nothing that the other needs.
      await ground.audit.append(tx, {
        ...{ actor: user.name, duty: actorOf(user).duty, action: 'sign-in', target: user.name },
        params: { session: draft.session.id, address, factor: isPassword ? 'password' : 'federation' },
        outcome: draft.session.stage === 'open' ? 'done' : `next: ${draft.session.stage}`,
      });
      for (const each of counted) await (each.kind === 'address' ? limits.forgive(tx, each) : limits.clear(tx, each));
      let ended = earlierHash === undefined ? 0 : await endSessions(tx, ground, 'token_hash = $1', earlierHash, 'followed');
      await storeSession(tx, draft, user, opening);
      ended += await displaceOldest(tx, ground, user.name);
      if (ended > 0) await raiseEpoch(tx);
    });
    ground.epoch.expire();
    await ground.audit.checkpoint();
    return draft;
  }

  return {
    byPassword,
    async byFederation(name, arrival) {
      const user = await readUser(ground.database, name);
      if (user === undefined || user.state !== 'active') {
        // Somebody is proven: no name and no password is guessed at here, and the words may say what is missing.
        await noteRefusal(ground, user, 'disabled', { address: arrival.address, factor: 'federation' });
        throw problem('SUBJECT_UNKNOWN');
      }
      return admit(user, arrival, false, []);
    },
  };
}

/** The place of a session: what the address tells, else what the caller says, else the only one permitted. */
function placeOf(user: UserRow, { jurisdiction: said }: Arrival, known: Jurisdiction | undefined): Jurisdiction {
  const place = known ?? said ?? (user.jurisdictions.length === 1 ? user.jurisdictions[0] : undefined);
  if (place === undefined) throw problem('JURISDICTION_UNCLEAR', { permitted: user.jurisdictions.join(', ') });
  if (!user.jurisdictions.includes(place) || (said !== undefined && said !== place))
    throw problem('JURISDICTION_REFUSED', { jurisdiction: (said ?? place).slice(0, 2) });
  return place;
}

/** What was typed as a name that nobody has is not noted: it may be a password in the wrong place. */
async function refuse(
  ground: Ground,
  user: UserRow | undefined,
  reason: string,
  address: string,
  locks: boolean,
): Promise<never> {
  await noteRefusal(ground, user, reason, { address, ...(locks ? { reason: 'locked from now on' } : {}) });
  throw problem('SIGN_IN_REFUSED');
}

async function noteRefusal(
  ground: Ground,
  user: UserRow | undefined,
  reason: string,
  params: Readonly<Record<string, string>>,
): Promise<void> {
  const actor = user === undefined ? { user: 'unknown', duty: 'system' as const } : actorOf(user);
  await note(ground, actor, 'sign-in', actor.user, `refused: ${user === undefined ? 'unknown user' : reason}`, params);
}

/** Notes what changed nothing. */
export async function note(
  { audit }: Ground,
  actor: Actor,
  action: string,
  target: string,
  outcome: string,
  params: Readonly<Record<string, string>> = {},
): Promise<void> {
  await audit.record({ actor: actor.user, duty: actor.duty, action, target, params, outcome });
}

export async function readPassword(over: Queryable, user: string): Promise<StoredPassword | undefined> {
  const { rows } = await over.query<{ hash: Buffer; salt: Buffer; memory_kib: number; passes: number }>(
    'SELECT hash, salt, memory_kib, passes FROM security.password WHERE user_name = $1',
    [user],
  );
  const row = rows[0];
  return row === undefined ? undefined : { hash: row.hash, salt: row.salt, memoryKib: row.memory_kib, passes: row.passes };
}

export async function writePassword(
  tx: Queryable,
  ground: Ground,
  user: string,
  { hash, salt, memoryKib, passes }: StoredPassword,
  mustChange: boolean,
): Promise<void> {
  await tx.query(
    `INSERT INTO security.password (user_name, hash, salt, memory_kib, passes, must_change, changed_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7)
     ON CONFLICT (user_name) DO UPDATE SET hash = excluded.hash, salt = excluded.salt, memory_kib = excluded.memory_kib,
       passes = excluded.passes, must_change = excluded.must_change, changed_at = excluded.changed_at`,
    [user, hash, salt, memoryKib, passes, mustChange, instantParameter(ground.clock.now())],
  );
}

/** The parameters have risen since this password was set; now, and only now, it is known. */
async function rehash(ground: Ground, user: string, password: string, outdated: StoredPassword): Promise<void> {
  try {
    const { hash, salt, memoryKib, passes } = await ground.hasher.hash(user, password);
    await ground.database.query(
      'UPDATE security.password SET hash = $2, salt = $3, memory_kib = $4, passes = $5 WHERE user_name = $1 AND hash = $6',
      [user, hash, salt, memoryKib, passes, outdated.hash],
    );
  } catch (error) {
    // The next sign-in tries again.
    if (!isProblem(error, 'SIGN_IN_BUSY')) throw error;
  }
}
