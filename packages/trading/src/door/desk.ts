import { closed, declareProblems, formatTrimmed, type Instant, parseDecimal, type Static, Type } from '@meridian/base';
import { type Command, NO_PRICE, NODE_PRICE_DIGITS, type NumberedEvent, REJECTION } from '@meridian/messages';
import { DESK_ID_CHARS_MAX, DESK_SESSION, deskId } from '../board/desk-id.ts';
import {
  AVERAGE_DIGITS,
  averagePrice,
  type OrderRefusal,
  type OrderState,
  orderState,
  priceText,
} from '../board/order-state.ts';
import type { MarketNode } from '../engine/market-node.ts';
import type { NodeLog } from './node-log.ts';
import { type RefusalNumbers, showRefusal } from './refusal.ts';

/**
 * The house's own door (自有通道): orders of the desk and of the API. They are the same commands that a FIX session sends,
 * meet the same checks, and are answered from the log when they are durable.
 */

const { problem } = declareProblems({
  DESK_ACCOUNT_UNKNOWN: {
    status: 404,
    title: { zh: '账户不存在', en: 'Unknown account' },
    detail: { zh: '本市场没有业务账户 {account}', en: 'This market has no business account {account}' },
    remedy: { zh: '核对账户与市场', en: 'Check the account and the market' },
  },
  DESK_LISTING_UNKNOWN: {
    status: 404,
    title: { zh: '标的不存在', en: 'Unknown listing' },
    detail: { zh: '本市场没有上市标的 {listing}', en: 'This market has no listing {listing}' },
    remedy: { zh: '核对标的与市场', en: 'Check the listing and the market' },
  },
  DESK_ORDER_UNKNOWN: {
    status: 404,
    title: { zh: '委托不存在', en: 'Unknown order' },
    detail: { zh: '账户 {account} 没有委托 {order}', en: 'Account {account} has no order {order}' },
    remedy: { zh: '核对委托编号', en: 'Check its id' },
  },
  DESK_ORDER_ELSEWHERE: {
    status: 409,
    title: { zh: '委托不经本通道', en: 'Order of another session' },
    detail: {
      zh: '委托 {order} 由客户会话报入，改单须经该会话',
      en: 'Order {order} was entered over the client’s own session',
    },
    remedy: { zh: '由客户改单，或撤单后重报', en: 'Let the client replace it, or cancel it and enter another' },
  },
  DESK_BUSY: {
    status: 503,
    title: { zh: '通道繁忙', en: 'Door busy' },
    detail: { zh: '已有 {limit} 笔请求等待落盘', en: '{limit} requests wait for the log already' },
    remedy: { zh: '稍后以同一编号重试', en: 'Try again later under the same identifier' },
  },
  DESK_SESSION_TAKEN: {
    status: 500,
    title: { zh: '自有会话编号被占用', en: 'Desk session taken' },
    detail: { zh: '会话 {session} 已另作他用', en: 'Session {session} is used for something else' },
    remedy: { zh: '为该会话换用别的编号', en: 'Give that session another id' },
  },
});

/** Requests that wait for the log at one time. At the bound: DESK_BUSY. */
const WAITING_MAX = 4_096;
/** Accounts that the desk's session may name: the bound of `define-session`. At the bound: DESK_ACCOUNT_UNKNOWN. */
const ACCOUNTS_MAX = 10_000;

const dense = () => Type.Integer({ minimum: 1, maximum: 0xffff_ffff });
/** Made by whoever asks, unique per account and day: the second arrival gets the first answer, another body is refused. */
const clientId = () => Type.String({ pattern: `^[\\x21-\\x7e]{1,${DESK_ID_CHARS_MAX}}$` });
const units = () => Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER });
const price = () => Type.Union([Type.String({ pattern: '^-?\\d{1,11}(\\.\\d{1,4})?$' }), Type.Null()]);
const terms = {
  account: dense(),
  listing: dense(),
  side: Type.Union([Type.Literal('buy'), Type.Literal('sell'), Type.Literal('sell-short')]),
  effect: Type.Union([Type.Literal('open'), Type.Literal('close')]),
  type: Type.Union([Type.Literal('market'), Type.Literal('limit')]),
  tif: Type.Union([Type.Literal('day'), Type.Literal('ioc'), Type.Literal('fok')]),
  /** Units. */
  quantity: units(),
  /** Limit, a decimal of the quote unit with at most four places; null for a market order. */
  price: price(),
};

