import { invariant } from '@meridian/base';
import type { Transaction } from '@meridian/store';
import { hashOf, type StepOutput, type StepScope } from '../step.ts';

/** Makes this attempt the one that its batch stands by, once and for ever; `outputHash` proves what it says. CL-e */
export async function goLive<C>(tx: Transaction, scope: StepScope<C>, outputHash: string): Promise<StepOutput> {
  const { rowCount } = await tx.query(
    `UPDATE clearing.batch SET live_attempt = $2, published_at = $3, output_hash = $4
      WHERE batch = $1 AND live_attempt IS NULL`,
    [scope.batch, scope.attempt, scope.at, outputHash],
  );
  invariant(rowCount === 1, 'a batch is published once');
  return { outputHash: hashOf(['published', outputHash]), rowsIn: 1, rowsOut: 1, summary: { at: scope.at } };
}
