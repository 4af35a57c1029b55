import type { AccountCommand } from '@meridian/accounts';
import type { Execution } from '@meridian/security';
import type { Queryable, Transaction } from '@meridian/store';
import { reasonOf } from '../process/child.ts';
import type { ApprovalDesk } from './approval-desk.ts';

/**
 * Commands of the books that a request makes. The books have a transaction of their own, so the command is named after its
 * request: asked again after a crash, the books say whether it stands there already.
 */
const commandOf = (approval: string): string => `approval:${approval}`;

type Order = {
  [K in AccountCommand['kind']]: Pick<Extract<AccountCommand, { kind: K }>, 'kind' | 'body'>;
}[AccountCommand['kind']];

/**
 * Executes it with maker and checker of the request. Its line in the audit log, and whatever `verify` finds wrong, stand or
 * fall with it.
 * @throws Problem of the command, or of `verify`
 */
export async function executeOnBooks(
  desk: ApprovalDesk,
  kind: string,
  { id, target, maker, checkers }: Execution,
  order: Order,
  verify: (tx: Transaction) => Promise<void> = async () => {},
): Promise<void> {
  const command = { ...order, id: commandOf(id), at: desk.businessNow(), maker, checker: checkers[0] } as AccountCommand;
  await desk.accounts.execute(command, {
    async within(tx) {
      await verify(tx);
      await desk.audit.append(tx, {
        ...{ actor: 'system', duty: 'system', action: kind, target: `${kind} ${target}`.slice(0, 200), outcome: 'done' },
        params: { approval: id, kind: order.kind, checker: checkers.join(' ') },
      });
    },
  });
  // The books have it. Who has not heard of it yet hears when the clock next moves.
  await desk.booksChanged().catch((error: unknown) => desk.logger.warn('books changed unheard', { reason: reasonOf(error) }));
}

/** Whether the books hold the command of a request. */
export async function isOnBooks(approval: string, over: Queryable): Promise<boolean> {
  return (await over.query('SELECT 1 FROM accounts.command WHERE id = $1', [commandOf(approval)])).rowCount > 0;
}
