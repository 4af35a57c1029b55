import type { Instant } from '@meridian/base';
import type { Queryable } from '@meridian/store';
import { conflictOf, DUTIES, type UserDuty } from '../duty.ts';
import type { Jurisdiction } from '../principal.ts';
import { problem } from './problems.ts';

/** What a user may see and where from. */
export interface UserScope {
  /** Where the user may sign in. ISO 3166 alpha-2, at least one. */
  readonly jurisdictions: readonly Jurisdiction[];
  /** A client's user: its clients. Empty for the firm's people. */
  readonly clients: readonly bigint[];
  /** Booking entities in view. */
  readonly entities: readonly bigint[];
}

/** Somebody who may sign in. Users stand for a role in the house; no person's name is kept. DS-10. */
export interface User extends UserScope {
  readonly name: string;
  readonly title: { readonly zh: string; readonly en: string };
  readonly duties: readonly UserDuty[];
  /** `locked`: for a while, after failed sign-ins. */
  readonly state: 'active' | 'disabled' | 'locked';
  readonly lockedUntil: Instant | undefined;
  /** Has a one-time code or a passkey. */
  readonly hasSecondFactor: boolean;
  readonly mustChangePassword: boolean;
  readonly createdAt: Instant;
}

export interface NewUser extends UserScope {
  readonly name: string;
  readonly title: { readonly zh: string; readonly en: string };
  readonly duties: readonly UserDuty[];
}

/**
 * Who asks for a change of a user and who checked it: approvals call with both. Without a checker only `operator`, who
 * holds the machine, may act: to take rights away, and to set the house up until two administrators can check each other.
 */
export interface By {
  readonly maker: string;
  readonly checker?: string;
}

export interface UserRow {
  readonly name: string;
  readonly title_zh: string;
  readonly title_en: string;
  readonly state: 'active' | 'disabled';
  readonly jurisdictions: readonly string[];
  readonly clients: readonly bigint[];
  readonly entities: readonly bigint[];
  readonly credential_epoch: bigint;
  readonly created_at: Instant;
  readonly duties: readonly UserDuty[];
  readonly has_totp: boolean;
  readonly has_passkey: boolean;
  readonly must_change: boolean | null;
}

/** Columns of a user that a session or a list needs, from `security.user u`. */
export const USER_COLUMNS = `
  u.name, u.title_zh, u.title_en, u.state, u.jurisdictions, u.clients, u.entities, u.credential_epoch, u.created_at,
  ARRAY(SELECT d.duty FROM security.user_duty d WHERE d.user_name = u.name) AS duties,
  EXISTS (SELECT FROM security.totp t WHERE t.user_name = u.name AND t.sealed IS NOT NULL) AS has_totp,
  EXISTS (SELECT FROM security.passkey p WHERE p.user_name = u.name) AS has_passkey,
  (SELECT w.must_change FROM security.password w WHERE w.user_name = u.name) AS must_change`;

export async function readUser(over: Queryable, name: string): Promise<UserRow | undefined> {
  const { rows } = await over.query<UserRow>(`SELECT ${USER_COLUMNS} FROM security.user u WHERE u.name = $1`, [name]);
  return rows[0];
}

export async function readUsers(over: Queryable): Promise<UserRow[]> {
  return (await over.query<UserRow>(`SELECT ${USER_COLUMNS} FROM security.user u ORDER BY u.name LIMIT 10000`)).rows;
}

/** In the order of the house's own list. */
export function inOrder(duties: readonly UserDuty[]): readonly UserDuty[] {
  return DUTIES.filter((duty) => duties.includes(duty));
}

export const hasFactor = (row: Pick<UserRow, 'has_totp' | 'has_passkey'>): boolean => row.has_totp || row.has_passkey;

export function userOf(row: UserRow, lockedUntil: Instant | undefined): User {
  return {
    name: row.name,
    title: { zh: row.title_zh, en: row.title_en },
    duties: inOrder(row.duties),
    state: row.state === 'active' && lockedUntil !== undefined ? 'locked' : row.state,
    lockedUntil,
    jurisdictions: row.jurisdictions,
    clients: row.clients,
    entities: row.entities,
    hasSecondFactor: hasFactor(row),
    mustChangePassword: row.must_change === true,
    createdAt: row.created_at,
  };
}

const NAME = /^[a-z][a-z0-9._-]{1,31}$/;
/** Makers that are no users. */
const RESERVED: readonly string[] = ['operator', 'system', 'scheduler', 'unknown'];

/** @throws Problem USER_MALFORMED | DUTIES_CONFLICT */
export function checkNewUser(user: NewUser): void {
  if (!NAME.test(user.name)) throw malformed('a name has 2 to 32 small letters, digits, dots, dashes and underscores');
  if (RESERVED.includes(user.name)) throw malformed(`${user.name} is nobody's name`);
  if (![user.title.zh, user.title.en].every((title) => title.trim() !== '' && title.length <= 80))
    throw malformed('a title stands in both languages, 80 characters at most');
  checkDuties(user.duties);
  checkScope(user.duties, user);
}

/** @throws Problem USER_MALFORMED | DUTIES_CONFLICT */
export function checkDuties(duties: readonly UserDuty[]): void {
  if (duties.length === 0 || new Set(duties).size !== duties.length) throw malformed('a user has duties, each once');
  const unknown = duties.find((duty) => !DUTIES.includes(duty));
  if (unknown !== undefined) throw malformed(`${String(unknown).slice(0, 32)} is no duty`);
  const conflict = conflictOf(duties);
  if (conflict !== undefined) throw problem('DUTIES_CONFLICT', { one: conflict[0], other: conflict[1] });
}

/** @throws Problem USER_MALFORMED */
export function checkScope(duties: readonly UserDuty[], { jurisdictions, clients, entities }: UserScope): void {
  if (jurisdictions.length === 0 || jurisdictions.length > 16 || !jurisdictions.every((each) => /^[A-Z]{2}$/.test(each)))
    throw malformed('a user signs in from at least one country, ISO 3166 alpha-2');
  if (clients.length > 64 || entities.length > 64) throw malformed('at most 64 clients and 64 entities');
  if (duties.includes('client') !== clients.length > 0)
    throw malformed("a client's user is bound to its clients, nobody else to any");
}

function malformed(reason: string): Error {
  return problem('USER_MALFORMED', { reason });
}

/** @throws Problem USER_FOUR_EYES */
export function checkBy(name: string, { maker, checker }: By): void {
  if (maker === name || checker === name) throw fourEyes('nobody makes or checks a change of themselves');
  if (maker === checker) throw fourEyes('maker and checker are two persons');
  if (checker === undefined && maker !== 'operator') throw fourEyes('this change needs a checker');
}

export function fourEyes(reason: string): Error {
  return problem('USER_FOUR_EYES', { reason });
}
