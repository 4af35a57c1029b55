import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { asyncapi, openapi, ROUTES, VIEWS } from './index.ts';

type Node = { readonly [key: string]: unknown };
const read = (name: string) => JSON.parse(readFileSync(new URL(`../${name}.json`, import.meta.url), 'utf8')) as Node;
/** As it is sent. */
const sent = (document: object) => JSON.parse(JSON.stringify(document)) as Node;

function* nodes(node: unknown, at = '#'): Generator<[string, Node]> {
  if (node === null || typeof node !== 'object') return;
  if (!Array.isArray(node)) yield [at, node as Node];
  for (const [key, each] of Object.entries(node))
    yield* nodes(each, `${at}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`);
}

function resolve(document: Node, ref: string): unknown {
  assert.ok(ref.startsWith('#/'), `${ref} leads out of the document`);
  return ref
    .slice(2)
    .split('/')
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
    .reduce<unknown>((at, part) => (at as Node | undefined)?.[part], document);
}

function assertResolved(document: Node): void {
  for (const [at, node] of nodes(document)) {
    if (typeof node['$ref'] !== 'string') continue;
    assert.notEqual(resolve(document, node['$ref']), undefined, `${at} → ${node['$ref']}`);
    assert.deepEqual(Object.keys(node), ['$ref'], `${at}: nothing stands beside a reference`);
  }
}

test('the documents in the repository are what the schemas say now: see bin/write-documents.ts', () => {
  assert.deepEqual(sent(openapi(ROUTES)), read('openapi'));
  assert.deepEqual(sent(asyncapi()), read('asyncapi'));
});

test('OpenAPI 3.1: every route once, with its parameters, one answer and the refusal; every reference leads somewhere', () => {
  const document = sent(openapi(ROUTES));
  assert.match(String(document['openapi']), /^3\.1\.\d$/);
  assert.equal(typeof (document['info'] as Node)['title'], 'string');
  assert.equal(typeof (document['info'] as Node)['version'], 'string');
  assertResolved(document);
  const paths = document['paths'] as Record<string, Record<string, Node>>;
  const ids: string[] = [];
  let operations = 0;
  for (const [path, item] of Object.entries(paths)) {
    assert.match(path, /^\/v1\//);
    for (const [method, operation] of Object.entries(item)) {
      operations++;
      assert.ok(['get', 'post', 'put', 'delete'].includes(method));
      ids.push(String(operation['operationId']));
      const parameters = operation['parameters'] as Node[];
      const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      const declared = parameters.filter((each) => each['in'] === 'path');
      assert.deepEqual(declared.map((each) => each['name']).toSorted(), inPath.toSorted());
      assert.ok(declared.every((each) => each['required'] === true));
      const names = parameters.map((each) => `${String(each['in'])} ${String(each['name'])}`);
      assert.equal(new Set(names).size, names.length, `${method} ${path}: a parameter twice`);
      for (const each of parameters) assert.equal(typeof each['schema'], 'object');
      const responses = operation['responses'] as Node;
      assert.equal(Object.keys(responses).filter((status) => /^2\d\d$/.test(status)).length, 1);
      assert.deepEqual(responses['default'], { $ref: '#/components/responses/Refused' });
      if (method === 'get' || method === 'delete') assert.equal(operation['requestBody'], undefined);
    }
  }
  assert.equal(operations, ROUTES.length);
  assert.equal(new Set(ids).size, ids.length, 'operation ids are unique');
  assert.equal(JSON.stringify(document).includes('"$id"'), false);
});

test('[DS-4] OpenAPI: every object with members refuses others, every text and list has a bound', () => {
  const { schemas } = sent(openapi(ROUTES))['components'] as { schemas: Node };
  for (const [at, node] of nodes(schemas)) {
    if (node['type'] === 'object' && node['properties'] !== undefined) assert.equal(node['additionalProperties'], false, at);
    if (node['type'] === 'array') assert.ok(Number.isInteger(node['maxItems']), at);
  }
});

test('AsyncAPI 3: both directions of the stream, each message with its payload; every view is named', () => {
  const document = sent(asyncapi());
  assert.match(String(document['asyncapi']), /^3\.\d\.\d$/);
  assertResolved(document);
  const operations = Object.values(document['operations'] as Record<string, Node>);
  assert.deepEqual(operations.map((each) => each['action']).toSorted(), ['receive', 'send']);
  const messages = (document['components'] as Node)['messages'] as Record<string, Node>;
  assert.equal(operations.flatMap((each) => each['messages'] as Node[]).length, Object.keys(messages).length);
  for (const message of Object.values(messages)) {
    const { properties, additionalProperties } = message['payload'] as { properties: Node; additionalProperties: unknown };
    assert.equal(typeof (properties['op'] as Node)['const'], 'string');
    assert.equal(additionalProperties, false);
  }
  for (const view of Object.keys(VIEWS)) assert.ok(String((document['info'] as Node)['description']).includes(view));
});

/** What people and machines do; everything else happens to business. */
const WALL =
  `approval.made approval.expires auditLine.at userLine.lastSignIn sessionLine.since sessionLine.lastSeen session.expires
  mailLine.sent stepRun.started stepRun.ended attempt.started killState.since operation.started operation.ended operationLine.at waits.expires`.split(
    /\s+/,
  );

test('every instant says by which clock it is told', () => {
  const found = new Map<string, string>();
  const walk = (schema: Node, at: string): void => {
    const { $id, properties, items, anyOf, pattern, description } = schema as Record<string, unknown>;
    const name = typeof $id === 'string' ? $id : at;
    if (typeof pattern === 'string' && pattern.includes('T\\d\\d')) found.set(at, String(description));
    for (const [key, each] of Object.entries((properties ?? {}) as Record<string, Node>)) walk(each, `${name}.${key}`);
    if (items !== undefined && !Array.isArray(items)) walk(items as Node, at);
    for (const each of (anyOf ?? []) as Node[]) walk(each, at);
  };
  for (const { answer } of ROUTES) walk(sent(answer) as Node, 'answer');
  assert.ok(found.size > 50, String(found.size));
  for (const [at, clock] of found) assert.match(clock, /^(Business|Wall) time$/, at);
  for (const each of WALL) assert.equal(found.get(each), 'Wall time', each);
  for (const each of ['order.at', 'transfer.at', 'exposures.asOf', 'accountTree.asOf', 'trace.asOf', 'batch.due', 'verdict.at'])
    assert.equal(found.get(each), 'Business time', each);
});
