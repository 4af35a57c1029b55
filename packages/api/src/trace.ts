import { closed, type Static, Type } from '@meridian/base';
import { route } from './route.ts';
import { as, Both, Count, Decimal, InstantText, List, Mic, OneOf, OrNull, resource, Text, Token } from './shape.ts';

/** 穿透: one measure from the firm's total to journal and log entry, with the proof that each level sums to the next. */
export const TraceLevel = resource(
  'traceLevel',
  { zh: '穿透层级', en: 'Level of the walk' },
  {
    level: OneOf(['firm', 'client', 'master', 'sub', 'business', 'contract', 'order', 'fill', 'journal', 'log']),
    id: as('token', Text(80)),
    label: as('token', Text(200)),
    /** How it stands, where it may stand in several ways: a fill booked, provisional or busted. */
    note: OrNull(Both()),
    path: OrNull(Text(200)),
    amount: as('money', OrNull(Decimal())),
    children: Count(),
    childrenSum: as('money', OrNull(Decimal())),
    reconciles: OrNull(Type.Boolean()),
  },
  { owner: 'accounts', purpose: ['bookkeeping'] },
);
export const Trace = resource(
  'trace',
  { zh: '穿透', en: 'See-through' },
  {
    measure: OneOf(['notional', 'quantity', 'cost']),
    unit: Token(16),
    asOf: InstantText(),
    levels: List(TraceLevel, 12),
    rows: List(TraceLevel, 1_000),
    reconciles: Type.Boolean(),
    difference: as('money', Decimal()),
  },
  { owner: 'accounts', purpose: ['bookkeeping'] },
);
export type Trace = Static<typeof Trace>;

export const TRACE_ROUTES = [
  route({
    method: 'GET',
    path: '/v1/trace/{level}/{id}',
    tag: 'trace',
    summary: { zh: '穿透', en: 'See through a figure' },
    action: 'trace.read',
    params: closed({ level: Token(16), id: Token(80) }),
    query: closed({ measure: Type.Optional(OneOf(['notional', 'quantity', 'cost'])) }),
    answer: Trace,
  }),
  route({
    method: 'GET',
    path: '/v1/log/{market}/{seq}',
    tag: 'trace',
    summary: { zh: '日志条目', en: 'One entry of a market log' },
    action: 'trace.read',
    params: closed({ market: Mic(), seq: Type.String({ pattern: '^\\d{1,15}$' }) }),
    answer: resource(
      'logEntry',
      { zh: '日志条目', en: 'Entry of a market log' },
      {
        market: Mic(),
        seq: Count(),
        events: List(
          resource(
            'logEvent',
            { zh: '事件', en: 'Event' },
            { k: Count(), name: Token(), body: as('hidden', Type.Record(Type.String(), Type.Unknown())) },
          ),
          1_000,
        ),
      },
    ),
  }),
] as const;
