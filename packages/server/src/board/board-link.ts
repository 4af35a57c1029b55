import { isProblem, type Logger } from '@meridian/base';
import type { OrderBoard } from '@meridian/trading';
import { readEvents } from '../link/event-batch.ts';
import type { Position, ProcessClient } from '../link/rpc.ts';
import { reasonOf } from '../process/child.ts';

/** The board's end of a market's event stream. The board is memory: it begins anew with the process, at the oldest event kept. */
export interface BoardLink {
  close(): Promise<void>;
}

export interface BoardLinkOptions {
  readonly market: string;
  readonly node: ProcessClient;
  readonly board: OrderBoard;
  /** Told which orders changed, once for everything a node committed together. */
  readonly onChange: (orders: readonly string[]) => void;
  readonly logger: Logger;
}

const CONSUMER = 'board';
const RETRY_MS = 500;

export function openBoardLink({ market, node, board, onChange, logger }: BoardLinkOptions): BoardLink {
  const abort = new AbortController();
  let from: Position = { seq: 0, k: 0 };

  async function pull(): Promise<void> {
    for await (const bytes of node.tail({ consumer: CONSUMER, from }, abort.signal)) {
      const changed = new Set<string>();
      for (const event of readEvents(bytes)) {
        for (const order of board.apply(market, event)) changed.add(order);
        from = { seq: event.header.seq, k: event.header.k };
      }
      onChange([...changed]);
    }
  }

  async function keepPulling(): Promise<void> {
    while (!abort.signal.aborted) {
      await pull().catch((error: unknown) => {
        // What the node no longer keeps is in the books; the board shows the rest.
        if (isProblem(error, 'LOG_TRIMMED')) from = { seq: Number(error.params['first']), k: 0 };
        else logger.warn('board stream interrupted', { market, reason: reasonOf(error) });
      });
      if (!abort.signal.aborted) await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }

  const running = keepPulling();
  return {
    async close() {
      abort.abort();
      await running;
    },
  };
}
