import type { Logger } from '@meridian/base';
import type { Database } from '@meridian/store';
import { OrderBoard } from '@meridian/trading';
import type { ProcessClient } from '../link/rpc.ts';
import { reasonOf } from '../process/child.ts';
import { openBoardLink } from './board-link.ts';
import { orderNames } from './order-names.ts';
import { type OrderSource, orderSource } from './order-source.ts';
import { type OrderView, orderView } from './order-view.ts';

/** All orders of all markets, live: as a source of answers and as a view for the stream. */
export interface DeskBoard {
  readonly source: OrderSource;
  readonly view: OrderView;
  /** The newest sequence number of each market on the board. */
  seq(): Readonly<Record<string, number>>;
  close(): Promise<void>;
}

/** Names are read again so often while orders name accounts or listings that nobody has told of. */
const NAMES_AGAIN_MS = 1_000;

export async function openDeskBoard(
  nodes: ReadonlyMap<string, ProcessClient>,
  database: Database,
  logger: Logger,
): Promise<DeskBoard> {
  const board = new OrderBoard();
  const names = orderNames(database);
  const view = orderView(board, names);
  const nameless = new Set<string>();
  await names.refresh();

  async function nameAgain(): Promise<void> {
    if (nameless.size === 0) return;
    await names.refresh();
    const named = [...nameless].filter((order) => isNamed(order));
    for (const order of named) nameless.delete(order);
    view.changed(named);
  }
  const timer = setInterval(() => {
    nameAgain().catch((error: unknown) => logger.warn('names of orders not read', { reason: reasonOf(error) }));
  }, NAMES_AGAIN_MS);
  timer.unref();

  function isNamed(order: string): boolean {
    const row = board.row(order);
    return row === undefined || (names.account(row.account) !== undefined && names.listing(row.listing) !== undefined);
  }

  const links = [...nodes].map(([market, node]) =>
    openBoardLink({
      ...{ market, node, board, logger },
      onChange(orders) {
        for (const order of orders) if (!isNamed(order)) nameless.add(order);
        view.changed(orders);
      },
    }),
  );
  const markets = [...nodes.keys()];
  return {
    source: orderSource(board, names, database, markets),
    view,
    seq: () => Object.fromEntries(markets.map((market) => [market, board.position(market).seq])),
    async close() {
      clearInterval(timer);
      await Promise.all(links.map((link) => link.close()));
    },
  };
}
