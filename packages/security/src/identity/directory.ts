import type { BusinessClock } from '@meridian/base';
import { wallClock } from '@meridian/base';
import type { Database } from '@meridian/store';
import type { AuditLog } from '../audit.ts';
import { type Admission, openAdmission } from './admission.ts';
import { type Credentials, openCredentials } from './credential.ts';
import { watchEpoch } from './epoch.ts';
import { type Actor, changing, checkKey, type Ground, type RelyingParty, type SignInPolicy } from './ground.ts';
import { loadIdentityKeys } from './identity-keys.ts';
import { openPasswordHasher, type PasswordHasher } from './password.ts';
import { problem } from './problems.ts';
import {
  csrfToken,
  endSessions,
  isCsrf,
  readSession,
  type SessionView,
  type SignedIn,
  sessionsOf,
  tokenHash,
  viewOf,
} from './session.ts';
import { type Arrival, type JurisdictionOf, openSignIn, type PasswordSignIn } from './sign-in.ts';
import { signInLimits } from './sign-in-limit.ts';
import { inOrder, readUser, readUsers, type User, userOf } from './user.ts';
import { type FederatedSubject, openUserChanges, type UserChanges } from './user-change.ts';

export interface UserDirectoryOptions {
  readonly database: Database;
  readonly audit: AuditLog;
  /** The house's key folder: `identity.key` stands there. */
  readonly keys: string;
  readonly policy: SignInPolicy;
  /** Wall time; sessions know no other. */
  readonly clock?: BusinessClock;
  /** Where an address is; default: it does not tell. */
  readonly jurisdictionOf?: JurisdictionOf;
  /** The site that passkeys belong to; without it there are none. */
  readonly site?: RelyingParty;
  /** How long another process's change may go unnoticed; default 500 ms. */
  readonly epochMs?: number;
  /** Monotonic milliseconds, for the above. */
  readonly elapsedMs?: () => number;
  readonly hasher?: PasswordHasher;
}

/**
 * Users, what they prove themselves by, and their sessions. Everything is kept in PostgreSQL: any number of processes may
 * open the same directory. DS-7, DS-10.
 */
export interface UserDirectory extends UserChanges, Admission, Credentials {
  /** By name. */
  users(): Promise<User[]>;
  user(name: string): Promise<User | undefined>;
  /** The first step of signing in: see {@link SignIn.byPassword}. */
  signIn(attempt: PasswordSignIn): Promise<SignedIn>;
  /** For {@link openOidc}: the subject of another issuer, proven, signs in as the user it is linked to. */
  signInFederated(subject: FederatedSubject, arrival: Arrival): Promise<SignedIn>;
  /** The session behind a token, at whatever stage; undefined when there is none. */
  session(token: string): Promise<SessionView | undefined>;
  /** Ends the session; ending one that has ended is no error. */
  signOut(token: string): Promise<void>;
  /** Live sessions of a user, newest first. */
  listSessions(user: string): Promise<SessionView[]>;
  /** Ends one session by its id. @throws Problem SESSION_UNKNOWN */
  revokeSession(id: string, by: Actor): Promise<void>;
  /** Ends all sessions of a user, those about to be opened as well. @returns how many @throws Problem USER_UNKNOWN */
  revokeAll(user: string, by: Actor): Promise<number>;
  /** Lifts the lock after failed sign-ins. @throws Problem USER_UNKNOWN */
  unlock(user: string, by: Actor): Promise<void>;
  /** The session's token against forged requests. */
  csrfToken(session: string): string;
  isCsrf(session: string, token: string): boolean;
}

const IDLE_SECONDS = 30 * 60;
const ABSOLUTE_SECONDS = 12 * 3_600;

