import { currency } from '@meridian/base';
import type { Parameter, Queryable } from '@meridian/store';
import { sqlState, violatedConstraint } from '@meridian/store';
import type { ClientNames, CommandBodyOf } from './command.ts';
import type { Books, Cause } from './ledger.ts';
import { problem } from './problems.ts';

/** Inserts and turns the database's refusals into what they mean. @throws Problem PARTY_EXISTS | PARTY_UNKNOWN */
async function record(db: Queryable, what: string, id: number, sql: string, values: readonly Parameter[]): Promise<void> {
  try {
    await db.query(sql, values);
  } catch (error) {
    const rule = violatedConstraint(error) ?? '';
    if (sqlState(error) === '23505') throw problem('PARTY_EXISTS', { what, id, rule }, error);
    if (sqlState(error) === '23503' || sqlState(error) === '23502')
      throw problem('PARTY_UNKNOWN', { what: `party of ${what}`, id }, error);
    throw error;
  }
}

/** Opens a client (客户). Its real name goes to its own table and nowhere else. UA-9. */
export async function openClient(books: Books, cause: Cause, body: CommandBodyOf<'open-client'>, names?: ClientNames) {
  const { tx } = books;
  for (const [table, part] of [
    ['client_group', body.group],
    ['manager', body.manager],
  ] as const) {
    if (part === undefined) continue;
    await record(
      tx,
      table,
      part.id,
      `INSERT INTO accounts.${table} (${table}, code) VALUES ($1, $2) ON CONFLICT (${table}) DO NOTHING`,
      [part.id, part.code],
    );
  }
  await record(
    tx,
    'client',
    body.client,
    `INSERT INTO accounts.client (client, token, entity, client_group, manager, jurisdiction, opened_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7)`,
    [body.client, body.token, body.entity, body.group?.id ?? null, body.manager?.id ?? null, body.jurisdiction, cause.at],
  );
  for (const identifier of body.identifiers ?? [])
    await recordIdentifier(books, { subject: 'client', subjectId: body.client, identifier });
  if (names !== undefined)
    await tx.query(
      `INSERT INTO accounts.client_name (client, valid_from, name_zh, name_en)
       VALUES ($1, (to_timestamp($2::bigint / 1000000) AT TIME ZONE 'UTC')::date, $3, $4)`,
      [body.client, cause.at, names.zh, names.en],
    );
}

/** From its first day on the subject is known by the identifier; the current one of the same scheme ends there. */
export async function recordIdentifier(books: Books, body: CommandBodyOf<'record-identifier'>): Promise<void> {
  const { subject, subjectId } = body;
  const { scheme, value, validFrom, validTo = null } = body.identifier;
  const table = { client: 'client', master: 'master_account', sub: 'sub_account', business: 'business_account' }[subject];
  const column = subject === 'business' ? 'account' : subject;
  const { rows } = await books.tx.query(`SELECT 1 FROM accounts.${table} WHERE ${column} = $1`, [subjectId]);
  if (rows.length === 0) throw problem('PARTY_UNKNOWN', { what: subject, id: subjectId });
  await books.tx.query(
    `UPDATE accounts.identifier SET valid_to = $4
      WHERE subject = $1 AND subject_id = $2 AND scheme = $3 AND valid_to IS NULL AND valid_from < $4`,
    [subject, subjectId, scheme, validFrom],
  );
  await record(
    books.tx,
    `identifier of ${subject}`,
    subjectId,
    `INSERT INTO accounts.identifier (subject, subject_id, scheme, value, valid_from, valid_to)
     VALUES ($1, $2, $3, $4, $5, $6)`,
    [subject, subjectId, scheme, value, validFrom, validTo],
  );
}

