import { instantParameter, type Transaction } from '@meridian/store';
import type { UserDuty } from '../duty.ts';
import { changing, type Ground, isDuplicate } from './ground.ts';
import { checkPassword, generatePassword } from './password.ts';
import { problem } from './problems.ts';
import { endSessions } from './session.ts';
import { writePassword } from './sign-in.ts';
import {
  type By,
  checkBy,
  checkDuties,
  checkNewUser,
  checkScope,
  inOrder,
  type NewUser,
  readUser,
  type UserRow,
  type UserScope,
} from './user.ts';

type Kind = 'create' | 'duties' | 'scope' | 'disable' | 'enable' | 'password' | 'factor' | 'federate';

/**
 * Changes of users. Each is made by one person and checked by another, noted with both in `security.user_change` and in the
 * audit log, and felt by live sessions at once. `within` lets an approval run it in its own transaction: then it is felt
 * within half a second of that commit, and the audit log's checkpoint is the caller's to move.
 */
export interface UserChanges {
  /**
   * A new user with a generated password, told once; it must be changed at first sign-in unless `password` is given.
   * @throws Problem USER_EXISTS | USER_MALFORMED | DUTIES_CONFLICT | USER_FOUR_EYES | PASSWORD_WEAK
   */
  create(user: NewUser, by: By, options?: CreateOptions): Promise<{ readonly password: string }>;
  /** @throws Problem USER_UNKNOWN | USER_MALFORMED | DUTIES_CONFLICT | USER_FOUR_EYES */
  changeDuties(name: string, duties: readonly UserDuty[], by: By, within?: Transaction): Promise<void>;
  /** @throws Problem USER_UNKNOWN | USER_MALFORMED | USER_FOUR_EYES */
  changeScope(name: string, scope: UserScope, by: By, within?: Transaction): Promise<void>;
  /** Ends the sessions as well. The operator may do this alone. @throws Problem USER_UNKNOWN | USER_FOUR_EYES */
  disable(name: string, by: By, within?: Transaction): Promise<void>;
  /** @throws Problem USER_UNKNOWN | USER_FOUR_EYES */
  enable(name: string, by: By, within?: Transaction): Promise<void>;
  /** A generated password, told once, to be changed at the next sign-in; ends the sessions and any lock. */
  resetPassword(name: string, by: By, options?: CreateOptions): Promise<{ readonly password: string }>;
  /** Takes codes, passkeys and recovery codes away: the device is lost. Ends the sessions. */
  resetSecondFactor(name: string, by: By, within?: Transaction): Promise<void>;
  /** Lets another issuer's subject in as this user. No user is ever made by signing in. @throws Problem USER_EXISTS */
  linkFederated(name: string, subject: FederatedSubject, by: By, within?: Transaction): Promise<void>;
  /** Ends the sessions as well. @throws Problem USER_UNKNOWN when the user has no such subject */
  unlinkFederated(name: string, subject: FederatedSubject, by: By, within?: Transaction): Promise<void>;
}

/** Somebody as another issuer names them: `sub` of OpenID Connect. */
export interface FederatedSubject {
  readonly issuer: string;
  readonly subject: string;
}

export interface CreateOptions {
  readonly within?: Transaction;
  /** For the demo and for tests: this password, which need not be changed. */
  readonly password?: string;
}

export function openUserChanges(ground: Ground): UserChanges {
  return { ...comings(ground), ...rights(ground), ...proofs(ground), ...federation(ground) };
}

interface Change {
  readonly kind: Kind;
  readonly name: string;
  readonly by: By;
  readonly detail: Readonly<Record<string, unknown>>;
  readonly duties?: readonly UserDuty[];
  readonly within?: Transaction | undefined;
}

function change<T>(
  ground: Ground,
  { kind, name, by, detail, duties, within }: Change,
  work: (tx: Transaction) => Promise<T>,
): Promise<T> {
  checkBy(name, by);
  const record = {
    ...{ actor: by.maker, duty: by.maker === 'operator' ? ('operator' as const) : ('administrator' as const) },
    ...{ action: `user-${kind}`, target: name, outcome: 'done' },
    params: {
      ...(duties === undefined ? {} : { duties: duties.join(' ') }),
      ...(by.checker === undefined ? {} : { approved_by: by.checker }),
    },
  };
  const inside = async (tx: Transaction) => {
    // Before the change takes effect: whether the operator may act alone is judged by the house as it was.
    await tx.query(
      'INSERT INTO security.user_change (at, user_name, kind, detail, maker, checker) VALUES ($1, $2, $3, $4, $5, $6)',
      [instantParameter(ground.clock.now()), name, kind, { json: detail }, by.maker, by.checker ?? null],
    );
    return work(tx);
  };
  return changing(ground, record, inside, within);
}

/** Runs `work` on a user that exists, locked against other changes. */
async function onUser(tx: Transaction, name: string, work: (user: UserRow) => Promise<void>): Promise<void> {
  await tx.query('SELECT FROM security.user WHERE name = $1 FOR NO KEY UPDATE', [name]);
  const user = await readUser(tx, name);
  if (user === undefined) throw problem('USER_UNKNOWN', { user: name.slice(0, 32) });
  await work(user);
}

/** What was proven with the old credentials is not proven any more. */
async function renewCredentials(tx: Transaction, ground: Ground, name: string, reason: string): Promise<void> {
  await tx.query('UPDATE security.user SET credential_epoch = credential_epoch + 1 WHERE name = $1', [name]);
  await endSessions(tx, ground, 'user_name = $1', name, reason);
}

