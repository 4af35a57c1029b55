import type { Logger } from '@meridian/base';
import type { Approvals } from '@meridian/security';
import { reasonOf } from '../process/child.ts';

/** Between two looks at the inbox, wall time: a request that an outage held up is carried out within it. */
const SWEEP_MS = 10_000;

export interface ApprovalKeeper {
  /** Carries out what was approved and not done, and notes what is past its time. Never two at once, never throws. */
  sweep(): Promise<void>;
  close(): Promise<void>;
}

/** Looks after the approvals inbox: once at the start, then every ten seconds. */
export function keepApprovals(approvals: Pick<Approvals, 'resume' | 'expire'>, logger: Logger): ApprovalKeeper {
  let last: Promise<void> = Promise.resolve();
  const sweep = () => {
    last = last.then(async () => {
      try {
        const settled = await approvals.resume();
        if (settled > 0) logger.info('requests carried out late', { count: settled });
        await approvals.expire();
      } catch (error) {
        logger.warn('approvals inbox not looked after', { reason: reasonOf(error) });
      }
    });
    return last;
  };
  void sweep();
  const timer = setInterval(() => void sweep(), SWEEP_MS);
  timer.unref();
  return {
    sweep,
    async close() {
      clearInterval(timer);
      await last;
    },
  };
}
