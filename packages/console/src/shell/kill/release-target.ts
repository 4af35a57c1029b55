import type { AnswerOf, BodyOf } from '@meridian/api';

export type ReleaseTarget = Omit<BodyOf<'POST /v1/kill/release'>, 'reason'>;

/** What is to be released, read from the switch's name: `firm`, `market:ARCX`, `client:3`, `account:7`. Undefined: nothing that could be. */
export function releaseOf({ id, scope }: Pick<AnswerOf<'GET /v1/kill'>[number], 'id' | 'scope'>): ReleaseTarget | undefined {
  const about = id.slice(id.indexOf(':') + 1);
  switch (scope) {
    case 'firm':
      return { scope };
    case 'market':
      return { scope, market: about };
    case 'client':
    case 'account':
      return { scope, id: about };
    default:
      return undefined;
  }
}