/** The terms of an order, without a name: what a verdict is asked about. */
export const DeskTerms = closed(terms);
export type DeskTerms = Static<typeof DeskTerms>;
/** A new order over the house's own door. */
export const DeskOrder = closed({ ...terms, clOrdId: clientId() });
export type DeskOrder = Static<typeof DeskOrder>;
/** A change of quantity and limit. `order`: the number in its id, `ARCX-4711` → 4711. */
export const DeskReplace = closed({
  account: dense(),
  order: units(),
  clOrdId: clientId(),
  quantity: units(),
  price: price(),
});
export type DeskReplace = Static<typeof DeskReplace>;
/** `maker`: who takes back an order that a client entered over a session of his own; a token of the directory. */
export const DeskCancel = closed({
  account: dense(),
  order: units(),
  clOrdId: clientId(),
  maker: Type.Optional(Type.String({ pattern: '^[\\x21-\\x7e]{1,64}$' })),
});
export type DeskCancel = Static<typeof DeskCancel>;

/** What the log says to a request. */
export interface DeskAnswer {
  /** `ARCX-4711`. */
  readonly orderId: string;
  readonly order: number;
  /** Number of the command that asked; the order's own is `order`. */
  readonly seq: number;
  readonly state: OrderState;
  /** Why the order, or the change of it, was refused; null when it was taken. */
  readonly rejection: OrderRefusal | null;
  /** The request had come before: nothing happened again, `state` is where its order stands now. */
  readonly repeated: boolean;
  /** The order as the report shows it. */
  readonly report: DeskReport;
  /** Wall clock, UTC microseconds: taken at the door, applied by the engine, durable and reported. */
  readonly timeline: { readonly received: Instant; readonly applied: Instant; readonly durable: Instant };
}

export interface DeskReport {
  readonly account: number;
  readonly listing: number;
  readonly quantity: number;
  readonly price: string | null;
  readonly cumQuantity: number;
  readonly leaves: number;
  readonly averagePrice: string | null;
  /** Business time of the report. */
  readonly at: Instant;
}

export interface Desk {
  enter(order: DeskOrder): Promise<DeskAnswer>;
  replace(change: DeskReplace): Promise<DeskAnswer>;
  cancel(cancel: DeskCancel): Promise<DeskAnswer>;
  /** What the door itself refuses an order with: opening orders while consumers are behind; 0 nothing. */
  fault(order: DeskTerms): number;
  /** A committed event of the desk's session. */
  take(event: NumberedEvent): void;
}

const SIDES = { buy: 1, sell: 2, 'sell-short': 5 } as const;
const TIFS = { day: 0, ioc: 3, fok: 4 } as const;

/** The order's terms in the engine's numbers. @throws Problem DESK_ACCOUNT_UNKNOWN, DESK_LISTING_UNKNOWN */
export function engineTerms(node: MarketNode, order: DeskTerms) {
  const { accounts, listings } = node.client;
  const { account, listing } = order;
  if (account >= accounts.count || accounts.known[account] !== 1) throw problem('DESK_ACCOUNT_UNKNOWN', { account });
  if (listing >= listings.count || listings.known[listing] !== 1) throw problem('DESK_LISTING_UNKNOWN', { listing });
  return {
    account,
    listing,
    side: SIDES[order.side],
    effect: order.effect === 'open' ? 1 : 2,
    type: order.type === 'market' ? 1 : 2,
    tif: TIFS[order.tif],
    quantity: order.quantity,
    price: priceOf(order.price),
  };
}

function priceOf(text: string | null): number {
  return text === null ? NO_PRICE : Number(parseDecimal(text, NODE_PRICE_DIGITS));
}

/** Wall clock to the microsecond. */
const stamp = (): Instant => Math.round((performance.timeOrigin + performance.now()) * 1_000);

