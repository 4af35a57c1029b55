import { type AnswerOf, ROUTES } from '@meridian/api';
import { formatInstant } from '@meridian/base';
import {
  type Authorizer,
  conflictOf,
  DUTIES,
  type Principal,
  type User,
  type UserDirectory,
  type UserDuty,
} from '@meridian/security';
import type { Database } from '@meridian/store';
import type { Cursors } from '../cursor.ts';
import type { Endpoints } from '../endpoint.ts';
import { problem } from '../problems.ts';
import { type UserFacts, userFacts } from '../user-facts.ts';

/** What users and duties stand on. */
export interface UserHouse {
  readonly database: Database;
  readonly directory: UserDirectory;
  readonly authorizer: Authorizer;
  readonly cursors: Cursors;
}

type UserRoutes = 'GET /v1/users' | 'GET /v1/duties' | 'POST /v1/users/{user}/revoke';
type Line = AnswerOf<'GET /v1/users'>['items'][number];

const PAGE_USERS = 200;

export function userEndpoints(house: UserHouse): Pick<Endpoints, UserRoutes> {
  const { directory, database, cursors } = house;
  return {
    'GET /v1/users': {
      handle: async ({ principal, query }) => {
        const { cursor, limit = PAGE_USERS } = query;
        const walk = { route: 'GET /v1/users', user: principal.user, query };
        const begun = cursor === undefined ? undefined : cursors.open(walk, cursor);
        const users = await directory.users();
        const rest = users.filter(({ name }) => begun === undefined || name > begun.position);
        const facts = await userFacts(database);
        const asOf = begun?.asOf ?? [...facts.values()].reduce((sum, { changes }) => sum + changes, 0);
        const page = rest.slice(0, limit);
        const last = rest.length > limit ? page.at(-1) : undefined;
        const next = last === undefined ? null : cursors.seal(walk, { asOf, position: last.name });
        return { body: { items: page.map((user) => lineOf(user, facts.get(user.name))), next, asOf } };
      },
    },
    'GET /v1/duties': {
      handle: async () => ({ body: dutyTable(house.authorizer) }),
    },
    'POST /v1/users/{user}/revoke': {
      resource: async ({ params }) =>
        (await directory.user(params.user)) === undefined ? undefined : { kind: 'user', id: params.user, user: params.user },
      handle: async ({ params, principal }) => {
        await directory.revokeAll(params.user, { user: principal.user, duty: principal.duties[0] ?? 'system' });
        const user = await directory.user(params.user);
        if (user === undefined) throw problem('NO_SUCH_RESOURCE');
        return { body: lineOf(user, (await userFacts(database, params.user)).get(params.user)) };
      },
    },
  };
}

function lineOf(user: User, facts: UserFacts | undefined): Line {
  const { name, title, duties, jurisdictions, clients, entities, state } = user;
  const lastSignIn = facts?.lastSignIn ?? null;
  return {
    ...{ user: name, title: { ...title }, duties: [...duties], jurisdictions: [...jurisdictions].slice(0, 10), state },
    clients: clients.map(String),
    entities: entities.map(String),
    ...{ factors: [...(facts?.factors ?? [])], sessions: facts?.sessions ?? 0, version: facts?.changes ?? 0 },
    lastSignIn: lastSignIn === null ? null : formatInstant(lastSignIn),
  };
}

/** Which duties one person may not hold together, and what each may ask, as the policies say now. DS-10 */
function dutyTable(authorizer: Authorizer): AnswerOf<'GET /v1/duties'> {
  const apart = DUTIES.flatMap((one, i) =>
    DUTIES.slice(i + 1)
      .filter((other) => conflictOf([one, other]) !== undefined)
      .map((other): [UserDuty, UserDuty] => [one, other]),
  );
  const known = new Set(ROUTES.map(({ action }) => action).filter((action) => action !== null) as readonly string[]);
  const actions = DUTIES.map((duty) => ({
    duty,
    actions: authorizer.allowedActions(typical(duty), { secondFactor: 'optional' }).filter((action) => known.has(action)),
  }));
  return { duties: [...DUTIES], apart, actions: actions.map((each) => ({ ...each, actions: [...each.actions] })) };
}

/** Somebody with one duty and nothing else, at home. */
const typical = (duty: UserDuty): Principal => ({
  ...{ user: `any ${duty}`, duties: [duty], jurisdiction: 'CN', clients: duty === 'client' ? [1n] : [], entities: [] },
  ...{ session: 'none', since: 0, strong: true },
});
