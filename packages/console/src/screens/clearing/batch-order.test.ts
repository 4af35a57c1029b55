import assert from 'node:assert/strict';
import { test } from 'node:test';
import { datesAround, inOrderOfNeed, type Placed } from './batch-order.ts';

const batch = (state: string, date: string, due: string | null = null): Placed => ({ state, date, due });
const NOW = '2013-10-09T00:00:00Z';

test('[CL-d] what needs somebody stands first: failed, running, due; then published, then planned', () => {
  const late = batch('planned', '2013-10-08', '2013-10-08T20:30:00Z');
  const rows = [
    batch('planned', '2013-10-11', '2013-10-11T20:30:00Z'),
    batch('published', '2013-10-07'),
    batch('planned', '2013-10-10', '2013-10-10T20:30:00Z'),
    late,
    batch('running', '2013-10-08'),
    batch('published', '2013-10-08'),
    batch('failed', '2013-10-07'),
  ];
  assert.deepEqual(
    inOrderOfNeed(rows, NOW).map(({ state, date }) => `${state} ${date.slice(8)}`),
    ['failed 07', 'running 08', 'planned 08', 'published 08', 'published 07', 'planned 10', 'planned 11'],
  );
});

test('before the house has told the time nothing is taken for late', () => {
  const due = batch('planned', '2013-10-08', '2013-10-08T20:30:00Z');
  assert.equal(inOrderOfNeed([due, batch('published', '2013-10-07')], undefined)[1], due);
});

test('[CL-b] dates around today: eight up to it, four after it', () => {
  const days = Array.from({ length: 20 }, (_, i) => batch('planned', `2013-10-${String(i + 1).padStart(2, '0')}`));
  const dates = datesAround(days, '2013-10-10');
  assert.equal(dates.length, 12);
  assert.deepEqual([dates[0], dates[7], dates[11]], ['2013-10-03', '2013-10-10', '2013-10-14']);
});
