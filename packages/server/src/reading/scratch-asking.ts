import { type AnswerOf, ROUTES, type RouteName } from '@meridian/api';
import { type TSchema, validateConfig } from '@meridian/base';
import type { Principal, Resource } from '@meridian/security';
import type { Asking, Endpoint, Endpoints } from '../http/endpoint.ts';

/** Asks endpoints as the door does, and holds every answer to its schema. For tests. */
export interface Asker {
  ask<N extends RouteName>(route: N, principal: Principal, asking?: Partial<Asking<N>>): Promise<AnswerOf<N>>;
  resource<N extends RouteName>(route: N, principal: Principal, asking?: Partial<Asking<N>>): Promise<Resource | undefined>;
  reply: <N extends RouteName>(
    route: N,
    principal: Principal,
    asking?: Partial<Asking<N>>,
  ) => ReturnType<Endpoint<N>['handle']>;
}

export function asker(endpoints: Partial<Endpoints>): Asker {
  const of = <N extends RouteName>(route: N): Endpoint<N> => {
    const found = endpoints[route] as Endpoint<N> | undefined;
    if (found === undefined) throw new Error(`nobody answers ${route}`);
    return found;
  };
  const whole = <N extends RouteName>(principal: Principal, asking: Partial<Asking<N>>) =>
    ({
      ...{ params: {}, query: {}, body: {}, language: 'zh', key: 'k', ifMatch: undefined, at: 0, ip: '127.0.0.1', trace: 't' },
      ...{ principal, ...asking },
    }) as unknown as Asking<N>;
  return {
    async ask(route, principal, asking = {}) {
      const { body } = await of(route).handle(whole(principal, asking));
      const declared = ROUTES.find((each) => `${each.method} ${each.path}` === route);
      validateConfig((declared as { answer: TSchema }).answer, JSON.parse(JSON.stringify(body)));
      return body;
    },
    reply: (route, principal, asking = {}) => of(route).handle(whole(principal, asking)),
    resource: async (route, principal, asking = {}) => of(route).resource?.(whole(principal, asking)),
  };
}
