import type { EventSink } from '@meridian/log';
import { BOOKINGS_KEPT, CELLS_PER_ORDER } from './bounds.ts';
import { CellTable } from './cell-table.ts';
import { FillTable } from './fill-table.ts';
import type { IntentPort } from './hedge-port.ts';
import { type EngagedSwitch, KillSwitches } from './kill-switches.ts';
import { OrderTable } from './order-table.ts';
import { PositionTable } from './position-table.ts';
import { AccountTable, CurrencyTable, ListingTable, PairSet, RouteTable, SessionTable } from './reference-table.ts';
import { RequestTable } from './request-table.ts';
import type { SnapshotReader, SnapshotWriter } from './snapshot.ts';
import { TradingDayClock } from './trading-day.ts';

/**
 * Everything a client node knows. Who trades, and what each may still do; nothing about children, venues or trading
 * accounts: those are the hedge node's, behind {@link IntentPort}.
 */
export class ClientState {
  readonly currencies = new CurrencyTable();
  readonly listings = new ListingTable();
  readonly accounts = new AccountTable();
  readonly routes = new RouteTable();
  readonly sessions = new SessionTable();
  readonly cells = new CellTable();
  readonly positions = new PositionTable();
  readonly orders = new OrderTable();
  readonly requests = new RequestTable();
  readonly fills = new FillTable();
  readonly day = new TradingDayClock();
  readonly groupLists = new PairSet();
  readonly clientLists = new PairSet();
  /** Restriction by client: 0 none, 1 reduce only, 2 halt. */
  readonly clientRestrictions = new PairSet();
  /** Of the firm and of this market. */
  firmRestriction = 0;
  marketRestriction = 0;
  /** What people have stopped; engine version 2. */
  readonly kills = new KillSwitches();
  /** Bookings already applied, oldest first. */
  bookings: string[] = [];
  /** Business time of the newest command. */
  time = 0;
  seq = 0;

  readonly verdict = new Verdict();
  /** What the order being checked needs of each of its account's cells. Scratch, not state. */
  readonly need = new Float64Array(CELLS_PER_ORDER);
  /** What a fill's order still needs of them for its leaves. Scratch, not state. */
  readonly rest = new Float64Array(CELLS_PER_ORDER);
  readonly hedge: IntentPort;
  /** Set for the duration of one command. */
  out!: EventSink;

  constructor(hedge: IntentPort) {
    this.hedge = hedge;
  }

  /** @returns whether the booking is new. */
  remember(booking: string): boolean {
    if (this.bookings.includes(booking)) return false;
    this.bookings.push(booking);
    if (this.bookings.length > BOOKINGS_KEPT) this.bookings.shift();
    return true;
  }

  save(to: SnapshotWriter): void {
    for (const table of this.#tables()) table.save(to);
    const { firmRestriction, marketRestriction, bookings, time, seq } = this;
    to.json({ firmRestriction, marketRestriction, bookings, time, seq, engaged: this.kills.engaged() });
  }

  restore(from: SnapshotReader): void {
    for (const table of this.#tables()) table.restore(from);
    // A snapshot of engine version 1 has no switches.
    const { engaged = [], ...rest } = from.json() as { engaged?: readonly EngagedSwitch[] };
    Object.assign(this, rest);
    this.kills.restore(engaged);
  }

  #tables() {
    const { currencies, listings, accounts, routes, sessions, cells, positions, orders, requests, fills, day } = this;
    const { groupLists, clientLists, clientRestrictions } = this;
    const facts = [currencies, listings, accounts, routes, sessions, cells, groupLists, clientLists, clientRestrictions];
    return [...facts, positions, orders, requests, fills, day];
  }
}

/** Why a request was refused, in numbers: the rule's limit, what was used of it, asked for, and what would pass. */
export class Verdict {
  rejection = 0;
  cell = 0;
  limit = 0;
  used = 0;
  requested = 0;
  wouldPass = 0;

  clear(): void {
    this.rejection = 0;
    this.cell = 0;
    this.limit = 0;
    this.used = 0;
    this.requested = 0;
    this.wouldPass = 0;
  }

  refuse(rejection: number, limit = 0, used = 0, requested = 0, wouldPass = 0): number {
    this.rejection = rejection;
    this.cell = 0;
    this.limit = limit;
    this.used = used;
    this.requested = requested;
    this.wouldPass = wouldPass;
    return rejection;
  }
}
