import { closed, Type } from '@meridian/base';
import { Waits } from './order.ts';
import { route } from './route.ts';
import {
  as,
  Count,
  Currency,
  DateText,
  Decimal,
  Id,
  List,
  Mic,
  OrNull,
  PAGE_QUERY,
  Page,
  Ppm,
  resource,
  Text,
  Token,
} from './shape.ts';

const meta = { owner: 'accounts', purpose: ['bookkeeping', 'margin'] } as const;

export const LimitLine = resource(
  'limitLine',
  { zh: '额度', en: 'Limit' },
  {
    cell: Id(),
    scope: Token(),
    scopeId: as('token', Id()),
    label: as('token', Text(80)),
    measure: Token(),
    currency: OrNull(Currency()),
    issuer: OrNull(Id()),
    limit: as('money', Decimal()),
    booked: as('money', Decimal()),
    leased: as('money', Decimal()),
    used: as('money', Decimal()),
    usedPpm: OrNull(Ppm()),
    state: Token(),
    version: Count(),
    maker: as('token', Token()),
    checker: as('token', Token()),
    leases: List(
      resource(
        'leaseLine',
        { zh: '租约', en: 'Lease' },
        {
          node: Token(),
          epoch: Count(),
          granted: as('money', Decimal()),
          returned: as('money', Decimal()),
          used: as('money', Decimal()),
        },
        meta,
      ),
      50,
    ),
  },
  { owner: 'risk', purpose: ['risk'] },
);
export const LimitChange = closed({ limit: Decimal(), reason: Token(400) }, { $id: 'LimitChange' });
export const ListLine = resource(
  'listLine',
  { zh: '黑白名单', en: 'Black and white list' },
  {
    entry: Id(),
    listing: Id(),
    market: Mic(),
    symbol: Token(32),
    scope: Token(),
    scopeId: as('token', OrNull(Id())),
    permission: Token(),
    validFrom: OrNull(DateText()),
    validTo: OrNull(DateText()),
  },
  { owner: 'risk', purpose: ['risk'] },
);
export const LIMIT_ROUTES = [
  route({
    method: 'GET',
    path: '/v1/limits',
    tag: 'limits',
    summary: { zh: '额度与租约', en: 'Limits and leases' },
    action: 'limit.read',
    query: closed({ ...PAGE_QUERY, scope: Type.Optional(Token(16)) }),
    answer: Page(LimitLine),
  }),
  route({
    method: 'GET',
    path: '/v1/limits/{cell}',
    tag: 'limits',
    summary: { zh: '单个额度', en: 'One limit' },
    action: 'limit.read',
    params: closed({ cell: Id() }),
    answer: LimitLine,
  }),
  route({
    method: 'PUT',
    path: '/v1/limits/{cell}',
    tag: 'limits',
    summary: { zh: '申请调整额度', en: 'Ask for another limit' },
    action: 'limit.change',
    params: closed({ cell: Id() }),
    body: LimitChange,
    answer: Waits,
    status: 202,
    versioned: true,
  }),
  route({
    method: 'GET',
    path: '/v1/lists',
    tag: 'limits',
    summary: { zh: '黑白名单', en: 'Black and white lists' },
    action: 'list.read',
    query: closed(PAGE_QUERY),
    answer: Page(ListLine),
  }),
] as const;
