import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isProblem } from '@meridian/base';
import fc from 'fast-check';
import { createLogger, newCatalogue } from './index.ts';

const catalogue = newCatalogue();
catalogue.logFields('test', {
  ...{ seq: 'integer', amount_total: 'integer', ok: 'boolean', reason: 'text' },
  account: { type: 'text', sensitive: true, pi: 'spi', jrt0158: 3, jrt0197: 3, mask: 'account' },
  holder: { type: 'text', sensitive: true, pi: 'pi', jrt0158: 3, jrt0197: 3, mask: 'name' },
  id_no: { type: 'text', sensitive: true, pi: 'spi', jrt0158: 3, jrt0197: 4, mask: 'id' },
  equity: { type: 'bigint', sensitive: true, jrt0158: 3, jrt0197: 3, mask: 'bucket' },
  secret: { type: 'text', sensitive: true, jrt0158: 3, jrt0197: 4, mask: 'full' },
});

function logger(strict: boolean) {
  const lines: string[] = [];
  const log = createLogger({
    process: 'test',
    strict,
    level: 'debug',
    catalogue,
    destination: { write: (line) => void lines.push(line) },
  });
  return { log, lines, read: () => lines.map((line) => JSON.parse(line) as Record<string, unknown>) };
}

test('declared fields are written with level, time and process; bigint as text', () => {
  const { log, read } = logger(true);
  log.info('batch published', { seq: 7, amount_total: 2n ** 60n, ok: true, reason: null });
  log.child({ seq: 8 }).debug('次批次');
  const [first, second] = read();
  assert.deepEqual(
    { ...first, time: '' },
    {
      level: 'info',
      time: '',
      process: 'test',
      seq: 7,
      amount_total: '1152921504606846976',
      ok: true,
      reason: null,
      event: 'batch published',
    },
  );
  assert.deepEqual([second?.['seq'], second?.['level'], second?.['event']], [8, 'debug', '次批次']);
});

test('[DS-7] sensitive fields are written masked', () => {
  const { log, read } = logger(true);
  log.warn('margin call', {
    account: '6222020012345678',
    holder: '张三丰',
    id_no: '110101199003071234',
    equity: -1_234_567n,
    secret: 'pin',
  });
  assert.deepEqual(
    Object.fromEntries(
      Object.entries(read()[0] ?? {}).filter(([key]) => ['account', 'holder', 'id_no', 'equity', 'secret'].includes(key)),
    ),
    { account: '****5678', holder: '张**', id_no: '110****34', equity: '-1e6..1e7', secret: '***' },
  );
});

test('an undeclared field throws in tests; in production it is dropped, counted and warned of once', () => {
  const strict = logger(true);
  assert.throws(
    () => strict.log.info('hello', { client_name: 'x' }),
    (e) => isProblem(e, 'FIELD_UNDECLARED'),
  );
  assert.throws(
    () => strict.log.child({ client_name: 'x' }),
    (e) => isProblem(e, 'FIELD_UNDECLARED'),
  );
  assert.throws(
    () => strict.log.info('account 6222020012345678'),
    (e) => isProblem(e, 'FIELD_UNDECLARED'),
  );
  const { log, read } = logger(false);
  for (let n = 0; n < 3; n++) log.info('hello', { client_name: 'x', seq: n });
  assert.equal(log.withheld(), 3);
  assert.deepEqual(
    read().map((line) => [line['event'], line['seq'], line['field']]),
    [
      ['undeclared log field withheld', undefined, 'client_name'],
      ['hello', 0, undefined],
      ['hello', 1, undefined],
      ['hello', 2, undefined],
    ],
  );
});

test('a text longer than the bound is cut', () => {
  const { log, lines } = logger(true);
  log.error('failed', { reason: 'x'.repeat(1_000_000) });
  assert.ok((lines[0] as string).length < 1_200);
});

test('[DS-7] canaries in every place where a value can stand never reach the bytes written', () => {
  const digits = fc.stringMatching(/^[1-9]\d{17}$/);
  fc.assert(
    fc.property(digits, fc.constantFrom('debug', 'info', 'warn', 'error'), fc.boolean(), (canary, level, asChild) => {
      const { log, lines } = logger(false);
      const fields = {
        account: canary,
        holder: `${canary[0]} ${canary}`,
        id_no: canary,
        equity: BigInt(canary),
        secret: canary,
        undeclared: canary,
        [canary]: 1,
        [`k${canary}`]: canary,
      };
      const target = asChild ? log.child(fields) : log;
      target[level as 'info'](`client ${canary} called`, asChild ? undefined : fields);
      target[level as 'info']('called', { nested: { canary } as never, list: [canary] as never, seq: 1 });
      assert.ok(lines.length >= 2);
      for (const line of lines) {
        assert.ok(!line.includes(canary), line);
        assert.ok(!line.includes(canary.slice(3, -4)), line);
      }
    }),
    { numRuns: 200 },
  );
});
