import type { Instant, Logger } from '@meridian/base';
import type { Clearing } from '@meridian/clearing';
import type { MarketFacts } from '@meridian/market';
import type { NumberedEvent } from '@meridian/messages';
import type { RiskMonitor } from '@meridian/risk';
import type { Action, Principal } from '@meridian/security';
import type { Database, Queryable } from '@meridian/store';
import type { OrderSource } from '../board/order-source.ts';
import type { Cursors } from '../http/cursor.ts';
import type { Operations } from '../http/operations.ts';
import type { NodeStatus } from '../status.ts';

/** What the read side of the public interface looks at. Nothing here changes the books. */
export interface ReadingHouse {
  readonly mode: 'demo' | 'production';
  readonly database: Database;
  /** Reads in one snapshot. What a client's user is shown is confirmed by row security besides. */
  readonly read: Reader;
  /** The board: what the books do not know of orders that were never filled. */
  readonly orders: Pick<OrderSource, 'find'>;
  readonly risk: Pick<RiskMonitor, 'snapshot' | 'positions'>;
  readonly facts: MarketFacts;
  readonly cursors: Cursors;
  readonly operations: Pick<Operations, 'start'>;
  /** The clearing room, under its own locks. */
  readonly clearing: Pick<Clearing, 'run'>;
  readonly logger: Logger;
  businessNow(): Instant;
  nodes(): Promise<readonly NodeStatus[]>;
  /** The committed events of one command of a market; undefined where the market or the sequence number is not there. */
  eventsAt(market: string, seq: number): Promise<readonly NumberedEvent[] | undefined>;
  /** What the policies let this session do to something. */
  allowed(principal: Principal): ReadonlySet<Action>;
  /** Requests that wait for this session's decision. */
  approvals(principal: Principal): Promise<number>;
}

export type Reader = <T>(principal: Principal, work: (db: Queryable) => Promise<T>) => Promise<T>;

/** Everything as of one moment, in a transaction that cannot write. */
export const snapshotReader =
  (database: Database): Reader =>
  (_, work) =>
    database.transaction(work, { isolation: 'repeatable read', readOnly: true });
