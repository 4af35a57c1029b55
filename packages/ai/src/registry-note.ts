import type { AuditValue } from '@meridian/security';
import type { Transaction } from '@meridian/store';
import type { Actor } from './governance.ts';
import { problem } from './problems.ts';

/** Notes in the audit log what somebody did to the registry, in the same transaction. @returns its number there */
export type Note = (
  tx: Transaction,
  actor: Actor,
  action: string,
  target: string,
  params: Record<string, AuditValue>,
) => Promise<bigint>;

/** Models are opened, taught and registered by who owns them. @throws Problem MODEL_DUTY_REFUSED */
export function refuseOtherDuty(actor: Actor, command: string): void {
  if (actor.duty !== 'model-owner') throw problem('MODEL_DUTY_REFUSED', { command, needed: 'model-owner', duty: actor.duty });
}
