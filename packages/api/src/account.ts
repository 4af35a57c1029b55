import { closed, type Static, Type } from '@meridian/base';
import { route } from './route.ts';
import {
  as,
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

const meta = { owner: 'accounts', purpose: ['bookkeeping', 'margin'] } as const;

/** Cash of one sub account in one currency. 可用 available to trade, 可取 withdrawable. */
export const Funds = resource(
  'funds',
  { zh: '资金', en: 'Funds' },
  {
    currency: Currency(),
    balance: as('money', Decimal()),
    held: as('money', Decimal()),
    margin: as('money', Decimal()),
    available: as('money', Decimal()),
    withdrawable: as('money', Decimal()),
  },
  meta,
);
export const PositionLine = resource(
  'positionLine',
  { zh: '持仓', en: 'Position' },
  {
    listing: Id(),
    market: Mic(),
    symbol: Token(32),
    quantity: as('money', Quantity()),
    provisional: as('money', Quantity()),
    cost: as('money', OrNull(Decimal())),
    worth: as('money', OrNull(Decimal())),
    profit: as('money', OrNull(Decimal())),
    currency: Currency(),
    price: OrNull(Decimal()),
  },
  meta,
);
export const BusinessNode = resource(
  'businessNode',
  { zh: '业务账户', en: 'Business account' },
  {
    account: as('token', Id()),
    code: as('token', Token()),
    type: Token(),
    basis: Token(),
    currency: Currency(),
    state: Token(),
    marginPpm: Ppm(),
    positions: List(PositionLine, 1_000),
    contracts: Count(),
  },
  meta,
);
export const SubNode = resource(
  'subNode',
  { zh: '子资金账户', en: 'Sub account' },
  {
    sub: as('token', Id()),
    code: as('token', Token()),
    pool: Token(),
    state: Token(),
    funds: List(Funds, 20),
    business: List(BusinessNode, 500),
  },
  meta,
);
/** 总资金账户 → 子资金账户 → 业务账户. UA-1, UA-2, UA-3 */
export const AccountTree = resource(
  'accountTree',
  { zh: '账户树', en: 'Account tree' },
  {
    master: as('token', Id()),
    client: as('token', Id()),
    token: as('token', Token()),
    name: as('name', OrNull(Text(200))),
    entity: Id(),
    currency: Currency(),
    state: Token(),
    jurisdiction: Token(2),
    equity: as('money', OrNull(Decimal())),
    requirement: as('money', OrNull(Decimal())),
    ratioPpm: OrNull(Ppm()),
    leveragePpm: OrNull(Ppm()),
    subs: List(SubNode, 200),
    version: Count(),
    asOf: OrNull(InstantText()),
  },
  meta,
);
export type AccountTree = Static<typeof AccountTree>;
export const AccountLine = resource(
  'accountLine',
  { zh: '账户', en: 'Account' },
  {
    master: as('token', Id()),
    client: as('token', Id()),
    token: as('token', Token()),
    entity: Id(),
    currency: Currency(),
    state: Token(),
    subs: Count(),
    equity: as('money', OrNull(Decimal())),
    requirement: as('money', OrNull(Decimal())),
    ratioPpm: OrNull(Ppm()),
  },
  meta,
);
export const ClientName = resource(
  'clientName',
  { zh: '客户真实名称', en: 'Real name' },
  { client: as('token', Id()), zh: as('name', Text(200)), en: as('name', Text(200)) },
  meta,
);
/** Between sub accounts of one master (UA-5), or out of the house (withdrawal), which waits for a second person. */
export const TransferRequest = closed(
  {
    kind: OneOf(['transfer', 'withdraw']),
    from: Id(),
    to: Type.Optional(Id()),
    currency: Currency(),
    amount: Decimal(),
    reason: Type.Optional(Text(400)),
  },
  { $id: 'TransferRequest' },
);
/**
 * `at`: business time. `waiting`: for the bank; `awaiting-approval`: for a second person, and not in the books yet. `approval`: of
 * what is not in the books, the request that it is.
 */
export const Transfer = resource(
  'transfer',
  { zh: '划转', en: 'Transfer' },
  {
    id: Token(200),
    kind: Token(),
    at: InstantText(),
    from: as('token', OrNull(Id())),
    to: as('token', OrNull(Id())),
    currency: Currency(),
    amount: as('money', Decimal()),
    state: OneOf(['done', 'waiting', 'refused', 'awaiting-approval']),
    maker: as('token', Token()),
    checker: as('token', OrNull(Token())),
    approval: OrNull(Token()),
  },
  meta,
);
const master = closed({ master: Id() });
export const ACCOUNT_ROUTES = [
  route({
    method: 'GET',
    path: '/v1/accounts',
    tag: 'accounts',
    summary: { zh: '账户列表', en: 'Master accounts' },
    action: 'account.read',
    query: closed({ ...PAGE_QUERY, client: Type.Optional(Id()) }),
    answer: Page(AccountLine),
  }),
  route({
    method: 'GET',
    path: '/v1/accounts/{master}',
    tag: 'accounts',
    summary: { zh: '账户树', en: 'One account tree' },
    action: 'account.read',
    params: master,
    answer: AccountTree,
  }),
  route({
    method: 'GET',
    path: '/v1/clients/{client}/name',
    tag: 'accounts',
    summary: { zh: '客户真实名称', en: 'Real name of a client' },
    action: 'account.name.read',
    params: closed({ client: Id() }),
    answer: ClientName,
  }),
  route({
    method: 'POST',
    path: '/v1/transfers',
    tag: 'transfers',
    summary: { zh: '划转或出金', en: 'Transfer or withdraw' },
    action: 'transfer.request',
    body: TransferRequest,
    answer: Transfer,
    status: 201,
  }),
  route({
    method: 'GET',
    path: '/v1/transfers',
    tag: 'transfers',
    summary: { zh: '划转记录', en: 'Transfers' },
    action: 'account.read',
    query: closed({ ...PAGE_QUERY, master: Type.Optional(Id()) }),
    answer: Page(Transfer),
  }),
] as const;
