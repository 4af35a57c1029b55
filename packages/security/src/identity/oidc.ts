import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { type BusinessClock, type Instant, isProblem, MICROS_PER_MILLI, MICROS_PER_SECOND, wallClock } from '@meridian/base';
import { type Database, instantParameter } from '@meridian/store';
import * as jose from 'jose';
import * as client from 'openid-client';
import type { AuditLog } from '../audit.ts';
import type { UserDirectory } from './directory.ts';
import { IssuerAway, type IssuerFetch, issuerFetch } from './issuer-fetch.ts';
import { problem } from './problems.ts';
import type { SignedIn } from './session.ts';
import type { Arrival } from './sign-in.ts';

export interface OidcOptions {
  /** Exactly as the issuer names itself: "https://login.example". Nothing else is ever asked. */
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret?: string;
  /** Where the issuer sends the browser back to. */
  readonly redirectUri: string;
  readonly allow?: {
    /** How tokens may be signed. Never by a shared secret, never not at all. */
    readonly algorithms?: readonly SignatureAlgorithm[];
    /** Where the issuer keeps its keys and tokens if not at its own origin. */
    readonly origins?: readonly string[];
  };
  readonly database: Database;
  readonly audit: AuditLog;
  readonly directory: UserDirectory;
  /** Wall time. */
  readonly clock?: BusinessClock;
}

const ALGORITHMS = ['RS256', 'PS256', 'ES256', 'EdDSA', 'Ed25519'] as const;
export type SignatureAlgorithm = (typeof ALGORITHMS)[number];

/** Sign-in by another issuer (OpenID Connect, authorization code with PKCE), in place of the password. */
export interface Oidc {
  /**
   * Where to send the browser, and what the browser must bring back: a cookie beside the address keeps somebody from
   * being signed in as somebody else. @throws Problem OIDC_AWAY | SIGN_IN_BUSY
   */
  begin(): Promise<{ readonly url: string; readonly browser: string }>;
  /**
   * The browser came back with `query`. Whoever is proven signs in as the user linked to that subject; the second factor of
   * the house is asked for as after a password. No user is made.
   * @throws Problem OIDC_STALE (not begun in this browser, over, or used) | OIDC_REFUSED | OIDC_AWAY |
   *   SUBJECT_UNKNOWN (nobody here, or disabled) | JURISDICTION_…
   */
  finish(query: string, browser: string, arrival: Arrival): Promise<SignedIn>;
}

/** A sign-in on its way is good for ten minutes. */
const ATTEMPT_SECONDS = 600;
const ATTEMPTS_MAX = 10_000;
/** Clocks of two houses, seconds. */
const TOLERANCE_SECONDS = 30;
const QUERY_CHARS_MAX = 8_192;

export function openOidc(options: OidcOptions): Oidc {
  const { database, clock = wallClock, directory } = options;
  const fetchIssuer = issuerFetch(options.issuer, options.allow?.origins ?? []);
  const issuer = discovered(options, fetchIssuer);

  async function refuse(reason: string, address: string, refusal: Error): Promise<never> {
    await options.audit.record({
      ...{ actor: 'unknown', duty: 'system', action: 'sign-in', target: 'unknown', outcome: `refused: ${reason}` },
      params: { address, factor: 'federation' },
    });
    throw refusal;
  }

  return {
    async begin() {
      const { config } = await issuer();
      const [state, browser, nonce] = [secret(), secret(), secret()];
      const verifier = client.randomPKCECodeVerifier();
      await keepAttempt(database, clock.now(), options.issuer, { state, browser, nonce, verifier });
      const url = client.buildAuthorizationUrl(config, {
        ...{ redirect_uri: options.redirectUri, scope: 'openid', state, nonce, code_challenge_method: 'S256' },
        code_challenge: await client.calculatePKCECodeChallenge(verifier),
      });
      return { url: url.href, browser };
    },
    async finish(query, browser, arrival) {
      const parameters = new URLSearchParams(query.slice(0, QUERY_CHARS_MAX));
      const state = parameters.get('state') ?? '';
      const attempt = await takeAttempt(database, clock.now(), options.issuer, state);
      if (attempt === undefined || !isSame(attempt.browser_hash, browser))
        return refuse('this sign-in was not begun here, or is over', arrival.address, problem('OIDC_STALE'));
      const returned = new URL(options.redirectUri);
      returned.search = parameters.toString();
      let subject: string;
      try {
        const { config, keys } = await issuer();
        const tokens = await client.authorizationCodeGrant(config, returned, {
          ...{ expectedState: state, expectedNonce: attempt.nonce, pkceCodeVerifier: attempt.verifier, idTokenExpected: true },
        });
        subject = await subjectOf(tokens.id_token ?? '', keys, options, attempt.nonce, clock.now());
      } catch (error) {
        if (isProblem(error, 'OIDC_AWAY')) return refuse('the issuer is away', arrival.address, error);
        if (awayIn(error))
          return refuse('the issuer is away', arrival.address, problem('OIDC_AWAY', { issuer: options.issuer }, error));
        return refuse('the answer of the issuer does not prove anybody', arrival.address, problem('OIDC_REFUSED', {}, error));
      }
      return directory.signInFederated({ issuer: options.issuer, subject }, arrival);
    },
  };
}

