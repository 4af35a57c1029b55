import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { isProblem } from '@meridian/base';
import fc from 'fast-check';
import {
  type CopyValue,
  copyColumns,
  copyOut,
  copyOutRows,
  copyRows,
  type Database,
  type ScratchDatabase,
  scratchDatabase,
} from './index.ts';

let scratch: ScratchDatabase;
let database: Database;

before(async () => {
  scratch = await scratchDatabase();
  database = scratch.database;
  await database.connection((c) =>
    c.script(`CREATE TABLE public.sheet (a int4, b int8, c float8, d text, e bool, f date, g timestamptz, h uuid, i jsonb, j bytea);
              CREATE TABLE public.strict (a int4 PRIMARY KEY, b text NOT NULL CHECK (b <> 'bad'))`),
  );
});
after(() => scratch.remove());

const LAYOUT = {
  ...({
    a: 'int4',
    b: 'int8',
    c: 'float8',
    d: 'text',
    e: 'bool',
    f: 'date',
    g: 'timestamptz',
    h: 'uuid',
    i: 'jsonb',
    j: 'bytea',
  } as const),
};

const day = fc.date({ min: new Date('0001-01-02'), max: new Date('9999-12-30'), noInvalidDate: true });
const row = fc.tuple(
  fc.option(fc.integer()),
  fc.option(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })),
  fc.option(fc.double({ noNaN: true })),
  fc.option(fc.string({ unit: 'grapheme' }).filter((s) => !s.includes('\0'))),
  fc.option(fc.boolean()),
  fc.option(day.map((d) => d.toISOString().slice(0, 10))),
  fc.option(fc.integer({ min: -62_000_000_000_000_000 / 7, max: 8_000_000_000_000_000 })),
  fc.option(fc.uuid()),
  fc.option(
    fc
      .json()
      .filter((text) => !text.includes('\\u0000'))
      .map((text) => JSON.stringify(JSON.parse(text))),
  ),
  fc.option(fc.uint8Array().map((bytes) => Buffer.from(bytes))),
) as fc.Arbitrary<CopyValue[]>;

test('rows copied in and out again by binary COPY are the same rows, to the microsecond and the bit', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(row, { maxLength: 40 }), async (rows) => {
      const back = await database.transaction(async (tx) => {
        await tx.script('TRUNCATE public.sheet');
        assert.equal(await copyRows(tx, 'public.sheet', LAYOUT, rows), rows.length);
        return Array.fromAsync(copyOutRows(tx, 'public.sheet', Object.values(LAYOUT)));
      });
      // jsonb has its own spelling of the same document
      const shown = (all: CopyValue[][]) =>
        all.map((r) => r.map((v, i) => (i === 8 && v !== null ? JSON.parse(v as string) : v)));
      assert.deepEqual(shown(back), shown(rows));
    }),
    { numRuns: 30 },
  );
});

test('what COPY wrote reads the same by an ordinary query: two encoders agree', async () => {
  const instant = 1_381_152_600_000_001;
  const rows = await database.transaction(async (tx) => {
    await tx.script('TRUNCATE public.sheet');
    await copyRows(tx, 'public.sheet', LAYOUT, [
      [
        -1,
        -(2n ** 63n),
        0.1,
        '子午',
        true,
        '2013-10-07',
        instant,
        '0198c0de-0000-7000-8000-000000000001',
        '{"a":"1"}',
        new Uint8Array([0, 255]),
      ],
      [1, -5, -0.5, '', false, '1969-12-31', -1, null, 'null', null],
    ]);
    return (await tx.query('SELECT * FROM public.sheet ORDER BY a')).rows;
  });
  assert.deepEqual(rows, [
    {
      a: -1,
      b: -(2n ** 63n),
      c: 0.1,
      d: '子午',
      e: true,
      f: '2013-10-07',
      g: instant,
      h: '0198c0de-0000-7000-8000-000000000001',
      i: { a: '1' },
      j: Buffer.from([0, 255]),
    },
    { a: 1, b: -5n, c: -0.5, d: '', e: false, f: '1969-12-31', g: -1, h: null, i: null, j: null },
  ]);
});

test('typed arrays are copied by column', async () => {
  const count = 50_000;
  const sum = await database.transaction(async (tx) => {
    await tx.script('TRUNCATE public.sheet');
    await copyColumns(tx, 'public.sheet', [
      { name: 'a', type: 'int4', values: Int32Array.from({ length: count }, (_, i) => i) },
      { name: 'b', type: 'int8', values: BigInt64Array.from({ length: count }, (_, i) => BigInt(i) * 2n ** 32n) },
      { name: 'c', type: 'float8', values: Float64Array.from({ length: count }, (_, i) => i / 2) },
    ]);
    return (await tx.query('SELECT count(*) AS n, sum(a)::int8 AS a, max(b) AS b FROM public.sheet')).rows[0];
  });
  assert.deepEqual(sum, { n: 50_000n, a: 1_249_975_000n, b: 49_999n * 2n ** 32n });
});

