import assert from 'node:assert/strict';
import { test } from 'node:test';
import { catalogue } from '@meridian/catalog';
import { type AnswerOf, type BodyOf, type ParamsOf, ROUTES, type TSchema } from './index.ts';

type Closed = TSchema & {
  readonly properties?: Record<string, Closed>;
  readonly items?: Closed;
  readonly anyOf?: Closed[];
  readonly type?: string;
  readonly additionalProperties?: unknown;
};

function open(schema: Closed, at: string): string[] {
  const here = schema.type === 'object' && schema.properties !== undefined && schema.additionalProperties !== false ? [at] : [];
  return [
    ...here,
    ...Object.entries(schema.properties ?? {}).flatMap(([key, each]) => open(each, `${at}.${key}`)),
    ...(schema.items === undefined ? [] : open(schema.items, `${at}[]`)),
    ...(schema.anyOf ?? []).flatMap((each) => open(each, at)),
  ];
}

test('[DS-4] every schema that is taken or answered is closed, all the way down', () => {
  for (const route of ROUTES) {
    for (const part of ['params', 'query', 'body', 'answer'] as const) {
      const schema = (route as { readonly [k in typeof part]?: Closed })[part];
      if (schema !== undefined) assert.deepEqual(open(schema, `${route.method} ${route.path} ${part}`), []);
    }
  }
});

test('a route is named once, and its parameters are those of its path', () => {
  const names = ROUTES.map((route) => `${route.method} ${route.path.replace(/\{\w+\}/g, '{}')}`);
  assert.equal(new Set(names).size, names.length);
  for (const route of ROUTES) {
    const inPath = [...route.path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
    const declared = 'params' in route ? Object.keys((route.params as Closed).properties ?? {}) : [];
    assert.deepEqual(declared.toSorted(), inPath.toSorted(), route.path);
  }
});

test('[DS-1] every field of an answer is declared in the catalogue', () => {
  const declared = catalogue.entities().filter((entity) => entity.name.startsWith('api.'));
  assert.ok(declared.length > 60);
  assert.equal(catalogue.fields().find((field) => field.name === 'api.client_name.zh')?.pi, 'spi');
});

test('types follow the schemas', () => {
  const params: ParamsOf<'GET /v1/orders/{market}/{order}'> = { market: 'XNYS', order: '7' };
  const body: BodyOf<'POST /v1/kill'> = { scope: 'firm', reason: 'drill' };
  const answer: Pick<AnswerOf<'GET /v1/approvals/{approval}'>, 'state' | 'needs'> = { state: 'waiting', needs: 1 };
  assert.deepEqual([params.market, body.scope, answer.state], ['XNYS', 'firm', 'waiting']);
});
