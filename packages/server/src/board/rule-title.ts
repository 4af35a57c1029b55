import type { Bilingual } from '@meridian/base';
import type { RejectionCode } from '@meridian/messages';

/**
 * What each rule checks (核验项), in words that hold whether an order passes it or not. A refusal's own title says what went
 * wrong and stands where something did. RC-i
 */
const RULES: Readonly<Record<RejectionCode, Bilingual>> = {
  ORDER_ACCOUNT_UNKNOWN: { zh: '业务账户', en: 'Business account' },
  ORDER_LISTING_UNKNOWN: { zh: '上市标的', en: 'Listing' },
  ORDER_CURRENCY_MISMATCH: { zh: '订单币种', en: 'Order currency' },
  ORDER_MALFORMED: { zh: '订单要素', en: 'Terms of the order' },
  MARKET_CLOSED: { zh: '交易时段', en: 'Trading phase' },
  HALTED: { zh: '停止交易开关', en: 'Kill switches' },
  REDUCE_ONLY: { zh: '只减仓限制', en: 'Reduce-only state' },
  NOT_PERMITTED: { zh: '交易权限', en: 'Trading permission' },
  LISTED_OUT: { zh: '黑白名单', en: 'Black and white lists' },
  PRICE_ABSENT: { zh: '参考价', en: 'Reference price' },
  PRICE_STALE: { zh: '参考价时效', en: 'Age of the reference price' },
  OUTSIDE_COLLAR: { zh: '价格笼', en: 'Price collar' },
  OFF_TICK: { zh: '最小变动价位', en: 'Tick size' },
  OFF_LOT: { zh: '整手数量', en: 'Lot size' },
  QUANTITY_REFUSED: { zh: '单笔数量', en: 'Order quantity' },
  NOTIONAL_TOO_LARGE: { zh: '单笔金额', en: 'Order notional' },
  THROTTLED: { zh: '报单频率', en: 'Order rate' },
  DUPLICATE_ID: { zh: '委托编号', en: 'Order identifier' },
  SHORT_REFUSED: { zh: '卖空许可', en: 'Short selling' },
  CLOSE_EXCEEDS_POSITION: { zh: '可平数量', en: 'Quantity that can be closed' },
  POSITION_LIMIT: { zh: '持仓上限', en: 'Position limit' },
  RATE_ABSENT: { zh: '折算汇率', en: 'Exchange rate' },
  LEASE_STATIC: { zh: '可用额度', en: 'Available limit' },
  ORDER_UNKNOWN: { zh: '原委托', en: 'Order to change' },
  ORDER_CLOSED: { zh: '原委托状态', en: 'State of the order to change' },
  ORDER_BUSY: { zh: '在途撤改', en: 'Changes under way' },
  REPLACE_BELOW_FILLED: { zh: '已成交数量', en: 'Filled quantity' },
  CAPACITY: { zh: '节点容量', en: 'Capacity of the node' },
  BACKLOG: { zh: '下游处理进度', en: 'Downstream processing' },
  VENUE_REFUSED: { zh: '交易所受理', en: 'Acceptance by the venue' },
  SELLABLE_EXCEEDED: { zh: '可卖数量', en: 'Sellable quantity' },
  WASH_TRADE: { zh: '自成交防范', en: 'Wash-trade prevention' },
};

/** What a limit cell counts, where a rule is about one. */
const MEASURES: Readonly<Record<string, Bilingual>> = {
  'initial-margin': { zh: '可用保证金', en: 'Available margin' },
  notional: { zh: '名义本金额度', en: 'Notional limit' },
  position: { zh: '持仓额度', en: 'Position limit' },
};
const SCOPES: Readonly<Record<string, Bilingual>> = {
  ...{ firm: { zh: '全公司', en: 'firm' }, entity: { zh: '簿记主体', en: 'booking entity' } },
  ...{ group: { zh: '客户组', en: 'client group' }, client: { zh: '客户', en: 'client' } },
  ...{ master: { zh: '总资金账户', en: 'master account' }, sub: { zh: '子资金账户', en: 'sub account' } },
  ...{ business: { zh: '业务账户', en: 'business account' }, issuer: { zh: '发行人', en: 'issuer' } },
};

/** The cell that a rule was judged by: "initial-margin" of a "master". */
export interface RuleCell {
  readonly measure: string;
  readonly scope: string;
}

/** `ofHedge`: asked by the trading account that would hedge, beside the client's own. */
export function ruleTitle(rule: string, cell?: RuleCell, ofHedge = false): Bilingual {
  const { zh, en } = (cell && MEASURES[cell.measure]) ??
    (RULES as Readonly<Record<string, Bilingual>>)[rule] ?? { zh: rule, en: rule };
  const about = ofHedge ? { zh: '交易账户', en: 'trading account' } : cell && SCOPES[cell.scope];
  return about === undefined ? { zh, en } : { zh: `${zh}（${about.zh}）`, en: `${en} (${about.en})` };
}