test('bad input: a value that does not fit names its row and column, and the connection stays usable', async () => {
  const wrong: [CopyValue, CopyValue, RegExp][] = [
    [2 ** 31, 'x', /Row 2, column a \(int4\)/],
    [1.5, 'x', /column a/],
    ['1', 'x', /column a/],
    [3, 'nul\0', /column b \(text\)/],
    [3, '\ud800', /column b/],
  ];
  for (const [a, b, pattern] of wrong) {
    await database.connection(async (connection) => {
      await connection.script('BEGIN');
      await assert.rejects(
        copyRows(connection, 'public.strict', { a: 'int4', b: 'text' }, [
          [1, 'first'],
          [a, b],
        ]),
        (e) => isProblem(e, 'COPY_VALUE') && pattern.test(e.message),
      );
      await connection.script('ROLLBACK');
      assert.deepEqual((await connection.query('SELECT count(*) AS n FROM public.strict')).rows, [{ n: 0n }]);
    });
  }
});

test('bad input: 2013-02-30 is no date and is not copied as 2 March', async () => {
  await assert.rejects(
    database.transaction((tx) => copyRows(tx, 'public.sheet', { f: 'date' }, [['2013-02-30']])),
    (e) => isProblem(e, 'COPY_VALUE'),
  );
});

test('a COPY that the server refuses, at its start, in the middle or at its end, leaves the connection usable', async () => {
  function* many(bad: number) {
    for (let i = 0; i < 60_000; i++) yield [i === bad ? 7 : i, i === bad ? 'bad' : `row ${i}`] as CopyValue[];
  }
  await database.connection(async (connection) => {
    const attempts = [
      () => copyRows(connection, 'public.missing', { a: 'int4' }, [[1]]),
      () => copyRows(connection, 'public.strict', { a: 'int4', b: 'text' }, many(10)),
      () => copyRows(connection, 'public.strict', { a: 'int4', b: 'text' }, many(30_000)),
      () => copyRows(connection, 'public.strict', { a: 'int4', b: 'text' }, many(59_999)),
      () => copyRows(connection, 'public.strict', { a: 'int4', b: 'text' }, [[1, null]]),
      () => copyRows(connection, 'public.strict', { a: 'int8', b: 'text' }, [[1, 'wrong width']]),
    ];
    for (const attempt of attempts) {
      await connection.script('BEGIN');
      await assert.rejects(attempt());
      await connection.script('ROLLBACK');
      assert.deepEqual((await connection.query('SELECT count(*) AS n FROM public.strict')).rows, [{ n: 0n }]);
    }
  });
});

test('a source that fails half way cancels the whole COPY', async () => {
  async function* failing() {
    for (let i = 0; i < 20_000; i++) yield [i, 'row'] as CopyValue[];
    throw new Error('file truncated');
  }
  await database.connection(async (connection) => {
    await assert.rejects(copyRows(connection, 'public.strict', { a: 'int4', b: 'text' }, failing()), /file truncated/);
    assert.deepEqual((await connection.query('SELECT count(*) AS n FROM public.strict')).rows, [{ n: 0n }]);
  });
});

test('bad input: infinity and dates before year 0 are refused on the way out, not shown as something else', async () => {
  const cases = [
    [`'infinity'::date`, 'date'],
    [`'0044-03-15 BC'::date`, 'date'],
    [`'-infinity'::timestamptz`, 'timestamptz'],
  ] as const;
  await database.connection(async (connection) => {
    for (const [value, type] of cases) {
      await assert.rejects(Array.fromAsync(copyOutRows(connection, `(SELECT ${value})`, [type])), RangeError);
      assert.deepEqual((await connection.query('SELECT 1 AS one')).rows, [{ one: 1 }]);
    }
  });
});

test('a reader of COPY out that stops early leaves the connection usable', async () => {
  await database.connection(async (connection) => {
    for await (const _ of copyOut(connection, '(SELECT generate_series(1, 300000))', 'csv')) break;
    assert.deepEqual((await connection.query('SELECT 1 AS one')).rows, [{ one: 1 }]);
    const text = (await Array.fromAsync(copyOut(connection, '(SELECT 1, NULL)', 'csv'))).join('');
    assert.equal(text, '1,\n');
    await assert.rejects(Array.fromAsync(copyOut(connection, 'public.missing')));
    assert.deepEqual((await connection.query('SELECT 1 AS one')).rows, [{ one: 1 }]);
  });
});
