import { InvariantError, invariant } from '@meridian/base';
import type { EventSink, StateMachine } from '@meridian/log';
import {
  type CommandBody,
  commandName,
  decodeCommand,
  EVENT_TYPE,
  Execution,
  HedgeIntent,
  MarkSet,
  NO_PRICE,
  RateSetApplied,
  SessionIn,
  SessionOut,
  SessionReset,
  COMMAND_TYPE as T,
} from '@meridian/messages';
import { applyFact, applyHot, beginCommand, endCommand, sayFact } from './client-node.ts';
import { ClientState } from './client-state.ts';
import { takeIntent } from './hedge-intent.ts';
import { applyHedgeFact, applyHedgeHot, beginHedgeCommand } from './hedge-node.ts';
import {
  type ExecutionPort,
  type ExecutionReport,
  type Intent,
  type IntentPort,
  newExecutionReport,
  newIntent,
} from './hedge-port.ts';
import { HedgeState } from './hedge-state.ts';
import { executeOrder } from './order-execution.ts';
import type { PositionTable } from './position-table.ts';
import type { SessionTable } from './reference-table.ts';
import { SnapshotReader, SnapshotWriter } from './snapshot.ts';

/**
 * The engine's behaviour this code brings; it runs the version before it as well, until a command says otherwise.
 * 1 orders, hedges, restrictions. 2 kill switches: before it, the command is refused and changes nothing.
 */
export const ENGINE_VERSION = 2;

export interface ListingName {
  readonly mic: string;
  readonly symbol: string;
  readonly currency: string;
}

/** Which halves run over this log: both (co-located, the default), or one of them apart. TC-6. */
export type Placement = 'co-located' | 'client' | 'hedge';

/**
 * A market's node as the log drives it. Co-located, client and hedge node share process, log and sequence numbers and
 * nothing else: each sees of the other only the messages of hedge-port.ts. Apart, intents leave a client node as
 * `hedge-intent` events and executions leave a hedge node as `execution` events, and enter the other as commands.
 */
export class MarketNode implements StateMachine {
  readonly market: string;
  readonly placement: Placement;
  client: ClientState;
  hedge: HedgeState;
  version = 0;
  /** What the door writes where the engine has a dense id: MIC, symbol and currency of a listing. */
  listings = new Map<number, ListingName>();

  constructor(market: string, placement: Placement = 'co-located') {
    this.market = market;
    this.placement = placement;
    this.client = new ClientState(this.#intents());
    this.hedge = new HedgeState(market, this.#executions());
  }

  /** An intent is always told as an event; co-located it is also acted on at once. */
  #intents(): IntentPort {
    const message = newIntent();
    const send = (): void => {
      emitIntent(this.client.out, message);
      if (this.placement === 'co-located') takeIntent(this.hedge, message);
    };
    return { message, send };
  }

  #executions(): ExecutionPort {
    const message = newExecutionReport();
    const send = (): void => {
      if (this.placement === 'co-located') executeOrder(this.client, message);
      else emitExecution(this.hedge.out, message);
    };
    return { message, send };
  }

  apply(view: DataView, offset: number, seq: number, out: EventSink): void {
    const length = view.getUint32(offset, true);
    const type = view.getUint16(offset + 4, true);
    const time = view.getFloat64(offset + 8, true);
    invariant(time >= this.client.time, 'business time never goes back');
    beginHedgeCommand(this.hedge, seq, time, out);
    beginCommand(this.client, seq, time, out);
    if (type >= T['engine-version']) this.#fact(view, offset, type, out);
    else if (!this.#hot(type, view, offset, length)) this.#session(type, view, offset + 16);
    endCommand(this.client);
  }

  #hot(type: number, view: DataView, offset: number, length: number): boolean {
    if (this.placement !== 'hedge' && applyHot(this.client, type, view, offset, length)) return true;
    return this.placement !== 'client' && applyHedgeHot(this.hedge, type, view, offset, length);
  }

