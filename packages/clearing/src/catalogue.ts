import { catalogue, type EntityDefaults, entity, type FieldLine, logFields } from '@meridian/catalog';

/** The class of every column, log field and report column of this room. DS-1, DS-2. */

type Lines = Readonly<Record<string, FieldLine>>;

const columns = (line: FieldLine, ...keys: readonly string[]): Lines => Object.fromEntries(keys.map((key) => [key, line]));
const text = (...keys: readonly string[]) => columns('text', ...keys);
const integer = (...keys: readonly string[]) => columns('integer', ...keys);
const smallint = (...keys: readonly string[]) => columns('smallint', ...keys);
const bigint = (...keys: readonly string[]) => columns('bigint', ...keys);
const date = (...keys: readonly string[]) => columns('date', ...keys);
const wall = (...keys: readonly string[]) => columns('timestamptz', ...keys);

const GUARDED = { sensitive: true, jrt0158: 3, jrt0197: 3 } as const;
/** Leads to a client: an id, never a name. */
const client = (type: string, ...keys: readonly string[]) =>
  columns({ ...GUARDED, type, pi: 'pi', mask: 'account', origin: 'CN' }, ...keys);
/** A client's or the house's money or position. */
const money = (type: string, ...keys: readonly string[]) => columns({ ...GUARDED, type, mask: 'bucket' }, ...keys);
/** Holds whatever it holds. */
const hidden = (type: string, ...keys: readonly string[]) => columns({ ...GUARDED, type, pi: 'pi', mask: 'full' }, ...keys);
/** Files, documents and mails name clients and carry their money. */
const carrier = (type: string, ...keys: readonly string[]) =>
  columns({ ...GUARDED, type, pi: 'spi', jrt0197: 4, mask: 'full', origin: 'CN' }, ...keys);

function table(name: string, zh: string, en: string, lines: Lines, more: Partial<EntityDefaults> = {}): void {
  const defaults = { like: 'record', owner: 'clearing', purpose: ['clearing', 'bookkeeping', 'audit'] } as const;
  entity(`clearing.${name}`, { ...defaults, title: { zh, en }, ...more }, lines);
}

const place = { ...text('batch'), ...integer('attempt') };