/** Opens the directory; what is wrong with its key is said at the first use. @throws Problem IDENTITY_KEY_LOST, then */
export function openUserDirectory(options: UserDirectoryOptions): UserDirectory {
  const { database, audit, clock = wallClock, policy } = options;
  const keys = loadIdentityKeys(options.keys);
  const ground: Ground = {
    ...{ database, audit, clock, keys, site: options.site },
    hasher: options.hasher ?? openPasswordHasher({ pepper: keys.pepper }),
    limits: signInLimits(database, keys),
    epoch: watchEpoch(database, options.epochMs ?? 500, options.elapsedMs ?? (() => performance.now())),
    policy: { idleSeconds: IDLE_SECONDS, absoluteSeconds: ABSOLUTE_SECONDS, ...policy },
  };
  const signIn = openSignIn(ground, options.jurisdictionOf ?? (() => undefined));
  const changes = openUserChanges(ground);
  const ready = readiness(ground);
  return {
    ...changes,
    ...openAdmission(ground),
    ...openCredentials(ground, ready),
    async create(...args) {
      await ready();
      return changes.create(...args);
    },
    async resetPassword(...args) {
      await ready();
      return changes.resetPassword(...args);
    },
    users: () => usersOf(ground),
    async user(name) {
      const row = await readUser(database, name);
      return row && userOf(row, await ground.limits.lockedUntil({ kind: 'account', value: name }, clock.now()));
    },
    async signIn(attempt) {
      await ready();
      return signIn.byPassword(attempt);
    },
    async signInFederated(subject, arrival) {
      await ready();
      const { rows } = await database.query<{ name: string }>(
        'SELECT user_name AS name FROM security.federated_subject WHERE issuer = $1 AND subject = $2',
        [subject.issuer, subject.subject],
      );
      return signIn.byFederation(rows[0]?.name ?? '', arrival);
    },
    async session(token) {
      const hash = tokenHash(token);
      const row = hash === undefined ? undefined : await readSession(database, ground, hash);
      return row && viewOf(row);
    },
    signOut: (token) => signOut(ground, token),
    listSessions: (user) => sessionsOf(ground, user),
    revokeSession: (id, by) => revokeSession(ground, id, by),
    revokeAll: (user, by) => revokeAll(ground, user, by),
    unlock: (user, by) => unlock(ground, user, by),
    csrfToken: (session) => csrfToken(keys, session),
    isCsrf: (session, token) => isCsrf(keys, session, token),
  };
}

/** The key is compared once; a failure is tried again at the next use. */
function readiness({ database, keys }: Ground): () => Promise<void> {
  let checked: Promise<void> | undefined;
  return () => {
    checked ??= checkKey(database, keys).catch((error: unknown) => {
      checked = undefined;
      throw error;
    });
    return checked;
  };
}

async function usersOf({ database, limits, clock }: Ground): Promise<User[]> {
  const users: User[] = [];
  for (const row of await readUsers(database))
    users.push(userOf(row, await limits.lockedUntil({ kind: 'account', value: row.name }, clock.now())));
  return users;
}

async function signOut(ground: Ground, token: string): Promise<void> {
  const hash = tokenHash(token);
  const row = hash === undefined ? undefined : await readSession(ground.database, ground, hash);
  if (row === undefined) return;
  const record = {
    ...{ actor: row.name, duty: inOrder(row.duties)[0] ?? ('system' as const), action: 'sign-out', target: row.name },
    ...{ params: { session: row.id }, outcome: 'done' },
  };
  await changing(ground, record, (tx) => endSessions(tx, ground, 'id = $1', row.id, 'signed out'));
}

async function revokeSession(ground: Ground, id: string, by: Actor): Promise<void> {
  const { rows } = await ground.database.query<{ name: string }>(
    'SELECT user_name AS name FROM security.session WHERE id = $1 AND ended_at IS NULL',
    [id],
  );
  const name = rows[0]?.name;
  if (name === undefined) throw problem('SESSION_UNKNOWN');
  const record = {
    ...{ actor: by.user, duty: by.duty, action: 'session-revoke', target: name, params: { session: id }, outcome: 'done' },
  };
  await changing(ground, record, (tx) => endSessions(tx, ground, 'id = $1', id, 'revoked'));
}

async function revokeAll(ground: Ground, user: string, by: Actor): Promise<number> {
  const record = { actor: by.user, duty: by.duty, action: 'session-revoke', target: user, outcome: 'done' };
  return changing(ground, { ...record, params: { reason: 'all sessions' } }, async (tx) => {
    // Who has shown a password and not yet got a session finds that the credentials are not those any more.
    const { rowCount } = await tx.query('UPDATE security.user SET credential_epoch = credential_epoch + 1 WHERE name = $1', [
      user,
    ]);
    if (rowCount === 0) throw problem('USER_UNKNOWN', { user: user.slice(0, 32) });
    return endSessions(tx, ground, 'user_name = $1', user, 'revoked');
  });
}

async function unlock(ground: Ground, user: string, by: Actor): Promise<void> {
  if ((await readUser(ground.database, user)) === undefined) throw problem('USER_UNKNOWN', { user: user.slice(0, 32) });
  const record = { actor: by.user, duty: by.duty, action: 'user-unlock', target: user, params: {}, outcome: 'done' };
  await changing(ground, record, async (tx) => {
    await ground.limits.clear(tx, { kind: 'account', value: user });
    await ground.limits.clear(tx, { kind: 'factor', value: user });
  });
}
