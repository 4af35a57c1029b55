import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openStage, STAGE, stageDay } from './rehearsal.ts';
import { DAY } from './trading-day.ts';

test('[TC-5] the day in force may be told again at any time, open or closed, and changes nothing', () => {
  const stage = openStage();
  const tell = (days = 0) => stage.apply({ name: 'trading-day', body: stageDay(days) });
  const { day } = stage.node.client;
  const before = JSON.stringify(day);
  const taken = () => {
    const [applied] = tell();
    return applied?.name === 'fact-applied' && applied.body.id !== 0;
  };
  assert.ok(taken());
  assert.equal(JSON.stringify(day), before);

  stage.time = STAGE.close + 3_600_000_000;
  stage.apply({ name: 'time', body: {} });
  stage.apply({ name: 'time', body: {} });
  assert.equal(day.state, DAY.closed);
  const closed = JSON.stringify(day);
  assert.ok(taken());
  assert.equal(JSON.stringify(day), closed);

  tell(1);
  const planned = JSON.stringify(day);
  assert.notEqual(planned, closed);
  tell(1);
  assert.equal(JSON.stringify(day), planned);
});
