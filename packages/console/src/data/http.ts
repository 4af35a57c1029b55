import { preferences } from '../preferences.ts';
import { ownRefusal, Refusal, readProblem } from './problem.ts';

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** One request. Values of `params` fill the braces of the path; absent values of `query` are left out. */
export interface Ask {
  readonly params?: Readonly<Record<string, string | number>>;
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>>;
  readonly body?: unknown;
  /** The ETag that was shown to the user: sent as If-Match, so that a change made meanwhile is not overwritten. */
  readonly etag?: string;
  /**
   * The client-made id of a change. Made here when absent; give the same one again to retry what was not answered: the house
   * gives the first answer a second time.
   */
  readonly idempotencyKey?: string;
  readonly signal?: AbortSignal;
}

export interface Answer<T> {
  readonly status: number;
  readonly body: T;
  readonly etag: string | null;
  readonly location: string | null;
}

let csrf: string | null = null;
let onSignedOut: () => void = () => {};

/** The token of the session's answer, sent back as `x-csrf-token` with every change. */
export function setCsrfToken(token: string | null): void {
  csrf = token;
}

/** What happens when the house says that the session has ended (401). */
export function whenSignedOut(handler: () => void): void {
  onSignedOut = handler;
}

/** `/v1/orders/{order}` with `{order: '7'}` and a query → `/v1/orders/7?limit=50`. Throws where a value is missing. */
export function fillPath(path: string, params: Ask['params'] = {}, query: Ask['query'] = {}): string {
  const filled = path.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = params[name];
    if (value === undefined) throw new TypeError(`${path} needs ${name}`);
    return encodeURIComponent(value);
  });
  const asked = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value !== undefined) asked.set(name, String(value));
  return asked.size === 0 ? filled : `${filled}?${asked}`;
}

/**
 * Asks the house.
 * @throws Refusal: the house's problem document, or HOUSE_UNREACHABLE when nothing came back (the outcome is then unknown)
 */
export async function request<T>(method: Method, path: string, ask: Ask = {}): Promise<Answer<T>> {
  const { language } = preferences();
  const headers = new Headers({
    accept: 'application/json, application/problem+json',
    'accept-language': language === 'zh' ? 'zh-CN' : 'en',
  });
  if (method !== 'GET') {
    headers.set('idempotency-key', ask.idempotencyKey ?? crypto.randomUUID());
    if (csrf !== null) headers.set('x-csrf-token', csrf);
    if (ask.etag !== undefined) headers.set('if-match', ask.etag);
  }
  const init: RequestInit = { method, headers, credentials: 'same-origin', cache: 'no-store', redirect: 'error' };
  if (ask.body !== undefined) {
    headers.set('content-type', 'application/json');
    init.body = JSON.stringify(ask.body);
  }
  if (ask.signal !== undefined) init.signal = ask.signal;

  let response: Response;
  try {
    response = await fetch(fillPath(path, ask.params, ask.query), init);
  } catch (error) {
    if (ask.signal?.aborted === true) throw error;
    throw ownRefusal('HOUSE_UNREACHABLE', language);
  }
  const body = await readBody(response, language);
  if (!response.ok) {
    if (response.status === 401) onSignedOut();
    const problem = readProblem(body);
    throw problem === undefined ? ownRefusal('ANSWER_UNREADABLE', language, response.status) : new Refusal(problem);
  }
  return {
    status: response.status,
    body: body as T,
    etag: response.headers.get('etag'),
    location: response.headers.get('location'),
  };
}

async function readBody(response: Response, language: 'zh' | 'en'): Promise<unknown> {
  const text = await response.text();
  if (text === '') return undefined;
  try {
    return JSON.parse(text);
  } catch {
    throw ownRefusal('ANSWER_UNREADABLE', language, response.status);
  }
}