/** Opens the client's one master fund account (总资金账户). UA-1. */
export function openMaster(books: Books, body: CommandBodyOf<'open-master'>): Promise<void> {
  return record(
    books.tx,
    'master account',
    body.master,
    `INSERT INTO accounts.master_account (master, client, entity, base_currency)
     SELECT $1::bigint, $2::bigint, (SELECT entity FROM accounts.client WHERE client = $2::bigint), $3`,
    [body.master, body.client, currency(body.baseCurrency)],
  );
}

/** Opens a sub account (子资金账户) below a master. UA-2. */
export function openSub(books: Books, body: CommandBodyOf<'open-sub'>): Promise<void> {
  return record(
    books.tx,
    'sub account',
    body.sub,
    `INSERT INTO accounts.sub_account (sub, master, entity, code, pool)
     SELECT $1::bigint, $2::bigint, (SELECT entity FROM accounts.master_account WHERE master = $2::bigint), $3, $4`,
    [body.sub, body.master, body.code, body.pool],
  );
}

/** Signs a netting agreement (主协议). */
export function signAgreement(books: Books, body: CommandBodyOf<'sign-agreement'>): Promise<void> {
  return record(
    books.tx,
    'agreement',
    body.agreement,
    'INSERT INTO accounts.agreement (agreement, client, entity, kind, signed_on) VALUES ($1, $2, $3, $4, $5)',
    [body.agreement, body.client, body.entity, body.kind, body.signedOn],
  );
}

/** Opens a business account (业务账户), of any type, as many of one type as wanted. UA-3. */
export function openBusiness(books: Books, body: CommandBodyOf<'open-business'>): Promise<void> {
  return record(
    books.tx,
    'business account',
    body.account,
    `INSERT INTO accounts.business_account
       (account, sub, master, client, entity, code, type, book, agreement, basis, settlement_currency, hedge_entity, route,
        margin_ppm, fee_buffer_ppm, commission_ppm, financing_spread_ppm, transfer_spread_ppm, permission, position_max,
        order_rate_max)
     SELECT $1::bigint, $2::bigint, s.master, m.client, s.entity, $3, $4, $5::bigint, $6::bigint, $7, $8, $9::bigint,
            $10::bigint, $11::bigint, $12::bigint, $13::bigint, $14::bigint, $15::bigint, $16::smallint, $17::bigint, $18::bigint
       FROM (SELECT 1) one LEFT JOIN accounts.sub_account s ON s.sub = $2::bigint
       LEFT JOIN accounts.master_account m ON m.master = s.master`,
    [
      ...[body.account, body.sub, body.code, body.type, body.book, body.agreement, body.basis],
      ...[currency(body.settlementCurrency), body.hedgeEntity, body.route, body.marginPpm, body.feeBufferPpm],
      ...[body.commissionPpm, body.financingSpreadPpm, body.transferSpreadPpm, body.permission, body.positionMax],
      body.orderRateMax,
    ],
  );
}

/** A business account with the chain above it. */
export interface BusinessAccount {
  readonly account: bigint;
  readonly sub: bigint;
  readonly master: bigint;
  readonly client: bigint;
  readonly client_group: bigint | null;
  readonly entity: bigint;
  readonly book: bigint;
  readonly agreement: bigint;
  readonly code: string;
  readonly type: string;
  readonly basis: 'local' | 'composite' | 'quanto';
  readonly settlement_currency: string;
  readonly hedge_entity: bigint;
  readonly route: bigint;
  readonly margin_ppm: bigint;
  readonly fee_buffer_ppm: bigint;
  readonly commission_ppm: bigint;
  readonly financing_spread_ppm: bigint;
  readonly transfer_spread_ppm: bigint;
  readonly permission: number;
  readonly position_max: bigint;
  readonly order_rate_max: bigint;
}

/** Open business accounts, ascending. */
export async function readBusinessAccounts(db: Queryable): Promise<BusinessAccount[]> {
  const { rows } = await db.query<BusinessAccount>(
    `SELECT b.*, c.client_group FROM accounts.business_account b JOIN accounts.client c ON c.client = b.client
      WHERE b.state = 'open' ORDER BY b.account`,
  );
  return rows;
}
