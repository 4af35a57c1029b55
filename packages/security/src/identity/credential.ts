import { isProblem, MICROS_PER_SECOND } from '@meridian/base';
import { instantParameter, type Transaction } from '@meridian/store';
import { actorOf, changing, type Ground } from './ground.ts';
import { beginTotp, confirmTotp, type TotpEnrolment, useTotp } from './one-time-code.ts';
import {
  type AuthenticationResponseJSON,
  askPasskey,
  beginPasskey,
  confirmPasskey,
  type Passkey,
  type PublicKeyCredentialCreationOptionsJSON,
  type PublicKeyCredentialRequestOptionsJSON,
  passkeysOf,
  type RegistrationResponseJSON,
  takeChallenge,
  usePasskey,
} from './passkey.ts';
import { checkPassword, isPossiblePassword } from './password.ts';
import { problem } from './problems.ts';
import { issueRecoveryCodes, useRecoveryCode } from './recovery-code.ts';
import { followSession, requireStage, type SessionRow, type SignedIn, sessionAt } from './session.ts';
import { note, readPassword, writePassword } from './sign-in.ts';
import { hasFactor, readUser, type UserRow } from './user.ts';

/** What somebody shows besides the password. */
export type FactorProof =
  | { readonly kind: 'totp'; readonly code: string }
  | { readonly kind: 'recovery'; readonly code: string }
  | { readonly kind: 'passkey'; readonly response: AuthenticationResponseJSON };

export interface Enrolled {
  readonly signedIn: SignedIn;
  /** Ten codes for the day the device is lost, told once; with the first factor only. */
  readonly recoveryCodes: readonly string[] | undefined;
}

/**
 * What users do with their own credentials, by the token of their session. Every success answers a new token. All of them
 * throw SESSION_UNKNOWN for a token that is not alive and SESSION_STAGE for a session that is not there yet; credentials
 * of an open session change within a quarter of an hour of signing in (SIGN_IN_STALE).
 */
export interface Credentials {
  /** The second step of signing in. @throws Problem SECOND_FACTOR_REFUSED | SIGN_IN_LOCKED */
  secondFactor(token: string, proof: FactorProof): Promise<SignedIn>;
  /** Options for the browser's `navigator.credentials.get`. @throws Problem PASSKEYS_OFF */
  askPasskey(token: string): Promise<PublicKeyCredentialRequestOptionsJSON>;
  /** Ends all other sessions. @throws Problem SIGN_IN_REFUSED (the current one is wrong) | PASSWORD_WEAK | SIGN_IN_LOCKED */
  changePassword(token: string, current: string, fresh: string): Promise<SignedIn>;
  beginTotp(token: string): Promise<TotpEnrolment>;
  /** Ends all other sessions. @throws Problem FACTOR_REFUSED */
  confirmTotp(token: string, code: string): Promise<Enrolled>;
  /** Options for the browser's `navigator.credentials.create`. @throws Problem PASSKEYS_OFF */
  beginPasskey(token: string): Promise<PublicKeyCredentialCreationOptionsJSON>;
  /** Ends all other sessions. @throws Problem FACTOR_REFUSED */
  confirmPasskey(token: string, response: RegistrationResponseJSON, label: string): Promise<Enrolled>;
  /** The user's passkeys. */
  passkeys(user: string): Promise<Passkey[]>;
}

const FRESH_MINUTES = 15;

export function openCredentials(ground: Ground, ready: () => Promise<void>): Credentials {
  const { database } = ground;
  const at = async (token: string) => {
    await ready();
    return sessionAt(database, ground, token);
  };
  return {
    async secondFactor(token, proof) {
      return proveFactor(ground, await at(token), proof);
    },
    async askPasskey(token) {
      const row = await at(token);
      requireStage(row, 'second-factor');
      return askPasskey(ground, row);
    },
    async changePassword(token, current, fresh) {
      return changePassword(ground, await at(token), current, fresh);
    },
    async beginTotp(token) {
      const row = await at(token);
      requireEnrolling(ground, row);
      const record = { actor: row.name, duty: actorOf(row).duty, action: 'factor-begin', target: row.name, outcome: 'done' };
      const begun = await database.transaction(async (tx) => {
        await ground.audit.append(tx, { ...record, params: { factor: 'totp', session: row.id } });
        return beginTotp(tx, ground, row.name);
      });
      await ground.audit.checkpoint();
      return begun;
    },
    async confirmTotp(token, code) {
      const row = await at(token);
      return enrol(ground, row, 'totp', (tx) => confirmTotp(tx, ground, row.name, code));
    },
    async beginPasskey(token) {
      const row = await at(token);
      requireEnrolling(ground, row);
      return beginPasskey(ground, row);
    },
    async confirmPasskey(token, response, label) {
      const row = await at(token);
      const challenge = await takeChallenge(ground, row, 'create');
      return enrol(ground, row, 'passkey', (tx) => confirmPasskey(tx, ground, row, challenge, { response, label }));
    },
    async passkeys(user) {
      return (await passkeysOf(database, user)).map(({ credential, label, createdAt, usedAt }) => ({
        ...{ credential, label, createdAt, usedAt },
      }));
    },
  };
}

