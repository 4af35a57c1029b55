import { createHash } from 'node:crypto';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import * as jose from 'jose';

/** The one client that the issuer knows, and whom it proves. */
export interface ScratchIssuerOptions {
  readonly clientId: string;
  readonly redirectUri: string;
  readonly subject: string;
}

/** A small issuer (OpenID Connect) on this machine, as strict about PKCE, codes and where it sends people back as a real one. For tests. */
export interface ScratchIssuer {
  readonly url: string;
  /** What the next token says and how it is signed. */
  token: (claims: jose.JWTPayload) => Promise<string>;
  /** Overrides of the discovery document. */
  document: Record<string, unknown>;
  readonly asked: string[];
  readonly privateKey: jose.CryptoKey;
  readonly publicPem: string;
  /** What a browser does at the issuer's door: signs in and is sent back with this query. */
  visit(url: string): string;
  close(): Promise<void>;
}

export async function scratchIssuer({ clientId, redirectUri, subject }: ScratchIssuerOptions): Promise<ScratchIssuer> {
  const { privateKey, publicKey } = await jose.generateKeyPair('RS256', { extractable: true });
  const jwk = { ...(await jose.exportJWK(publicKey)), kid: 'one', alg: 'RS256', use: 'sig' };
  const codes = new Map<string, { challenge: string; nonce: string }>();
  const asked: string[] = [];
  const answer = async (request: http.IncomingMessage): Promise<unknown> => {
    if (request.url === '/.well-known/openid-configuration')
      return {
        ...{ issuer: issuer.url, authorization_endpoint: `${issuer.url}/door`, token_endpoint: `${issuer.url}/token` },
        ...{ jwks_uri: `${issuer.url}/keys`, response_types_supported: ['code'], subject_types_supported: ['public'] },
        ...{ id_token_signing_alg_values_supported: ['RS256', 'HS256', 'none'] },
        ...issuer.document,
      };
    if (request.url === '/keys') return { keys: [jwk] };
    if (request.url !== '/token') return undefined;
    let body = '';
    for await (const part of request) body += part;
    const form = new URLSearchParams(body);
    const code = codes.get(form.get('code') ?? '');
    codes.delete(form.get('code') ?? '');
    const challenge = createHash('sha256')
      .update(form.get('code_verifier') ?? '')
      .digest('base64url');
    if (code === undefined || code.challenge !== challenge || form.get('redirect_uri') !== redirectUri) return undefined;
    const now = Math.floor(Date.now() / 1_000);
    const claims = { iss: issuer.url, sub: subject, aud: clientId, iat: now, exp: now + 300, nonce: code.nonce };
    return { access_token: 'opaque', token_type: 'Bearer', expires_in: 60, id_token: await issuer.token(claims) };
  };
  const server = http.createServer((request, response) => {
    asked.push(request.url ?? '');
    if (request.url === '/elsewhere') return void response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end();
    // Whoever comes is signed in already, and sent back as `visit` says.
    if (request.url?.startsWith('/door?') === true)
      return void response.writeHead(302, { location: `${redirectUri}?${issuer.visit(issuer.url + request.url)}` }).end();
    answer(request).then((value) => {
      response.writeHead(value === undefined ? 400 : 200, { 'content-type': 'application/json' });
      response.end(JSON.stringify(value ?? { error: 'invalid_grant' }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const issuer: ScratchIssuer = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    token: (claims) => new jose.SignJWT(claims).setProtectedHeader({ alg: 'RS256', kid: 'one' }).sign(privateKey),
    ...{ document: {}, asked, privateKey },
    publicPem: await jose.exportSPKI(publicKey),
    visit(url) {
      const { searchParams: asking } = new URL(url);
      if (asking.get('code_challenge_method') !== 'S256') throw new RangeError('this issuer wants PKCE');
      if (asking.get('redirect_uri') !== redirectUri) throw new RangeError('this issuer sends nobody back elsewhere');
      const code = `code-${codes.size}-${Math.random()}`;
      codes.set(code, { challenge: asking.get('code_challenge') ?? '', nonce: asking.get('nonce') ?? '' });
      return new URLSearchParams({ code, state: asking.get('state') ?? '' }).toString();
    },
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
  return issuer;
}