table('batch', '清算批次', 'clearing batches', {
  ...text('batch', 'kind', 'market', 'business', 'output_hash'),
  ...date('clearing_date'),
  ...integer('seq', 'live_attempt'),
  ...bigint('published_at'),
});
table('attempt', '批次运行', 'attempts of batches', {
  ...place,
  ...integer('parent_attempt', 'from_step', 'epoch'),
  ...text('trigger', 'actor', 'reason', 'state', 'config_hash', 'code_version', 'holder'),
  ...bigint('at'),
  ...wall('lease_wall', 'started_wall', 'ended_wall'),
});
table('step_run', '步骤结果', 'outcomes of steps', {
  ...place,
  ...integer('step', 'data_attempt', 'errors'),
  ...text('name', 'state', 'input_hash', 'output_hash'),
  ...bigint('rows_in', 'rows_out'),
  ...hidden('jsonb', 'summary'),
  ...wall('started_wall', 'ended_wall'),
});
table('batch_error', '批次错误', 'errors of batches', {
  ...place,
  ...integer('no', 'step', 'line'),
  ...text('rule', 'severity', 'file', 'field'),
  ...bigint('byte', 'contract'),
  ...hidden('text', 'value', 'reason_zh', 'reason_en'),
  ...text('advice_zh', 'advice_en'),
});
table('batch_input', '批次输入', 'inputs of batches', { ...place, ...text('kind', 'ref', 'hash') });
table('batch_due', '批次计划', 'planned batches', {
  ...text('kind', 'market', 'business', 'state', 'changed_by', 'reason'),
  ...date('clearing_date'),
  ...bigint('close_at', 'due_at'),
});
table('op_lock', '操作占用', 'who holds what', { ...text('scope', 'key', 'holder', 'purpose'), ...wall('since_wall') });
table('source_file', '外部文件', 'files received', {
  ...text('name', 'sha256', 'market', 'state', 'layout'),
  ...integer('version'),
  ...bigint('bytes', 'records'),
  ...hidden('bytea', 'content'),
  ...date('clearing_date'),
  ...hidden('jsonb', 'totals'),
  ...wall('received_wall'),
});
table('recon_break', '对账差异', 'reconciliation breaks', {
  ...place,
  ...text('recon', 'key', 'kind', 'field', 'severity', 'state', 'maker', 'checker', 'explanation'),
  ...hidden('text', 'left_value', 'right_value', 'difference'),
});
table('notification', '邮件通知', 'mails to be sent', {
  ...place,
  ...text('id', 'kind', 'state', 'last_error'),
  ...carrier('text', 'recipient', 'subject'),
  ...columns('text[]', 'documents'),
  ...integer('tries'),
  ...wall('next_wall', 'sent_wall'),
});
table('document', '报告与单据', 'reports and documents', {
  ...place,
  ...text('id', 'kind', 'format', 'sha256'),
  ...client('bigint', 'client'),
  ...client('text', 'file_name'),
  ...carrier('bytea', 'content'),
});
table('broker_fill', '券商成交', "the broker's fills", {
  ...place,
  ...integer('line'),
  ...bigint('at_byte', 'transact_at'),
  ...text('kind', 'exec_id', 'ref_exec_id', 'venue_order_id', 'isin', 'symbol', 'side', 'currency', 'state'),
  ...columns({ ...GUARDED, type: 'text', mask: 'account' }, 'cl_ord_id', 'trading_account'),
  ...money('bigint', 'quantity', 'price', 'commission', 'sec31', 'taf'),
  ...date('settlement_date'),
});
table('trade', '清算成交', 'trades of a batch', {
  ...place,
  ...bigint('seq', 'at', 'order_id', 'listing', 'rate_set', 'fx_rate', 'hedge_seq'),
  ...integer('k', 'hedge_k'),
  ...client('bigint', 'account'),
  ...smallint('side', 'effect'),
  ...money('bigint', 'delta', 'quantity', 'price', 'hold'),
  ...text('exec_id', 'policy', 'kind', 'ref_batch'),
  ...bigint('ref_seq'),
  ...integer('ref_k'),
  ...money('bigint', 'ref_quantity', 'ref_price'),
});
table('data_flow', '数据流向', 'edges of the data flow', { ...place, ...text('from_kind', 'from_ref', 'to_kind', 'to_ref') });
table('contract_event', '合约事件', 'events of contracts', {
  ...place,
  ...bigint('contract', 'fx_rate', 'fx_rate_set', 'fx_at', 'index_rate'),
  ...integer('no'),
  ...text('kind', 'source'),
  ...date('event_date'),
  ...money('bigint', 'quantity', 'realised', 'financing'),
  ...money('numeric(38,0)', 'value'),
});
table('contract_state', '合约状态', 'contracts after a batch', {
  ...place,
  ...bigint('contract', 'version', 'transitions', 'entity', 'hedge_entity', 'back_to_back_of', 'listing'),
  ...client('bigint', 'account'),
  ...text('uti', 'side', 'basis', 'settlement_currency', 'state'),
  ...hidden('jsonb', 'terms'),
  ...date('opened_on', 'accrued_to', 'accrued_from'),
  ...money('bigint', 'quantity_before', 'quantity', 'financing_before', 'financing', 'accrual', 'settled', 'realised'),
  ...integer('lots_made'),
});
table('lot_state', '合约批次', 'lots after a batch', {
  ...place,
  ...integer('lot'),
  ...bigint('contract', 'fx_rate', 'fx_rate_set', 'fx_at'),
  ...date('trade_date'),
  ...money('bigint', 'quantity_traded', 'price', 'quantity'),
  ...money('numeric(38,0)', 'value'),
  ...money('numeric(60,0)', 'accrued'),
});
table('inventory', '对冲持仓', 'hedge inventory after a batch', {
  ...place,
  ...bigint('entity', 'route', 'listing'),
  ...text('currency'),
  ...money('bigint', 'quantity', 'cost_minor', 'cost_before', 'bought', 'sold', 'cash_out', 'cash_in', 'fair_before'),
  ...money('numeric(38,0)', 'cost'),
});
table('fee', '费用', 'charges', {
  ...place,
  ...text('payer', 'code', 'level', 'ref', 'quote_currency', 'currency'),
  ...bigint('entity', 'route', 'listing'),
  ...client('bigint', 'account'),
  ...money('bigint', 'quantity', 'quote_amount', 'amount'),
  ...money('numeric(60,0)', 'value'),
  ...columns('jsonb', 'line'),
});
table('valuation', '估值', 'valuations of contracts', {
  ...place,
  ...bigint('contract', 'mark', 'fx_rate', 'fx_rate_set'),
  ...text('currency'),
  ...money('bigint', 'quantity', 'mtm_before', 'mtm', 'exposure', 'notional', 'notional_before'),
  ...money('bigint', 'margin_before', 'margin', 'requirement', 'maintenance'),
});
table('inventory_mark', '对冲估值', 'valuations of the hedge inventory', {
  ...place,
  ...bigint('route', 'listing', 'mark'),
  ...money('bigint', 'fair_value'),
});
table('obligation', '交收义务', 'obligations by value date', {
  ...place,
  ...integer('no', 'trades'),
  ...text('kind', 'currency'),
  ...bigint('entity', 'counterparty', 'listing'),
  ...date('trade_date', 'value_date'),
  ...money('bigint', 'amount'),
});
table('posting_line', '待发布分录', 'lines to be published', {
  ...place,
  ...integer('no'),
  ...text('rule', 'currency'),
  ...bigint('entity'),
  ...client('jsonb', 'debit', 'credit'),
  ...money('bigint', 'amount'),
});
table('publication', '发布内容', 'what else is published', { ...place, ...hidden('jsonb', 'contracts', 'fills', 'bookings') });

