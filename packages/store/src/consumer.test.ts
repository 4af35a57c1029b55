import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { isProblem } from '@meridian/base';
import fc from 'fast-check';
import { consume, consumerPosition, type Database, type Position, type ScratchDatabase, scratchDatabase } from './index.ts';

let scratch: ScratchDatabase;
let database: Database;

before(async () => {
  scratch = await scratchDatabase();
  database = scratch.database;
  await database.query('CREATE TABLE public.effect (stream text, seq int8, k int)');
});
after(() => scratch.remove());

const apply = (stream: string, position: Position, after?: Position | null) =>
  database.transaction((tx) =>
    consume(
      tx,
      { consumer: 'books', stream },
      position,
      async () => void (await tx.query('INSERT INTO public.effect VALUES ($1, $2, $3)', [stream, position.seq, position.k])),
      after,
    ),
  );

test('whatever is offered again, in whatever order, each effect happens once and in order', async () => {
  let run = 0;
  const offer = fc.record(
    { seq: fc.bigInt({ min: 0n, max: 5n }), k: fc.integer({ min: 0, max: 2 }) },
    { noNullPrototype: true },
  );
  await fc.assert(
    fc.asyncProperty(fc.array(offer, { maxLength: 20 }), async (offers) => {
      const stream = `S${run++}`;
      const expected: Position[] = [];
      for (const position of offers) {
        const last = expected.at(-1);
        const isNew = last === undefined || position.seq > last.seq || (position.seq === last.seq && position.k > last.k);
        assert.equal(await apply(stream, position), isNew);
        if (isNew) expected.push(position);
      }
      const { rows } = await database.query<{ seq: bigint; k: number }>(
        'SELECT seq, k FROM public.effect WHERE stream = $1 ORDER BY seq, k',
        [stream],
      );
      assert.deepEqual(rows, expected);
      assert.deepEqual(await consumerPosition(database, { consumer: 'books', stream }), expected.at(-1));
    }),
    { numRuns: 20 },
  );
});

test('position and effect are one: when the effect fails neither is stored', async () => {
  await assert.rejects(
    database.transaction((tx) =>
      consume(tx, { consumer: 'books', stream: 'fail' }, { seq: 1n, k: 0 }, async () => {
        throw new Error('no');
      }),
    ),
  );
  assert.equal(await consumerPosition(database, { consumer: 'books', stream: 'fail' }), undefined);
  assert.equal(await apply('fail', { seq: 1n, k: 0 }), true);
});

test('the same event offered by eight processes at once has one effect', async () => {
  const results = await Promise.all(Array.from({ length: 8 }, () => apply('race', { seq: 7n, k: 1 })));
  assert.equal(results.filter(Boolean).length, 1);
  assert.equal((await database.query(`SELECT 1 FROM public.effect WHERE stream = 'race'`)).rowCount, 1);
});

test('a gap is refused where the sender says what comes before', async () => {
  const at = (seq: bigint, k: number) => ({ seq, k });
  await assert.rejects(apply('gap', at(5n, 0), at(4n, 0)), (e) => isProblem(e, 'CONSUMER_GAP'));
  assert.equal(await apply('gap', at(1n, 0), null), true);
  assert.equal(await apply('gap', at(3n, 0), at(1n, 0)), true);
  await assert.rejects(apply('gap', at(9n, 0), at(8n, 0)), (e) => isProblem(e, 'CONSUMER_GAP') && /3\.0.*8\.0/.test(e.message));
  await assert.rejects(apply('gap', at(9n, 0), null), (e) => isProblem(e, 'CONSUMER_GAP'));
  assert.equal(await apply('gap', at(2n, 0), at(1n, 0)), false);
  assert.deepEqual(await consumerPosition(database, { consumer: 'books', stream: 'gap' }), at(3n, 0));
});
