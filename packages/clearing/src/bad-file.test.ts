import assert from 'node:assert/strict';
import fs from 'node:fs';
import { after, before, test } from 'node:test';
import { isProblem } from '@meridian/base';
import type { Clearing } from './clearing.ts';
import { DUE, playDay, type ScratchDay, scratchDay } from './scratch-day.ts';
import type { BatchFault } from './step.ts';

const DATE = '2013-10-07';
let day: ScratchDay;
let clearing: Clearing;
before(async () => {
  day = await scratchDay();
  clearing = day.open();
  await playDay(day, DATE);
});
after(async () => {
  await clearing?.close();
  await day?.remove();
});

const run = () => clearing.run('ARCX', DATE, 'zhang', DUE(DATE));

/** Replaces cell `index` of line `line` (both from 0). */
const cell = (line: number, index: number, value: string) => (text: string) => {
  const lines = text.split('\n');
  const cells = (lines[line] as string).split(',');
  cells[index] = value;
  lines[line] = cells.join(',');
  return lines.join('\n');
};
const dropLine = (line: number) => (text: string) => text.split('\n').toSpliced(line, 1).join('\n');
/** Makes the trailer fit the rows again, so that only what the test is about is wrong. */
function retotal(text: string): string {
  const lines = text.trimEnd().split('\n');
  const rows = lines.slice(1, -1).map((line) => line.split(','));
  const quantity = rows.reduce((sum, row) => sum + BigInt(row[11] ?? 0), 0n);
  const value = rows.reduce((sum, row) => sum + BigInt(row[11] ?? 0) * BigInt((row[12] ?? '').replace('.', '')), 0n);
  const digits = String(value).padStart(5, '0');
  const trailer = ['T', rows.length, quantity, `${digits.slice(0, -4)}.${digits.slice(-4)}`].join(',');
  return `${[...lines.slice(0, -1), trailer].join('\n')}\n`;
}

type Expected = Partial<Pick<BatchFault, 'rule' | 'line' | 'field' | 'value'>>;
const CASES: readonly [name: string, change: (text: string) => string, expected: Expected][] = [
  ['zero bytes', () => '', { rule: 'FILE_EMPTY', line: 1 }],
  ['cut in a row', (text) => text.slice(0, 150), { rule: 'FILE_TRUNCATED', line: 2 }],
  ['cut before the trailer', (text) => text.slice(0, text.indexOf('\nT,') + 1), { rule: 'FILE_TRUNCATED', line: 4 }],
  ['a wrong sum', cell(4, 2, '1'), { rule: 'FILE_TOTAL', line: 5, field: 'quantity', value: '1' }],
  ['a wrong count', cell(4, 1, '9'), { rule: 'FILE_TOTAL', line: 5, field: 'rows', value: '9' }],
  ['another layout', cell(0, 1, 'positions'), { rule: 'FILE_FIELD', line: 1, field: 'layout', value: 'positions' }],
  ['a column missing', (text) => text.replace(',0.00\n', '\n'), { rule: 'FILE_LAYOUT', line: 2 }],
  ['another market', cell(0, 3, 'XNAS'), { rule: 'FILE_IDENTITY', line: 1, field: 'mic', value: 'XNAS' }],
  ['another date', cell(0, 4, '2013-10-04'), { rule: 'FILE_IDENTITY', line: 1, field: 'date', value: '2013-10-04' }],
  ['an impossible date', cell(0, 4, '2013-02-30'), { rule: 'FILE_FIELD', line: 1, field: 'date' }],
  ['a quantity in words', cell(1, 11, 'many'), { rule: 'FILE_FIELD', line: 2, field: 'quantity', value: 'many' }],
  ['a price too fine', cell(1, 12, '167.43001'), { rule: 'FILE_FIELD', line: 2, field: 'price', value: '167.43001' }],
  ['a negative quantity', (text) => retotal(cell(1, 11, '-600')(text)), { rule: 'FILE_QUANTITY', line: 2, field: 'quantity' }],
  ['an execution twice', (text) => cell(2, 2, 'ARCX-07-2')(text), { rule: 'FILE_DUPLICATE', line: 3, field: 'execId' }],
  ['an unknown trading account', cell(1, 6, 'NOBODY'), { rule: 'FILE_REFERENCE', line: 2, field: 'account', value: 'NOBODY' }],
  ['an unknown symbol', cell(3, 8, 'SPX'), { rule: 'FILE_REFERENCE', line: 4, field: 'symbol', value: 'SPX' }],
  ['a bust of nothing', (text) => cell(3, 1, 'BUST')(text), { rule: 'FILE_BUST', line: 4, field: 'refExecId' }],
  ['another encoding', (text) => text.replace('SPY', 'SP\u00d6'), { rule: 'FILE_ENCODING', line: 2, value: '0xd6' }],
  ['a line without end', (text) => text.replace('SPY', 'S'.repeat(600)), { rule: 'FILE_LINE_TOO_LONG', line: 2 }],
  ['a fill missing', (text) => retotal(dropLine(2)(text)), { rule: 'RECON_BREAK', field: 'exec_id' }],
  [
    'a fill too many',
    (text) => retotal(text.replace('\nT,', `\n${text.split('\n')[3]?.replace('ARCX-07-6', 'GHOST')}\nT,`)),
    { rule: 'RECON_BREAK', value: '1' },
  ],
  ['another price', (text) => retotal(cell(1, 12, '167.4400')(text)), { rule: 'RECON_BREAK', field: 'price', line: 2 }],
];

