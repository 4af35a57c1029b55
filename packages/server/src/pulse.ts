import type { Approvals, Principal } from '@meridian/security';
import type { Database } from '@meridian/store';
import { alertCount } from './reading/house-state.ts';
import { sightOf } from './reading/sight.ts';

/** What waits for somebody. */
export interface Waiting {
  /** Requests for this session's decision. */
  approvals(principal: Principal): Promise<number>;
  /** The last known counts, at once; counted anew behind the answer where they are old. For the stream's beat. */
  counts(principal: Principal): { readonly approvals: number; readonly alerts: number };
}

/** Counts older than this are counted anew. */
const OLD_MS = 5_000;

export function waitingFor({
  database,
  approvals,
}: {
  readonly database: Database;
  readonly approvals: Pick<Approvals, 'count'>;
}): Waiting {
  const known = new WeakMap<Principal, { approvals: number; alerts: number; at: number }>();

  const forDecision = ({ user, duties }: Principal): Promise<number> =>
    approvals.count({ state: 'waiting', forDuty: duties, checker: user });

  return {
    approvals: forDecision,
    counts(principal) {
      const last = known.get(principal) ?? { approvals: 0, alerts: 0, at: Number.NEGATIVE_INFINITY };
      if (performance.now() - last.at > OLD_MS) {
        // The old figures stand until the new ones are there; what cannot be counted now is counted at the next beat but some.
        known.set(principal, { ...last, at: performance.now() });
        Promise.all([forDecision(principal), alertCount(database, principal, sightOf(principal))]).then(
          ([waiting, alerts]) => known.set(principal, { approvals: waiting, alerts, at: performance.now() }),
          () => {},
        );
      }
      return { approvals: last.approvals, alerts: last.alerts };
    },
  };
}
