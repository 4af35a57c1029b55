import assert from 'node:assert/strict';
import { test } from 'node:test';
import { REJECTION, type RejectionCode } from '@meridian/messages';
import { type LifeStep, ORDER_STATES, STEP_KINDS } from '@meridian/trading';
import { stepText } from './order-step.ts';

const step = (more: Partial<LifeStep>): LifeStep => ({
  ...{ kind: 'report', seq: 1, k: 0, at: 1, state: null, quantity: 0, price: null, code: null, hedgeSeq: null, ...more },
});

test('[TC-3] a step of an order is told in words of its language, with state, figures and why it was refused', () => {
  assert.deepEqual(stepText(step({ kind: 'fill', state: 'partially-filled', quantity: 100, price: '167.4200' })), {
    zh: '客户成交：部分成交，100 @ 167.4200',
    en: 'The client is filled: partially filled, 100 @ 167.4200',
  });
  assert.deepEqual(stepText(step({ state: 'rejected', quantity: 5, code: 'HALTED' })), {
    zh: '客户节点回报：已拒绝，5，已停止交易',
    en: 'The client node reports: rejected, 5, Halted',
  });
  assert.equal(stepText(step({ kind: 'exception' })).zh, '需要人工处理');
});

test('[TC-3] no step, state or refusal is told by its code, in either language', () => {
  const states = [null, ...ORDER_STATES];
  const codes = [null, ...(Object.keys(REJECTION) as RejectionCode[])];
  for (const kind of STEP_KINDS)
    for (const state of states)
      for (const code of codes) {
        const { zh, en } = stepText(step({ kind, state, code, quantity: 7 }));
        assert.doesNotMatch(zh, /[A-Za-z]/, zh);
        assert.doesNotMatch(en, /[A-Z]{2,}_|_|[\u4e00-\u9fff]/, en);
      }
});