  /** Numbers of sessions that changed without an order command. Unknown sessions and types change nothing. */
  #session(type: number, view: DataView, at: number): void {
    if (type !== T['session-out'] && type !== T['session-in'] && type !== T['session-reset']) {
      if (commandName(type) === undefined) throw new InvariantError(`command type ${type} is unknown to this program`);
      return;
    }
    const session = view.getUint32(at + SessionOut.at.session, true);
    const table = this.sessionTable(session);
    if (table === undefined) return;
    if (type === T['session-out']) table.takeOut(session);
    else if (type === T['session-in']) table.consumed(session, view.getFloat64(at + SessionIn.at.inSeq, true));
    else {
      table.nextIn[session] = view.getFloat64(at + SessionReset.at.nextIn, true);
      table.nextOut[session] = view.getFloat64(at + SessionReset.at.nextOut, true);
      table.resetAt[session] = this.client.seq;
    }
  }

  /** What clients hold, units long less short, flat positions left out: for tie-outs and screens. */
  *clientPositions(): Generator<HeldPosition> {
    yield* heldIn(this.client.positions);
  }

  /** The same of the house's trading accounts. */
  *hedgePositions(): Generator<HeldPosition> {
    yield* heldIn(this.hedge.accounts.positions);
  }

  /** The reference price of a listing as the log holds it; undefined before the first two-sided one. */
  quote(listing: number): { readonly bid: number; readonly ask: number; readonly sourceTime: number } | undefined {
    const { known, bid, ask, sourceTime } = this.client.listings;
    if (known[listing] !== 1) return undefined;
    const [b, a] = [bid[listing] as number, ask[listing] as number];
    return b === NO_PRICE || a === NO_PRICE ? undefined : { bid: b, ask: a, sourceTime: sourceTime[listing] as number };
  }

  /** Where a session's numbers stand; undefined for one this node does not know. */
  sessionTable(session: number): SessionTable | undefined {
    if (this.client.sessions.has(session)) return this.client.sessions;
    return this.hedge.sessions.has(session) ? this.hedge.sessions : undefined;
  }

  #fact(view: DataView, offset: number, type: number, out: EventSink): void {
    const fact = decodeCommand(view, offset);
    if (fact.name === 'engine-version') {
      const { version } = fact.body;
      const runs = version === ENGINE_VERSION || version === ENGINE_VERSION - 1;
      invariant(runs && version >= this.version, () => `engine version ${version} cannot run here`);
      this.version = version;
      sayFact(out, type, version);
      return;
    }
    if (fact.name === 'closing-mark') {
      emitMark(out, fact.body);
      sayFact(out, type, fact.body.listing);
      return;
    }
    if (fact.name === 'kill-switch' && this.version < 2) {
      sayFact(out, type, 0);
      return;
    }
    const asClient = this.placement === 'hedge' ? -1 : applyFact(this.client, fact);
    const asHedge = this.placement === 'client' ? -1 : applyHedgeFact(this.hedge, fact);
    if (asClient < 0 && asHedge < 0) return;
    if (fact.name === 'define-listing' && asClient > 0) {
      const { listing, mic, symbol, currency } = fact.body;
      this.listings.set(listing, { mic, symbol, currency });
    }
    // Both halves take it or it counts as refused.
    sayFact(out, type, asClient < 0 ? asHedge : asHedge < 0 ? asClient : Math.min(asClient, asHedge));
    if (fact.name === 'apply-rate-set' && asClient > 0) {
      const at = out.begin(EVENT_TYPE['rate-set-applied']);
      out.end(RateSetApplied.write(out.view, at, { rateSet: fact.body.rateSet, publishedAt: fact.body.publishedAt }));
    }
  }

  save(): Uint8Array {
    const writer = new SnapshotWriter();
    writer.json({ market: this.market, placement: this.placement, version: this.version, listings: [...this.listings] });
    this.client.save(writer);
    this.hedge.save(writer);
    return writer.finish();
  }

  restore(bytes: Uint8Array): void {
    const reader = new SnapshotReader(bytes);
    const head = reader.json() as {
      market: string;
      placement: Placement;
      version: number;
      listings: [number, ListingName][];
    };
    invariant(head.market === this.market && head.placement === this.placement, 'a snapshot belongs to its node');
    this.version = head.version;
    this.listings = new Map(head.listings);
    this.client = new ClientState(this.client.hedge);
    this.hedge = new HedgeState(this.market, this.hedge.client);
    this.client.restore(reader);
    this.hedge.restore(reader);
    reader.end();
  }
}

function emitIntent(out: EventSink, m: Intent): void {
  const at = out.begin(EVENT_TYPE['hedge-intent']);
  const v = out.view;
  const I = HedgeIntent.at;
  v.setFloat64(at + I.intent, m.intent, true);
  v.setUint8(at + I.action, m.action);
  v.setUint32(at + I.route, m.route, true);
  v.setUint32(at + I.listing, m.listing, true);
  v.setUint8(at + I.side, m.side);
  v.setUint8(at + I.effect, m.effect);
  v.setUint8(at + I.type, m.type);
  v.setUint8(at + I.tif, m.tif);
  v.setFloat64(at + I.quantity, m.quantity, true);
  v.setFloat64(at + I.price, m.price, true);
  out.end(at + HedgeIntent.fixedBytes);
}

function emitExecution(out: EventSink, e: ExecutionReport): void {
  const at = out.begin(EVENT_TYPE.execution);
  out.end(Execution.write(out.view, at, e));
}

function emitMark(out: EventSink, body: CommandBody<'closing-mark'>): void {
  const at = out.begin(EVENT_TYPE['mark-set']);
  const { listing, price, sourceTime, date } = body;
  out.end(MarkSet.write(out.view, at, { listing, price, kind: body.kind === 'closing-print' ? 1 : 2, sourceTime, date }));
}

/** A position as others see it. `owner`: a business account, or a dense trading account of the house. */
export interface HeldPosition {
  readonly owner: number;
  readonly listing: number;
  readonly quantity: number;
}

function* heldIn(table: PositionTable): Generator<HeldPosition> {
  for (const row of table.rows()) {
    const quantity = (table.long[row] as number) - (table.short[row] as number);
    if (quantity !== 0) yield { owner: table.owner[row] as number, listing: table.listing[row] as number, quantity };
  }
}
