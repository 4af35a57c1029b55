import { closed, Type } from '@meridian/base';
import { route } from './route.ts';
import {
  as,
  Count,
  Currency,
  DateText,
  Decimal,
  Id,
  InstantText,
  List,
  Mic,
  OneOf,
  OrNull,
  PAGE_QUERY,
  Page,
  Quantity,
  resource,
  Token,
} from './shape.ts';

const meta = { owner: 'accounts', purpose: ['bookkeeping', 'margin'] } as const;

export const ContractLine = resource(
  'contractLine',
  { zh: '合约', en: 'Contract' },
  {
    contract: Id(),
    uti: Token(52),
    client: as('token', OrNull(Id())),
    token: as('token', OrNull(Token())),
    account: as('token', OrNull(Id())),
    accountCode: as('token', OrNull(Token())),
    entity: Id(),
    hedgeEntity: Id(),
    backToBackOf: OrNull(Id()),
    backToBack: OrNull(Id()),
    listing: Id(),
    market: Mic(),
    symbol: Token(32),
    side: OneOf(['long', 'short']),
    basis: Token(),
    currency: Currency(),
    quoteCurrency: Currency(),
    state: OneOf(['open', 'closed']),
    openedOn: DateText(),
    closedOn: OrNull(DateText()),
    quantity: as('money', Quantity()),
    notional: as('money', OrNull(Decimal())),
    cost: as('money', OrNull(Decimal())),
    mark: OrNull(Decimal()),
    markOn: OrNull(DateText()),
    worth: as('money', OrNull(Decimal())),
    profit: as('money', OrNull(Decimal())),
    version: Count(),
  },
  { owner: 'accounts', purpose: ['bookkeeping'] },
);
export const ContractDetail = resource(
  'contractDetail',
  { zh: '合约详情', en: 'Contract in full' },
  {
    contract: ContractLine,
    terms: as('hidden', Type.Record(Type.String(), Type.Unknown())),
    lots: List(
      resource(
        'contractLot',
        { zh: '合约批次', en: 'Lot' },
        {
          lot: Count(),
          tradeDate: DateText(),
          quantityOpen: as('money', Quantity()),
          quantity: as('money', Quantity()),
          price: Decimal(),
          fxRate: OrNull(Decimal()),
          fxAt: OrNull(InstantText()),
        },
        meta,
      ),
      10_000,
    ),
    versions: List(
      resource(
        'contractVersion',
        { zh: '合约版本', en: 'Version' },
        { version: Count(), batch: Token(), economics: as('hidden', Type.Record(Type.String(), Type.Unknown())) },
        meta,
      ),
      1_000,
    ),
  },
  meta,
);
export const CONTRACT_ROUTES = [
  route({
    method: 'GET',
    path: '/v1/contracts',
    tag: 'contracts',
    summary: { zh: '合约列表', en: 'Contracts' },
    action: 'contract.read',
    query: closed({
      ...PAGE_QUERY,
      client: Type.Optional(Id()),
      account: Type.Optional(Id()),
      state: Type.Optional(OneOf(['open', 'closed'])),
    }),
    answer: Page(ContractLine),
  }),
  route({
    method: 'GET',
    path: '/v1/contracts/{contract}',
    tag: 'contracts',
    summary: { zh: '合约详情', en: 'One contract' },
    action: 'contract.read',
    params: closed({ contract: Id() }),
    answer: ContractDetail,
  }),
] as const;
