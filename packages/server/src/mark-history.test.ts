import './rooms.ts';
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { addDays, type DateText, dateText, silentLogger } from '@meridian/base';
import { recordReference } from '@meridian/reference';
import { type ScratchDatabase, scratchDatabase } from '@meridian/store';
import { demoReference } from './demo/cast.ts';
import { markHistories, readClosingHistory } from './mark-history.ts';
import { MIGRATIONS } from './migrations.ts';
import { recordCloses } from './published-close.fixture.ts';

const UNTIL = dateText('2013-10-08');
let scratch: ScratchDatabase;
let root: string;
before(async () => {
  scratch = await scratchDatabase(MIGRATIONS);
  root = fs.mkdtempSync(path.join(os.tmpdir(), 'meridian-marks-'));
  await recordReference(scratch.database, demoReference(['ARCX', 'XNYS']), { maker: 'maker', checker: 'checker' });
});
after(async () => {
  await scratch.remove();
  fs.rmSync(root, { recursive: true });
});

/** 450 closes up to a date: 100.00, 100.01, … */
const lines = (symbol: string, mic: string, last: DateText): string[] =>
  Array.from({ length: 450 }, (_, n) => `${addDays(last, n - 449)},${symbol},${mic},${(100 + n / 100).toFixed(2)}`);

const mark = (listing: number, date: string, price: number): Promise<void> =>
  recordCloses(scratch.database, [{ listing, market: 'ARCX', date, price }]);

test('closes before the first official mark come from the history of that symbol on that market, later ones never', async () => {
  const { database } = scratch;
  assert.equal((await markHistories(database, UNTIL)).size, 0);
  await mark(1, '2013-10-07', 167.42);
  await mark(1, '2013-10-08', 165.48);
  await mark(1, '2013-10-09', 1);
  const own = (await markHistories(database, UNTIL)).get(1) ?? assert.fail();
  assert.deepEqual(Array.from(own.closes), [167.42, 165.48]);
  assert.equal(own.lastDate, '2013-10-08');

  const text = ['date,symbol,mic,close', ...lines('SPY', 'ARCX', UNTIL), ...lines('IBM', 'XHKG', UNTIL)];
  fs.writeFileSync(path.join(root, 'closing-history.csv'), text.join('\n'));
  const history = readClosingHistory({ root }, silentLogger);
  const found = await markHistories(database, UNTIL, history);
  const { closes, lastDate } = found.get(1) ?? assert.fail();
  // 104.49 and 104.48 of the history fall on days of official marks.
  assert.deepEqual(Array.from(closes).slice(-3), [104.47, 167.42, 165.48]);
  assert.deepEqual([closes.length, lastDate], [130, '2013-10-08']);
  assert.equal(found.get(2), undefined, 'IBM of another market is another listing');
  const before = await markHistories(database, dateText('2013-10-01'), history);
  assert.equal(before.get(1)?.lastDate, '2013-10-01');
});

test('a history that cannot be read is left out', () => {
  const file = path.join(root, 'closing-history.csv');
  fs.writeFileSync(file, 'nothing of use\n');
  assert.equal(readClosingHistory({ root }, silentLogger), undefined);
  fs.rmSync(file);
  assert.equal(readClosingHistory({ root }, silentLogger), undefined);
});
