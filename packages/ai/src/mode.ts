import type { Instant } from '@meridian/base';
import { instantParameter, type Queryable, type Transaction } from '@meridian/store';
import type { Actor } from './governance.ts';
import { problem } from './problems.ts';

/** The switch over all models (AI 总开关): with `rules`, no model answers anybody. */
export type Mode = 'model' | 'rules';

export async function readMode(over: Queryable): Promise<Mode> {
  const { rows } = await over.query<{ mode: Mode }>('SELECT mode FROM ai.mode_change ORDER BY no DESC LIMIT 1');
  return rows[0]?.mode ?? 'model';
}

export async function setMode(
  tx: Transaction,
  mode: Mode,
  reason: string,
  actor: Actor,
  at: Instant,
  note: (tx: Transaction, actor: Actor, action: string, target: string, params: { mode: Mode }) => Promise<bigint>,
): Promise<void> {
  const duties: readonly string[] = mode === 'rules' ? ['risk', 'compliance', 'system', 'operator'] : ['risk', 'compliance'];
  if (!duties.includes(actor.duty))
    throw problem('MODEL_DUTY_REFUSED', { command: `switch to ${mode}`, needed: duties.join(', '), duty: actor.duty });
  const auditNo = await note(tx, actor, 'model mode', mode, { mode });
  await tx.query(
    `INSERT INTO ai.mode_change (mode, actor, team, duty, reason, at, audit_no) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
    [mode, actor.user, actor.team, actor.duty, reason, instantParameter(at), auditNo],
  );
}
