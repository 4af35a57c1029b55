import type { Bilingual } from '@meridian/base';
import type { Queryable } from '@meridian/store';
import { both, code, number, text } from './document/column.ts';
import { amountCell, type Cell, moment, numberCell, type ReportDocument, type Section, word } from './document/document.ts';
import {
  contractsSection,
  entityNames,
  feesSection,
  inventorySection,
  marginSection,
  obligationsSection,
  postingsSection,
} from './report-figures.ts';

interface Head {
  readonly batch: string;
  readonly market: string;
  readonly business: string;
  readonly clearing_date: string;
  readonly seq: number;
  readonly attempt: number;
  readonly state: string;
  readonly trigger: string;
  readonly actor: string;
  readonly reason: string;
  readonly from_step: number;
  readonly parent_attempt: number | null;
  readonly epoch: number;
  readonly at: bigint;
  readonly config_hash: string;
  readonly code_version: string;
}

interface StepRow {
  readonly step: number;
  readonly name: string;
  readonly state: string;
  readonly data_attempt: number;
  readonly rows_in: bigint;
  readonly rows_out: bigint;
  readonly errors: number;
  readonly summary: Readonly<Record<string, unknown>>;
  readonly output_hash: string | null;
  readonly started: string;
  readonly millis: number;
}

const STEP_NAMES: Readonly<Record<string, Bilingual>> = {
  plan: both('固定输入', 'plan'),
  import: both('导入', 'import'),
  check: both('核对', 'check'),
  analyse: both('分析', 'analyse'),
  process: both('处理', 'process'),
  fee: both('费用清算', 'fee'),
  value: both('估值', 'value'),
  book: both('记账', 'book'),
  verify: both('复算', 'verify'),
  publish: both('发布', 'publish'),
  report: both('报告', 'report'),
};

export interface ReportOptions {
  /** When the market's next batch is due, if it is planned. */
  readonly next: string | null;
}

/** The report of one attempt of a market's batch, whatever became of it. CL-f */
export async function batchReport(
  db: Queryable,
  batch: string,
  attempt: number,
  options: ReportOptions,
): Promise<ReportDocument> {
  const head = await one<Head>(
    ...([
      db,
      `SELECT b.*, a.* FROM clearing.batch b JOIN clearing.attempt a USING (batch) WHERE batch = $1 AND attempt = $2`,
    ] as const),
    [batch, attempt],
  );
  const steps = await stepsOf(db, batch, attempt);
  const data = (name: string) => steps.find((step) => step.name === name && step.state !== 'failed')?.data_attempt ?? -1;
  const verified = steps.find((step) => step.name === 'verify' && step.output_hash !== null);
  const isPublished = steps.some((step) => step.name === 'publish' && step.state === 'done');
  const faults = await errorsSection(db, batch, attempt);
  const sections = [
    stepsSection(steps),
    await filesSection(db, batch, attempt, steps),
    ...(faults.rows.length > 0 ? [faults] : []),
    await breaksSection(db, batch, [attempt, data('check'), data('fee')]),
    await tradesSection(db, batch, data('analyse')),
    await feesSection(db, batch, data('fee')),
    await contractsSection(db, batch, data('process'), data('value')),
    await marginSection(db, batch, data('process'), data('value')),
    await inventorySection(db, batch, data('process'), data('value')),
    await obligationsSection(db, batch, data('value')),
    await postingsSection(db, batch, data('book')),
    await postingTotals(db, verified),
    await lineageSection(db, batch, attempt),
    await differenceSection(db, head, steps),
  ];
  const pins = steps.find((step) => step.name === 'plan')?.summary ?? {};
  const warned = faults.rows.length > 0;
  return {
    kind: isPublished ? 'batch-report' : 'failure-report',
    title: both('清算批次报告', 'Clearing batch report'),
    subtitle: `${head.market} · ${head.business} · ${head.clearing_date} · #${head.seq}`,
    verdict: isPublished
      ? {
          tone: warned ? 'warn' : 'good',
          text: warned ? both('已发布，有提示', 'Published with warnings') : both('已发布', 'Published'),
        }
      : { tone: 'bad', text: both('未发布', 'Not published') },
    identity: identityOf(head, pins, verified?.output_hash ?? null, options),
    sections,
    footer: both(
      '本报告由批次运行自动生成；相同输入得到相同输出摘要。',
      'Made by the batch run itself; the same inputs give the same output hash.',
    ),
  };
}

