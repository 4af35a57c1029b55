import type { Principal } from '@meridian/security';
import type { Endpoints } from '../endpoint.ts';
import type { Operations } from '../operations.ts';
import { problem } from '../problems.ts';

type OperationRoutes = Extract<keyof Endpoints, `${string} /v1/operations${string}`>;

/** Long jobs. Who may read those of everybody sees them all; others see their own. */
export function operationEndpoints(
  operations: Operations,
  seesAll: (principal: Principal) => boolean,
): Pick<Endpoints, OperationRoutes> {
  return {
    'GET /v1/operations': {
      handle: async ({ principal, language }) => ({
        body: await operations.list(seesAll(principal) ? undefined : principal.user, language),
      }),
    },
    'GET /v1/operations/{operation}': {
      resource: async ({ params }) => {
        const operation = await operations.get(params.operation);
        return operation && { kind: 'operation', id: operation.operation, maker: operation.by };
      },
      handle: async ({ params, language }) => {
        const operation = await operations.get(params.operation, language);
        if (operation === undefined) throw problem('NO_SUCH_RESOURCE');
        return { body: operation };
      },
    },
  };
}
