import { closed, type Static, Type } from '@meridian/base';
import { ProblemDocument } from './problem.ts';
import { Count, InstantText, List, OrNull, Token } from './shape.ts';

/**
 * The one WebSocket, /v1/stream. A subscription is a viewport on a view: the server holds the order of keys and sends what
 * lies in the range. `v` is the viewport's version: after a `sub` or `range` with a higher one, messages of lower ones are
 * dropped by the client. Values travel by column. A slow reader gets a wider window, never a queue.
 */
const Scalar = Type.Union([Type.String(), Type.Number(), Type.Boolean(), Type.Null()]);
const Columns = Type.Record(Type.String({ maxLength: 40 }), Type.Array(Scalar, { maxItems: 500 }));
const Range = Type.Tuple([
  Type.Integer({ minimum: 0, maximum: 10_000_000 }),
  Type.Integer({ minimum: 0, maximum: 10_000_000 }),
]);
const SubscriptionId = Type.Integer({ minimum: 1, maximum: 64 });
const Version = Type.Integer({ minimum: 1, maximum: 2 ** 31 });
const op = <const T extends string>(value: T) => Type.Literal(value);
export const Subscribe = closed({
  op: op('sub'),
  id: SubscriptionId,
  view: Token(32),
  v: Version,
  /** First and past-the-last row, at most 500 apart. */
  range: Range,
  sort: Type.Optional(closed({ column: Token(40), descending: Type.Boolean() })),
  /** Column equals (or, for text, contains) value; all must hold. */
  filter: Type.Optional(Type.Array(closed({ column: Token(40), value: Token(64) }), { maxItems: 8 })),
  columns: Type.Array(Token(40), { minItems: 1, maxItems: 40 }),
});
export const Move = closed({ op: op('range'), id: SubscriptionId, v: Version, range: Range });
export const Unsubscribe = closed({ op: op('unsub'), id: SubscriptionId });
/** The n-th message of the subscription has been drawn. */
export const Acknowledge = closed({ op: op('ack'), id: SubscriptionId, v: Type.Optional(Version), n: Count() });
export const ClientMessage = Type.Union([Subscribe, Move, Unsubscribe, Acknowledge]);
export type ClientMessage = Static<typeof ClientMessage>;

export const Snapshot = closed({
  op: op('snap'),
  id: SubscriptionId,
  v: Version,
  n: Count(),
  seq: Count(),
  at: InstantText('wall'),
  total: Count(),
  from: Count(),
  keys: List(Token(64), 500),
  cols: Columns,
});
/** `rows` are indexes into the viewport; columns hold one value for each of them. */
export const Update = closed({
  op: op('upd'),
  id: SubscriptionId,
  v: Version,
  n: Count(),
  seq: Count(),
  at: InstantText('wall'),
  total: Count(),
  rows: Type.Array(Count(), { maxItems: 500 }),
  cols: Columns,
});
/** Once a second, so that silence means a broken line. */
export const Beat = closed({
  op: op('beat'),
  at: InstantText('wall'),
  businessTime: InstantText(),
  seq: Type.Record(Type.String(), Count()),
  lagMs: Type.Number(),
  ratePerSecond: Type.Number(),
  conflation: Type.Number(),
  approvals: Count(),
  alerts: Count(),
});
export const Refused = closed({ op: op('error'), id: OrNull(SubscriptionId), problem: ProblemDocument });
export const ServerMessage = Type.Union([Snapshot, Update, Beat, Refused]);
export type ServerMessage = Static<typeof ServerMessage>;

/** Views and their columns, with the action that each needs. */
export const VIEWS = {
  orders: {
    action: 'order.read',
    columns: [
      'market',
      'order',
      'at',
      'state',
      'clientToken',
      'accountCode',
      'symbol',
      'side',
      'effect',
      'quantity',
      'price',
      'currency',
      'filled',
      'leaves',
      'averagePrice',
      'hedgedPpm',
      'type',
      'timeInForce',
      'seq',
      'reason',
      'reasonZh',
      'reasonEn',
    ],
  },
  margins: {
    action: 'risk.read',
    columns: ['master', 'token', 'currency', 'equity', 'requirement', 'ratioPpm', 'shortfall', 'state', 'due'],
  },
  exposures: {
    action: 'risk.read',
    columns: [
      'market',
      'currency',
      'notional',
      'clientDelta',
      'hedgeDelta',
      'net',
      'limitUsedPpm',
      'concentrationPpm',
      'belowCallLine',
      'profit',
    ],
  },
} as const;
export type ViewName = keyof typeof VIEWS;