/** Users come, go and come back. */
function comings(ground: Ground): Pick<UserChanges, 'create' | 'disable' | 'enable'> {
  const setState = (state: 'active' | 'disabled', kind: Kind) => (name: string, by: By, within?: Transaction) =>
    change(ground, { kind, name, by, detail: {}, within }, (tx) =>
      onUser(tx, name, async () => {
        await tx.query('UPDATE security.user SET state = $2 WHERE name = $1', [name, state]);
        await renewCredentials(tx, ground, name, state);
      }),
    );

  return {
    async create(user, by, { within, password: chosen } = {}) {
      checkNewUser(user);
      if (chosen !== undefined) checkPassword('', chosen);
      const password = chosen ?? generatePassword();
      const stored = await ground.hasher.hash(user.name, password);
      const { name, title, jurisdictions, clients, entities } = user;
      const duties = inOrder(user.duties);
      const detail = { title, duties, jurisdictions, clients, entities };
      await change(ground, { kind: 'create', name, by, detail, duties, within }, async (tx) => {
        if ((await readUser(tx, name)) !== undefined) throw problem('USER_EXISTS', { user: name });
        await tx.query(
          `INSERT INTO security.user (name, title_zh, title_en, jurisdictions, clients, entities, created_at)
           VALUES ($1, $2, $3, $4, $5, $6, $7)`,
          [name, title.zh, title.en, jurisdictions, clients, entities, instantParameter(ground.clock.now())],
        );
        await writeDuties(tx, name, duties);
        await writePassword(tx, ground, name, stored, chosen === undefined);
      });
      return { password };
    },
    disable: setState('disabled', 'disable'),
    enable: setState('active', 'enable'),
  };
}

/** What a user may do, see and where from. */
function rights(ground: Ground): Pick<UserChanges, 'changeDuties' | 'changeScope'> {
  return {
    async changeDuties(name, duties, by, within) {
      checkDuties(duties);
      await change(ground, { kind: 'duties', name, by, detail: { duties }, duties, within }, (tx) =>
        onUser(tx, name, async (user) => {
          checkScope(duties, user);
          await tx.query('DELETE FROM security.user_duty WHERE user_name = $1', [name]);
          await writeDuties(tx, name, duties);
        }),
      );
    },
    async changeScope(name, { jurisdictions, clients, entities }, by, within) {
      const detail = { jurisdictions, clients, entities };
      await change(ground, { kind: 'scope', name, by, detail, within }, (tx) =>
        onUser(tx, name, async (user) => {
          checkScope(user.duties, detail);
          await tx.query('UPDATE security.user SET jurisdictions = $2, clients = $3, entities = $4 WHERE name = $1', [
            ...[name, jurisdictions, clients, entities],
          ]);
        }),
      );
    },
  };
}

/** What a user is proven by. */
function proofs(ground: Ground): Pick<UserChanges, 'resetPassword' | 'resetSecondFactor'> {
  return {
    async resetPassword(name, by, { within, password: chosen } = {}) {
      if (chosen !== undefined) checkPassword('', chosen);
      const password = chosen ?? generatePassword();
      const stored = await ground.hasher.hash(name, password);
      await change(ground, { kind: 'password', name, by, detail: {}, within }, (tx) =>
        onUser(tx, name, async () => {
          await writePassword(tx, ground, name, stored, chosen === undefined);
          await ground.limits.clear(tx, { kind: 'account', value: name });
          await renewCredentials(tx, ground, name, 'password reset');
        }),
      );
      return { password };
    },
    resetSecondFactor: (name, by, within) =>
      change(ground, { kind: 'factor', name, by, detail: {}, within }, (tx) =>
        onUser(tx, name, async () => {
          for (const factor of ['totp', 'passkey', 'recovery_code'])
            await tx.query(`DELETE FROM security.${factor} WHERE user_name = $1`, [name]);
          await ground.limits.clear(tx, { kind: 'factor', value: name });
          await renewCredentials(tx, ground, name, 'second factor reset');
        }),
      ),
  };
}

/** Whom another issuer proves. */
function federation(ground: Ground): Pick<UserChanges, 'linkFederated' | 'unlinkFederated'> {
  return {
    linkFederated: (name, { issuer, subject }, by, within) =>
      change(ground, { kind: 'federate', name, by, detail: { issuer, subject }, within }, (tx) =>
        onUser(tx, name, async () => {
          await tx
            .query('INSERT INTO security.federated_subject (issuer, subject, user_name) VALUES ($1, $2, $3)', [
              ...[issuer, subject, name],
            ])
            .catch((error: unknown) => {
              throw isDuplicate(error) ? problem('USER_EXISTS', { user: subject.slice(0, 32) }, error) : error;
            });
        }),
      ),
    unlinkFederated: (name, { issuer, subject }, by, within) =>
      change(ground, { kind: 'federate', name, by, detail: { issuer, subject, ends: true }, within }, (tx) =>
        onUser(tx, name, async () => {
          const { rowCount } = await tx.query(
            'DELETE FROM security.federated_subject WHERE issuer = $1 AND subject = $2 AND user_name = $3',
            [issuer, subject, name],
          );
          if (rowCount === 0) throw problem('USER_UNKNOWN', { user: subject.slice(0, 32) });
          await renewCredentials(tx, ground, name, 'subject unlinked');
        }),
      ),
  };
}

async function writeDuties(tx: Transaction, name: string, duties: readonly UserDuty[]): Promise<void> {
  await tx.query('INSERT INTO security.user_duty (user_name, duty) SELECT $1, unnest($2::text[])', [name, duties]);
}
