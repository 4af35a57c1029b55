import { closed, type Static, Type } from '@meridian/base';
import { route } from './route.ts';
import {
  as,
  Both,
  Count,
  Currency,
  Decimal,
  Id,
  InstantText,
  List,
  Mic,
  OneOf,
  OrNull,
  PAGE_QUERY,
  Page,
  Ppm,
  Quantity,
  resource,
  Text,
  Token,
} from './shape.ts';

const meta = { owner: 'trading', purpose: ['trading'] } as const;
/** FIX 39 by name; `pending` is PendingNew, `unknown` an order whose answer was lost on the way. */
export const ORDER_STATES = [
  ...(['pending', 'new', 'partially-filled', 'filled', 'cancelled', 'rejected', 'expired'] as const),
  ...(['pending-cancel', 'pending-replace', 'unknown'] as const),
] as const;

/** One check of an order: rule, what it would use, what is allowed. All are listed, passed or not. RC-i */
export const Check = resource(
  'check',
  { zh: '核验', en: 'Check' },
  {
    code: Token(),
    title: Both(),
    passed: Type.Boolean(),
    used: as('money', OrNull(Decimal())),
    requested: as('money', OrNull(Decimal())),
    limit: as('money', OrNull(Decimal())),
    unit: OrNull(Token(16)),
  },
  meta,
);
/** Why an order was refused: one plain sentence, the figures, and what would pass. */
export const Rejection = resource(
  'rejection',
  { zh: '拒绝原因', en: 'Why it was refused' },
  {
    code: Token(),
    title: Both(),
    detail: Both(),
    remedy: Both(),
    /** What the next four count: units, a price, an amount of `currency`, orders … */
    unit: OrNull(Token(16)),
    currency: OrNull(Currency()),
    limit: as('money', OrNull(Decimal())),
    used: as('money', OrNull(Decimal())),
    requested: as('money', OrNull(Decimal())),
    /** A price where the unit is price, else the quantity that would have passed. */
    wouldPass: OrNull(Decimal()),
  },
  meta,
);
/** A client's order (委托) as the market node sees it. */
export const Order = resource(
  'order',
  { zh: '委托', en: 'Order' },
  {
    market: Mic(),
    order: Id(),
    /** The client-made id, unique per account and day. */
    clOrdId: as('token', OrNull(Token(64))),
    at: InstantText(),
    client: as('token', OrNull(Id())),
    clientToken: as('token', OrNull(Token())),
    account: as('token', Id()),
    accountCode: as('token', Token()),
    contract: OrNull(Id()),
    listing: Id(),
    symbol: Token(32),
    /** null: the request named nothing that the market knows, and was refused. */
    side: OrNull(OneOf(['buy', 'sell', 'sell-short'])),
    effect: OrNull(OneOf(['open', 'close'])),
    type: OrNull(OneOf(['market', 'limit'])),
    timeInForce: OrNull(OneOf(['day', 'ioc', 'fok'])),
    quantity: Quantity(),
    price: OrNull(Decimal()),
    currency: OrNull(Token(3)),
    state: OneOf(ORDER_STATES),
    filled: Quantity(),
    leaves: Quantity(),
    averagePrice: OrNull(Decimal()),
    hedged: Quantity(),
    hedgedPpm: OrNull(Ppm()),
    seq: Count(),
    rejection: OrNull(Rejection),
  },
  meta,
);
export type Order = Static<typeof Order>;
export const OrderFill = resource(
  'orderFill',
  { zh: '成交', en: 'Fill' },
  {
    seq: Count(),
    k: Count(),
    at: InstantText(),
    quantity: Quantity(),
    price: Decimal(),
    state: Token(),
    hedgeSeq: OrNull(Count()),
    contract: OrNull(Id()),
  },
  meta,
);
export const OrderStep = resource(
  'orderStep',
  { zh: '时间线', en: 'Step of its life' },
  { at: InstantText(), seq: Count(), name: Token(), text: Both(), microseconds: OrNull(Count()) },
  meta,
);
export const OrderDetail = resource(
  'orderDetail',
  { zh: '委托详情', en: 'Order in full' },
  { order: Order, checks: List(Check, 50), fills: List(OrderFill, 1_000), steps: List(OrderStep, 200) },
  meta,
);

/** An order as somebody would enter it. A market order has no price. */
export const OrderEntry = closed(
  {
    market: Mic(),
    account: Id(),
    listing: Id(),
    clOrdId: Token(32),
    side: OneOf(['buy', 'sell', 'sell-short']),
    effect: OneOf(['open', 'close']),
    type: OneOf(['market', 'limit']),
    timeInForce: OneOf(['day', 'ioc', 'fok']),
    quantity: Type.String({ pattern: '^[1-9]\\d{0,11}$' }),
    price: Type.Optional(Decimal()),
  },
  { $id: 'OrderEntry' },
);
export type OrderEntry = Static<typeof OrderEntry>;
/**
 * What the node would answer now. Nothing is kept of the question. A check’s title is what is checked, passed or not.
 * `concentrationPpm`: the issuer’s share of the client’s gross worth once the order were filled, by the risk fold’s latest prices;
 * null where a rate or price is missing.
 */
