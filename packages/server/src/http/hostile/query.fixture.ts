import { ROUTES, type Route } from '@meridian/api';
import { targetOf } from './body.fixture.ts';
import { type Hostile, MARK } from './input.fixture.ts';

type Properties = Readonly<Record<string, { readonly type?: string; readonly pattern?: string; readonly enum?: unknown }>>;

/** Everything wrong that a query can be: what comes twice, what nobody declared, what is of another kind. */
export const queries = (): Hostile[] =>
  (ROUTES as readonly Route[]).flatMap((route) => {
    const ask = (query: string): Hostile => ({
      ...{ what: `${route.method} ${route.path}?${query.slice(0, 40)}`, method: route.method, as: 'auditor' as const },
      target: `${targetOf(route)}?${query}`,
      ...(route.body === undefined ? {} : { body: {} }),
      ...{ status: 400, code: 'QUERY_REFUSED' },
    });
    const properties = ((route.query as { properties?: Properties } | undefined)?.properties ?? {}) as Properties;
    const unknown = [`${MARK}=1`, '__proto__=1', 'constructor=1', '=1', '%00=1', `%zz=${MARK}`];
    if (route.method !== 'GET') return unknown.slice(0, 2).map(ask);
    return [
      ...unknown.map(ask),
      ...Object.entries(properties).flatMap(([name, { type, pattern, enum: words }]) => {
        const twice = [`${name}=1&${name}=2`, `${name}=1&${encoded(name)}=1`, `${name}[]=1`, `${name}[$ne]=1`, `${name}.x=1`];
        const cased = `${name.charAt(0).toUpperCase()}${name.slice(1)}=1`;
        const numbers = [
          '0',
          '-1',
          '1e2',
          '0x10',
          '1.0',
          '%201',
          '1%20',
          '',
          '01',
          '999999999999999999',
          '501',
          MARK,
          '%EF%BC%91',
        ];
        const texts = [`${MARK}'%20OR%201=1`, '%EF%BC%91%EF%BC%92', '1%00', '..%2f', '-1', ''];
        return [
          ...twice,
          cased,
          ...(type === 'integer' ? numbers.map((value) => `${name}=${value}`) : []),
          ...(pattern !== undefined || words !== undefined ? texts.map((value) => `${name}=${value}`) : []),
        ].map(ask);
      }),
      ask(Array.from({ length: 33 }, (_, i) => `p${i}=1`).join('&')),
    ];
  });

const encoded = (name: string) => `%${name.charCodeAt(0).toString(16)}${name.slice(1)}`;