interface Issuer {
  readonly config: client.Configuration;
  readonly keys: ReturnType<typeof jose.createRemoteJWKSet>;
}

/** What the issuer says of itself, asked once; a failure is tried again at the next use. */
function discovered(options: OidcOptions, fetchIssuer: IssuerFetch): () => Promise<Issuer> {
  let known: Promise<Issuer> | undefined;
  const discover = async (): Promise<Issuer> => {
    const server = new URL(options.issuer);
    const config = await client.discovery(server, options.clientId, options.clientSecret, undefined, {
      [client.customFetch]: fetchIssuer,
      execute: server.protocol === 'http:' ? [client.allowInsecureRequests] : [],
    });
    const { authorization_endpoint: door, token_endpoint: tokens, jwks_uri: keys } = config.serverMetadata();
    for (const each of [door, tokens, keys]) fetchIssuer.require(each ?? '');
    return { config, keys: jose.createRemoteJWKSet(new URL(keys as string), { [jose.customFetch]: fetchIssuer }) };
  };
  return () => {
    known ??= discover().catch((error: unknown) => {
      known = undefined;
      throw problem('OIDC_AWAY', { issuer: options.issuer }, error);
    });
    return known;
  };
}

/** Whom a token proves. openid-client has looked at its claims; here is looked at who signed it, and again at the claims. */
async function subjectOf(
  token: string,
  keys: Issuer['keys'],
  { issuer, clientId, allow }: OidcOptions,
  nonce: string,
  now: Instant,
): Promise<string> {
  const { payload } = await jose.jwtVerify(token, keys, {
    ...{ issuer, audience: clientId, algorithms: [...(allow?.algorithms ?? ALGORITHMS)] },
    requiredClaims: ['iss', 'sub', 'aud', 'exp', 'iat', 'nonce'],
    maxTokenAge: ATTEMPT_SECONDS,
    clockTolerance: TOLERANCE_SECONDS,
    currentDate: new Date(now / MICROS_PER_MILLI),
  });
  const isForUs = typeof payload.aud === 'string' || payload.aud?.length === 1 || payload['azp'] === clientId;
  if (payload['nonce'] !== nonce || !isForUs || typeof payload.sub !== 'string' || payload.sub.length > 255)
    throw new Error('the token was made for another sign-in');
  return payload.sub;
}

function awayIn(error: unknown): boolean {
  for (let at = error; at instanceof Error; at = at.cause) if (at instanceof IssuerAway) return true;
  return false;
}

const secret = (): string => randomBytes(32).toString('base64url');
const sha256 = (text: string): Buffer => createHash('sha256').update(text).digest();
const isSame = (hash: Buffer, text: string): boolean => timingSafeEqual(hash, sha256(text.slice(0, 128)));

interface Attempt {
  readonly state: string;
  readonly browser: string;
  readonly nonce: string;
  readonly verifier: string;
}

async function keepAttempt(database: Database, now: Instant, issuer: string, attempt: Attempt): Promise<void> {
  await database.query('DELETE FROM security.oidc_attempt WHERE begun_at < $1', [
    instantParameter(now - ATTEMPT_SECONDS * MICROS_PER_SECOND),
  ]);
  const { rowCount } = await database.query(
    `INSERT INTO security.oidc_attempt (state_hash, browser_hash, issuer, nonce, verifier, begun_at)
     SELECT $1, $2, $3, $4, $5, $6 WHERE (SELECT count(*) FROM security.oidc_attempt) < ${ATTEMPTS_MAX}`,
    [sha256(attempt.state), sha256(attempt.browser), issuer, attempt.nonce, attempt.verifier, instantParameter(now)],
  );
  if (rowCount === 0) throw problem('SIGN_IN_BUSY', { retry_after: 60 });
}

/** Once, and only while it is fresh. */
async function takeAttempt(
  database: Database,
  now: Instant,
  issuer: string,
  state: string,
): Promise<{ readonly browser_hash: Buffer; readonly nonce: string; readonly verifier: string } | undefined> {
  const { rows } = await database.query<{ browser_hash: Buffer; nonce: string; verifier: string; begun_at: Instant }>(
    'DELETE FROM security.oidc_attempt WHERE state_hash = $1 AND issuer = $2 RETURNING browser_hash, nonce, verifier, begun_at',
    [sha256(state), issuer],
  );
  const row = rows[0];
  return row !== undefined && now - row.begun_at <= ATTEMPT_SECONDS * MICROS_PER_SECOND ? row : undefined;
}
