import { ROUTES, type Route } from '@meridian/api';
import type { Shape } from '../contract.ts';
import { sampleOf } from '../sample.fixture.ts';
import { type Hostile, MARK } from './input.fixture.ts';

/** Everything wrong that a body can be, made from the schemas of every route that takes one. */

/** A schema as it is written: everything in it that a value can break. */
export type Written = Shape & {
  readonly enum?: readonly unknown[];
  readonly pattern?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly maxItems?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly required?: readonly string[];
};

const all: readonly Route[] = ROUTES;
const taking = all.filter((route) => route.body !== undefined);
export const targetOf = (route: Route, over: Readonly<Record<string, string>> = {}): string => {
  const params = (route.params === undefined ? {} : sampleOf(route.params as Shape)) as Record<string, string>;
  return route.path.replace(/\{(\w+)\}/g, (_, key: string) => encodeURIComponent(over[key] ?? (params[key] as string)));
};
const goodBody = (route: Route) => sampleOf(route.body as Shape) as Record<string, unknown>;
const asText = (value: unknown) => JSON.stringify(value);

/** A change by somebody signed in; signing in itself is nobody's yet. */
const change = (route: Route, what: string, body: unknown, more: Partial<Hostile> = {}): Hostile => ({
  ...{ what: `${route.method} ${route.path}: ${what}`, method: route.method, target: targetOf(route), body },
  ...(/^\/v1\/session(\/federation)?$/.test(route.path) ? {} : { as: 'risk' as const }),
  ...{ status: 400, code: 'BODY_REFUSED' },
  ...more,
});

/** Fields that somebody would like to set on the way. */
const PRIVILEGED: Readonly<Record<string, unknown>> = {
  ...{ role: 'administrator', duties_: ['administrator'], isAdmin: true, client_: '2', entity_: '2', maker: 'another' },
  ...{ checker: 'risk', approved: true, state: 'executed', strong: true, version: 99, $where: MARK, __v: 1 },
};

export const massAssignment = (): Hostile[] =>
  taking.flatMap((route) =>
    Object.entries(PRIVILEGED).map(([key, value]) => change(route, `also sets ${key}`, { ...goodBody(route), [key]: value })),
  );

/** Values that a field of this schema does not take. */
function wrongValues(schema: Written, isRequired: boolean): [string, unknown][] {
  const { type, anyOf, enum: values, pattern, minLength = 0, maxLength, maxItems, minimum, maximum } = schema;
  if (anyOf !== undefined) return [['an object for a union', { [MARK]: 1 }]];
  const missing: [string, unknown][] = isRequired ? [['missing', undefined]] : [];
  const other: [string, unknown][] = [
    ['null', null],
    ['a list', [MARK]],
    ['a truth', true],
  ];
  if (type === 'string' || values !== undefined)
    return [
      ...missing,
      ...other,
      ['a number', 7],
      ['an object', { $gt: '' }],
      ...(values === undefined ? [] : ([['a word that is none', MARK]] as [string, unknown][])),
      ...(pattern === undefined ? [] : ([['a text off its pattern', `${MARK}'; --`]] as [string, unknown][])),
      ...(pattern === undefined ? [] : ([['full-width digits', '１２３']] as [string, unknown][])),
      ...(minLength > 0 ? ([['empty', '']] as [string, unknown][]) : []),
      ...(maxLength === undefined ? [] : ([['too long', 'h'.repeat(maxLength + 1)]] as [string, unknown][])),
    ];
  if (type === 'integer' || type === 'number')
    return [
      ...missing,
      ...other,
      ['a text', '7'],
      ['a fraction', 1.5],
      ['beyond every number', 1e308],
      ...(minimum === undefined ? [] : ([['too small', minimum - 1]] as [string, unknown][])),
      ...(maximum === undefined ? [] : ([['too large', maximum + 1]] as [string, unknown][])),
    ];
  if (type === 'array')
    return [
      ...missing,
      ['null', null],
      ['a text', MARK],
      ['an object', { length: 1 }],
      ['members of another kind', [{ [MARK]: 1 }]],
      ...(maxItems === undefined
        ? []
        : ([['too many', Array.from({ length: maxItems + 1 }, () => 'x')]] as [string, unknown][])),
    ];
  return [...missing, ['null', null], ['a text', MARK], ['a list', []]];
}

export const wrongTypes = (): Hostile[] =>
  taking.flatMap((route) => {
    const { properties = {}, required = [] } = route.body as Written;
    const fields = Object.entries(properties).flatMap(([key, schema]) =>
      wrongValues(schema as Written, required.includes(key)).map(([what, value]) =>
        change(route, `${key} is ${what}`, { ...goodBody(route), [key]: value }),
      ),
    );
    const wholes = [null, [], 'text', 7, true, [goodBody(route)]].map((whole) =>
      change(route, `the whole is ${asText(whole).slice(0, 20)}`, asText(whole)),
    );
    return [...fields, ...wholes];
  });

