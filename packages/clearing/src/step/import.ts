import { createHash } from 'node:crypto';
import { declareProblems } from '@meridian/base';
import type { Queryable, Transaction } from '@meridian/store';
import { type BrokerFill, readBrokerFile } from '../broker-file.ts';
import { putRows } from '../dataset.ts';
import { storedContent } from '../drop-folder.ts';
import { type DatedReference, datedReference } from '../rules.ts';
import { type BatchFault, type Step, StepFailed, type StepScope } from '../step.ts';
import { type MarketContext, pinsOf } from './plan.ts';

const RESEND = {
  zh: '请对方更正并重新发送，然后重新运行批次',
  en: 'Have the sender correct and resend it, then run the batch again',
};

declareProblems({
  FILE_IDENTITY: {
    status: 422,
    title: { zh: '文件不属于该批次', en: 'The file belongs elsewhere' },
    detail: {
      zh: '{file} 的 {field} 为“{value}”，本批次为“{expected}”',
      en: '{field} of {file} is "{value}"; this batch is "{expected}"',
    },
    remedy: RESEND,
  },
  FILE_REFERENCE: {
    status: 422,
    title: { zh: '主数据中不存在', en: 'Unknown to reference data' },
    detail: { zh: '{file} 第 {line} 行 {field}“{value}”不存在', en: 'Line {line} of {file}: {field} "{value}" is unknown' },
    remedy: {
      zh: '核对对方文件与本方主数据，更正其一后重新运行',
      en: 'Compare the file with our reference data, correct one of them and run the batch again',
    },
  },
  FILE_DATABASE: {
    status: 500,
    title: { zh: '入库结果与文件不符', en: 'The database differs from the file' },
    detail: {
      zh: '{file}：{field} 文件为 {value}，数据库为 {found}',
      en: '{file}: {field} is {value} in the file and {found} in the database',
    },
    remedy: { zh: '停止并报告：数据库未如实保存', en: 'Stop and report: the database did not keep what it was given' },
  },
});

/** Reads the pinned file into the database and compares the database with the file. CL-2 */
export const importFile: Step<MarketContext> = {
  name: 'import',
  async run(tx, scope) {
    const { file, fileSha256 } = pinsOf(scope);
    const read = readBrokerFile(file, await storedContent(tx, file, fileSha256));
    const faults = [...read.faults];
    if (faults.length === 0) {
      faults.push(...identityFaults(scope, file, read.header));
      const reference = await datedReference(tx, scope.key.clearingDate as never);
      faults.push(...read.fills.flatMap((fill) => referenceFaults(reference, scope.key.market, file, fill)));
    }
    if (faults.length > 0) throw new StepFailed(faults, (failure) => refuseFile(failure, file, fileSha256));
    const rows = read.fills.map(({ at: _, mic: __, trade_date: ___, ...fill }) => fill);
    const outputHash = await putRows(tx, 'broker_fill', scope, rows);
    const totals = await compareWithDatabase(tx, scope, file, read.fills);
    await tx.query(`UPDATE clearing.source_file SET layout = $3, records = $4, totals = $5 WHERE name = $1 AND sha256 = $2`, [
      file,
      fileSha256,
      read.layout,
      rows.length,
      { json: totals },
    ]);
    return { outputHash, rowsIn: read.lines, rowsOut: rows.length, summary: { file, layout: read.layout, ...totals } };
  },
};

async function refuseFile(tx: Queryable, name: string, sha256: string): Promise<void> {
  await tx.query(`UPDATE clearing.source_file SET state = 'refused' WHERE name = $1 AND sha256 = $2`, [name, sha256]);
}

function identityFaults(
  scope: StepScope<MarketContext>,
  file: string,
  header: { readonly mic: string; readonly date: string; readonly at: Readonly<Record<string, number>> },
): BatchFault[] {
  const expected: [string, string, string][] = [
    ['mic', header.mic, scope.key.market],
    ['date', header.date, scope.key.clearingDate],
  ];
  return expected
    .filter(([, value, wanted]) => value !== wanted)
    .map(([field, value, wanted]) => ({
      ...{ rule: 'FILE_IDENTITY', severity: 'fatal', file, line: 1, byte: header.at[field] ?? 0, field, value },
      params: { file, field, value, expected: wanted },
    }));
}

function referenceFaults(reference: DatedReference, market: string, file: string, fill: BrokerFill): BatchFault[] {
  const unknown = (field: 'symbol' | 'account' | 'currency' | 'isin', value: string): BatchFault => {
    const place = { file, line: fill.line, field, value };
    return { rule: 'FILE_REFERENCE', severity: 'fatal', ...place, byte: fill.at[field] ?? fill.at_byte, params: place };
  };
  const listing = reference.listingOf(market, fill.symbol);
  if (listing === undefined) return [unknown('symbol', fill.symbol)];
  const faults: BatchFault[] = [];
  if (!reference.hasTradingAccount(market, fill.trading_account)) faults.push(unknown('account', fill.trading_account));
  if (listing.isin !== null && listing.isin !== fill.isin) faults.push(unknown('isin', fill.isin));
  if (listing.quote !== fill.currency) faults.push(unknown('currency', fill.currency));
  return faults;
}

/** 100 % of the rows, read back: count, sums, and a hash that does not depend on their order. */
async function compareWithDatabase(
  tx: Transaction,
  scope: StepScope<MarketContext>,
  file: string,
  fills: readonly BrokerFill[],
): Promise<Readonly<Record<string, string>>> {
  const wanted = {
    records: String(fills.length),
    quantity: String(fills.reduce((sum, fill) => sum + fill.quantity, 0n)),
    value: String(fills.reduce((sum, fill) => sum + fill.quantity * fill.price, 0n)),
    hash: String(fills.reduce((sum, fill) => sum + rowHash(fill), 0n)),
  };
  const found = await databaseTotals(tx, scope);
  const faults = (Object.keys(wanted) as (keyof typeof wanted)[])
    .filter((field) => wanted[field] !== found[field])
    .map((field): BatchFault => {
      const params = { file, field, value: wanted[field], found: found[field] };
      return { rule: 'FILE_DATABASE', severity: 'fatal', file, field, value: wanted[field], params };
    });
  if (faults.length > 0) throw new StepFailed(faults);
  return wanted;
}

async function databaseTotals(tx: Queryable, scope: StepScope<MarketContext>) {
  const { rows } = await tx.query<{ records: string; quantity: string; value: string; hash: string }>(
    `SELECT count(*)::text AS records, coalesce(sum(quantity), 0)::text AS quantity,
            coalesce(sum(quantity::numeric * price), 0)::text AS value,
            coalesce(sum(('x' || substr(md5(concat_ws('|', line, exec_id, venue_order_id, cl_ord_id, trading_account, symbol,
              side, quantity, price, currency, transact_at, commission, sec31, taf, state)), 1, 15))::bit(60)::bigint), 0)::text AS hash
       FROM clearing.broker_fill WHERE batch = $1 AND attempt = $2`,
    [scope.batch, scope.attempt],
  );
  return rows[0] as { records: string; quantity: string; value: string; hash: string };
}

/** Sixty bits of a row, as the database computes them. */
function rowHash(fill: BrokerFill): bigint {
  const text = [
    ...[fill.line, fill.exec_id, fill.venue_order_id, fill.cl_ord_id, fill.trading_account, fill.symbol],
    ...[fill.side, fill.quantity, fill.price, fill.currency, fill.transact_at],
    ...[fill.commission, fill.sec31, fill.taf, fill.state],
  ].join('|');
  return BigInt(`0x${createHash('md5').update(text).digest('hex').slice(0, 15)}`);
}
