import { type Bilingual, declareProblems, type ProblemKind } from '@meridian/base';

/**
 * Why an order, a cancel or a replace was refused. The number travels in commands and events, the code is shown.
 * Numbers never change their meaning. The texts name rule, limit, used, requested and the size that would pass.
 */
function refusal(status: number, title: Bilingual, detail: Bilingual, remedy: Bilingual): ProblemKind {
  return { status, title, detail, remedy };
}

const CHECK = { zh: '核对后重新报送', en: 'Correct the order and send it again' };
const DESK = { zh: '联系交易台', en: 'Contact the desk' };

const KINDS = {
  ORDER_ACCOUNT_UNKNOWN: refusal(
    422,
    { zh: '账户不存在', en: 'Unknown account' },
    { zh: '该会话下没有这个业务账户', en: 'This session has no such business account' },
    CHECK,
  ),
  ORDER_LISTING_UNKNOWN: refusal(
    422,
    { zh: '标的不存在', en: 'Unknown listing' },
    { zh: '本节点没有这个上市标的', en: 'This node trades no such listing' },
    CHECK,
  ),
  ORDER_CURRENCY_MISMATCH: refusal(
    422,
    { zh: '币种不符', en: 'Wrong currency' },
    { zh: '订单币种与标的报价币种不符', en: "The order's currency is not the listing's quote currency" },
    CHECK,
  ),
  ORDER_MALFORMED: refusal(
    422,
    { zh: '订单要素不合法', en: 'Malformed order' },
    {
      zh: '买卖方向、开平标志、订单类型或有效期不被接受',
      en: 'Side, position effect, order type or time in force is not accepted',
    },
    CHECK,
  ),
  MARKET_CLOSED: refusal(
    409,
    { zh: '市场未开市', en: 'Market closed' },
    { zh: '当前阶段不接受该操作', en: 'The current phase does not accept this action' },
    { zh: '在连续交易时段内报送', en: 'Send it while the market trades' },
  ),
  HALTED: refusal(
    409,
    { zh: '已停止交易', en: 'Halted' },
    { zh: '该范围已被停止交易', en: 'Trading is halted for this scope' },
    DESK,
  ),
  REDUCE_ONLY: refusal(
    409,
    { zh: '只许减仓', en: 'Reduce only' },
    { zh: '该范围只接受减仓订单', en: 'Only orders that reduce the position are accepted' },
    { zh: '报送平仓订单', en: 'Send a closing order' },
  ),
  NOT_PERMITTED: refusal(
    403,
    { zh: '无交易权限', en: 'Not permitted' },
    { zh: '账户没有这类交易权限', en: 'The account may not trade this way' },
    DESK,
  ),
  LISTED_OUT: refusal(
    403,
    { zh: '标的受限', en: 'Listing restricted' },
    { zh: '黑白名单不允许该标的的此类交易', en: 'The black and white lists do not allow this in the listing' },
    DESK,
  ),
  PRICE_ABSENT: refusal(
    409,
    { zh: '没有参考价', en: 'No reference price' },
    { zh: '该标的尚无可用参考价', en: 'There is no usable reference price yet' },
    { zh: '行情恢复后重试', en: 'Try again when prices arrive' },
  ),
  PRICE_STALE: refusal(
    409,
    { zh: '参考价过期', en: 'Stale reference price' },
    { zh: '参考价已 {used} 微秒未更新，上限 {limit}', en: 'The reference price is {used} µs old; the limit is {limit}' },
    { zh: '行情恢复后重试', en: 'Try again when prices arrive' },
  ),
  OUTSIDE_COLLAR: refusal(
    422,
    { zh: '价格偏离过大', en: 'Price outside collar' },
    {
      zh: '报价 {requested} 超出价格笼 {limit}；可接受 {wouldPass}',
      en: 'Price {requested} lies beyond the collar at {limit}; {wouldPass} would pass',
    },
    CHECK,
  ),
  OFF_TICK: refusal(
    422,
    { zh: '价格不在最小变动价位上', en: 'Off tick' },
    {
      zh: '报价 {requested} 不是 {limit} 的整数倍；可接受 {wouldPass}',
      en: 'Price {requested} is not a multiple of {limit}; {wouldPass} would pass',
    },
    CHECK,
  ),
  OFF_LOT: refusal(
    422,
    { zh: '数量不是整手', en: 'Off lot' },
    {
      zh: '数量 {requested} 不是 {limit} 的整数倍；可接受 {wouldPass}',
      en: 'Quantity {requested} is not a multiple of {limit}; {wouldPass} would pass',
    },
    CHECK,
  ),
  QUANTITY_REFUSED: refusal(
    422,
    { zh: '数量不被接受', en: 'Quantity refused' },
    { zh: '数量 {requested} 超出 1 至 {limit}', en: 'Quantity {requested} is outside 1 to {limit}' },
    CHECK,
  ),
  NOTIONAL_TOO_LARGE: refusal(
    422,
    { zh: '金额过大', en: 'Notional too large' },
    {
      zh: '名义本金 {requested} 超过单笔上限 {limit}；可接受数量 {wouldPass}',
      en: 'Notional {requested} exceeds the order limit {limit}; quantity {wouldPass} would pass',
    },
    CHECK,
  ),
  THROTTLED: refusal(
    429,
    { zh: '报单过快', en: 'Throttled' },
    { zh: '每秒至多 {limit} 笔', en: 'At most {limit} orders a second' },
    { zh: '放慢报送', en: 'Slow down' },
  ),
  DUPLICATE_ID: refusal(
    409,
    { zh: '编号重复', en: 'Duplicate identifier' },
    { zh: '该编号已用于另一内容的请求', en: 'This identifier was used for a request with another body' },
    { zh: '换用新编号', en: 'Use a new identifier' },
  ),
  SHORT_REFUSED: refusal(
    422,
    { zh: '不可卖空', en: 'Short selling refused' },
    { zh: '标的或通道不允许卖空', en: 'The listing or the route does not allow short selling' },
    CHECK,
  ),
  CLOSE_EXCEEDS_POSITION: refusal(
    422,
    { zh: '平仓超过持仓', en: 'Close exceeds position' },
    {
      zh: '可平 {limit}，请求 {requested}；可接受 {wouldPass}',
      en: '{limit} can be closed, {requested} asked for; {wouldPass} would pass',
    },
    CHECK,
  ),
  POSITION_LIMIT: refusal(
    422,
    { zh: '超过持仓上限', en: 'Position limit' },
    {
      zh: '上限 {limit}，已用 {used}，请求 {requested}；可接受 {wouldPass}',
      en: 'Limit {limit}, used {used}, asked for {requested}; {wouldPass} would pass',
    },
    CHECK,
  ),
  RATE_ABSENT: refusal(
    409,
    { zh: '没有汇率', en: 'No exchange rate' },
    { zh: '没有折算所需的汇率', en: 'The exchange rate needed is not set' },
    DESK,
  ),
  LEASE_STATIC: refusal(
    409,
    { zh: '本节点额度不足', en: "Does not fit this node's slice" },
    {
      zh: '额度切片 {limit}，已用 {used}，需要 {requested}；可接受数量 {wouldPass}',
      en: 'Slice {limit}, used {used}, needed {requested}; quantity {wouldPass} would pass',
    },
    { zh: '减小数量，或经另一市场节点报送', en: 'Lower the quantity' },
  ),
  ORDER_UNKNOWN: refusal(
    404,
    { zh: '订单不存在', en: 'Unknown order' },
    { zh: '没有可撤改的这笔订单', en: 'There is no such order to cancel or replace' },
    CHECK,
  ),
  ORDER_CLOSED: refusal(
    409,
    { zh: '订单已终结', en: 'Order closed' },
    { zh: '订单已经成交完毕、撤销或拒绝', en: 'The order is already filled, cancelled or rejected' },
    CHECK,
  ),
  ORDER_BUSY: refusal(
    409,
    { zh: '已有撤改在途', en: 'Change pending' },
    { zh: '该订单的上一个撤改尚未确认', en: 'An earlier cancel or replace of this order is still pending' },
    { zh: '等待前一请求的回报', en: 'Wait for its report' },
  ),
  REPLACE_BELOW_FILLED: refusal(
    422,
    { zh: '改单数量低于已成交', en: 'Below filled quantity' },
    { zh: '已成交 {limit}，请求 {requested}', en: '{limit} is filled already, {requested} asked for' },
    CHECK,
  ),
  CAPACITY: refusal(
    503,
    { zh: '节点容量已满', en: 'Node at capacity' },
    { zh: '在途订单已达上限 {limit}', en: 'The node holds its {limit} live orders' },
    { zh: '稍后重试', en: 'Try again later' },
  ),
  BACKLOG: refusal(
    503,
    { zh: '下游积压', en: 'Downstream backlog' },
    { zh: '下游处理积压，暂停开仓', en: 'Downstream processing is behind; opening orders are paused' },
    { zh: '稍后重试；平仓不受影响', en: 'Try again later; closing orders pass' },
  ),
  VENUE_REFUSED: refusal(
    409,
    { zh: '交易所拒绝', en: 'Refused by the venue' },
    { zh: '对冲订单被交易所拒绝', en: 'The venue rejected the hedge order' },
    DESK,
  ),
  SELLABLE_EXCEEDED: refusal(
    422,
    { zh: '可卖数量不足', en: 'Not sellable' },
    { zh: '交易账户可卖 {limit}，请求 {requested}', en: 'The trading account can sell {limit}, {requested} asked for' },
    DESK,
  ),
  WASH_TRADE: refusal(
    409,
    { zh: '可能自成交', en: 'Would trade with itself' },
    { zh: '同一交易账户有可成交的反向在途订单', en: 'The trading account has an opposite order it would trade with' },
    DESK,
  ),
} as const;

