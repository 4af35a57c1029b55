import { formatTrimmed } from '@meridian/base';
import { type NumberedEvent, refusalUnit, rejectionCode } from '@meridian/messages';
import { STATUS } from '../engine/order-table.ts';
import { type BoardRejection, type BoardRow, type LifeStep, STEP_KINDS, type StepKind } from './board-row.ts';
import { clientIdOf } from './desk-id.ts';
import { OrderColumns, StepColumns } from './order-columns.ts';
import {
  AVERAGE_DIGITS,
  averagePrice,
  effectName,
  isOpen,
  orderState,
  priceText,
  sideName,
  tifName,
  typeName,
} from './order-state.ts';

/** Closed orders kept; when twice as many have gathered the older half is forgotten. Open ones always stay. */
const CLOSED_KEPT = 200_000;
/** Steps kept of one order; later ones still change its row. */
const STEPS_PER_ORDER = 1_000;
const NONE: readonly string[] = [];

/**
 * Orders of all markets as their events tell them: a pure fold that a stream, a screen or a test keeps beside a node.
 * Events of one market come in order; one that came before is passed over, so a tail may begin anew at any position.
 */
export class OrderBoard {
  readonly #rows = new OrderColumns();
  #steps = new StepColumns();
  readonly #markets: Market[] = [];
  readonly #byName = new Map<string, Market>();
  readonly #closedKept: number;
  #open = 0;

  constructor(options: { readonly closedKept?: number } = {}) {
    this.#closedKept = options.closedKept ?? CLOSED_KEPT;
  }

  get size(): number {
    return this.#rows.count;
  }

  /** Orders that may still trade. */
  get open(): number {
    return this.#open;
  }

  /** The newest event folded of a market. */
  position(market: string): { readonly seq: number; readonly k: number } {
    const { seq, k } = this.#byName.get(market) ?? { seq: 0, k: -1 };
    return { seq, k };
  }