async function one<R extends object>(db: Queryable, sql: string, parameters: readonly (string | number)[]): Promise<R> {
  const { rows } = await db.query<R>(sql, parameters);
  return rows[0] as R;
}

async function stepsOf(db: Queryable, batch: string, attempt: number): Promise<StepRow[]> {
  const { rows } = await db.query<StepRow>(
    `SELECT step, name, state, data_attempt, rows_in, rows_out, errors, summary, output_hash,
            to_char(started_wall, 'HH24:MI:SS.MS') AS started,
            (extract(epoch FROM ended_wall - started_wall) * 1000)::int AS millis
       FROM clearing.step_run WHERE batch = $1 AND attempt = $2 ORDER BY step`,
    [batch, attempt],
  );
  return rows;
}

function identityOf(
  head: Head,
  pins: Readonly<Record<string, unknown>>,
  outputHash: string | null,
  options: ReportOptions,
): ReportDocument['identity'] {
  const instant = (value: unknown) => (typeof value === 'number' ? moment(value) : '—');
  const line = (zh: string, en: string, value: string) => ({ label: both(zh, en), value });
  return [
    line('市场', 'Market', head.market),
    line('业务', 'Business', head.business),
    line('交易日', 'Session date', head.clearing_date),
    line('会计日', 'Business date', String(pins['businessDate'] ?? '—')),
    line('批次 / 运行', 'Batch / attempt', `${head.batch} / ${head.attempt}`),
    line('触发', 'Trigger', `${word(head.trigger)} · ${head.actor} · ${head.reason}`),
    line('开市', 'Opened', instant(pins['openedAt'])),
    line('收市', 'Closed', instant(pins['cutAt'])),
    line('切点', 'Journal cut', pins['cutSeq'] === undefined ? '—' : `${pins['cutSeq']}.${pins['cutK']}`),
    line('业务时刻', 'Business time', moment(Number(head.at))),
    line('起始步骤', 'From step', `${head.from_step}${head.parent_attempt === null ? '' : ` ← ${head.parent_attempt}`}`),
    line('配置摘要', 'Configuration', head.config_hash.slice(0, 16)),
    line('程序版本', 'Code version', head.code_version),
    line('输出摘要', 'Output hash', outputHash?.slice(0, 24) ?? '—'),
    line('下一批次', 'Next batch', options.next ?? '—'),
  ];
}

function stepsSection(steps: readonly StepRow[]): Section {
  return {
    title: both('步骤', 'Steps'),
    columns: [
      ...[number('序', 'no'), text('步骤', 'step'), text('状态', 'state'), text('开始（UTC）', 'started (UTC)')],
      ...[number('毫秒', 'ms'), number('读入行', 'rows in'), number('写出行', 'rows out'), number('提示', 'faults')],
      code('输出摘要', 'output hash'),
    ],
    rows: steps.map((step): Cell[] => {
      const name = STEP_NAMES[step.name];
      const state = step.state === 'inherited' ? `${word('inherited')} ← ${step.data_attempt}` : word(step.state);
      return [
        ...[numberCell(step.step), name === undefined ? step.name : `${name.zh} ${name.en}`, state, step.started],
        ...[numberCell(step.millis), numberCell(step.rows_in), numberCell(step.rows_out), numberCell(step.errors)],
        step.output_hash?.slice(0, 16) ?? null,
      ];
    }),
  };
}