export const doubledKeys = (): Hostile[] =>
  taking.flatMap((route) => {
    const good = asText(goodBody(route)).slice(1, -1);
    const [key] = Object.keys(goodBody(route));
    if (key === undefined) return [];
    const escaped = `\\u${key.charCodeAt(0).toString(16).padStart(4, '0')}${key.slice(1)}`;
    return [
      change(route, `${key} twice`, `{${good},"${key}":"${MARK}"}`),
      change(route, `${key} twice, once escaped`, `{${good},"${escaped}":"${MARK}"}`),
      change(route, `${key} twice with blanks`, `{${good}, "${key}" \n\t : null}`),
    ];
  });

export const prototypes = (): Hostile[] =>
  taking.flatMap((route) => {
    const good = asText(goodBody(route)).slice(1, -1);
    const and = (member: string) => `{${good === '' ? '' : `${good},`}${member}}`;
    return [
      change(route, '__proto__', and('"__proto__":{"admin":true}')),
      change(route, '__proto__, escaped', and('"\\u005f_proto__":{"admin":true}')),
      change(route, 'constructor.prototype', and('"constructor":{"prototype":{"admin":true}}')),
      change(route, 'toString', and(`"toString":"${MARK}"`)),
    ];
  });

const SOME = taking.filter(({ path }) => /^\/v1\/(kill|orders|session\/keys)$/.test(path));

export const depth = (): Hostile[] =>
  SOME.flatMap((route) => {
    const [key = 'none'] = Object.keys(goodBody(route));
    const nested = (open: string, close: string, times: number) => open.repeat(times) + close.repeat(times);
    return [
      change(route, '33 lists', `{"${key}":${nested('[', ']', 33)}}`),
      change(route, '40 objects', `{"${key}":${'{"a":'.repeat(40)}1${'}'.repeat(40)}}`),
      change(route, '30,000 lists', nested('[', ']', 30_000)),
      change(route, '60,000 lists that never end', '['.repeat(60_000)),
      change(route, 'lists and objects in turn', `${'[{"a":'.repeat(5_000)}1`),
      change(route, 'a truncated text', '{"reason":"'),
      change(route, 'two values', '{}{}'),
      change(route, 'a comment', '{/* */}'),
      change(route, 'a trailing comma', '{"a":1,}'),
      change(route, 'single quotes', "{'a':1}"),
      change(route, 'NaN', '{"a":NaN}'),
      change(route, 'a BOM', '\uFEFF{}'),
      change(route, 'no UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x3a, 0x31, 0x7d])),
      change(route, 'overlong UTF-8', Buffer.from([0x22, 0xc0, 0xaf, 0x22])),
      change(route, 'UTF-16', Buffer.from('{}', 'utf16le')),
      change(route, 'NUL in a text', '{"reason":"a\\u0000b"}'),
      change(route, 'half a surrogate pair', '{"reason":"\\ud800"}'),
      change(route, 'a raw control character', '{"reason":"a\u0001"}'),
      ...(key === 'none' ? [] : [change(route, 'nothing', '', { headers: { 'content-type': null } })]),
    ];
  });

export const size = (): Hostile[] => {
  const large = { status: 413, code: 'BODY_TOO_LARGE' };
  const text = (length: number) => `{"reason":"${'x'.repeat(length)}"}`;
  return SOME.flatMap((route) => [
    change(route, '64 KiB and one', text((64 << 10) - 12), large),
    change(route, 'a megabyte', text(1 << 20), large),
    change(route, 'a megabyte in chunks', text(1 << 20), { ...large, headers: { 'transfer-encoding': 'chunked' } }),
    change(route, 'a megabyte of blanks', ' '.repeat(1 << 20), large),
    change(route, 'a text of the largest size', text((64 << 10) - 13)),
    change(route, '5,000 members', `{${Array.from({ length: 5_000 }, (_, i) => `"k${i}":1`).join()}}`),
  ]);
};

/** What a body may not be announced as, and who may not have one. */
export const mediaTypes = (): Hostile[] => {
  const refused = { status: 415, code: 'MEDIA_TYPE_REFUSED' };
  const types = [
    ...['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', 'application/xml', 'text/json'],
    ...[
      'application/json; charset=utf-16',
      'application/json;charset=gbk',
      'application/json, text/plain',
      'application/json-patch',
    ],
    ...['application/merge-patch+json', 'application/jsonx', ' ', 'application/json; x=y', '*/*', `application/${MARK}`],
  ];
  const [route] = SOME as [Route];
  const reading = all.filter(({ method }) => method === 'GET' || method === 'DELETE').slice(0, 40);
  return [
    ...types.map((type) => change(route, `as ${type}`, goodBody(route), { ...refused, headers: { 'content-type': type } })),
    change(route, 'as nothing', goodBody(route), { ...refused, headers: { 'content-type': null } }),
    ...['gzip', 'deflate', 'br', 'identity'].map((coding) =>
      change(route, `compressed by ${coding}`, goodBody(route), { ...refused, headers: { 'content-encoding': coding } }),
    ),
    ...reading.map((each) => change(each, 'a body where none is taken', { [MARK]: 1 }, { as: 'auditor' })),
  ];
};