logFields('clearing', {
  batch: 'text',
  attempt: 'integer',
  epoch: 'integer',
  step: 'text',
  rule: 'text',
  mail_state: 'text',
});

/** Columns of reports, confirmations and statements, by their English title in snake case. */
const report: EntityDefaults = {
  title: { zh: '清算报告与单据', en: 'clearing reports and documents' },
  kind: 'report',
  owner: 'clearing',
  purpose: ['clearing', 'reporting'],
};
const shown = { outbound: ['client-report'] } as const;
const shownMoney = { ...GUARDED, ...shown, type: 'amount', mask: 'bucket' } as const;
entity('clearing.report', report, {
  ...columns(
    { ...shown, type: 'text' },
    'average_price',
    'bytes',
    'charge',
    'charges',
    'cr',
    'currency',
    'dr',
    'due_utc',
    'effect',
    'entity',
    'event',
    'faults',
    'field',
    'file',
    'file_database',
    'fills',
    'fx',
    'hash',
    'key',
    'kind',
    'listing',
    'listing_or_currency',
    'mark',
    'market',
    'ms',
    'netted',
    'no',
    'open_calls',
    'ours',
    'output_hash',
    'payer',
    'place',
    'price',
    'quote',
    'reason',
    'reconciliation',
    'records',
    'reference_price',
    'route',
    'rows_before',
    'rows_in',
    'rows_now',
    'rows_out',
    'rule',
    'settles_in',
    'severity',
    'sha_256',
    'side',
    'source',
    'started_utc',
    'state',
    'step',
    'theirs',
    'time_utc',
    'trades',
    'value',
    'value_date',
    'verdict',
    'version',
    'what_to_do',
  ),
  ...columns(
    shownMoney,
    'accrual',
    'after',
    'amount',
    'before',
    'bought',
    'closing',
    'cost',
    'credit',
    'debit',
    'equity',
    'excess_shortfall',
    'fair_value_adjustment',
    'financing',
    'financing_settled',
    'held',
    'initial',
    'initial_requirement',
    'locked',
    'maintenance',
    'margin',
    'mark_to_market',
    'movement',
    'mtm_change',
    'net',
    'of_which_free',
    'of_which_margin',
    'opening',
    'quantity',
    'quantity_or_amount',
    'realised',
    'settled',
    'sold',
  ),
  ...columns(
    { ...GUARDED, ...shown, type: 'text', pi: 'pi', mask: 'account', origin: 'CN' },
    'call',
    'client',
    'contract',
    'fill',
    'order',
    'sub_account',
    'uti',
  ),
});

const REPORT_COLUMNS: ReadonlySet<string> = new Set(
  Object.keys(catalogue.entities().find((declared) => declared.name === 'clearing.report')?.fields ?? {}),
);

/** The catalogue's key of a report column; undefined for one that nobody declared. */
export function reportField(english: string): string | undefined {
  const key = english
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '_')
    .replaceAll(/^_+|_+$/g, '');
  return REPORT_COLUMNS.has(key) ? key : undefined;
}