async function filesSection(db: Queryable, batch: string, attempt: number, steps: readonly StepRow[]): Promise<Section> {
  const { rows } = await db.query<{
    name: string;
    version: number;
    sha256: string;
    bytes: bigint;
    records: bigint | null;
    state: string;
    totals: Readonly<Record<string, string>> | null;
  }>(
    `SELECT f.name, f.version, f.sha256, f.bytes, f.records, f.state, f.totals FROM clearing.batch_input i
       JOIN clearing.source_file f ON f.name = i.ref AND f.sha256 = i.hash
      WHERE i.batch = $1 AND i.attempt = $2 AND i.kind = 'file' ORDER BY f.name`,
    [batch, attempt],
  );
  const isEqual = steps.some((step) => step.name === 'import' && step.state !== 'failed');
  return {
    title: both('文件', 'Files'),
    columns: [
      ...[text('文件', 'file'), number('版本', 'version'), number('字节', 'bytes'), number('记录', 'records')],
      ...[
        number('Σ 数量', 'Σ quantity'),
        text('文件⇄数据库', 'file ⇄ database'),
        text('状态', 'state'),
        code('SHA-256', 'SHA-256'),
      ],
    ],
    rows: rows.map((file) => [
      ...[file.name, numberCell(file.version), numberCell(file.bytes), file.records === null ? null : numberCell(file.records)],
      file.totals === null ? null : numberCell(BigInt(file.totals['quantity'] ?? '0')),
      ...[isEqual ? '一致 equal' : '—', word(file.state), file.sha256],
    ]),
  };
}

async function errorsSection(db: Queryable, batch: string, attempt: number): Promise<Section> {
  const { rows } = await db.query<Record<string, string | number | bigint | null>>(
    `SELECT e.*, s.name AS step_name FROM clearing.batch_error e
       LEFT JOIN clearing.step_run s ON (s.batch, s.attempt, s.step) = (e.batch, e.attempt, e.step)
      WHERE e.batch = $1 AND e.attempt = $2 ORDER BY e.severity, e.no LIMIT 200`,
    [batch, attempt],
  );
  const place = (row: (typeof rows)[number]) =>
    [
      row['file'],
      row['line'] === null ? null : `L${row['line']}`,
      row['byte'] === null ? null : `@${row['byte']}`,
      row['field'],
    ]
      .filter((part) => part !== null)
      .join(' ');
  return {
    title: both('错误与提示', 'Errors and warnings'),
    columns: [
      ...[text('步骤', 'step'), text('级别', 'severity'), code('规则', 'rule'), code('位置', 'place'), code('值', 'value')],
      ...[text('原因', 'reason'), text('建议', 'what to do')],
    ],
    rows: rows.map((row) => [
      ...[String(row['step_name'] ?? row['step']), word(String(row['severity'])), String(row['rule']), place(row)],
      row['value'] === null ? null : String(row['value']),
      ...[`${row['reason_zh']}\n${row['reason_en']}`, `${row['advice_zh']}\n${row['advice_en']}`],
    ]),
  };
}

async function breaksSection(db: Queryable, batch: string, attempts: readonly number[]): Promise<Section> {
  const { rows } = await db.query<Record<string, string | null>>(
    `SELECT recon, key, kind, field, left_value, right_value, difference, severity, state FROM clearing.recon_break
      WHERE batch = $1 AND attempt = ANY ($2) ORDER BY kind, key, field LIMIT 20`,
    [batch, attempts],
  );
  return {
    title: both('对账差异（前 20）', 'Reconciliation breaks (first 20)'),
    columns: [
      ...[text('对账', 'reconciliation'), code('键', 'key'), text('类型', 'kind'), text('字段', 'field')],
      ...[text('本方', 'ours'), text('对方', 'theirs'), text('级别', 'severity'), text('状态', 'state')],
    ],
    rows: rows.map((row) =>
      ['recon', 'key', 'kind', 'field', 'left_value', 'right_value', 'severity', 'state'].map((name) => {
        const value = row[name] ?? null;
        return value !== null && ['kind', 'severity', 'state'].includes(name) ? word(value) : value;
      }),
    ),
  };
}

