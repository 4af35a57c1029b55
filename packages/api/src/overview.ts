import { closed, type Static, Type } from '@meridian/base';
import { route } from './route.ts';
import {
  as,
  Both,
  Count,
  Currency,
  DateText,
  Decimal,
  InstantText,
  List,
  Mic,
  OneOf,
  OrNull,
  Ppm,
  resource,
  Text,
  Token,
} from './shape.ts';

/** One bar of a market's day on the ribbon. */
export const SessionBar = resource(
  'sessionBar',
  { zh: '交易时段', en: 'Trading session' },
  { date: DateText(), open: InstantText(), close: InstantText(), kind: OneOf(['continuous', 'auction', 'break', 'half-day']) },
  { like: 'reference', owner: 'reference', purpose: ['reference'] },
);
/** A batch on its market's lane: planned, running, stuck or done, with the deadline it must meet. */
export const BatchBar = resource(
  'batchBar',
  { zh: '批次条', en: 'Batch on the ribbon' },
  {
    batch: Token(),
    business: Token(),
    date: DateText(),
    state: OneOf(['planned', 'waiting', 'running', 'failed', 'published', 'skipped']),
    attempt: Count(),
    step: OrNull(Count()),
    steps: List(
      resource(
        'stepBar',
        { zh: '步骤条', en: 'Step on the ribbon' },
        {
          name: Token(),
          state: OneOf(['done', 'inherited', 'running', 'failed', 'waiting']),
          start: OrNull(InstantText()),
          end: OrNull(InstantText()),
        },
      ),
      20,
    ),
    start: OrNull(InstantText()),
    end: OrNull(InstantText()),
    due: OrNull(InstantText()),
    /** One sentence, only where somebody must act. */
    message: OrNull(Both()),
  },
);
export const Lane = resource(
  'lane',
  { zh: '市场带', en: 'Lane of a market' },
  {
    market: Token(8),
    markets: List(Mic(), 4),
    name: Both(),
    zone: Token(40),
    open: Type.Boolean(),
    note: OrNull(Both()),
    sessions: List(SessionBar, 20),
    batches: List(BatchBar, 50),
  },
);
/** 24 hours of the desk's markets: sessions in their own zones, batches on their lanes. */
export const Ribbon = resource(
  'ribbon',
  { zh: '全球运行带', en: 'Twenty-four hour ribbon' },
  {
    from: InstantText(),
    to: InstantText(),
    now: InstantText(),
    lanes: List(Lane, 20),
  },
);
export type Ribbon = Static<typeof Ribbon>;

/** Exposure of one market in the firm's currency. null: no rate in force leads to it. */
export const ExposureLine = resource(
  'exposureLine',
  { zh: '敞口', en: 'Exposure' },
  {
    market: Token(8),
    currency: Currency(),
    notional: as('money', OrNull(Decimal())),
    clientDelta: as('money', OrNull(Decimal())),
    hedgeDelta: as('money', OrNull(Decimal())),
    net: as('money', OrNull(Decimal())),
    limitUsedPpm: OrNull(Ppm()),
    leasedPpm: OrNull(Ppm()),
    concentrationPpm: OrNull(Ppm()),
    belowCallLine: Count(),
    profit: as('money', OrNull(Decimal())),
  },
);
export const MarginLine = resource(
  'marginLine',
  { zh: '维持担保', en: 'Margin of a master account' },
  {
    master: as('token', Token()),
    client: as('token', Token()),
    token: as('token', Token()),
    currency: Currency(),
    equity: as('money', Decimal()),
    requirement: as('money', Decimal()),
    ratioPpm: OrNull(Ppm()),
    shortfall: as('money', OrNull(Decimal())),
    state: OneOf(['normal', 'warning', 'called', 'breached']),
    due: OrNull(InstantText()),
  },
);
export const Exposures = resource(
  'exposures',
  { zh: '敞口与额度', en: 'Exposures and limits' },
  {
    currency: Currency(),
    asOf: InstantText(),
    rateSet: OrNull(Token()),
    rateAt: OrNull(InstantText()),
    markets: List(ExposureLine, 50),
    total: ExposureLine,
    margins: List(MarginLine, 500),
    leases: Count(),
  },
);
export const NodeLine = resource(
  'nodeLine',
  { zh: '节点', en: 'Node' },
  {
    market: Mic(),
    seq: Count(),
    stateHash: Token(128),
    leader: Text(64),
    lag: Count(),
    orders: Count(),
  },
  { like: 'operation' },
);
export const House = resource(
  'house',
  { zh: '运行状况', en: 'State of the house' },
  {
    environment: OneOf(['demo', 'production']),
    businessTime: InstantText(),
    nodes: List(NodeLine, 50),
    approvals: Count(),
    alerts: Count(),
    clocks: List(
      resource(
        'clock',
        { zh: '市场时钟', en: 'Market clock' },
        { market: Mic(), name: Both(), zone: Token(40), open: Type.Boolean(), phase: Token() },
        { like: 'reference' },
      ),
      20,
    ),
  },
  { like: 'operation' },
);
export type House = Static<typeof House>;
/** What the palette finds. */
export const Found = resource(
  'found',
  { zh: '搜索结果', en: 'Found' },
  {
    kind: OneOf(['order', 'contract', 'client', 'account', 'batch', 'journal', 'document', 'user', 'model']),
    id: Token(80),
    label: as('token', Text(200)),
    path: Text(200),
  },
);
type FoundKind = Static<typeof Found>['kind'];

/**
 * Where the console shows each kind: an address as far as the object's own name, which stands behind it. An order's name is its
 * market, a slash and its number; a document's has `~` for every slash.
 */
export const FOUND_AT: Readonly<Record<FoundKind, string>> = {
  order: '/orders/',
  contract: '/contracts/',
  client: '/accounts/',
  account: '/accounts/',
  batch: '/batches/',
  journal: '/ledger?journal=',
  document: '/reports?document=',
  user: '/users?user=',
  model: '/models?face=models&version=',
};

const tag = 'overview';
export const OVERVIEW_ROUTES = [
  route({
    method: 'GET',
    path: '/v1/house',
    tag,
    summary: { zh: '运行状况', en: 'State of the house' },
    action: 'calendar.read',
    answer: House,
  }),
  route({
    method: 'GET',
    path: '/v1/ribbon',
    tag,
    summary: { zh: '24 小时运行带', en: 'The 24-hour ribbon' },
    action: 'calendar.read',
    query: closed({ from: Type.Optional(InstantText()) }),
    answer: Ribbon,
  }),
  route({
    method: 'GET',
    path: '/v1/exposures',
    tag,
    summary: { zh: '敞口', en: 'Exposures' },
    action: 'risk.read',
    answer: Exposures,
  }),
  route({
    method: 'GET',
    path: '/v1/search',
    tag,
    summary: { zh: '搜索', en: 'Search' },
    action: 'search',
    query: closed({ q: Token(64) }),
    answer: List(Found, 50),
  }),
] as const;
