import type { Instant, Static } from '@meridian/base';
import type { Faults } from './venue-command.ts';
import type { VenueEventBody } from './venue-event.ts';

/** A report on its way to a session; its outbound number is given when it leaves. */
export type Report =
  | { readonly name: 'execution'; readonly body: Omit<VenueEventBody<'execution'>, 'outSeq'> }
  | { readonly name: 'cancel-reject'; readonly body: Omit<VenueEventBody<'cancel-reject'>, 'outSeq'> };

/**
 * Sends reports in the order in which they arise, unless the venue was told to make trouble: late, twice, in another
 * order. What happened does not change, only when and how often it is told.
 */
export interface ReportDesk {
  send(report: Report, now: Instant): void;
  /** When the next delayed report is due; undefined when none waits. */
  nextDue(): Instant | undefined;
  /** Sends what is due by `now`. */
  release(now: Instant): void;
  /** Sends everything that is still held back: the day is over. */
  releaseAll(): void;
  save(): SavedDesk;
  restore(saved: SavedDesk): void;
}

export interface SavedDesk {
  readonly sent: number;
  readonly executions: number;
  readonly held: Report | null;
  readonly delayed: readonly { readonly due: Instant; readonly report: Report }[];
}

export function createReportDesk(faults: Static<typeof Faults>, emit: (report: Report) => void): ReportDesk {
  let sent = 0;
  let executions = 0;
  let held: Report | null = null;
  let delayed: { readonly due: Instant; readonly report: Report }[] = [];
  const every = (n: number, count: number) => n > 0 && count % n === 0;

  function leave(report: Report): void {
    if (every(faults.reorderEvery, ++sent) && held === null) {
      held = report;
      return;
    }
    emit(report);
    if (report.name === 'execution' && report.body.execution > 0 && every(faults.duplicateEvery, ++executions)) emit(report);
    if (held === null) return;
    emit(held);
    held = null;
  }

  return {
    send(report, now) {
      if (faults.delayMicros > 0) delayed.push({ due: now + faults.delayMicros, report });
      else leave(report);
    },
    nextDue: () => delayed[0]?.due,
    release(now) {
      while (delayed[0] !== undefined && delayed[0].due <= now) leave((delayed.shift() as { report: Report }).report);
    },
    releaseAll() {
      for (const { report } of delayed.splice(0)) leave(report);
      if (held !== null) emit(held);
      held = null;
    },
    save: () => ({ sent, executions, held, delayed }),
    restore(saved) {
      ({ sent, executions, held } = saved);
      delayed = [...saved.delayed];
    },
  };
}