async function tradesSection(db: Queryable, batch: string, data: number): Promise<Section> {
  const { rows } = await db.query<{ code: string; fills: bigint; bought: bigint; sold: bigint; net: bigint; ratio: bigint }>(
    `SELECT l.code, count(*) AS fills, coalesce(sum(t.delta) FILTER (WHERE t.delta > 0), 0)::bigint AS bought,
            coalesce(-sum(t.delta) FILTER (WHERE t.delta < 0), 0)::bigint AS sold, sum(t.delta)::bigint AS net,
            coalesce(10000 - abs(sum(t.delta)) * 10000 / nullif(sum(abs(t.delta)), 0), 0)::bigint AS ratio
       FROM clearing.trade t JOIN LATERAL (SELECT code FROM reference.listing WHERE listing = t.listing LIMIT 1) l ON true
      WHERE t.batch = $1 AND t.attempt = $2 GROUP BY l.code ORDER BY l.code`,
    [batch, data],
  );
  return {
    title: both('客户成交：总额与净额', 'Client trades: gross and net'),
    columns: [
      ...[text('标的', 'listing'), number('成交笔数', 'fills'), number('买入', 'bought'), number('卖出', 'sold')],
      ...[number('净额', 'net'), number('轧差率 %', 'netted %')],
    ],
    rows: rows.map((row) => [
      ...[row.code, numberCell(row.fills), numberCell(row.bought), numberCell(row.sold), numberCell(row.net)],
      numberCell(row.ratio, 2),
    ]),
  };
}

async function postingTotals(db: Queryable, verified: StepRow | undefined): Promise<Section> {
  const nameOf = await entityNames(db);
  const totals = (verified?.summary['totals'] ?? []) as { entity: string; currency: string; debit: string; credit: string }[];
  return {
    title: both('借贷平衡', 'Debits and credits'),
    note: both(
      '复算由数据库独立完成，差异为零方可发布。',
      'Recomputed by the database on its own; nothing is published with a difference.',
    ),
    columns: [
      ...[text('主体', 'entity'), text('币种', 'currency'), number('Σ 借', 'Σ debit'), number('Σ 贷', 'Σ credit')],
      text('结论', 'verdict'),
    ],
    rows: totals.map((row) => [
      ...[nameOf(BigInt(row.entity)), row.currency, amountCell(BigInt(row.debit), row.currency)],
      ...[amountCell(BigInt(row.credit), row.currency), row.debit === row.credit ? '平衡 balanced' : '不平 off'],
    ]),
  };
}

async function lineageSection(db: Queryable, batch: string, attempt: number): Promise<Section> {
  const { rows } = await db.query<{ kind: string; ref: string; hash: string }>(
    'SELECT kind, ref, hash FROM clearing.batch_input WHERE batch = $1 AND attempt = $2 ORDER BY kind, ref',
    [batch, attempt],
  );
  return {
    title: both('输入血缘', 'Lineage of inputs'),
    columns: [text('类别', 'kind'), text('来源', 'source'), code('摘要', 'hash')],
    rows: rows.map((row) => [
      ...[word(row.kind), row.ref, row.kind === 'events' ? moment(Number(row.hash)) : row.hash.slice(0, 32)],
    ]),
  };
}

/** Step by step against the attempt before: the same hash, or another. */
async function differenceSection(db: Queryable, head: Head, steps: readonly StepRow[]): Promise<Section> {
  const earlier = head.attempt > 1 ? await stepsOf(db, head.batch, head.attempt - 1) : [];
  return {
    title: both('与上次运行比较', 'Against the previous attempt'),
    columns: [
      text('步骤', 'step'),
      number('写出行（上次）', 'rows before'),
      number('写出行（本次）', 'rows now'),
      text('摘要', 'hash'),
    ],
    rows: earlier.map((old) => {
      const now = steps.find((step) => step.step === old.step);
      const isSame = now !== undefined && now.output_hash !== null && now.output_hash === old.output_hash;
      const verdict = old.output_hash === null ? '上次失败 failed before' : isSame ? '相同 identical' : '不同 changed';
      return [old.name, numberCell(old.rows_out), now === undefined ? null : numberCell(now.rows_out), verdict];
    }),
  };
}
