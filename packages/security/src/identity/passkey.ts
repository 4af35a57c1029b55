import { createHmac } from 'node:crypto';
import type { Instant } from '@meridian/base';
import { instantParameter, type Queryable, type Transaction } from '@meridian/store';
import {
  type AuthenticationResponseJSON,
  generateAuthenticationOptions,
  generateRegistrationOptions,
  type PublicKeyCredentialCreationOptionsJSON,
  type PublicKeyCredentialRequestOptionsJSON,
  type RegistrationResponseJSON,
  verifyAuthenticationResponse,
  verifyRegistrationResponse,
} from '@simplewebauthn/server';
import type { Ground, RelyingParty } from './ground.ts';
import { isDuplicate } from './ground.ts';
import { problem } from './problems.ts';
import type { SessionRow } from './session.ts';

/** A passkey (WebAuthn) as its holder sees it. */
export interface Passkey {
  readonly credential: string;
  readonly label: string;
  readonly createdAt: Instant;
  readonly usedAt: Instant | null;
}

interface PasskeyRow extends Passkey {
  readonly publicKey: Buffer;
  readonly counter: bigint;
  readonly transports: readonly string[];
}

export type {
  AuthenticationResponseJSON,
  PublicKeyCredentialCreationOptionsJSON,
  PublicKeyCredentialRequestOptionsJSON,
  RegistrationResponseJSON,
};

const PASSKEYS_MAX = 10;
/** ES256, EdDSA, RS256. */
const ALGORITHMS = [-7, -8, -257];

/** @throws Problem PASSKEYS_OFF */
export function siteOf({ site }: Ground): RelyingParty {
  if (site === undefined) throw problem('PASSKEYS_OFF');
  return site;
}

export async function passkeysOf(over: Queryable, user: string): Promise<PasskeyRow[]> {
  const { rows } = await over.query<PasskeyRow>(
    `SELECT credential, label, created_at AS "createdAt", used_at AS "usedAt", public_key AS "publicKey", counter, transports
       FROM security.passkey WHERE user_name = $1 ORDER BY created_at, credential LIMIT ${PASSKEYS_MAX}`,
    [user],
  );
  return rows;
}

/** Options for the browser; their challenge is kept with the session and taken once. */
export async function beginPasskey(ground: Ground, row: SessionRow): Promise<PublicKeyCredentialCreationOptionsJSON> {
  const site = siteOf(ground);
  const known = await passkeysOf(ground.database, row.name);
  if (known.length >= PASSKEYS_MAX) throw problem('FACTOR_REFUSED', { reason: `at most ${PASSKEYS_MAX} passkeys` });
  const options = await generateRegistrationOptions({
    ...{ rpName: site.name, rpID: site.id, userName: row.name, userDisplayName: row.title_en, attestationType: 'none' },
    userID: new Uint8Array(createHmac('sha256', ground.keys.lookup).update(`passkey ${row.name}`).digest()),
    excludeCredentials: known.map(({ credential: id, transports }) => ({ id, transports: [...transports] })),
    authenticatorSelection: { residentKey: 'discouraged', userVerification: 'preferred' },
    supportedAlgorithmIDs: ALGORITHMS,
  });
  await keepChallenge(ground, row, `create:${options.challenge}`);
  return options;
}