for (const [name, change, expected] of CASES) {
  test(`[CL-d] a broker file with ${name} is refused with its place, and kept`, async () => {
    const file = day.drop('ARCX', DATE, change);
    const outcome = await run();
    assert.equal(outcome.state, 'failed');
    const fault = outcome.faults[0] as BatchFault;
    for (const [member, value] of Object.entries(expected))
      assert.equal(fault[member as keyof Expected], value, `${member} of ${JSON.stringify(fault)}`);
    const status = await clearing.batch('ARCX', DATE);
    const [line] = status.errors;
    assert.ok(line !== undefined && line.reason.zh.length > 0 && line.advice.en.length > 0);
    if (fault.rule.startsWith('FILE_')) {
      assert.equal(fault.file, 'broker-ARCX-20131007.csv');
      assert.equal(typeof fault.byte, 'number');
    }
    const { rows } = await day.database.query<{ content: Buffer }>(
      `SELECT content FROM clearing.source_file WHERE sha256 = encode(sha256($1), 'hex')`,
      [fs.readFileSync(file)],
    );
    assert.deepEqual(rows[0]?.content, fs.readFileSync(file));
  });
}

test('[CL-b] the same bad file is not tried again by itself; nothing was booked', async () => {
  const progress = await clearing.advance(DUE(DATE));
  const waiting = progress.waiting.find((row) => row.batch.startsWith('ARCX'));
  assert.equal(waiting?.reason.code, 'BATCH_FAILED');
  const { rowCount } = await day.database.query(`SELECT 1 FROM accounts.journal WHERE batch IS NOT NULL`);
  assert.equal(rowCount, 0);
});

test('[CL-c] after the corrected file the batch succeeds, and the report compares it with the attempt before', async () => {
  day.drop('ARCX', DATE);
  const outcome = await run();
  assert.deepEqual(outcome.faults, []);
  assert.equal(outcome.state, 'succeeded');
  assert.equal(outcome.attempt, CASES.length + 1);
  const { rows } = await day.database.query<{ state: string; n: bigint }>(
    'SELECT state, count(*) AS n FROM clearing.source_file GROUP BY state ORDER BY state',
  );
  assert.equal(rows.find((row) => row.state === 'accepted')?.n, 1n);
});

test('a file changed after its import is a new version and changes nothing that is published', async () => {
  day.drop('ARCX', DATE, (text) => `${text}\n`);
  await assert.rejects(run(), (error) => isProblem(error, 'BATCH_ALREADY_PUBLISHED'));
  const { rows } = await day.database.query<{ state: string }>(
    'SELECT state FROM clearing.source_file ORDER BY version DESC LIMIT 1',
  );
  assert.equal(rows[0]?.state, 'registered');
});
