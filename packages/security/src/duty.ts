/**
 * The duty in which somebody acts. `operator` is whoever holds the machine's own command line, `system` the house itself;
 * neither is ever given to a user. DS-10.
 */
export const DUTIES = [
  'trader',
  'client',
  'risk',
  'clearing',
  'compliance',
  'security',
  'auditor',
  'model-owner',
  'model-validator',
  'administrator',
] as const;
export type UserDuty = (typeof DUTIES)[number];
export type Duty = UserDuty | 'operator' | 'system';

/**
 * Duties that check each other and are never held by one person: who trades does not set limits, book or clear; who
 * administers users does no business; who audits does nothing else; who builds a model does not validate it; a client is
 * nobody of the firm. DS-10, AI-a.
 */
const APART: readonly (readonly [UserDuty, readonly UserDuty[]])[] = [
  [
    'client',
    ['trader', 'risk', 'clearing', 'compliance', 'security', 'auditor', 'model-owner', 'model-validator', 'administrator'],
  ],
  ['auditor', ['trader', 'risk', 'clearing', 'compliance', 'security', 'model-owner', 'model-validator', 'administrator']],
  ['administrator', ['trader', 'risk', 'clearing', 'compliance', 'security', 'model-owner', 'model-validator']],
  ['trader', ['risk', 'clearing', 'compliance', 'security']],
  ['clearing', ['risk', 'compliance', 'security']],
  ['security', ['risk', 'model-owner']],
  ['model-owner', ['model-validator', 'risk', 'compliance']],
];

/** The first two of `duties` that one person may not hold together. */
export function conflictOf(duties: readonly UserDuty[]): readonly [UserDuty, UserDuty] | undefined {
  for (const [one, others] of APART) {
    if (!duties.includes(one)) continue;
    const other = others.find((each) => duties.includes(each));
    if (other !== undefined) return [one, other];
  }
  return undefined;
}
