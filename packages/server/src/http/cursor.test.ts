import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isProblem } from '@meridian/base';
import { openCursors } from './cursor.ts';

const WALK = { route: 'GET /v1/orders', user: 'trader', query: { market: 'XNYS', limit: 10 } };
const refused = (error: unknown) => isProblem(error, 'CURSOR_REFUSED');

test('a cursor brings back its place, whatever the page size', () => {
  const cursors = openCursors();
  const cursor = cursors.seal(WALK, { asOf: 42, position: 'XNYS-7' });
  assert.deepEqual(cursors.open({ ...WALK, query: { market: 'XNYS', limit: 5, cursor } }, cursor), {
    asOf: 42,
    position: 'XNYS-7',
  });
  assert.ok(cursors.seal(WALK, { asOf: Number.MAX_SAFE_INTEGER, position: 'x'.repeat(250) }).length <= 400);
  assert.throws(() => cursors.seal(WALK, { asOf: 1, position: 'x'.repeat(300) }), RangeError);
});

test('bad input: a cursor altered in any bit, or of another user, route, query or process, is refused', () => {
  const cursors = openCursors();
  const cursor = cursors.seal(WALK, { asOf: 42, position: 'XNYS-7' });
  const bytes = Buffer.from(cursor, 'base64url');
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    const other = Buffer.from(bytes);
    other[bit >> 3] = (other[bit >> 3] as number) ^ (1 << (bit & 7));
    assert.throws(() => cursors.open(WALK, other.toString('base64url')), refused, `bit ${bit}`);
  }
  for (const walk of [
    { ...WALK, user: 'client' },
    { ...WALK, route: 'GET /v1/contracts' },
    { ...WALK, query: { market: 'ARCX' } },
    { ...WALK, query: undefined },
  ])
    assert.throws(() => cursors.open(walk, cursor), refused);
  assert.throws(() => openCursors().open(WALK, cursor), refused);
  for (const text of [
    '',
    'x',
    `${cursor}=`,
    `${cursor}A`,
    cursor.slice(0, -1),
    'A'.repeat(401),
    '../../etc/passwd',
    '“cursor”',
  ])
    assert.throws(() => cursors.open(WALK, text), refused, text);
});
