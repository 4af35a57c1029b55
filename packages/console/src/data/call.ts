import type { AnswerOf, BodyOf, ParamsOf, QueryOf, RouteName } from '@meridian/api';
import { queryOptions } from '@tanstack/react-query';
import { type Answer, type Method, request } from './http.ts';

/** A part of a request that its route asks for, must be absent where the route has none, and may be left out where all of it is optional. */
type Needed<K extends string, T> = [T] extends [undefined]
  ? { readonly [k in K]?: never }
  : Record<string, never> extends T
    ? { readonly [k in K]?: T }
    : { readonly [k in K]: T };

/** A part of the query that is undefined is not sent: a page may hand over what its address says as it is. */
type Blanks<T> = [T] extends [undefined]
  ? T
  : { readonly [K in keyof T]: Record<string, never> extends Pick<T, K> ? T[K] | undefined : T[K] };

/** What a route of the public interface takes, as its schemas say. */
export type CallOf<N extends RouteName> = Needed<'params', ParamsOf<N>> &
  Needed<'query', Blanks<QueryOf<N>>> &
  Needed<'body', BodyOf<N>> & { readonly etag?: string; readonly idempotencyKey?: string; readonly signal?: AbortSignal };

type Arguments<N extends RouteName> = Record<string, never> extends CallOf<N> ? [ask?: CallOf<N>] : [ask: CallOf<N>];

/**
 * Calls a route of the public interface by its name.
 * @example const { body, etag } = await call('GET /v1/orders/{market}/{order}', { params: { market: 'XNYS', order: '7' } });
 * @throws Refusal
 */
export function call<N extends RouteName>(name: N, ...[ask]: Arguments<N>): Promise<Answer<AnswerOf<N>>> {
  const [method, path] = name.split(' ') as [Method, string];
  return request<AnswerOf<N>>(method, path, (ask ?? {}) as Parameters<typeof request>[2]);
}

type ReadName = Extract<RouteName, `GET ${string}`>;

/**
 * A reading route as a query: cached under its name and what was asked, so that `invalidateQueries({queryKey: ['GET /v1/orders']})`
 * refreshes every page of it.
 * @example const { data } = useQuery(reading('GET /v1/house'));
 */
export function reading<N extends ReadName>(name: N, ...[ask]: Arguments<N>) {
  const { params, query } = (ask ?? {}) as { params?: unknown; query?: unknown };
  return queryOptions({
    queryKey: [name, params ?? null, query ?? null],
    queryFn: async ({ signal }): Promise<AnswerOf<N>> => {
      const { body } = await call(name, ...([{ ...ask, signal }] as unknown as Arguments<N>));
      return body;
    },
  });
}
