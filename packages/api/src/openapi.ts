import type { TSchema } from '@meridian/base';
import { ProblemDocument } from './problem.ts';
import type { Route } from './route.ts';

/** A JSON value of the document. */
type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };
type JsonObject = Readonly<Record<string, Json>>;

/**
 * OpenAPI 3.1 of the public interface, out of the routes' own schemas. What has a name there stands once, under
 * `components`. Sensitive fields are answered masked to whoever is not cleared: their text then keeps no pattern.
 */
export function openapi(routes: readonly Route[]): JsonObject {
  const named = new Map<string, JsonObject>();
  const schemaOf = (schema: TSchema): JsonObject => written(JSON.parse(JSON.stringify(schema)) as JsonObject, named);
  const problem = schemaOf(ProblemDocument);
  const paths: Record<string, Record<string, JsonObject>> = {};
  for (const route of routes) {
    paths[route.path] ??= {};
    (paths[route.path] as Record<string, JsonObject>)[route.method.toLowerCase()] = operationOf(route, schemaOf);
  }
  const tags = [...new Set(routes.map(({ tag }) => tag))].sort().map((name) => ({ name }));
  return {
    openapi: '3.1.0',
    info: {
      title: 'Meridian 子午',
      version: '1',
      description:
        'Ids are text; amounts are decimal text in whole units of the currency beside them; instants are RFC 3339 UTC; ' +
        'dates belong to the market named beside them. Refusals are RFC 9457 problem documents in the language of Accept-Language.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    jsonSchemaDialect: 'https://spec.openapis.org/oas/3.1/dialect/base',
    servers: [{ url: '/' }],
    security: [{ session: [] }],
    tags,
    paths,
    components: {
      schemas: Object.fromEntries([...named].sort(([a], [b]) => (a < b ? -1 : 1))),
      securitySchemes: {
        session: {
          type: 'apiKey',
          in: 'cookie',
          name: '__Host-meridian',
          description: 'Set by POST /v1/session; `meridian` on loopback without TLS.',
        },
      },
      responses: {
        Refused: { description: 'A problem document', content: { 'application/problem+json': { schema: problem } } },
      },
    },
  };
}

function operationOf(route: Route, schemaOf: (schema: TSchema) => JsonObject): JsonObject {
  const { method, path, summary, tag, action, media, status = 200 } = route;
  const answer: JsonObject =
    media === undefined
      ? { 'application/json': { schema: schemaOf(route.answer) } }
      : { [media]: { schema: { type: 'string', contentEncoding: 'binary' } } };
  const headers: JsonObject = {
    'Meridian-Business-Time': { description: 'Business time when it was read', schema: { type: 'string' } },
    'Meridian-Wall-Time': { description: 'Wall time when it was read', schema: { type: 'string' } },
    ...(route.versioned ? { ETag: { description: 'Its version', schema: { type: 'string' } } } : {}),
  };
  return {
    operationId: operationId(method, path),
    summary: summary.en,
    'x-summary-zh': summary.zh,
    tags: [tag],
    ...(action === null ? { security: [] } : { 'x-action': action }),
    parameters: parametersOf(route, schemaOf),
    ...(route.body === undefined
      ? {}
      : { requestBody: { required: true, content: { 'application/json': { schema: schemaOf(route.body) } } } }),
    responses: {
      [String(status)]: { description: summary.en, content: answer, headers },
      default: { $ref: '#/components/responses/Refused' },
    },
  };
}

function parametersOf(route: Route, schemaOf: (schema: TSchema) => JsonObject): Json[] {
  const from = (schema: TSchema | undefined, place: 'path' | 'query'): Json[] => {
    const { properties = {}, required = [] } = (schema ?? {}) as { properties?: Record<string, TSchema>; required?: string[] };
    return Object.entries(properties).map(([name, each]) => ({
      ...{ name, in: place, required: place === 'path' || required.includes(name), schema: schemaOf(each) },
    }));
  };
  const header = (name: string, description: string, required: boolean): Json => ({
    ...{ name, in: 'header', required, description, schema: { type: 'string' } },
  });
  const isChange = route.method !== 'GET';
  const isSession = route.tag === 'session';
  return [
    ...from(route.params, 'path'),
    ...from(route.query, 'query'),
    ...(isChange && !(isSession && route.path === '/v1/session' && route.method === 'POST')
      ? [header('x-csrf-token', 'As the session says', true)]
      : []),
    ...(isChange && !isSession
      ? [header('Idempotency-Key', 'Made by the client for each change: 8 to 100 letters, digits, - and _', !isQuestion(route))]
      : []),
    ...(route.versioned ? [header('If-Match', 'The ETag that was seen', true)] : []),
  ];
}

/** POSTs that only ask: nothing of them is kept. */
const isQuestion = ({ action }: Route): boolean => action === 'order.check' || action === 'kill.preview';

/** "GET /v1/orders/{market}/{order}" → "getOrdersMarketOrder". */
function operationId(method: string, path: string): string {
  const words = path
    .split('/')
    .slice(2)
    .map((part) => part.replace(/[{}]/g, ''));
  const camel = words.flatMap((word) => word.split('-')).map((word) => word.charAt(0).toUpperCase() + word.slice(1));
  return method.toLowerCase() + camel.join('');
}

/** A schema as it is written in the document: named ones by reference, `$id` nowhere. */
export function written(schema: JsonObject, named: Map<string, JsonObject>): JsonObject {
  const { $id, ...rest } = schema;
  const body = Object.fromEntries(Object.entries(rest).map(([key, value]) => [key, inside(key, value, named)])) as JsonObject;
  if (typeof $id !== 'string') return body;
  const name = $id.charAt(0).toUpperCase() + $id.slice(1);
  const known = named.get(name);
  if (known !== undefined && JSON.stringify(known) !== JSON.stringify(body))
    throw new RangeError(`two schemas are named ${name}`);
  named.set(name, body);
  return { $ref: `#/components/schemas/${name}` };
}

/** Schemas stand under these words only; elsewhere the same words are names of fields. */
function inside(key: string, value: Json, named: Map<string, JsonObject>): Json {
  if (value === null || typeof value !== 'object') return value;
  if (key === 'properties' || key === 'patternProperties')
    return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, written(each as JsonObject, named)]));
  if (key === 'anyOf' || key === 'oneOf' || key === 'allOf') return (value as JsonObject[]).map((each) => written(each, named));
  // Of a tuple each place has its schema.
  if (key === 'items')
    return Array.isArray(value) ? value.map((each) => written(each as JsonObject, named)) : written(value as JsonObject, named);
  if (key === 'additionalProperties') return written(value as JsonObject, named);
  return value;
}
