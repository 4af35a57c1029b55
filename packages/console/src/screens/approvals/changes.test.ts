import assert from 'node:assert/strict';
import { test } from 'node:test';
import { changesIn } from './changes.ts';

test('a change of a limit is read by name, with its amounts exact and by thousands', () => {
  assert.deepEqual(changesIn('zh', [{ field: 'limit', before: '2400000.00', after: '90071992547409.93' }]), [
    { field: '上限', before: '2,400,000.00', after: '90,071,992,547,409.93' },
  ]);
});

test('a withdrawal keeps its currency, and says what could be withdrawn', () => {
  assert.deepEqual(changesIn('zh', [{ field: 'withdraw USD', before: 'withdrawable 1200.00', after: '1000.00' }]), [
    { field: '出金 USD', before: '可取 1,200.00', after: '1,000.00' },
  ]);
});

test('duties are called as people call them; ids of clients are no amounts', () => {
  assert.deepEqual(
    changesIn('zh', [
      { field: 'duties', before: 'trader', after: 'risk trader' },
      { field: 'clients', before: null, after: '1000 2000' },
      { field: 'state', before: 'active', after: 'disabled' },
    ]),
    [
      { field: '职责', before: '交易员', after: '风险管理 · 交易员' },
      { field: '客户', before: null, after: '1000 2000' },
      { field: '状态', before: '有效', after: '停用' },
    ],
  );
});
