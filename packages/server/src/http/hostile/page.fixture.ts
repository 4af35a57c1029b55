import { ROUTES, type Route } from '@meridian/api';
import type { Shape } from '../contract.ts';
import { sampleOf } from '../sample.fixture.ts';
import { targetOf } from './body.fixture.ts';
import { type Hostile, MARK } from './input.fixture.ts';

/** Pages elsewhere that use a signed-in browser: forged changes, and reading across origins. */

const all: readonly Route[] = ROUTES;
const changing = all.filter(({ method }) => method !== 'GET');

export const forged = (): Hostile[] =>
  changing.flatMap((route) => {
    const isSignIn = route.path === '/v1/session/federation' || (route.method === 'POST' && route.path === '/v1/session');
    const from = (what: string, headers: Hostile['headers'] & {}, code: string, status = 403): Hostile => ({
      ...{
        what: `${route.method} ${route.path}: ${what}`,
        method: route.method,
        target: targetOf(route),
        headers,
        status,
        code,
      },
      ...(isSignIn ? {} : { as: 'risk' as const }),
      ...(route.body === undefined ? {} : { body: sampleOf(route.body as Shape) }),
    });
    const origins = [
      ...['null', 'https://evil.example', 'http://127.0.0.1', 'http://127.0.0.1:1', 'http://localhost.evil.example'],
      ...['file://', 'http://evil.example:80/#127.0.0.1', ''],
    ];
    return [
      from('no origin', { origin: null }, 'ORIGIN_REFUSED'),
      ...origins.map((origin) => from(`origin ${origin}`, { origin }, 'ORIGIN_REFUSED')),
      ...['cross-site', 'same-site', 'none'].map((site) =>
        from(`sec-fetch-site ${site}`, { 'sec-fetch-site': site }, 'ORIGIN_REFUSED'),
      ),
      from('no origin, cross-site', { origin: null, 'sec-fetch-site': 'cross-site' }, 'ORIGIN_REFUSED'),
      ...(isSignIn
        ? []
        : [
            from('no token', { 'x-csrf-token': null }, 'CSRF_REFUSED'),
            from('an empty token', { 'x-csrf-token': '' }, 'CSRF_REFUSED'),
            from('a token made up', { 'x-csrf-token': MARK }, 'CSRF_REFUSED'),
            from('a token of the right length', { 'x-csrf-token': 'A'.repeat(43) }, 'CSRF_REFUSED'),
          ]),
      ...(route.body === undefined
        ? []
        : [from('as a form', { 'content-type': 'application/x-www-form-urlencoded' }, 'MEDIA_TYPE_REFUSED', 415)]),
    ];
  });

export const acrossOrigins = (): Hostile[] => [
  ...all.map(
    (route): Hostile => ({
      what: `preflight for ${route.method} ${route.path}`,
      ...{ method: 'OPTIONS', target: targetOf(route), as: 'risk', status: 405, code: 'METHOD_NOT_ALLOWED' },
      headers: {
        origin: 'https://evil.example',
        'access-control-request-method': route.method,
        'access-control-request-headers': 'content-type,x-csrf-token',
        'access-control-request-private-network': 'true',
      },
    }),
  ),
  ...['https://evil.example', 'null', 'http://localhost', 'chrome-extension://abc'].flatMap((origin) =>
    ['/v1/house', '/v1/session', '/v1/openapi.json', '/v1/audit', '/health'].map(
      (target): Hostile => ({
        ...{ what: `${target} for a page of ${origin} names no origin`, target, as: 'auditor', headers: { origin } },
        ...{ status: 200, code: undefined },
      }),
    ),
  ),
];