export type RejectionCode = keyof typeof KINDS;

declareProblems(KINDS);

/** Wire number of each code, from 1, in the order of declaration above. 0 means no rejection. Append only. */
export const REJECTION: Readonly<Record<RejectionCode, number>> = Object.fromEntries(
  Object.keys(KINDS).map((code, index) => [code, index + 1]),
) as Record<RejectionCode, number>;

const codes = Object.keys(KINDS) as RejectionCode[];

/** The code behind a wire number; undefined for 0 and for numbers this program does not know. */
export function rejectionCode(number: number): RejectionCode | undefined {
  return codes[number - 1];
}

/** What a refusal counts in: prices are NODE_PRICE_SCALE, amounts minor units of the cell's currency or the listing's. */
export type RefusalUnit = 'price' | 'amount' | 'quantity' | 'microseconds' | 'orders';

const UNITS: Readonly<Partial<Record<RejectionCode, RefusalUnit>>> = {
  PRICE_STALE: 'microseconds',
  OUTSIDE_COLLAR: 'price',
  OFF_TICK: 'price',
  OFF_LOT: 'quantity',
  QUANTITY_REFUSED: 'quantity',
  NOTIONAL_TOO_LARGE: 'amount',
  THROTTLED: 'orders',
  CLOSE_EXCEEDS_POSITION: 'quantity',
  POSITION_LIMIT: 'quantity',
  LEASE_STATIC: 'amount',
  REPLACE_BELOW_FILLED: 'quantity',
  CAPACITY: 'orders',
  SELLABLE_EXCEEDED: 'quantity',
};

/** The unit of limit, used and requested; null for a refusal without numbers. `wouldPass` is a price where this is, else a quantity. */
export function refusalUnit(code: RejectionCode): RefusalUnit | null {
  return UNITS[code] ?? null;
}
