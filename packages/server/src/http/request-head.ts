import type { FastifyRequest } from 'fastify';
import { problem } from './problems.ts';

export const HEADERS_MAX = 64;
export const HEADER_BYTES_MAX = 16 << 10;
const URL_CHARS_MAX = 8_192;

/** Headers that mean something to us or to whoever stands before us: sent twice, two readers would take different ones. */
const ONCE = new Set([
  ...['host', 'origin', 'cookie', 'content-type', 'content-length', 'content-encoding', 'transfer-encoding', 'authorization'],
  ...['x-csrf-token', 'idempotency-key', 'if-match', 'sec-fetch-site', 'accept-language', 'upgrade', 'expect', 'range'],
]);

/**
 * What holds for every request before anything is looked up.
 * @throws Problem HEADERS_TOO_LARGE | HEADER_REFUSED | PATH_REFUSED | FOREIGN_HOST
 */
export function checkHead(request: FastifyRequest, isOurHost: (host: string) => boolean): void {
  const { rawHeaders } = request.raw;
  if (rawHeaders.length > HEADERS_MAX * 2)
    throw problem('HEADERS_TOO_LARGE', { countMax: HEADERS_MAX, bytesMax: HEADER_BYTES_MAX });
  const seen = new Set<string>();
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = (rawHeaders[i] as string).toLowerCase();
    if (!ONCE.has(name)) continue;
    if (seen.has(name))
      throw name === 'host' ? problem('FOREIGN_HOST') : problem('HEADER_REFUSED', { header: name, reason: 'twice' });
    seen.add(name);
  }
  if (!/^(100-continue)?$/i.test(request.headers.expect ?? ''))
    throw problem('HEADER_REFUSED', { header: 'expect', reason: '100-continue, and nothing else' });
  // A page elsewhere may point its own name at this machine; it may not read us through it.
  if (!isOurHost(request.headers.host ?? '')) throw problem('FOREIGN_HOST');
  checkPath(request.url);
}

/** A path holds nothing encoded that would be read otherwise by whoever decodes it again; dots climb nowhere here. */
function checkPath(url: string): void {
  if (url.length > URL_CHARS_MAX) throw problem('PATH_REFUSED', { reason: `longer than ${URL_CHARS_MAX} characters` });
  const [path = ''] = url.split('?', 1);
  if (!path.startsWith('/')) throw problem('PATH_REFUSED', { reason: 'no absolute path' });
  if (/%(?![0-9a-f]{2})/i.test(path)) throw problem('PATH_REFUSED', { reason: 'not well encoded' });
  if (/%(00|2f|5c|25)|\\|[^\x21-\x7e]/i.test(path)) throw problem('PATH_REFUSED', { reason: 'characters that no path has' });
}

/** Whether the request carries a body at all. */
export function hasBody(request: FastifyRequest): boolean {
  const { headers } = request;
  return headers['transfer-encoding'] !== undefined || (headers['content-length'] ?? '0') !== '0';
}

/** @throws Problem MEDIA_TYPE_REFUSED for anything but plain JSON */
export function requireJson(request: FastifyRequest): void {
  const { headers } = request;
  const isJson = /^application\/json(; ?charset=utf-8)?$/i.test(headers['content-type'] ?? '');
  if (!isJson || headers['content-encoding'] !== undefined) throw problem('MEDIA_TYPE_REFUSED');
}
