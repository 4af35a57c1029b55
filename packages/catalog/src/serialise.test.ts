import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isProblem } from '@meridian/base';
import fc from 'fast-check';
import { CHANNELS, mask, newCatalogue, serialise } from './index.ts';

const sensitive = { sensitive: true, pi: 'spi', jrt0158: 3, jrt0197: 3 } as const;
const ORDER = newCatalogue().entity(
  'messages.hedge_order',
  { title: { zh: '对冲委托', en: 'Hedge order' }, kind: 'message', owner: 'trading', purpose: ['hedging'] },
  {
    cl_ord_id: { type: 'text', outbound: ['hedge-order', 'broker-file'] },
    quantity: { type: 'integer', outbound: ['hedge-order'] },
    client: { type: 'text', ...sensitive, mask: 'account', outbound: ['client-report'] },
    equity: { type: 'bigint', ...sensitive, mask: 'bucket' },
  },
);
const ROW = { cl_ord_id: 'H1', quantity: 100, client: '6222020012345678', equity: 5_000_000n };

test('[DS-7] the cleared see values, the uncleared see masks', () => {
  assert.deepEqual(serialise(ORDER, ROW, { inside: 'cleared' }), ROW);
  assert.deepEqual(serialise(ORDER, ROW, { inside: 'uncleared' }), {
    cl_ord_id: 'H1',
    quantity: 100,
    client: '****5678',
    equity: '1e6..1e7',
  });
});

test('[DS-9] by a channel leaves only what names it', () => {
  assert.deepEqual(serialise(ORDER, ROW, { channel: 'hedge-order' }), { cl_ord_id: 'H1', quantity: 100 });
  assert.deepEqual(serialise(ORDER, ROW, { channel: 'client-report' }), { client: '6222020012345678' });
  assert.deepEqual(serialise(ORDER, ROW, { channel: 'regulatory-report' }), {});
  for (const channel of CHANNELS) assert.ok(!('equity' in serialise(ORDER, ROW, { channel })));
});

test('[DS-1] a row with an undeclared member is not written at all', () => {
  const refused = (row: object) =>
    assert.throws(
      () => serialise(ORDER, row as Record<string, unknown>, { inside: 'cleared' }),
      (e) => isProblem(e, 'FIELD_UNDECLARED'),
    );
  refused({ ...ROW, phone: '1' });
  refused(JSON.parse('{"__proto__": {"client": "x"}}'));
  refused({ constructor: 1 });
});

test('masks: what is shown is little, lengths are hidden, null stays null', () => {
  assert.deepEqual(
    ['', '1234', '12345678', '123456789'].map((v) => mask('account', v)),
    ['****', '****', '****', '****6789'],
  );
  assert.deepEqual(
    ['张三', 'Smith', '', '𠮷田'].map((v) => mask('name', v)),
    ['张**', 'S**', '**', '𠮷**'],
  );
  assert.deepEqual(
    ['110101199003071234', 'E1234567'].map((v) => mask('id', v)),
    ['110****34', '****'],
  );
  assert.deepEqual(
    [0n, 1n, 9n, 10n, -12_345n, '0.00', '0.05', '-007.5', 'n/a'].map((v) => mask('bucket', v)),
    ['0', '1e0..1e1', '1e0..1e1', '1e1..1e2', '-1e4..1e5', '0', '<1', '-1e0..1e1', '***'],
  );
  assert.equal(mask('full', 'anything'), '***');
  for (const rule of ['account', 'name', 'id', 'bucket', 'full'] as const) assert.equal(mask(rule, null), null);
});

test('no two amounts of one order of magnitude can be told apart', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 1n, max: 2n ** 62n }), (amount) => {
      const low = 10n ** BigInt(amount.toString().length - 1);
      assert.equal(mask('bucket', amount), mask('bucket', low));
    }),
  );
});
