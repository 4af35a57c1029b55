import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { BEIJING, instantOf } from '../format/time.ts';
import { axisOf, batchShape, fitText, LABEL_WIDTH, sessionShapes, textWidth, ticksOf } from './geometry.ts';
import type { RibbonBatch, StepState } from './ribbon-data.ts';

const at = (text: string) => instantOf(text) as number;
const HOUR = 3_600_000_000;
const day = (from: string) => ({ from: at(from), to: at(from) + 24 * HOUR });
const axis = axisOf(day('2026-11-23T20:00:00Z'), 1440);

test('the axis leads from instants to pixels and back', () => {
  fc.assert(
    fc.property(fc.integer({ min: axis.from, max: axis.to }), (instant) => {
      assert.ok(Math.abs(axis.at(axis.x(instant)) - instant) < 1000);
      assert.ok(axis.x(instant) >= LABEL_WIDTH && axis.x(instant) <= 1430);
    }),
  );
});

// New York left daylight time on 2026-11-01 at 06:00 UTC (14:00 in Beijing): 01 is told twice.
test('on the day New York puts its clocks back the second clock tells one hour twice', () => {
  const ticks = ticksOf(axisOf(day('2026-10-31T20:00:00Z'), 1440), BEIJING, 'America/New_York');
  assert.equal(ticks.length, 24);
  assert.deepEqual(
    ticks.slice(8, 12).map((tick) => [tick.first, tick.second]),
    [
      ['12', '00'],
      ['13', '01'],
      ['14', '01'],
      ['15', '02'],
    ],
  );
});

// Berlin entered daylight time on 2026-03-29 at 01:00 UTC: 02 does not occur.
test('on the day Berlin puts its clocks forward the second clock leaves one hour out', () => {
  const ticks = ticksOf(axisOf(day('2026-03-28T20:00:00Z'), 1440), BEIJING, 'Europe/Berlin');
  assert.deepEqual(
    ticks.slice(4, 7).map((tick) => tick.second),
    ['01', '03', '04'],
  );
});

test('a zone off the whole hour says its minutes', () => {
  assert.equal(ticksOf(axis, BEIJING, 'Asia/Kolkata')[0]?.second, '01:30');
  assert.equal(ticksOf(axis, BEIJING, 'UTC').find((tick) => tick.midnight)?.second, '16');
});

test('a session lies where its market trades, on that market’s clock, and lives while it is open', () => {
  const berlin = { open: at('2026-11-24T08:00:00Z'), close: at('2026-11-24T16:30:00Z'), kind: 'continuous' as const };
  const [shape] = sessionShapes([berlin], 'Europe/Berlin', axis, at('2026-11-24T08:22:41Z'));
  assert.equal(shape?.text, '09:00\u201317:30');
  assert.equal(shape?.live, true);
  assert.ok(Math.abs((shape?.width ?? 0) - (8.5 / 24) * (1440 - LABEL_WIDTH - 10)) < 0.01);
  assert.deepEqual(sessionShapes([{ ...berlin, kind: 'break' }], 'Europe/Berlin', axis, 0), []);
});

function batch(states: readonly StepState[], change: Partial<RibbonBatch> = {}): RibbonBatch {
  const begin = at('2026-11-24T08:14:00Z');
  return {
    id: 'b',
    name: '港股',
    start: begin,
    end: null,
    state: 'running',
    deadline: at('2026-11-24T10:30:00Z'),
    message: null,
    steps: states.map((state, i) => ({
      name: String(i),
      state,
      start: state === 'done' || state === 'failed' || state === 'running' ? begin + (i * HOUR) / 10 : null,
      end: state === 'done' || state === 'failed' ? begin + ((i + 1) * HOUR) / 10 : null,
    })),
    ...change,
  };
}

test('steps stand in order, never over each other, and those to come have no invented length', () => {
  const now = at('2026-11-24T08:30:00Z');
  const shape = batchShape(batch(['done', 'failed', 'blocked', 'blocked', 'blocked']), axis, now);
  const steps = shape?.steps ?? [];
  assert.equal(steps.length, 5);
  for (let i = 1; i < steps.length; i += 1)
    assert.ok((steps[i]?.x ?? 0) >= (steps[i - 1]?.x ?? 0) + (steps[i - 1]?.width ?? 0) - 0.001);
  assert.deepEqual(new Set(steps.slice(2).map((step) => step.width)), new Set([10]));
  assert.ok((shape?.slack?.[1] ?? 0) === shape?.deadline);
});

test('only what needs a person, or runs, has words beside it', () => {
  const now = at('2026-11-24T08:30:00Z');
  assert.equal(batchShape(batch(['done', 'done'], { state: 'done', end: now }), axis, now)?.label, null);
  assert.equal(batchShape(batch(['done', 'running', 'waiting']), axis, now)?.label?.text, '港股 2/3 1');
  assert.equal(
    batchShape(batch(['failed', 'blocked'], { state: 'failed', message: '缺少回报' }), axis, now)?.label?.text,
    '港股 1/2 0 · 缺少回报',
  );
});

test('words that would run off the ribbon stand left of the batch, and are cut rather than run under the names', () => {
  const late = at('2026-11-24T19:00:00Z');
  const message = '距截止 0:07 核对失败';
  const near = batchShape(
    batch(['failed'], {
      state: 'failed',
      start: late,
      deadline: late + HOUR / 2,
      message,
      steps: [{ name: '核对', state: 'failed', start: late, end: late + 1 }],
    }),
    axis,
    late + 2,
  );
  assert.equal(near?.label?.anchor, 'end');
  fc.assert(
    fc.property(fc.string({ maxLength: 80 }), fc.integer({ min: 0, max: 600 }), (text, room) => {
      assert.ok(textWidth(fitText(text, 10, room), 10) <= room);
    }),
  );
});

test('a planned batch without a planned begin is only its deadline', () => {
  const shape = batchShape(batch(['waiting'], { state: 'waiting', start: null }), axis, at('2026-11-24T08:30:00Z'));
  assert.deepEqual([shape?.steps, shape?.deadline === null], [[], false]);
});
