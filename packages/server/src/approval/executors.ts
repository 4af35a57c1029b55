import type { Bilingual } from '@meridian/base';
import type { ApprovalExecutor } from '@meridian/security';
import type { ApprovalDesk } from './approval-desk.ts';
import { journalReverse } from './journal-reverse.ts';
import { killRelease } from './kill-release.ts';
import { limitChange } from './limit-change.ts';
import { userManage } from './user-manage.ts';
import { withdrawal } from './withdrawal.ts';

/** Everything in the house that needs a second person, and what it is called. DS-10, RC-d, CL-e, UA-4 */
export interface HouseExecutors {
  readonly executors: readonly ApprovalExecutor[];
  /** @returns the kind's title; the kind itself for one that this version does not know any more */
  title(kind: string): Bilingual;
}

export function houseExecutors(desk: ApprovalDesk): HouseExecutors {
  const all = [limitChange(desk), userManage(desk), killRelease(desk), journalReverse(desk), withdrawal(desk)];
  const titles = new Map(all.map(({ kind, title }) => [kind, title]));
  return {
    executors: all as unknown as readonly ApprovalExecutor[],
    title: (kind) => titles.get(kind) ?? { zh: kind, en: kind },
  };
}
