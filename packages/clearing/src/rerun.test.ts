import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type DateText, isProblem, parseInstant } from '@meridian/base';
import { changeDue, dueBatches, planBatches } from './schedule.ts';
import { DUE, playDay, RULES, type ScratchDay, scratchDay, scratchFacts } from './scratch-day.ts';
import { MARKET_STEPS } from './steps.ts';

let day: ScratchDay;
before(async () => {
  day = await scratchDay();
  await playDay(day, '2013-10-07');
  for (const market of ['ARCX', 'XNYS']) day.drop(market, '2013-10-07');
});
after(() => day?.remove());

const AT = DUE('2013-10-07');
/** Runs until the proof has to speak, with something spoilt just before it. */
const VERIFY = MARKET_STEPS.findIndex((step) => step.name === 'verify');

const SPOILS: readonly [what: string, sql: string, back: string][] = [
  ['a mark', 'UPDATE clearing.valuation SET mtm = mtm + 1', 'UPDATE clearing.valuation SET mtm = mtm - 1'],
  [
    'a fee',
    "UPDATE clearing.fee SET amount = amount + 1 WHERE payer = 'house'",
    "UPDATE clearing.fee SET amount = amount - 1 WHERE payer = 'house'",
  ],
  [
    'a quantity',
    'UPDATE clearing.lot_state SET quantity = quantity + 1',
    'UPDATE clearing.lot_state SET quantity = quantity - 1',
  ],
  [
    'a posting',
    "UPDATE clearing.posting_line SET amount = amount + 1 WHERE rule = 'commission'",
    "UPDATE clearing.posting_line SET amount = amount - 1 WHERE rule = 'commission'",
  ],
  ['a margin', 'UPDATE clearing.valuation SET margin = margin + 1', 'UPDATE clearing.valuation SET margin = margin - 1'],
];

test('[CL-d] [CL-e] whatever is off by one unit, the proof finds it; re-cleared from a step it is published', async () => {
  const clearing = day.open();
  // A configuration that refuses to go on stops the first attempt in front of the proof.
  await day.database.query(
    `CREATE FUNCTION clearing.stop() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'stop' USING ERRCODE = 'raise_exception'; END $$`,
  );
  await day.database.query(
    `CREATE TRIGGER stop BEFORE INSERT ON clearing.step_run FOR EACH ROW WHEN (NEW.name = 'verify' AND NEW.state = 'done') EXECUTE FUNCTION clearing.stop()`,
  );
  await assert.rejects(clearing.run('ARCX', '2013-10-07', 'zhang', AT), /stop/);
  await day.database.query('DROP TRIGGER stop ON clearing.step_run');
  await day.database.query(
    `UPDATE clearing.attempt SET state = 'failed', ended_wall = clock_timestamp() WHERE state = 'running'`,
  );
  for (const [what, spoil, back] of SPOILS) {
    await day.database.query(spoil);
    const outcome = await clearing.run('ARCX', '2013-10-07', 'zhang', AT, { fromStep: VERIFY });
    assert.equal(outcome.failedStep, 'verify', what);
    assert.ok(
      outcome.faults.every((fault) => fault.rule === 'VERIFY_DIFFERS'),
      what,
    );
    await day.database.query(back);
  }
  const outcome = await clearing.run('ARCX', '2013-10-07', 'li', AT, { fromStep: VERIFY, reason: 'mended' });
  assert.deepEqual([outcome.state, outcome.attempt], ['succeeded', SPOILS.length + 2]);
  const fresh = await day.database.query<{ hash: string }>(
    `SELECT output_hash AS hash FROM clearing.step_run WHERE name = 'process' GROUP BY output_hash`,
  );
  assert.equal(fresh.rowCount, 1);
  await clearing.close();
});

test('[CL-f] the report of a batch holds every section and is mailed to its recipients', async () => {
  const { rows } = await day.database.query<{ content: Buffer }>(
    `SELECT content FROM clearing.document WHERE kind = 'batch-report' AND format = 'html' ORDER BY id DESC LIMIT 1`,
  );
  const html = rows[0]?.content.toString('utf8') ?? '';
  for (const heading of [
    '步骤',
    '文件',
    '费用',
    '保证金与追保',
    '交收义务',
    '借贷平衡',
    '输入血缘',
    '与上次运行比较',
    '下一批次',
  ])
    assert.ok(html.includes(heading), heading);
  const queued = await day.database.query(
    `SELECT 1 FROM clearing.notification WHERE kind = 'batch-report' AND state = 'queued'`,
  );
  assert.equal(queued.rowCount, RULES.mail.batch.length);
});

test('[CL-b] the planner writes every session of a window once, and refuses beyond the calendar', async () => {
  const facts = scratchFacts();
  const window = ['2013-10-05', '2013-10-20'] as DateText[] as [DateText, DateText];
  const added = await planBatches(day.database, facts, ...window);
  // Ten sessions on two markets, and their client days.
  assert.equal(added, 30);
  assert.equal(await planBatches(day.database, facts, ...window), 0);
  await assert.rejects(planBatches(day.database, facts, '2013-10-20' as DateText, '2031-01-01' as DateText), (error) =>
    isProblem(error, 'CALENDAR_NOT_COVERED'),
  );
});

test('[CL-b] at the end of the calendar what is due still runs, and the missing calendar is told', async () => {
  const clearing = day.open();
  const progress = await clearing.advance(parseInstant('2013-10-29T12:00:00Z'));
  assert.equal(progress.waiting[0]?.batch, 'plan');
  assert.equal(progress.waiting[0]?.reason.code, 'CALENDAR_NOT_COVERED');
  const { rows } = await day.database.query<{ last: string }>(
    'SELECT max(clearing_date)::text AS last FROM clearing.batch_due',
  );
  assert.ok((rows[0]?.last ?? '') >= '2013-10-31');
  await clearing.close();
});

test('[CL-b] people can move or skip a planned batch; what ran stays', async () => {
  const row = { market: 'XNYS', business: 'swap', clearing_date: '2013-10-09' as DateText };
  const by = { actor: 'li', reason: 'late file' };
  const noon = parseInstant('2013-10-10T12:00:00Z');
  await changeDue(day.database, row, { dueAt: noon }, by);
  const due = await dueBatches(day.database, noon);
  assert.equal(due.find((each) => each.market === 'XNYS' && each.clearing_date === '2013-10-09')?.due_at, BigInt(noon));
  await changeDue(day.database, row, 'skip', by);
  await assert.rejects(changeDue(day.database, row, 'skip', by), (error) => isProblem(error, 'BATCH_DUE_FINAL'));
});