export const Verdict = resource(
  'verdict',
  { zh: '盘前核验', en: 'Pre-trade verdict' },
  {
    outcome: OneOf(['accept', 'park', 'reject']),
    asOf: Count(),
    at: InstantText(),
    checks: List(Check, 50),
    rejection: OrNull(Rejection),
    wouldPass: OrNull(Quantity()),
    notional: as('money', OrNull(Decimal())),
    currency: Currency(),
    margin: as('money', OrNull(Decimal())),
    marginCurrency: OrNull(Currency()),
    concentrationPpm: OrNull(Ppm()),
  },
  meta,
);
export type Verdict = Static<typeof Verdict>;
export const OrderAnswer = resource(
  'orderAnswer',
  { zh: '委托回报', en: 'Answer to an order' },
  {
    market: Mic(),
    order: OrNull(Id()),
    seq: Count(),
    state: OneOf(ORDER_STATES),
    rejection: OrNull(Rejection),
  },
  meta,
);
/** What may be ordered: accounts in view × listings on a list. For the ticket. */
export const Tradable = resource(
  'tradable',
  { zh: '可交易标的', en: 'What may be traded' },
  {
    accounts: List(
      resource(
        'tradableAccount',
        { zh: '可用账户', en: 'Account' },
        {
          account: as('token', Id()),
          code: as('token', Token()),
          client: as('token', Id()),
          token: as('token', Token()),
          markets: List(Mic(), 20),
        },
        meta,
      ),
      2_000,
    ),
    listings: List(
      resource(
        'tradableListing',
        { zh: '上市标的', en: 'Listing' },
        {
          listing: Id(),
          market: Mic(),
          symbol: Token(32),
          name: Text(80),
          currency: Currency(),
          lot: Quantity(),
          tick: OrNull(Decimal()),
          last: OrNull(Decimal()),
          lastAt: OrNull(InstantText()),
          permission: Token(),
        },
        { like: 'reference', owner: 'reference', purpose: ['reference'] },
      ),
      5_000,
    ),
  },
  meta,
);

export const KILL_SCOPES = ['order', 'account', 'client', 'market', 'firm'] as const;
export const KillRequest = closed(
  {
    scope: OneOf(KILL_SCOPES),
    market: Type.Optional(Mic()),
    id: Type.Optional(Id()),
    reason: Token(400),
    /** The scope's name, typed. */ confirm: Type.Optional(Token(64)),
  },
  { $id: 'KillRequest' },
);
/** What engaging would do, counted now and not done. */
export const KillPreview = resource(
  'killPreview',
  { zh: '停机预演', en: 'What the kill switch would do' },
  {
    scope: OneOf(KILL_SCOPES),
    name: Text(80),
    orders: Count(),
    children: Count(),
    quantity: Quantity(),
    asOf: List(resource('marketSeq', { zh: '市场序号', en: 'Sequence' }, { market: Mic(), seq: Count() }, meta), 50),
    engaged: Type.Boolean(),
  },
  meta,
);
export const KillState = resource(
  'killState',
  { zh: '停机状态', en: 'Engaged switch' },
  {
    id: Token(80),
    scope: OneOf(KILL_SCOPES),
    name: Text(80),
    since: InstantText('wall'),
    by: as('token', Token()),
    reason: Text(400),
  },
  meta,
);
/** A request that waits for a second pair of eyes. */
export const Waits = resource(
  'waits',
  { zh: '等待复核', en: 'Waits for approval' },
  { approval: Token(64), state: Token(), expires: InstantText('wall') },
  meta,
);

const OrderParams = closed({ market: Mic(), order: Id() });
const tag = 'orders';
export const ORDER_ROUTES = [
  route({
    method: 'GET',
    path: '/v1/orders',
    tag,
    summary: { zh: '委托列表', en: 'Orders' },
    action: 'order.read',
    query: closed({
      ...PAGE_QUERY,
      market: Type.Optional(Mic()),
      client: Type.Optional(Id()),
      account: Type.Optional(Id()),
      state: Type.Optional(OneOf(ORDER_STATES)),
    }),
    answer: Page(Order),
  }),
  route({
    method: 'GET',
    path: '/v1/orders/{market}/{order}',
    tag,
    summary: { zh: '委托详情', en: 'One order' },
    action: 'order.read',
    params: OrderParams,
    answer: OrderDetail,
  }),
  route({
    method: 'POST',
    path: '/v1/orders',
    tag,
    summary: { zh: '报单', en: 'Enter an order' },
    action: 'order.enter',
    body: OrderEntry,
    answer: OrderAnswer,
    status: 201,
  }),
  route({
    method: 'POST',
    path: '/v1/orders/check',
    tag,
    summary: { zh: '盘前核验', en: 'Verdict on an order not entered' },
    action: 'order.check',
    body: OrderEntry,
    answer: Verdict,
  }),
  route({
    method: 'DELETE',
    path: '/v1/orders/{market}/{order}',
    tag,
    summary: { zh: '撤单', en: 'Cancel an order' },
    action: 'order.cancel',
    params: OrderParams,
    answer: OrderAnswer,
  }),
  route({
    method: 'GET',
    path: '/v1/tradable',
    tag,
    summary: { zh: '可交易标的', en: 'Accounts and listings for the ticket' },
    action: 'order.check',
    answer: Tradable,
  }),
  route({
    method: 'POST',
    path: '/v1/kill/preview',
    tag,
    summary: { zh: '停机预演', en: 'Dry run of the kill switch' },
    action: 'kill.preview',
    body: KillRequest,
    answer: KillPreview,
  }),
  route({
    method: 'POST',
    path: '/v1/kill',
    tag,
    summary: { zh: '启动停机', en: 'Engage the kill switch' },
    action: 'kill.engage',
    body: KillRequest,
    answer: KillPreview,
  }),
  route({
    method: 'GET',
    path: '/v1/kill',
    tag,
    summary: { zh: '停机状态', en: 'Engaged switches' },
    action: 'kill.preview',
    answer: List(KillState, 500),
  }),
  route({
    method: 'POST',
    path: '/v1/kill/release',
    tag,
    summary: { zh: '申请恢复交易', en: 'Ask to release the kill switch' },
    action: 'kill.release',
    body: KillRequest,
    answer: Waits,
    status: 202,
  }),
] as const;
