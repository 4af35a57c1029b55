import { closed, Type } from '@meridian/base';
import { Waits } from './order.ts';
import { route } from './route.ts';
import {
  as,
  Both,
  Count,
  Currency,
  DateText,
  Decimal,
  Id,
  InstantText,
  List,
  Mic,
  OrNull,
  PAGE_QUERY,
  Page,
  resource,
  Text,
  Token,
} from './shape.ts';

export const JournalLine = resource(
  'journalLine',
  { zh: '分录', en: 'Posting' },
  {
    line: Count(),
    account: Id(),
    key: as('token', Text(200)),
    code: Token(),
    title: Both(),
    currency: Currency(),
    amount: as('money', Decimal()),
    balanceAfter: as('money', Decimal()),
    sub: as('token', OrNull(Id())),
    contract: OrNull(Id()),
  },
  { owner: 'accounts', purpose: ['bookkeeping'] },
);
export const Journal = resource(
  'journal',
  { zh: '凭证', en: 'Journal' },
  {
    journal: Id(),
    kind: Token(),
    rule: Token(),
    at: InstantText(),
    businessDate: DateText(),
    market: OrNull(Mic()),
    batch: OrNull(Token()),
    command: Id(),
    sourceMarket: OrNull(Mic()),
    sourceSeq: OrNull(Count()),
    sourceK: OrNull(Count()),
    reverses: OrNull(Id()),
    reversedBy: OrNull(Id()),
    hash: Token(128),
    prevHash: Token(128),
    lines: List(JournalLine, 1_000),
    lineCount: Count(),
  },
  { owner: 'accounts', purpose: ['bookkeeping'] },
);
export const TrialBalance = resource(
  'trialBalance',
  { zh: '试算平衡', en: 'Trial balance' },
  {
    entity: Id(),
    currency: Currency(),
    balanced: Type.Boolean(),
    debit: as('money', Decimal()),
    credit: as('money', Decimal()),
    rows: List(
      resource(
        'trialRow',
        { zh: '科目余额', en: 'Balance of an account code' },
        { code: Token(), title: Both(), debit: as('money', Decimal()), credit: as('money', Decimal()), accounts: Count() },
        { owner: 'accounts', purpose: ['bookkeeping'] },
      ),
      500,
    ),
  },
  { owner: 'accounts', purpose: ['bookkeeping'] },
);
export const ReversalRequest = closed({ reason: Token(400) }, { $id: 'ReversalRequest' });

export const LEDGER_ROUTES = [
  route({
    method: 'GET',
    path: '/v1/ledger/trial-balance',
    tag: 'ledger',
    summary: { zh: '试算平衡', en: 'Trial balance' },
    action: 'ledger.read',
    answer: List(TrialBalance, 200),
  }),
  route({
    method: 'GET',
    path: '/v1/ledger/journals',
    tag: 'ledger',
    summary: { zh: '凭证', en: 'Journals' },
    action: 'ledger.read',
    query: closed({
      ...PAGE_QUERY,
      account: Type.Optional(Id()),
      batch: Type.Optional(Token()),
      contract: Type.Optional(Id()),
      code: Type.Optional(Token(8)),
    }),
    answer: Page(Journal),
  }),
  route({
    method: 'GET',
    path: '/v1/ledger/journals/{journal}',
    tag: 'ledger',
    summary: { zh: '凭证详情', en: 'One journal' },
    action: 'ledger.read',
    params: closed({ journal: Id() }),
    answer: Journal,
  }),
  route({
    method: 'POST',
    path: '/v1/ledger/journals/{journal}/reverse',
    tag: 'ledger',
    summary: { zh: '申请红冲', en: 'Ask for a reversal' },
    action: 'journal.reverse',
    params: closed({ journal: Id() }),
    body: ReversalRequest,
    answer: Waits,
    status: 202,
  }),
] as const;