async function proveFactor(ground: Ground, row: SessionRow, proof: FactorProof): Promise<SignedIn> {
  requireStage(row, 'second-factor');
  const limited = { kind: 'factor', value: row.name } as const;
  const locks = await ground.limits.reserve(limited, ground.clock.now());
  const challenge = proof.kind === 'passkey' ? await takeChallenge(ground, row, 'get') : undefined;
  const params = { session: row.id, address: row.address, factor: proof.kind };
  const actor = actorOf(row);
  try {
    const signedIn = await ground.database.transaction(async (tx) => {
      if (!(await isProven(tx, ground, row, challenge, proof))) throw problem('SECOND_FACTOR_REFUSED');
      await ground.limits.clear(tx, limited);
      const followed = await followSession(tx, ground, row, await current(tx, row), true);
      const record = { actor: row.name, duty: actor.duty, action: 'sign-in-factor', target: row.name, params };
      const { stage } = followed.session;
      await ground.audit.append(tx, { ...record, outcome: stage === 'open' ? 'done' : `next: ${stage}` });
      return followed;
    });
    await ground.audit.checkpoint();
    return signedIn;
  } catch (error) {
    if (isProblem(error, 'SECOND_FACTOR_REFUSED'))
      await note(ground, actor, 'sign-in-factor', row.name, 'refused', {
        ...params,
        ...(locks ? { reason: 'locked from now on' } : {}),
      });
    throw error;
  }
}

async function isProven(
  tx: Transaction,
  ground: Ground,
  row: SessionRow,
  challenge: string | undefined,
  proof: FactorProof,
): Promise<boolean> {
  switch (proof.kind) {
    case 'totp':
      return useTotp(tx, ground, row.name, proof.code);
    case 'recovery':
      return useRecoveryCode(tx, ground, row.name, proof.code);
    case 'passkey':
      return usePasskey(tx, ground, row, challenge, proof.response);
  }
}

/** The user as this transaction sees it. */
async function current(tx: Transaction, row: SessionRow): Promise<UserRow> {
  const user = await readUser(tx, row.name);
  if (user === undefined || user.credential_epoch !== row.session_epoch) throw problem('SESSION_UNKNOWN');
  return user;
}

/** Whoever has a factor must have shown it; whoever has been here for long must show that it is still them. */
function requireEnrolling({ clock }: Ground, row: SessionRow): void {
  requireStage(row, 'enrol', 'open');
  if (hasFactor(row) && !row.strong) throw problem('SESSION_STAGE', { stage: row.stage, needed: 'second-factor' });
  if (row.stage === 'open' && clock.now() - row.signed_in_at > FRESH_MINUTES * 60 * MICROS_PER_SECOND)
    throw problem('SIGN_IN_STALE', { minutes: FRESH_MINUTES });
}

async function enrol(
  ground: Ground,
  row: SessionRow,
  factor: 'totp' | 'passkey',
  confirm: (tx: Transaction) => Promise<void>,
): Promise<Enrolled> {
  requireEnrolling(ground, row);
  const record = { actor: row.name, duty: actorOf(row).duty, action: 'factor-enrol', target: row.name, outcome: 'done' };
  return changing(ground, { ...record, params: { factor, session: row.id } }, async (tx) => {
    await confirm(tx);
    const recoveryCodes = hasFactor(row) ? undefined : await issueRecoveryCodes(tx, ground, row.name);
    // The device was in the user's hand a moment ago: that is what a second factor shows.
    return { signedIn: await renew(tx, ground, row, true), recoveryCodes };
  });
}

/** New credentials: this sign-in goes on under a new token, every other session of the user ends. */
async function renew(tx: Transaction, ground: Ground, row: SessionRow, strong: boolean): Promise<SignedIn> {
  await current(tx, row);
  await tx.query('UPDATE security.user SET credential_epoch = credential_epoch + 1 WHERE name = $1', [row.name]);
  const renewed = (await readUser(tx, row.name)) as UserRow;
  const signedIn = await followSession(tx, ground, row, renewed, strong);
  await tx.query(
    `UPDATE security.session SET ended_at = $3, end_reason = 'credentials changed'
      WHERE user_name = $1 AND id <> $2 AND ended_at IS NULL`,
    [row.name, signedIn.session.id, instantParameter(ground.clock.now())],
  );
  return signedIn;
}

async function changePassword(ground: Ground, row: SessionRow, given: string, fresh: string): Promise<SignedIn> {
  requireStage(row, 'change-password', 'open');
  if (fresh.normalize('NFKC') === given.normalize('NFKC')) throw problem('PASSWORD_WEAK');
  checkPassword(row.name, fresh);
  const limited = { kind: 'account', value: row.name } as const;
  await ground.limits.check([limited], ground.clock.now());
  const { matches } = isPossiblePassword(given)
    ? await ground.hasher.verify(row.name, given, async () => {
        await ground.limits.reserve(limited, ground.clock.now());
        return readPassword(ground.database, row.name);
      })
    : { matches: false };
  const record = { actor: row.name, duty: actorOf(row).duty, action: 'password-change', target: row.name };
  if (!matches) {
    await note(ground, actorOf(row), record.action, row.name, 'refused: password', { session: row.id });
    throw problem('SIGN_IN_REFUSED');
  }
  const stored = await ground.hasher.hash(row.name, fresh);
  return changing(ground, { ...record, params: { session: row.id }, outcome: 'done' }, async (tx) => {
    await writePassword(tx, ground, row.name, stored, false);
    await ground.limits.clear(tx, limited);
    return renew(tx, ground, row, row.strong);
  });
}
