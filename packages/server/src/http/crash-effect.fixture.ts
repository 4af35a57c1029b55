import type { RouteName } from '@meridian/api';
import type { Database } from '@meridian/store';
import type { Endpoints } from './endpoint.ts';
import { sampleEndpoints } from './scratch-door.fixture.ts';

/** The route over which the server dies. */
export const ROUTE = 'POST /v1/kill' satisfies RouteName;

/** Its effect is a row named by the key, so that doing it again changes nothing; `at` is told where it has come to. */
export function endpointsWithEffect(database: Database, at: (moment: string) => void): Endpoints {
  const sample = sampleEndpoints()[ROUTE];
  return sampleEndpoints({
    [ROUTE]: {
      async handle(asking) {
        at('before');
        await database.query('INSERT INTO server.duty_done (duty, done_at) VALUES ($1, 1) ON CONFLICT DO NOTHING', [
          asking.key,
        ]);
        at('after');
        return sample.handle(asking);
      },
    },
  });
}
