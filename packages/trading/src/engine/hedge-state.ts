import type { EventSink } from '@meridian/log';
import { ChildTable } from './child-table.ts';
import { ExecutionTable } from './execution-table.ts';
import { hedgeKey } from './hedge-id.ts';
import type { ExecutionPort } from './hedge-port.ts';
import { RouteTable, SessionTable } from './reference-table.ts';
import type { SnapshotReader, SnapshotWriter } from './snapshot.ts';
import { TradingAccounts } from './trading-account.ts';

/**
 * Everything a hedge node knows: routes, trading accounts, children, the venue's executions. No client, account or
 * request of a client has a place here; what became of an intent leaves through {@link ExecutionPort}.
 */
export class HedgeState {
  readonly routes = new RouteTable();
  readonly sessions = new SessionTable();
  readonly accounts = new TradingAccounts();
  readonly children = new ChildTable();
  readonly executions = new ExecutionTable();
  readonly key: number;
  readonly client: ExecutionPort;
  time = 0;
  seq = 0;
  /** Requests to the venue so far in this command. */
  requests = 0;
  /** Set for the duration of one command. */
  out!: EventSink;

  constructor(market: string, client: ExecutionPort) {
    this.key = hedgeKey(market);
    this.client = client;
  }

  save(to: SnapshotWriter): void {
    for (const table of this.#tables()) table.save(to);
    to.json([this.time, this.seq]);
  }

  restore(from: SnapshotReader): void {
    for (const table of this.#tables()) table.restore(from);
    [this.time, this.seq] = from.json() as [number, number];
  }

  #tables() {
    return [this.routes, this.sessions, this.accounts, this.children, this.executions];
  }
}
