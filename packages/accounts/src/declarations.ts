import { type EntityDefaults, entity, type FieldLine, logFields } from '@meridian/catalog';

/** The class of every column of this room. DS-1, DS-2. */

type Lines = Readonly<Record<string, FieldLine>>;

function table(name: string, zh: string, en: string, columns: Lines, defaults: Partial<EntityDefaults> = {}): void {
  entity(
    `accounts.${name}`,
    { title: { zh, en }, like: 'record', owner: 'accounts', purpose: ['bookkeeping', 'margin'], ...defaults },
    columns,
  );
}

const append = { access: 'append' } as const;

/** Identifies a client or its account: a token, never a name, but one that leads to somebody. */
const token = (type: string): FieldLine => ({
  ...{ type, sensitive: true, pi: 'pi', jrt0158: 3, jrt0197: 3, mask: 'account', origin: 'CN' },
});
/** A client's money or limit. */
const money = (type: string): FieldLine => ({ type, sensitive: true, jrt0158: 3, jrt0197: 3, mask: 'bucket' });
/** Carries whatever its kind carries. */
const hidden = (type: string): FieldLine => ({ type, sensitive: true, pi: 'pi', jrt0158: 3, jrt0197: 3, mask: 'full' });
const name = (type: string): FieldLine => ({
  ...{ type, sensitive: true, pi: 'spi', jrt0158: 3, jrt0197: 4, mask: 'name', origin: 'CN' },
});

const columns = <T extends FieldLine>(line: T, ...keys: readonly string[]) =>
  Object.fromEntries(keys.map((key) => [key, line])) as Record<string, T>;
const bigint = (...keys: readonly string[]) => columns('bigint', ...keys);
const text = (...keys: readonly string[]) => columns('text', ...keys);
const integer = (...keys: readonly string[]) => columns('integer', ...keys);
const smallint = (...keys: readonly string[]) => columns('smallint', ...keys);
const date = (...keys: readonly string[]) => columns('date', ...keys);
const tokens = (...keys: readonly string[]) => columns(token('bigint'), ...keys);
const amounts = (...keys: readonly string[]) => columns(money('bigint'), ...keys);
/** (market, seq, k) */
const place = { ...text('market'), ...bigint('seq'), ...integer('k') };