type Heard = Extract<NumberedEvent, { name: 'order-report' | 'cancel-rejected' }>;
interface Waiting {
  readonly events: Heard[];
  /** The engine's own numbers behind a refused change, which the event does not carry. */
  readonly verdict: RefusalNumbers;
}

/** `submit` resolves when a fact is durable and taken. */
export function createDesk(log: NodeLog, submit: (fact: Command) => Promise<unknown>): Desk {
  const { node } = log;
  const waiting = new Map<number, Waiting>();
  let asked = 0;
  let defining: Promise<unknown> | undefined;

  /** The desk's session names every account the node knows; it is told anew when an order names one that came later. */
  async function admit(account: number): Promise<void> {
    const { sessions, accounts } = node.client;
    while (sessions.accounts.get(DESK_SESSION, account) !== 1) {
      if (node.sessionTable(DESK_SESSION) !== undefined && sessions.role[DESK_SESSION] !== HOUSE)
        throw problem('DESK_SESSION_TAKEN', { session: DESK_SESSION });
      const known: number[] = [];
      for (let row = 1; row < accounts.count && known.length < ACCOUNTS_MAX; row++)
        if (accounts.known[row] === 1) known.push(row);
      if (!known.includes(account)) throw problem('DESK_ACCOUNT_UNKNOWN', { account });
      defining ??= submit({ name: 'define-session', body: { session: DESK_SESSION, role: 'house', accounts: known } }).finally(
        () => {
          defining = undefined;
        },
      );
      await defining;
    }
  }

  async function ask(account: number, command: () => Command): Promise<DeskAnswer> {
    const received = stamp();
    await admit(account);
    const { seq, applied, heard } = await tell(command());
    return answer(node, seq, heard.events, heard.verdict, { received, applied, durable: stamp() });
  }

  function tell(command: Command): Promise<{ seq: number; applied: Instant; heard: Waiting }> {
    if (asked >= WAITING_MAX) throw problem('DESK_BUSY', { limit: WAITING_MAX });
    asked++;
    return new Promise((resolve) =>
      log.tell(command, (seq) => {
        const applied = stamp();
        const { rejection, cell, limit, used, requested, wouldPass } = node.client.verdict;
        const heard: Waiting = { events: [], verdict: { rejection, cell, limit, used, requested, wouldPass } };
        waiting.set(seq, heard);
        log.whenCommitted(seq, () => {
          asked--;
          waiting.delete(seq);
          resolve({ seq, applied, heard });
        });
      }),
    );
  }

  /** The order of another session: the house takes it back, and its client is told over the session it came by. */
  async function takeBack(o: number, { order, maker = 'desk' }: DeskCancel): Promise<DeskAnswer> {
    const received = stamp();
    const { orders } = node.client;
    const before = { open: orders.live[o] === 1, asked: orders.withdraw[o] !== 0 };
    const rejection = before.open ? null : showRefusal(node, 0, { ...NOTHING, rejection: REJECTION.ORDER_CLOSED });
    const { seq, applied } = await tell({ name: 'kill-switch', body: { scope: 'order', scopeId: order, mode: 2, maker } });
    const head = { orderId: `${node.market}-${order}`, order, seq, rejection, repeated: before.open && before.asked };
    const open = orders.id[o] === order && orders.live[o] === 1;
    const state = open ? 'pending-cancel' : orderState(orders.status[o] as number);
    return { ...head, state, report: reportOf(node, o, log.time), timeline: { received, applied, durable: stamp() } };
  }

  const faultOf = ({ effect }: DeskTerms): number => (log.sequencer.backlogged && effect === 'open' ? REJECTION.BACKLOG : 0);

  return {
    fault: faultOf,
    enter(order) {
      const body = engineTerms(node, order);
      const fault = faultOf(order);
      const clOrdId = deskId(order.account, order.clOrdId);
      return ask(order.account, () => ({
        name: 'new-order',
        body: { session: DESK_SESSION, inSeq: 0, ...body, fault, clOrdId },
      }));
    },
    async replace(change) {
      const origClOrdId = firstName(node, change);
      const body = { session: DESK_SESSION, inSeq: 0, fault: 0, clOrdId: deskId(change.account, change.clOrdId), origClOrdId };
      const { quantity: size, price: limit } = change;
      return ask(change.account, () => ({ name: 'replace-order', body: { ...body, quantity: size, price: priceOf(limit) } }));
    },
    async cancel(cancel) {
      const o = orderOf(node, cancel);
      if (node.client.orders.session[o] !== DESK_SESSION) return takeBack(o, cancel);
      const origClOrdId = firstName(node, cancel);
      const body = { session: DESK_SESSION, inSeq: 0, fault: 0, clOrdId: deskId(cancel.account, cancel.clOrdId), origClOrdId };
      return ask(cancel.account, () => ({ name: 'cancel-order', body }));
    },
    take(event) {
      if (event.name === 'order-report' || event.name === 'cancel-rejected') waiting.get(event.header.seq)?.events.push(event);
    },
  };
}

