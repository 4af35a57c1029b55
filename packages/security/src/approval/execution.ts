import { type Instant, InvariantError, isProblem } from '@meridian/base';
import type { Transaction } from '@meridian/store';
import type { Approval, ApprovalExecutor, ApprovalState } from './approval.ts';
import type { ApprovalsOptions } from './inbox.ts';
import { contentHash, moveApproval, readApproval } from './record.ts';

/** What is noted of a request whose target is no longer what it was made against. */
export const CONFLICT = 'CONFLICT';

interface ExecutionOptions extends Omit<ApprovalsOptions, 'executors'> {
  readonly executors: ReadonlyMap<string, ApprovalExecutor>;
}

export interface ApprovalExecution {
  /** Brings an approved request to its end. @returns false when it has to be tried again */
  settle(id: string): Promise<boolean>;
  noteExpiry(tx: Transaction, request: Approval, at: Instant): Promise<void>;
}

/**
 * From approved to the end. Effect, state and audit entry commit together; a crash at any moment leaves the request
 * approved, and it is executed when the house comes back — once, because whoever executes holds its row.
 */
export function openExecution(options: ExecutionOptions): ApprovalExecution {
  const { database, audit, clock, executors } = options;

  async function end(tx: Transaction, request: Approval, at: Instant, state: ApprovalState, note: string | null = null) {
    await moveApproval(tx, request.id, state, at, note);
    // Last: until the commit nobody else appends to the audit log.
    await audit.append(tx, {
      actor: 'system',
      duty: 'system',
      action: 'approval.settle',
      target: `${request.kind} ${request.target}`,
      params: {
        approval: request.id,
        kind: request.kind,
        content_hash: contentHash({ state, note, payload: request.payload }),
      },
      outcome: note === null ? state : `${state}: ${note}`,
    });
  }

  async function execute(tx: Transaction, id: string): Promise<void> {
    const request = await readApproval(tx, id, 'FOR UPDATE');
    if (request.state !== 'approved') return;
    const at = Math.max(clock.now(), request.stateAt);
    const executor = executors.get(request.kind);
    const isDone = (await executor?.isDone?.(id, tx)) ?? false;
    // It took effect in its time; only this line was missing.
    if (isDone) await end(tx, request, Math.min(at, request.expiresAt - 1), 'executed');
    else if (at >= request.expiresAt) await end(tx, request, at, 'expired');
    else if (executor === undefined) throw new InvariantError(`nobody executes ${request.kind}`);
    else if ((await executor.read(request.target, tx)).version !== request.version)
      await end(tx, request, at, 'returned', CONFLICT);
    else {
      const { target, maker } = request;
      const checkers = request.decisions.map(({ checker }) => checker);
      await executor.execute(tx, executor.validate(request.payload, target), { id, target, maker, checkers, at });
      await end(tx, request, at, 'executed');
    }
  }

  async function attempt(id: string): Promise<void> {
    try {
      await database.transaction((tx) => execute(tx, id));
    } catch (error) {
      if (!isProblem(error) || error.status >= 500) throw error;
      // The executor's refusal undid what it had begun; what remains is to say so.
      await database.transaction(async (tx) => {
        const request = await readApproval(tx, id, 'FOR UPDATE');
        if (request.state === 'approved') await end(tx, request, Math.max(clock.now(), request.stateAt), 'failed', error.code);
      });
    }
  }

  // One at a time: an executor may need a connection of its own beside the one that holds the request.
  let line: Promise<unknown> = Promise.resolve();
  return {
    noteExpiry: (tx, request, at) => end(tx, request, at, 'expired'),
    settle(id) {
      const turn = line.then(async () => {
        try {
          await attempt(id);
          await audit.checkpoint();
          return true;
        } catch (error) {
          options.onFault(id, error);
          return false;
        }
      });
      line = turn;
      return turn;
    },
  };
}