/** @throws Problem FACTOR_REFUSED */
export async function confirmPasskey(
  tx: Transaction,
  ground: Ground,
  row: SessionRow,
  challenge: string | undefined,
  { response, label }: { readonly response: RegistrationResponseJSON; readonly label: string },
): Promise<void> {
  const site = siteOf(ground);
  if (challenge === undefined) throw problem('FACTOR_REFUSED', { reason: 'no enrolment was begun' });
  const { verified, registrationInfo } = await verifyRegistrationResponse({
    ...{ response, expectedChallenge: challenge, expectedOrigin: [...site.origins], expectedRPID: site.id },
    // The password is the first factor: possession is what this one proves.
    requireUserVerification: false,
    supportedAlgorithmIDs: ALGORITHMS,
  }).catch(refusedRegistration);
  if (!verified || registrationInfo === undefined) return refusedRegistration();
  const { id, publicKey, counter, transports } = registrationInfo.credential;
  await tx
    .query(
      `INSERT INTO security.passkey (credential, user_name, public_key, counter, transports, label, created_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7)`,
      [
        ...[id, row.name, publicKey, counter, (transports ?? []).slice(0, 8).map((each) => String(each).slice(0, 32))],
        ...[label.trim().slice(0, 40) || 'passkey', instantParameter(ground.clock.now())],
      ],
    )
    .catch((error: unknown) => {
      throw isDuplicate(error) ? problem('FACTOR_REFUSED', { reason: 'this passkey is enrolled already' }, error) : error;
    });
}

function refusedRegistration(error?: unknown): never {
  throw problem('FACTOR_REFUSED', { reason: 'the passkey was not made for this site and this moment' }, error);
}

/** Options for the browser to show one of the user's passkeys. */
export async function askPasskey(ground: Ground, row: SessionRow): Promise<PublicKeyCredentialRequestOptionsJSON> {
  const site = siteOf(ground);
  const known = await passkeysOf(ground.database, row.name);
  const options = await generateAuthenticationOptions({
    ...{ rpID: site.id, userVerification: 'preferred' },
    allowCredentials: known.map(({ credential: id, transports }) => ({ id, transports: [...transports] })),
  });
  await keepChallenge(ground, row, `get:${options.challenge}`);
  return options;
}

/** Whether the response is this user's passkey answering this challenge. A counter that goes back is a copy: refused. */
export async function usePasskey(
  tx: Transaction,
  ground: Ground,
  row: SessionRow,
  challenge: string | undefined,
  response: AuthenticationResponseJSON,
): Promise<boolean> {
  const site = siteOf(ground);
  const known = (await passkeysOf(tx, row.name)).find(({ credential }) => credential === response.id);
  if (challenge === undefined || known === undefined) return false;
  try {
    const { verified, authenticationInfo } = await verifyAuthenticationResponse({
      ...{ response, expectedChallenge: challenge, expectedOrigin: [...site.origins], expectedRPID: site.id },
      credential: { id: known.credential, publicKey: new Uint8Array(known.publicKey), counter: Number(known.counter) },
      requireUserVerification: false,
    });
    if (!verified) return false;
    // Two answers at once: the counter rises only once.
    const { rowCount } = await tx.query(
      `UPDATE security.passkey SET counter = $2, used_at = $3
        WHERE credential = $1 AND (counter < $2 OR (counter = 0 AND $2 = 0))`,
      [known.credential, BigInt(authenticationInfo.newCounter), instantParameter(ground.clock.now())],
    );
    return rowCount === 1;
  } catch {
    // The library throws for every mismatch: origin, challenge, type, counter, signature.
    return false;
  }
}

async function keepChallenge({ database }: Ground, row: SessionRow, challenge: string): Promise<void> {
  await database.query('UPDATE security.session SET challenge = $2 WHERE id = $1 AND ended_at IS NULL', [row.id, challenge]);
}

/** Takes the session's challenge of a kind, once, whatever comes of it: committed on its own. */
export async function takeChallenge(
  { database }: Ground,
  row: SessionRow,
  kind: 'create' | 'get',
): Promise<string | undefined> {
  const { rows } = await database.query<{ challenge: string | null }>(
    `UPDATE security.session s SET challenge = NULL
       FROM (SELECT id, challenge FROM security.session WHERE id = $1 FOR UPDATE) held
      WHERE s.id = held.id AND s.ended_at IS NULL RETURNING held.challenge`,
    [row.id],
  );
  const [made, ...challenge] = (rows[0]?.challenge ?? '').split(':');
  return made === kind ? challenge.join(':') : undefined;
}