  /** Folds one event in. @returns the ids of the orders it changed, at most one. */
  apply(market: string, event: NumberedEvent): readonly string[] {
    const m = this.#market(market);
    const { seq, k } = event.header;
    if (seq < m.seq || (seq === m.seq && k <= m.k)) return NONE;
    m.seq = seq;
    m.k = k;
    const row = this.#fold(m, event);
    if (row < 0) return NONE;
    this.#rows.lastSeq[row] = seq;
    this.#rows.lastAt[row] = event.header.time;
    const changed = [idOf(m, this.#rows.order[row] as number)];
    if (this.#rows.count - this.#open >= this.#closedKept * 2) this.#forget();
    return changed;
  }

  /** An order by its id; undefined for one that never was or is forgotten. */
  row(id: string): BoardRow | undefined {
    const row = this.#find(id);
    return row < 0 ? undefined : this.#show(row);
  }

  /** All orders, newest first. */
  *rows(): Generator<BoardRow> {
    for (let row = this.#rows.count - 1; row >= 0; row--) yield this.#show(row);
  }

  /** What happened to an order, oldest first. */
  life(id: string): readonly LifeStep[] {
    const row = this.#find(id);
    const life: LifeStep[] = [];
    if (row < 0) return life;
    const s = this.#steps;
    for (let n = this.#rows.firstStep[row] as number; n >= 0; n = s.next[n] as number) {
      const status = s.status[n] as number;
      life.push({
        kind: STEP_KINDS[s.kind[n] as number] as StepKind,
        seq: s.seq[n] as number,
        k: s.k[n] as number,
        at: s.at[n] as number,
        state: status === 0 ? null : orderState(status),
        quantity: s.quantity[n] as number,
        price: priceText(s.price[n] as number),
        code: rejectionCode(s.rejection[n] as number) ?? null,
        hedgeSeq: s.hedgeSeq[n] === 0 ? null : (s.hedgeSeq[n] as number),
      });
    }
    return life;
  }

  #market(name: string): Market {
    const known = this.#byName.get(name);
    if (known !== undefined) return known;
    const market = { name, index: this.#markets.length, seq: 0, k: -1, forgotten: 0, rows: new Map(), children: new Map() };
    this.#markets.push(market);
    this.#byName.set(name, market);
    return market;
  }

  #find(id: string): number {
    const dash = id.lastIndexOf('-');
    return this.#byName.get(id.slice(0, dash))?.rows.get(Number(id.slice(dash + 1))) ?? -1;
  }

  /** @returns the row that changed; −1 none. */
  #fold(m: Market, event: NumberedEvent): number {
    switch (event.name) {
      case 'order-report':
        return this.#report(m, event);
      case 'client-fill':
        return this.#fill(m, event);
      case 'cancel-rejected': {
        const row = m.rows.get(event.body.order) ?? -1;
        if (row < 0) return -1;
        const { status, rejection } = event.body;
        this.#setStatus(row, status);
        return this.#step(row, event, 'change-refused', status, 0, this.#rows.price[row] as number, rejection);
      }
      case 'hedge-intent':
        return this.#hedge(m, event, 'intent', event.body.quantity, event.body.price, 0);
      case 'hedge-order':
        return this.#hedge(m, event, 'hedge-order', event.body.quantity, event.body.price, 0);
      case 'hedge-report':
        return this.#hedge(m, event, 'hedge-report', event.body.quantity, event.body.price, event.body.rejection);
      case 'hedge-fill':
        return this.#hedgeFill(m, event);
      case 'exception-raised': {
        const row = m.rows.get(event.body.order) ?? -1;
        return row < 0 ? -1 : this.#step(row, event, 'exception', 0, event.body.quantity, event.body.price, 0);
      }
      default:
        return -1;
    }
  }

  #report(m: Market, event: Of<'order-report'>): number {
    const { body, header } = event;
    const row = this.#rowOf(m, event);
    if (row < 0) return -1;
    const o = this.#rows;
    o.quantity[row] = body.quantity;
    o.price[row] = body.price;
    o.cum[row] = body.cumQuantity;
    o.value[row] = body.cumValue;
    o.leaves[row] = body.leavesQuantity;
    // A pending change is named by its own request; the order keeps its name until the market agrees.
    const changing = body.execType === STATUS.pendingCancel || body.execType === STATUS.pendingReplace;
    if (!changing && body.execType !== STATUS.cancelled && body.execType !== EXEC_STATUS) o.clOrdId[row] = clientIdOf(body);
    if (body.rejection !== 0) {
      o.rejection[row] = body.rejection;
      o.cell[row] = body.cell;
      o.limit[row] = body.limit;
      o.used[row] = body.used;
      o.requested[row] = body.requested;
      o.wouldPass[row] = body.wouldPass;
    }
    if (body.execType === STATUS.new && o.workingAt[row] === 0) o.workingAt[row] = header.time;
    this.#setStatus(row, body.status);
    if (body.execType === EXEC_STATUS) return row;
    return this.#step(row, event, 'report', body.status, body.quantity, body.price, body.rejection);
  }

  #fill(m: Market, event: Of<'client-fill'>): number {
    const { body, header } = event;
    const row = this.#rowOf(m, event);
    if (row < 0) return -1;
    const o = this.#rows;
    o.quantity[row] = body.orderQuantity;
    o.price[row] = body.orderPrice;
    o.cum[row] = body.cumQuantity;
    o.value[row] = body.cumValue;
    o.leaves[row] = body.leavesQuantity;
    o.clOrdId[row] = clientIdOf(body);
    if (o.filledAt[row] === 0) o.filledAt[row] = header.time;
    if (o.workingAt[row] === 0) o.workingAt[row] = header.time;
    this.#setStatus(row, body.status);
    const kind = body.execType === BUST ? 'fill-busted' : body.execType === CORRECTION ? 'fill-corrected' : 'fill';
    const before = this.#steps.count;
    this.#step(row, event, kind, body.status, body.quantity, body.price, 0);
    if (this.#steps.count > before) this.#steps.hedgeSeq[before] = body.hedgeSeq;
    return row;
  }

  #hedge(m: Market, event: Of<HedgeName>, kind: StepKind, quantity: number, price: number, rejection: number): number {
    const row = m.rows.get(event.body.intent) ?? -1;
    return row < 0 ? -1 : this.#step(row, event, kind, 0, quantity, price, rejection);
  }

