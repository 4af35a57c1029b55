import { problem } from './problems.ts';

/** Over TLS the browser binds the cookie to this host and to secure connections; on loopback HTTP it could not be set so. */
export const cookieName = (secure: boolean): string => (secure ? '__Host-meridian' : 'meridian');

/**
 * The session's token out of the Cookie header. Two cookies of our name mean that somebody planted one: neither is taken.
 * @throws Problem HEADER_REFUSED
 */
export function readToken(header: string | undefined, secure: boolean): string | undefined {
  if (header === undefined) return undefined;
  const name = `${cookieName(secure)}=`;
  const found = header
    .split(';')
    .map((each) => each.trim())
    .filter((each) => each.startsWith(name));
  if (found.length > 1) throw problem('HEADER_REFUSED', { header: 'cookie', reason: 'the session twice' });
  const token = found[0]?.slice(name.length);
  return token === '' ? undefined : token;
}

/** The Set-Cookie line; a null token takes the cookie away. */
export function writeToken(token: string | null, secure: boolean): string {
  const flags = `Path=/; HttpOnly; SameSite=Strict${secure ? '; Secure' : ''}`;
  return `${cookieName(secure)}=${token ?? ''}; ${flags}${token === null ? '; Max-Age=0' : ''}`;
}