/** Role of a session of the house's own interface. */
const HOUSE = 3;

interface OrderName {
  readonly account: number;
  readonly order: number;
}

/** The row of an account's order. */
function orderOf({ client: { orders } }: MarketNode, { account, order }: OrderName): number {
  const o = orders.find(order);
  if (o < 0 || orders.account[o] !== account) throw problem('DESK_ORDER_UNKNOWN', { account, order });
  return o;
}

/** The first name of an order of the desk: it stays the same over replaces, so a repeated request has the body of the first. */
function firstName(node: MarketNode, name: OrderName): string {
  const { orders, requests } = node.client;
  const o = orderOf(node, name);
  if (orders.session[o] !== DESK_SESSION) throw problem('DESK_ORDER_ELSEWHERE', { order: name.order });
  let first = orders.requests[o] as number;
  while ((requests.before[first] as number) >= 0) first = requests.before[first] as number;
  return requests.textAt(first);
}

/** The order as it stands in the node. */
function reportOf({ client: { orders } }: MarketNode, o: number, at: Instant): DeskReport {
  const quantity = orders.quantity[o] as number;
  const cum = orders.cum[o] as number;
  return {
    account: orders.account[o] as number,
    listing: orders.listing[o] as number,
    quantity,
    price: priceText(orders.price[o] as number),
    cumQuantity: cum,
    leaves: orders.live[o] === 1 ? Math.max(0, quantity - cum) : 0,
    averagePrice: averageText(orders.value[o] as number, cum),
    at,
  };
}

function answer(
  node: MarketNode,
  seq: number,
  events: readonly Heard[],
  verdict: RefusalNumbers,
  timeline: DeskAnswer['timeline'],
): DeskAnswer {
  const last = events.at(-1) as Heard;
  const { body, header } = last;
  const head = { orderId: `${node.market}-${body.order}`, order: body.order, seq, state: orderState(body.status), timeline };
  if (last.name === 'order-report') {
    const { body: report } = last;
    // A second arrival is answered by a status, or by the first refusal again: neither made an order of its own.
    const repeated = report.execType === EXEC_STATUS || (report.rejection !== 0 && report.order !== seq);
    return {
      ...head,
      repeated,
      rejection: showRefusal(node, report.listing, report),
      report: {
        account: report.account,
        listing: report.listing,
        quantity: report.quantity,
        price: priceText(report.price),
        cumQuantity: report.cumQuantity,
        leaves: report.leavesQuantity,
        averagePrice: averageText(report.cumValue, report.cumQuantity),
        at: header.time,
      },
    };
  }
  const o = node.client.orders.find(body.order);
  if (o < 0) throw problem('DESK_ORDER_UNKNOWN', { account: 0, order: body.order });
  const numbers = verdict.rejection === body.rejection ? verdict : { ...NOTHING, rejection: body.rejection };
  const report = reportOf(node, o, header.time);
  return { ...head, repeated: false, rejection: showRefusal(node, report.listing, numbers), report };
}

/** FIX 150: order status. */
const EXEC_STATUS = 0x49;
const NOTHING = { cell: 0, limit: 0, used: 0, requested: 0, wouldPass: 0 };

const averageText = (value: number, cum: number): string | null =>
  cum === 0 ? null : formatTrimmed(averagePrice(value, cum), AVERAGE_DIGITS);
