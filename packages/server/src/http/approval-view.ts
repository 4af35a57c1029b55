import type { AnswerOf } from '@meridian/api';
import { type Bilingual, canonicalJson, formatInstant } from '@meridian/base';
import { APPROVAL_STATES, type Approval, type Approvals, openDuties, type Principal } from '@meridian/security';

export type { Approvals };

type Shown = AnswerOf<'GET /v1/approvals/{approval}'>;

const TITLES: Readonly<Record<string, Bilingual>> = {
  'limit.change': { zh: '调整额度', en: 'Change a limit' },
  'user.manage': { zh: '变更用户', en: 'Change a user' },
  'kill.release': { zh: '恢复交易', en: 'Release the kill switch' },
  'journal.reverse': { zh: '红字冲销', en: 'Reverse a journal' },
  withdrawal: { zh: '出金', en: 'Withdrawal' },
};

/** Rises with every opinion and with the end: what a checker saw is what a checker decides on. */
export const approvalVersion = ({ decisions, state }: Approval): number =>
  decisions.length + (state === 'waiting' ? 0 : 100 * (1 + APPROVAL_STATES.indexOf(state)));

export function approvalView(approval: Approval, principal: Principal, mayDecide: boolean): Shown {
  const { id, kind, target, duties, state, maker, madeAt, expiresAt, reason, note, diff, decisions } = approval;
  const open = openDuties(approval);
  return {
    ...{ approval: id, kind, title: { ...(TITLES[kind] ?? { zh: kind, en: kind }) }, target },
    ...{ duty: (open[0] ?? duties[0]) as string, needs: duties.length, state, maker },
    ...{
      made: formatInstant(madeAt),
      expires: formatInstant(expiresAt),
      reason: note === null ? reason : `${reason} — ${note}`,
    },
    ...{ mine: maker === principal.user, mayDecide, version: approvalVersion(approval) },
    diff: diff.map(({ field, before, after }) => ({ field, before: textOf(before), after: textOf(after) })),
    decisions: decisions.map(({ checker, verdict, reason: why, at }) => ({
      ...{ checker, verdict, reason: why, at: formatInstant(at) },
    })),
  };
}

function textOf(value: unknown): string | null {
  if (value === null || value === undefined) return null;
  return (typeof value === 'string' ? value : canonicalJson(value)).slice(0, 400);
}

/** What somebody is told whose request waits. */
export const waitsFor = ({ id, state, expiresAt }: Approval): AnswerOf<'POST /v1/users'> => ({
  ...{ approval: id, state, expires: formatInstant(expiresAt) },
});
