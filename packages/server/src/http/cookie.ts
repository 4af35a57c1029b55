import { problem } from './problems.ts';

/** Over TLS the browser binds the cookie to this host and to secure connections; on loopback HTTP it could not be set so. */
export const cookieName = (secure: boolean): string => (secure ? '__Host-meridian' : 'meridian');

/** Which browser began to sign in by the firm's provider; as the session's, for the ten minutes that takes. */
export const browserCookieName = (secure: boolean): string => `${cookieName(secure)}-sign-in`;
const BROWSER_SECONDS = 600;

/**
 * The session's token out of the Cookie header. Two cookies of our name mean that somebody planted one: neither is taken.
 * @throws Problem HEADER_REFUSED
 */
export function readToken(header: string | undefined, secure: boolean): string | undefined {
  return readOnce(header, cookieName(secure), 'the session twice');
}

/** What ties a sign-in on its way to this browser. @throws Problem HEADER_REFUSED */
export function readBrowser(header: string | undefined, secure: boolean): string | undefined {
  return readOnce(header, browserCookieName(secure), 'the sign-in twice');
}

function readOnce(header: string | undefined, cookie: string, reason: string): string | undefined {
  if (header === undefined) return undefined;
  const name = `${cookie}=`;
  const found = header
    .split(';')
    .map((each) => each.trim())
    .filter((each) => each.startsWith(name));
  if (found.length > 1) throw problem('HEADER_REFUSED', { header: 'cookie', reason });
  const token = found[0]?.slice(name.length);
  return token === '' ? undefined : token;
}

/** The Set-Cookie line; a null token takes the cookie away. */
export function writeToken(token: string | null, secure: boolean): string {
  return `${cookieName(secure)}=${token ?? ''}; ${flags(secure)}${token === null ? '; Max-Age=0' : ''}`;
}

/** The Set-Cookie line of a sign-in on its way; null takes it away. The page that comes back sends it, not the provider's. */
export function writeBrowser(browser: string | null, secure: boolean): string {
  return `${browserCookieName(secure)}=${browser ?? ''}; ${flags(secure)}; Max-Age=${browser === null ? 0 : BROWSER_SECONDS}`;
}

const flags = (secure: boolean): string => `Path=/; HttpOnly; SameSite=Strict${secure ? '; Secure' : ''}`;
