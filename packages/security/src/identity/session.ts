import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { type Instant, MICROS_PER_SECOND } from '@meridian/base';
import { instantParameter, type Queryable, type Transaction } from '@meridian/store';
import type { UserDuty } from '../duty.ts';
import type { Jurisdiction, Principal } from '../principal.ts';
import type { Ground, SignInPolicy } from './ground.ts';
import type { IdentityKeys } from './identity-keys.ts';
import { problem } from './problems.ts';
import { hasFactor, inOrder, USER_COLUMNS, type UserRow } from './user.ts';

/**
 * How far somebody has come. `second-factor` a code or passkey is awaited · `change-password` the password was given by
 * somebody else · `enrol` a second factor must be set up · `open` signed in. Before `open` a session can do nothing but its
 * next step.
 */
export type SessionStage = 'second-factor' | 'change-password' | 'enrol' | 'open';

/** A session as its holder and a list of sessions may see it. */
export interface SessionView {
  /** Names the session; not the secret. */
  readonly id: string;
  readonly user: string;
  readonly stage: SessionStage;
  readonly jurisdiction: Jurisdiction;
  /** Where it was opened from. */
  readonly address: string;
  readonly strong: boolean;
  readonly since: Instant;
  readonly seenAt: Instant;
  readonly expiresAt: Instant;
}

/** A step of signing in that succeeded. The token is new with every step; the one before it is dead. */
export interface SignedIn {
  /** 256 random bits, base64url: for the cookie alone. */
  readonly token: string;
  readonly session: SessionView;
}

export interface SessionRow extends UserRow {
  readonly id: string;
  readonly stage: SessionStage;
  readonly by_password: boolean;
  readonly strong: boolean;
  readonly jurisdiction: string;
  readonly address: string;
  readonly session_epoch: bigint;
  readonly signed_in_at: Instant;
  readonly seen_at: Instant;
  readonly expires_at: Instant;
  /** Of the directory, in the same snapshot. */
  readonly epoch: bigint;
}

const SESSION_COLUMNS = `
  s.id, s.stage, s.by_password, s.strong, s.jurisdiction, s.address, s.credential_epoch AS session_epoch, s.signed_in_at,
  s.seen_at, s.expires_at`;

const BY_TOKEN = {
  name: 'identity_session',
  sql: `SELECT ${SESSION_COLUMNS}, ${USER_COLUMNS}, (SELECT epoch FROM security.identity_state) AS epoch
          FROM security.session s JOIN security.user u ON u.name = s.user_name
         WHERE s.token_hash = $1 AND s.ended_at IS NULL`,
};

/** A token has exactly this form: anything else is turned away before anything is asked. */
const TOKEN = /^[A-Za-z0-9_-]{43}$/;
/** Steps of signing in must be done within a quarter of an hour. */
const STEP_SECONDS = 900;
/** Open sessions of one user; the oldest ends when another is opened. */
const SESSIONS_MAX = 20;
/** Ended sessions are kept for the list of a year. */
const KEPT_SECONDS = 365 * 86_400;

export function tokenHash(token: string): Buffer | undefined {
  return TOKEN.test(token) ? createHash('sha256').update(token).digest() : undefined;
}

/**
 * The live session behind a token's hash. Idleness is judged by what is stored. One that is found dead is ended for good:
 * every process agrees on it, whatever is changed back later.
 */
export async function readSession(over: Queryable, ground: Ground, hash: Buffer): Promise<SessionRow | undefined> {
  const { rows } = await over.query<SessionRow>(BY_TOKEN, [hash]);
  const row = rows[0];
  if (row === undefined || isLive(row, ground)) return row;
  await endSessions(over, ground, 'id = $1', row.id, 'lapsed');
  return undefined;
}

function isLive(row: SessionRow, { clock, policy }: Ground): boolean {
  const now = clock.now();
  return (
    row.state === 'active' &&
    row.session_epoch === row.credential_epoch &&
    row.jurisdictions.includes(row.jurisdiction) &&
    now < row.expires_at &&
    now - row.seen_at <= policy.idleSeconds * MICROS_PER_SECOND &&
    // A duty that asks for a second factor may have been given since.
    (row.stage !== 'open' || row.strong || !needsFactor(row.duties, policy))
  );
}

/** @throws Problem SESSION_UNKNOWN */
export async function sessionAt(over: Queryable, ground: Ground, token: string): Promise<SessionRow> {
  const hash = tokenHash(token);
  const row = hash === undefined ? undefined : await readSession(over, ground, hash);
  if (row === undefined) throw problem('SESSION_UNKNOWN');
  return row;
}

/** @throws Problem SESSION_STAGE */
export function requireStage(row: SessionRow, ...needed: readonly SessionStage[]): void {
  if (!needed.includes(row.stage)) throw problem('SESSION_STAGE', { stage: row.stage, needed: needed.join(', ') });
}

export function viewOf(row: SessionRow): SessionView {
  return {
    ...{ id: row.id, user: row.name, stage: row.stage, jurisdiction: row.jurisdiction, address: row.address },
    ...{ strong: row.strong, since: row.signed_in_at, seenAt: row.seen_at, expiresAt: row.expires_at },
  };
}

/** Undefined before the last step of signing in. */
export function principalOf(row: SessionRow): Principal | undefined {
  if (row.stage !== 'open') return undefined;
  return Object.freeze({
    user: row.name,
    duties: Object.freeze(inOrder(row.duties)),
    jurisdiction: row.jurisdiction,
    clients: Object.freeze(row.clients),
    entities: Object.freeze(row.entities),
    session: row.id,
    since: row.signed_in_at,
    strong: row.strong,
  });
}

