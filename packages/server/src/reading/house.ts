import type { AnswerOf } from '@meridian/api';
import type { Bilingual, Instant, Logger } from '@meridian/base';
import type { Clearing } from '@meridian/clearing';
import type { MarketFacts } from '@meridian/market';
import type { NumberedEvent } from '@meridian/messages';
import type { RiskMonitor } from '@meridian/risk';
import type { Action, Principal } from '@meridian/security';
import type { Database, Queryable } from '@meridian/store';
import type { NodeStatus } from '../status.ts';

/** What the read side of the public interface looks at. Nothing here changes the books. */
export interface ReadingHouse {
  readonly mode: 'demo' | 'production';
  readonly database: Database;
  /** Reads in one snapshot, under the row security of whoever asks. */
  readonly read: Reader;
  readonly risk: Pick<RiskMonitor, 'snapshot' | 'positions'>;
  readonly facts: MarketFacts;
  readonly cursors: Cursors;
  readonly operations: Operations;
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

/** Where a walk over a list stands: the last row's key, and the books' command that the whole walk is as of. */
export interface Place {
  readonly after: readonly string[];
  readonly asOf: number;
}

/** Cursors are signed and bound to route and query: one that was made up or moved elsewhere is refused. */
export interface Cursors {
  /** @throws Problem CURSOR_INVALID */
  open(route: string, query: object, cursor: string): Place;
  next(route: string, query: object, place: Place): string;
}

/** Something that takes its time, started and watched by the house. */
export interface Operations {
  start(job: {
    readonly kind: string;
    readonly target: string;
    readonly by: Principal;
    /** Idempotency key: the second start of one user under one key is the first. */
    readonly key: string;
    readonly work: (tell: (text: Bilingual) => Promise<void>) => Promise<Readonly<Record<string, unknown>>>;
  }): Promise<AnswerOf<'GET /v1/operations/{operation}'>>;
}