table(
  'command',
  '账户指令',
  'commands of the account centre',
  {
    ...bigint('no', 'at'),
    ...text('id', 'kind', 'body_hash', 'maker', 'checker'),
    ...columns(hidden('jsonb'), 'body', 'outcome'),
    recorded_at: 'timestamptz',
  },
  { ...append, purpose: ['bookkeeping', 'audit'] },
);
table('client_group', '客户集团', 'client groups', { ...bigint('client_group'), ...text('code') });
table('manager', '管理人', 'managers', { ...bigint('manager'), ...text('code') });
table(
  'client',
  '客户',
  'clients',
  {
    ...tokens('client'),
    token: token('text'),
    ...bigint('entity', 'client_group', 'manager', 'opened_at'),
    ...text('jurisdiction', 'state'),
  },
  { purpose: ['onboarding', 'bookkeeping'] },
);
table(
  'client_name',
  '客户真实名称',
  'real names of clients',
  { ...tokens('client'), ...date('valid_from'), name_zh: name('text'), name_en: name('text') },
  { purpose: ['onboarding', 'reporting'] },
);
table(
  'identifier',
  '客户与账户标识',
  'identifiers of clients and accounts',
  {
    ...text('subject', 'scheme'),
    ...tokens('subject_id'),
    value: { ...(token('text') as object), type: 'text', mask: 'id' },
    ...date('valid_from', 'valid_to'),
  },
  { purpose: ['onboarding', 'reporting'] },
);
table('agreement', '主协议', 'netting agreements', {
  ...bigint('agreement', 'entity'),
  ...tokens('client'),
  ...text('kind'),
  ...date('signed_on', 'valid_to'),
});
table('master_account', '总资金账户', 'master accounts', {
  ...tokens('master', 'client'),
  ...bigint('entity'),
  ...text('base_currency', 'state'),
});
table('sub_account', '子资金账户', 'sub accounts', {
  ...tokens('sub', 'master'),
  ...bigint('entity'),
  ...text('code', 'pool', 'state'),
});
table('business_account', '业务账户', 'business accounts', {
  ...tokens('account', 'sub', 'master', 'client'),
  ...text('code', 'type', 'basis', 'settlement_currency', 'state'),
  ...bigint('entity', 'book', 'agreement', 'hedge_entity', 'route', 'margin_ppm', 'fee_buffer_ppm', 'commission_ppm'),
  ...bigint('financing_spread_ppm', 'transfer_spread_ppm', 'position_max', 'order_rate_max'),
  ...smallint('permission'),
});
table('ledger_account', '总账科目', 'ledger accounts', {
  ...bigint('id', 'entity', 'contract', 'counterparty', 'listing', 'version'),
  ...tokens('sub'),
  ...text('code', 'pool', 'currency', 'key'),
  ...smallint('normal_side'),
  ...amounts('floor', 'posted', 'pending_debit', 'pending_credit'),
});
table(
  'journal',
  '凭证',
  'journals',
  {
    ...bigint('id', 'at', 'command_no', 'source_seq', 'reverses'),
    ...text('kind', 'rule', 'market', 'batch', 'source_market', 'prev_hash', 'hash'),
    ...date('business_date'),
    ...integer('source_k', 'lines'),
  },
  append,
);
table(
  'posting',
  '分录',
  'postings',
  {
    ...bigint('journal', 'account', 'account_version'),
    ...integer('line'),
    ...text('currency'),
    ...amounts('amount', 'balance_after'),
  },
  append,
);
table('hold', '两阶段冻结', 'pending entries', {
  ...bigint('id', 'debit_account', 'credit_account', 'source_seq', 'created_no', 'ended_no', 'journal'),
  ...text('rule', 'currency', 'state', 'source_market'),
  ...amounts('amount', 'posted_amount'),
  ...integer('source_k'),
});
table('market_day', '市场交易日', 'trading days of markets', {
  ...text('market'),
  ...date('trade_date', 'business_date'),
  ...bigint('opened_at', 'cut_seq', 'cut_at'),
  ...integer('cut_k'),
});
table('fill', '客户成交', 'client fills', {
  ...place,
  ...bigint('at', 'order_id', 'listing', 'quantity', 'price', 'delta', 'rate_set', 'hedge_seq', 'ref_seq'),
  ...date('trade_date', 'business_date'),
  ...tokens('account'),
  ...smallint('side', 'effect'),
  ...text('exec_type', 'state', 'batch'),
  ...amounts('hold'),
  ...integer('hedge_k', 'ref_k'),
});
table(
  'hedge_fill',
  '对冲成交',
  'hedge fills',
  {
    ...place,
    ...bigint('at', 'child', 'intent', 'route', 'listing', 'quantity', 'price', 'transact_at'),
    ...date('trade_date'),
    ...smallint('side'),
    ...text('exec_type', 'exec_id', 'exec_ref_id', 'venue_order_id', 'state'),
  },
  { purpose: ['hedging', 'bookkeeping'] },
);
table('mark', '盯市价', 'closing marks', {
  ...place,
  ...bigint('listing', 'price', 'source_at'),
  ...date('trade_date'),
  ...text('kind'),
});
table('exception', '异常', 'exceptions', {
  ...place,
  ...bigint('at', 'listing', 'child', 'order_id', 'quantity', 'price'),
  ...smallint('side'),
  ...text('kind', 'exec_id', 'state', 'explanation'),
});
table('position', '持仓', 'positions', {
  ...tokens('account'),
  ...bigint('listing'),
  ...amounts('quantity', 'provisional_quantity'),
  cost_value: money('numeric(38,0)'),
});
table('contract', '合约', 'contracts of record', {
  ...bigint('contract', 'entity', 'book', 'agreement', 'listing', 'back_to_back_of', 'hedge_entity', 'version'),
  ...tokens('client', 'master', 'sub', 'account'),
  ...text('uti', 'side', 'basis', 'settlement_currency', 'state'),
  terms: hidden('jsonb'),
  ...date('opened_on', 'closed_on'),
});
table('contract_lot', '合约批次', 'lots of contracts', {
  ...bigint('contract', 'price', 'fx_rate', 'fx_rate_set', 'fx_at'),
  ...integer('lot'),
  ...date('trade_date'),
  ...amounts('quantity_open', 'quantity'),
});
table(
  'contract_version',
  '合约版本',
  'versions of contracts',
  { ...bigint('contract', 'version'), ...text('batch'), economics: hidden('jsonb') },
  append,
);
table('limit_cell', '额度', 'limit cells', {
  ...bigint('cell', 'issuer', 'version'),
  ...tokens('scope_id'),
  ...text('scope', 'measure', 'currency', 'state', 'maker', 'checker'),
  ...amounts('lim', 'booked'),
});
table('lease', '额度租约', 'leases of limit cells', {
  ...bigint('cell', 'epoch'),
  ...text('node'),
  ...amounts('granted_cum', 'returned_cum', 'booking_cum', 'booking_acked_cum', 'used_reported'),
});
table(
  'node_message',
  '发往节点的指令',
  'commands for nodes',
  { ...bigint('no', 'created_no'), ...text('market'), command: hidden('jsonb') },
  append,
);
table('margin_call', '追加保证金通知', 'margin calls', {
  ...text('id', 'currency', 'state'),
  ...tokens('client', 'master'),
  ...amounts('amount', 'equity', 'requirement'),
  ...bigint('raised_at', 'due_at', 'ended_at'),
  cause: hidden('jsonb'),
});
table(
  'client_day',
  '客户日终',
  'closed client days',
  {
    ...tokens('client'),
    ...date('business_date'),
    ...bigint('closed_at', 'command_no'),
    batches: 'jsonb',
    ...text('statement_hash'),
  },
  append,
);
table(
  'published_batch',
  '已发布批次',
  'published batches',
  { ...text('batch', 'market'), ...integer('attempt'), ...date('business_date'), ...bigint('command_no') },
  append,
);

logFields('accounts', { reason: 'text' });