/** What a new session takes over from the sign-in or from the session it follows. */
export interface Opening {
  readonly byPassword: boolean;
  readonly strong: boolean;
  readonly jurisdiction: Jurisdiction;
  readonly address: string;
  readonly signedInAt: Instant;
}

/** Whether the policy asks for a second factor of somebody with these duties. */
export function needsFactor(duties: readonly UserDuty[], { secondFactor, requiredOf }: SignInPolicy): boolean {
  return secondFactor === 'required' && (requiredOf === undefined || requiredOf.some((duty) => duties.includes(duty)));
}

/** The next thing that this user must do in a session that has come so far. */
export function stageOf(user: UserRow, opening: Pick<Opening, 'byPassword' | 'strong'>, { policy }: Ground): SessionStage {
  if (hasFactor(user) && !opening.strong) return 'second-factor';
  if (opening.byPassword && user.must_change === true) return 'change-password';
  return needsFactor(user.duties, policy) && !hasFactor(user) ? 'enrol' : 'open';
}

/** A session that is not stored yet: the audit log names it before it is. */
export function draftSession(ground: Ground, user: UserRow, opening: Opening): SignedIn {
  const now = ground.clock.now();
  const stage = stageOf(user, opening, ground);
  const end = opening.signedInAt + ground.policy.absoluteSeconds * MICROS_PER_SECOND;
  const { jurisdiction, strong, signedInAt: since } = opening;
  return {
    token: randomBytes(32).toString('base64url'),
    session: {
      ...{ id: randomBytes(12).toString('hex'), user: user.name, stage, jurisdiction, strong, since, seenAt: now },
      address: opening.address.slice(0, 64),
      expiresAt: stage === 'open' ? end : Math.min(end, now + STEP_SECONDS * MICROS_PER_SECOND),
    },
  };
}

/** Opens a drafted session for a user as it was read when the credentials were judged. */
export async function storeSession(
  tx: Transaction,
  { token, session }: SignedIn,
  user: UserRow,
  { byPassword }: Opening,
): Promise<void> {
  await tx.query(
    `INSERT INTO security.session (id, token_hash, user_name, stage, by_password, strong, jurisdiction, address,
                                   credential_epoch, signed_in_at, seen_at, expires_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
    [
      ...[session.id, tokenHash(token) as Buffer, user.name, session.stage, byPassword, session.strong],
      ...[session.jurisdiction, session.address, user.credential_epoch],
      ...[session.since, session.seenAt, session.expiresAt].map(instantParameter),
    ],
  );
  await tx.query('DELETE FROM security.session WHERE expires_at < $1', [
    instantParameter(session.seenAt - KEPT_SECONDS * MICROS_PER_SECOND),
  ]);
}

/** Ends the oldest sessions of a user beyond what one may hold; returns how many. */
export async function displaceOldest(tx: Transaction, { clock }: Ground, user: string): Promise<number> {
  const { rowCount } = await tx.query(
    `UPDATE security.session SET ended_at = $2, end_reason = 'too many', challenge = NULL
      WHERE id IN (SELECT id FROM security.session WHERE user_name = $1 AND ended_at IS NULL
                    ORDER BY signed_in_at DESC, id OFFSET ${SESSIONS_MAX})`,
    [user, instantParameter(clock.now())],
  );
  return rowCount;
}

/** The same sign-in, one step on: a new token and session, the old one ended. */
export async function followSession(
  tx: Transaction,
  ground: Ground,
  row: SessionRow,
  user: UserRow,
  strong: boolean,
): Promise<SignedIn> {
  // Two answers to one challenge: only one of them finds the session still there.
  if ((await endSessions(tx, ground, 'id = $1', row.id, 'followed')) === 0) throw problem('SESSION_UNKNOWN');
  const opening: Opening = {
    ...{ byPassword: row.by_password, strong, jurisdiction: row.jurisdiction, address: row.address },
    signedInAt: row.signed_in_at,
  };
  const draft = draftSession(ground, user, opening);
  await storeSession(tx, draft, user, opening);
  return draft;
}

/** Ends what `where` finds by $1; returns how many. */
export async function endSessions(
  tx: Queryable,
  { clock }: Ground,
  where: 'id = $1' | 'user_name = $1' | 'token_hash = $1',
  value: string | Buffer,
  reason: string,
): Promise<number> {
  const { rowCount } = await tx.query(
    `UPDATE security.session SET ended_at = $2, end_reason = $3, challenge = NULL WHERE ${where} AND ended_at IS NULL`,
    [value, instantParameter(clock.now()), reason],
  );
  return rowCount;
}

/** Live sessions of a user, newest first. */
export async function sessionsOf({ database, ...ground }: Ground, user: string): Promise<SessionView[]> {
  const { rows } = await database.query<SessionRow>(
    `SELECT ${SESSION_COLUMNS}, ${USER_COLUMNS}, 0::bigint AS epoch
       FROM security.session s JOIN security.user u ON u.name = s.user_name
      WHERE s.user_name = $1 AND s.ended_at IS NULL ORDER BY s.signed_in_at DESC, s.id LIMIT ${SESSIONS_MAX}`,
    [user],
  );
  return rows.filter((row) => isLive(row, { database, ...ground })).map(viewOf);
}

/** A token for forms and headers that only this session's pages can know. */
export function csrfToken(keys: IdentityKeys, session: string): string {
  return createHmac('sha256', keys.csrf).update(session).digest('base64url');
}

/** In constant time. */
export function isCsrf(keys: IdentityKeys, session: string, token: string): boolean {
  const [given, expected] = [Buffer.from(token), Buffer.from(csrfToken(keys, session))];
  return given.length === expected.length && timingSafeEqual(given, expected);
}
