import { ROUTES, type Route, type RouteName, snake } from '@meridian/api';
import { InvariantError, type TSchema } from '@meridian/base';
import { catalogue, type Entity } from '@meridian/catalog';
import { ACTIONS, type Action } from '@meridian/security';
import { Compile } from 'typebox/compile';
import type { Endpoint, Endpoints } from './endpoint.ts';
import { problem } from './problems.ts';

/** A JSON schema as the door reads it. */
export type Shape = TSchema & {
  readonly $id?: string;
  readonly type?: string;
  readonly properties?: Readonly<Record<string, Shape>>;
  readonly items?: Shape;
  readonly anyOf?: readonly Shape[];
  readonly additionalProperties?: unknown;
};

export type Part = 'params' | 'query' | 'body';
const REFUSALS = { params: 'PATH_REFUSED', query: 'QUERY_REFUSED', body: 'BODY_REFUSED' } as const;

/** One route with everything about it that is known before anybody asks. */
export interface BoundRoute {
  readonly name: RouteName;
  readonly route: Route;
  readonly action: Action | null;
  readonly changes: boolean;
  readonly sensitive: boolean;
  readonly endpoint: Endpoint<RouteName>;
  /** @throws Problem PATH_REFUSED | QUERY_REFUSED | BODY_REFUSED naming the first place that does not fit */
  check(part: Part, value: unknown): void;
  /** What is wrong with an answer: the first place, undefined where nothing is. */
  faultOf(answer: unknown): string | undefined;
}

/**
 * Binds every route to its work, once, at start.
 * @throws InvariantError for a route without endpoint, one that names a thing and does not say whose it is, an action nobody
 *   decides on, an open schema or an answer's field that the catalogue does not know: the process must not start
 */
export function bindRoutes(endpoints: Endpoints, routes: readonly Route[] = ROUTES): readonly BoundRoute[] {
  return routes.map((route) => {
    const name = `${route.method} ${route.path}` as RouteName;
    const endpoint = (endpoints as Readonly<Record<string, Endpoint<RouteName> | undefined>>)[name];
    if (endpoint === undefined) throw new InvariantError(`${name} has no endpoint`);
    // A thing that is named in the path is somebody's: whose, the policies must be told.
    if (route.params !== undefined && endpoint.resource === undefined)
      throw new InvariantError(`${name} does not say what it acts on`);
    if (route.action !== null && !Object.hasOwn(ACTIONS, route.action))
      throw new InvariantError(`${name} names the unknown action ${route.action}`);
    for (const part of ['params', 'query', 'body', 'answer'] as const)
      for (const place of openPlaces(route[part] as Shape | undefined, part))
        throw new InvariantError(`${name} is open at ${place}`);
    for (const field of undeclaredFields(route.answer as Shape))
      throw new InvariantError(`${name} answers undeclared ${field}`);
    return bound(name, route, endpoint);
  });
}

function bound(name: RouteName, route: Route, endpoint: Endpoint<RouteName>): BoundRoute {
  const checks = { params: checker(route.params), query: checker(route.query), body: checker(route.body) };
  const answer = route.media === undefined ? checker(route.answer) : undefined;
  const action = route.action as Action | null;
  const flags = (action === null ? {} : ACTIONS[action]) as { readonly changes?: true; readonly sensitive?: true };
  return {
    ...{ name, route, action, endpoint },
    changes: flags.changes === true,
    sensitive: flags.sensitive === true,
    check(part, value) {
      const fault = checks[part]?.(value);
      if (fault !== undefined) throw problem(REFUSALS[part], { field: fault.field, reason: fault.reason });
    },
    faultOf(value) {
      const fault = answer?.(value);
      return fault && `${fault.field}: ${fault.reason}`;
    },
  };
}

type Check = (value: unknown) => { readonly field: string; readonly reason: string } | undefined;

function checker(schema: TSchema | undefined): Check | undefined {
  if (schema === undefined) return undefined;
  const validator = Compile(schema);
  return (value) => {
    if (validator.Check(value)) return undefined;
    const [first] = validator.Errors(value);
    return { field: placeOf(first?.instancePath ?? ''), reason: reasonOf(first?.keyword, first?.message) };
  };
}

/** A JSON pointer, without what somebody outside may have chosen as a key. */
function placeOf(pointer: string): string {
  return /^(\/[A-Za-z0-9]{1,40}){1,8}$/.test(pointer) ? pointer : '/';
}

function reasonOf(keyword: string | undefined, message: string | undefined): string {
  if (keyword === 'additionalProperties' || keyword === 'boolean') return 'unknown member';
  return message ?? 'does not match';
}

/** Places of a schema that would take members nobody declared. */
export function openPlaces(schema: Shape | undefined, at: string): string[] {
  if (schema === undefined) return [];
  const isOpen = schema.type === 'object' && schema.properties !== undefined && schema.additionalProperties !== false;
  return [
    ...(isOpen ? [at] : []),
    ...Object.entries(schema.properties ?? {}).flatMap(([key, each]) => openPlaces(each, `${at}.${key}`)),
    ...openPlaces(schema.items, `${at}[]`),
    ...(schema.anyOf ?? []).flatMap((each) => openPlaces(each, at)),
  ];
}

/** The catalogue's entity of a schema that `resource` made. */
export function entityOf(schema: Shape): Entity | undefined {
  return schema.$id === undefined ? undefined : entities().get(`api.${snake(schema.$id)}`);
}

let known: ReadonlyMap<string, Entity> | undefined;
function entities(): ReadonlyMap<string, Entity> {
  known ??= new Map(catalogue.entities().map((entity) => [entity.name, entity]));
  return known;
}

function undeclaredFields(schema: Shape): string[] {
  const entity = entityOf(schema);
  const own = Object.keys(schema.properties ?? {});
  return [
    ...(entity === undefined
      ? []
      : own.filter((key) => !Object.hasOwn(entity.fields, snake(key))).map((key) => `${entity.name}.${key}`)),
    ...(schema.$id !== undefined && entity === undefined ? [schema.$id] : []),
    ...Object.values(schema.properties ?? {}).flatMap(undeclaredFields),
    ...(schema.items === undefined ? [] : undeclaredFields(schema.items)),
    ...(schema.anyOf ?? []).flatMap(undeclaredFields),
  ];
}
