import { declareGuardedReading, entity } from '@meridian/catalog';

/** The role in which a client's own reading runs: without login, without rights of the programs. DS-7. */
export const CLIENT_ROLE = 'meridian_client';

/** The clients of this transaction, worked out once a statement. */
const OWN = 'ANY ((SELECT security.client_ids())::bigint[])';

/** What a client's user reads of one table: these columns of the rows that meet the condition. */
export interface ClientTable {
  readonly columns: readonly string[];
  /** SQL over the table's columns. Other tables in it are read as the client reads them. */
  readonly own: string;
}

const table = (columns: string, own: string): ClientTable => ({ columns: columns.trim().split(/\s+/), own });
const ofClient = `client = ${OWN}`;
const ofAccount = 'account IN (SELECT b.account FROM accounts.business_account b)';
const ofContract = 'contract IN (SELECT c.contract FROM accounts.contract c)';

/**
 * Everything that a client's user may read, table by table. What concerns the house alone stays out: books, routes,
 * hedging entities, transfer spreads, real names, and every table that is not named here.
 */
export const CLIENT_TABLES: Readonly<Record<string, ClientTable>> = {
  'accounts.client': table('client token entity jurisdiction state opened_at', ofClient),
  'accounts.agreement': table('agreement client entity kind signed_on valid_to', ofClient),
  'accounts.master_account': table('master client entity base_currency state', ofClient),
  'accounts.sub_account': table(
    'sub master entity code pool state',
    'master IN (SELECT m.master FROM accounts.master_account m)',
  ),
  'accounts.business_account': table(
    `account sub master client code type entity agreement basis settlement_currency margin_ppm commission_ppm
     financing_spread_ppm permission position_max order_rate_max state`,
    ofClient,
  ),
  'accounts.ledger_account': table(
    'id entity code pool sub contract currency normal_side posted pending_debit pending_credit version',
    'sub IN (SELECT s.sub FROM accounts.sub_account s)',
  ),
  'accounts.posting': table(
    'journal line account currency amount balance_after account_version',
    'account IN (SELECT l.id FROM accounts.ledger_account l)',
  ),
  'accounts.position': table('account listing quantity provisional_quantity cost_value', ofAccount),
  'accounts.fill': table(
    `market seq k at trade_date business_date order_id account listing side effect quantity price exec_type state delta
     rate_set batch`,
    ofAccount,
  ),
  'accounts.contract': table(
    `contract uti entity agreement client master sub account listing side basis settlement_currency state terms opened_on
     closed_on version`,
    ofClient,
  ),
  'accounts.contract_lot': table('contract lot trade_date quantity_open quantity price fx_rate fx_rate_set fx_at', ofContract),
  'accounts.contract_version': table('contract version batch economics', ofContract),
  'accounts.margin_call': table(
    'id client master currency amount raised_at due_at state ended_at equity requirement',
    ofClient,
  ),
  'accounts.client_day': table('client business_date closed_at statement_hash', ofClient),
  'clearing.document': table(
    'id batch attempt kind client format file_name sha256 content',
    `${ofClient} AND kind IN ('confirmation', 'statement')`,
  ),
};

declareGuardedReading(
  CLIENT_ROLE,
  Object.fromEntries(Object.entries(CLIENT_TABLES).map(([name, { columns }]) => [name, columns])),
);

const key = { type: 'bytea', sensitive: true, jrt0158: 3, jrt0197: 3, mask: 'full' } as const;
entity(
  'security.row_key',
  {
    title: { zh: '行级安全密钥', en: 'Key of the row-level security' },
    like: 'operation',
    owner: 'security',
    purpose: ['security'],
    access: 'read',
  },
  { one: 'boolean', inner_pad: key, outer_pad: key },
);
