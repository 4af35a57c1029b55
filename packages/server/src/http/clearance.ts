import type { Principal, UserDuty } from '@meridian/security';

/** Duties that need clients' data as they are to do their work. DS-7. */
const CLEARED: readonly UserDuty[] = ['trader', 'risk', 'clearing', 'compliance', 'security', 'auditor'];

/** What people other than those read unmasked, because it is about users and not about clients. */
const OF_USERS: Readonly<Record<string, readonly UserDuty[]>> = {
  users: ['administrator'],
  approvals: ['administrator', 'model-owner', 'model-validator'],
};

/**
 * Whether an answer is shown as it is. One's own session and credentials always are; so is everything a client's user may
 * ask for, which is their own. The firm's people are cleared at home only, and not those who run machines or models.
 */
export function isCleared(principal: Principal, tag: string): boolean {
  if (tag === 'session' || principal.duties.includes('client')) return true;
  if (principal.jurisdiction !== 'CN') return false;
  const duties = [...CLEARED, ...(OF_USERS[tag] ?? [])];
  return principal.duties.some((duty) => duties.includes(duty));
}
