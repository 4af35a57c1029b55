import type { Principal, SessionView, UserDirectory } from '@meridian/security';
import type { FastifyRequest } from 'fastify';
import type { BoundRoute } from './contract.ts';
import { readToken } from './cookie.ts';
import { problem } from './problems.ts';

/** What the door asks of the user directory. */
export type Sessions = Pick<UserDirectory, 'authenticate' | 'session' | 'isCsrf'>;

/** Who asks, as far as their cookie says. */
export interface Asker {
  readonly token: string | undefined;
  /** Signed in. */
  readonly principal: Principal | undefined;
  /** On the way of signing in: nothing but the next step is open. */
  readonly pending: SessionView | undefined;
}

/** Stands for whoever has not signed in. */
export const NOBODY: Principal = Object.freeze({
  ...{ user: 'nobody', duties: [], jurisdiction: 'ZZ', clients: [], entities: [], session: '', since: 0, strong: false },
});

export async function whoAsks(sessions: Sessions, header: string | undefined, secure: boolean): Promise<Asker> {
  const token = readToken(header, secure);
  if (token === undefined) return { token, principal: undefined, pending: undefined };
  const principal = await sessions.authenticate(token);
  if (principal !== undefined) return { token, principal, pending: undefined };
  return { token, principal, pending: await sessions.session(token) };
}

/** Whoever is on the way of signing in: a principal without duties, which no policy permits anything. */
export const onTheWay = ({ user, jurisdiction, id, since }: SessionView): Principal => ({
  ...NOBODY,
  ...{ user, jurisdiction, session: id, since },
});

/** Steps of signing in; their own stages are the directory's business. */
const STEPS = /^(GET|DELETE|POST|PUT) \/v1\/session(\/(second-factor|challenge|password|totp|keys|federation))?$/;

/** Where signing in begins, and where somebody comes back whom the firm's provider proves: nobody is signed in there yet. */
const ENTRIES = /^(POST \/v1\/session|(GET|POST|PUT) \/v1\/session\/federation)$/;
export const isEntry = (name: string): boolean => ENTRIES.test(name);

/** @throws Problem NOT_SIGNED_IN | SIGN_IN_UNFINISHED */
export function requireAsker({ principal, pending }: Asker, { action, name }: BoundRoute): Principal {
  if (principal !== undefined) return principal;
  if (pending !== undefined && STEPS.test(name)) return onTheWay(pending);
  if (isEntry(name)) return NOBODY;
  if (pending !== undefined) throw problem('SIGN_IN_UNFINISHED', { next: pending.stage });
  // A step of signing in without a session to go on with is nobody's.
  if (action === null || pending === undefined) throw problem('NOT_SIGNED_IN');
  return NOBODY;
}

/**
 * A change comes from the house's own pages: the browser says so itself (Origin, or Sec-Fetch-Site where it sends none), and
 * the page shows a token that only it can read. Signing in has no token yet.
 * @throws Problem ORIGIN_REFUSED | CSRF_REFUSED
 */
export function requireOwnPage(
  request: FastifyRequest,
  origins: readonly string[],
  sessions: Sessions,
  { principal, pending }: Asker,
  isSignIn: boolean,
): void {
  requireOrigin(request, origins);
  if (isSignIn) return;
  const session = principal?.session ?? pending?.id;
  const token = request.headers['x-csrf-token'];
  if (session === undefined || typeof token !== 'string' || !sessions.isCsrf(session, token)) throw problem('CSRF_REFUSED');
}

/** @throws Problem ORIGIN_REFUSED */
export function requireOrigin(request: FastifyRequest, origins: readonly string[]): void {
  const { origin } = request.headers;
  const site = request.headers['sec-fetch-site'];
  const isOurs = origin === undefined ? site === 'same-origin' : origins.includes(origin);
  if (!isOurs || (site !== undefined && site !== 'same-origin')) throw problem('ORIGIN_REFUSED');
}
