/** The issuer cannot be reached, or answers what nobody can use. */
export class IssuerAway extends Error {}

/** Asks the issuer and nobody else. */
export interface IssuerFetch {
  (url: string, options?: object): Promise<Response>;
  /** @throws IssuerAway for an address that would not be asked */
  require(url: string): void;
}

const TIMEOUT_MS = 5_000;
const BYTES_MAX = 1 << 20;

/**
 * Fetches from the configured issuer's origin and those named beside it: what a document of the issuer points to elsewhere,
 * and where it redirects to, is not asked, so that no answer makes this process ask somebody inside the house. Over TLS,
 * except for an issuer on this very machine. Five seconds and a megabyte at most.
 */
export function issuerFetch(issuer: string, origins: readonly string[]): IssuerFetch {
  const allowed = new Set([issuer, ...origins].map((each) => new URL(each).origin));
  for (const origin of allowed) if (!isPrivateWire(origin)) throw new IssuerAway(`${origin} is not asked without TLS`);
  const require = (url: string) => {
    if (!URL.canParse(url) || !allowed.has(new URL(url).origin))
      throw new IssuerAway('the issuer points to an address that is not configured');
  };
  const ask = async (url: string, options: object = {}): Promise<Response> => {
    require(url);
    let answer: Response;
    try {
      answer = await fetch(url, { ...options, redirect: 'error', signal: AbortSignal.timeout(TIMEOUT_MS) });
    } catch (error) {
      throw new IssuerAway('the issuer cannot be reached', { cause: error });
    }
    if (answer.status >= 500) throw new IssuerAway(`the issuer answered ${answer.status}`);
    return new Response(answer.status === 204 ? null : await bounded(answer), {
      status: answer.status,
      headers: answer.headers,
    });
  };
  return Object.assign(ask, { require });
}

function isPrivateWire(origin: string): boolean {
  const { protocol, hostname } = new URL(origin);
  return protocol === 'https:' || (protocol === 'http:' && ['127.0.0.1', '[::1]', 'localhost'].includes(hostname));
}

async function bounded(answer: Response): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of answer.body ?? []) {
    size += part.length;
    if (size > BYTES_MAX) throw new IssuerAway('the issuer answers too much');
    parts.push(part);
  }
  return Buffer.concat(parts);
}