  /** An order's hedge is the sum over its children, each of which says what it is filled now. */
  #hedgeFill(m: Market, event: Of<'hedge-fill'>): number {
    const { child, intent, execType, cumQuantity, quantity, price } = event.body;
    const row = m.rows.get(intent) ?? -1;
    if (row < 0) return -1;
    const { hedged } = this.#rows;
    hedged[row] = (hedged[row] as number) + cumQuantity - (m.children.get(child) ?? 0);
    m.children.set(child, cumQuantity);
    const kind = execType === BUST ? 'hedge-fill-busted' : execType === CORRECTION ? 'hedge-fill-corrected' : 'hedge-fill';
    return this.#step(row, event, kind, 0, quantity, price, 0);
  }

  /** The order's row, made by the first event that tells of it; −1 for one that is forgotten, or none (0). */
  #rowOf(m: Market, { body, header }: Of<'order-report'> | Of<'client-fill'>): number {
    const known = m.rows.get(body.order);
    if (known !== undefined) return known;
    if (body.order <= m.forgotten) return -1;
    const o = this.#rows;
    const row = o.add();
    m.rows.set(body.order, row);
    o.market[row] = m.index;
    o.order[row] = body.order;
    o.at[row] = header.time;
    o.session[row] = body.session;
    o.account[row] = body.account;
    o.listing[row] = body.listing;
    o.side[row] = body.side;
    o.effect[row] = body.effect;
    o.type[row] = body.type;
    o.tif[row] = body.tif;
    o.clOrdId[row] = clientIdOf(body);
    return row;
  }

  #setStatus(row: number, status: number): void {
    const o = this.#rows;
    const before = o.status[row] as number;
    const wasOpen = before !== 0 && isOpen(before);
    if (wasOpen !== isOpen(status)) this.#open += wasOpen ? -1 : 1;
    o.status[row] = status;
  }

  #step(
    row: number,
    { header }: NumberedEvent,
    kind: StepKind,
    status: number,
    quantity: number,
    price: number,
    rejection: number,
  ): number {
    const o = this.#rows;
    if ((o.steps[row] as number) >= STEPS_PER_ORDER) return row;
    const s = this.#steps;
    const n = s.add();
    s.kind[n] = STEP_KINDS.indexOf(kind);
    s.status[n] = status;
    s.rejection[n] = rejection;
    s.k[n] = header.k;
    s.seq[n] = header.seq;
    s.at[n] = header.time;
    s.quantity[n] = quantity;
    s.price[n] = price;
    if (o.firstStep[row] === -1) o.firstStep[row] = n;
    else s.next[o.lastStep[row] as number] = n;
    o.lastStep[row] = n;
    o.steps[row] = (o.steps[row] as number) + 1;
    return row;
  }

  #show(row: number): BoardRow {
    const o = this.#rows;
    const market = this.#markets[o.market[row] as number] as Market;
    const order = o.order[row] as number;
    const cum = o.cum[row] as number;
    return {
      id: idOf(market, order),
      market: market.name,
      at: o.at[row] as number,
      session: o.session[row] as number,
      account: o.account[row] as number,
      listing: o.listing[row] as number,
      side: sideName(o.side[row] as number),
      effect: effectName(o.effect[row] as number),
      type: typeName(o.type[row] as number),
      tif: tifName(o.tif[row] as number),
      quantity: o.quantity[row] as number,
      price: priceText(o.price[row] as number),
      state: orderState(o.status[row] as number),
      cumQuantity: cum,
      cumValue: o.value[row] as number,
      averagePrice: cum === 0 ? null : formatTrimmed(averagePrice(o.value[row] as number, cum), AVERAGE_DIGITS),
      leaves: o.leaves[row] as number,
      hedgedQuantity: o.hedged[row] as number,
      rejection: this.#rejection(row),
      clOrdId: o.clOrdId[row] as string,
      seq: order,
      lastSeq: o.lastSeq[row] as number,
      workingAt: o.workingAt[row] === 0 ? null : (o.workingAt[row] as number),
      filledAt: o.filledAt[row] === 0 ? null : (o.filledAt[row] as number),
      lastAt: o.lastAt[row] as number,
    };
  }

  #rejection(row: number): BoardRejection | null {
    const o = this.#rows;
    const code = rejectionCode(o.rejection[row] as number);
    if (code === undefined) return null;
    return {
      code,
      unit: refusalUnit(code),
      cell: o.cell[row] as number,
      limit: o.limit[row] as number,
      used: o.used[row] as number,
      requested: o.requested[row] as number,
      wouldPass: o.wouldPass[row] as number,
    };
  }

  /** Lets the older closed orders go, with their steps and children. */
  #forget(): void {
    const o = this.#rows;
    const before = this.#steps;
    this.#steps = new StepColumns();
    let surplus = o.count - this.#open - this.#closedKept;
    let to = 0;
    for (const market of this.#markets) market.rows.clear();
    const gone = new Set<string>();
    for (let row = 0; row < o.count; row++) {
      if (surplus > 0 && !isOpen(o.status[row] as number)) {
        const market = this.#markets[o.market[row] as number] as Market;
        market.forgotten = Math.max(market.forgotten, o.order[row] as number);
        gone.add(`${o.market[row]}/${o.order[row]}`);
        surplus--;
        continue;
      }
      if (to !== row) o.move(row, to);
      this.#copySteps(before, to);
      (this.#markets[o.market[to] as number] as Market).rows.set(o.order[to] as number, to);
      to++;
    }
    o.cut(to);
    // A child bears the number of the command that made it, which made its order too; apart, an unknown one counts from 0.
    for (const market of this.#markets)
      for (const child of market.children.keys()) if (gone.has(`${market.index}/${child}`)) market.children.delete(child);
  }

  #copySteps(from: StepColumns, row: number): void {
    const o = this.#rows;
    const to = this.#steps;
    let last = -1;
    for (let n = o.firstStep[row] as number; n >= 0; n = from.next[n] as number) {
      const step = to.add();
      for (const name of STEP_COLUMNS) to[name][step] = from[name][n] as number;
      if (last < 0) o.firstStep[row] = step;
      else to.next[last] = step;
      last = step;
    }
    o.lastStep[row] = last;
  }
}

const STEP_COLUMNS = ['kind', 'status', 'rejection', 'k', 'seq', 'at', 'quantity', 'price', 'hedgeSeq'] as const;
/** FIX 150: I order status, H bust, G correction. */
const EXEC_STATUS = 0x49;
const BUST = 0x48;
const CORRECTION = 0x47;

type Of<N extends NumberedEvent['name']> = Extract<NumberedEvent, { name: N }>;
type HedgeName = 'hedge-intent' | 'hedge-order' | 'hedge-report';

interface Market {
  readonly name: string;
  readonly index: number;
  /** The newest event folded. */
  seq: number;
  k: number;
  /** The newest order forgotten: what is told of one before it that has no row is passed over. */
  forgotten: number;
  /** Row by order, and what each child is filled. */
  readonly rows: Map<number, number>;
  readonly children: Map<number, number>;
}

const idOf = (market: Market, order: number): string => `${market.name}-${order}`;
