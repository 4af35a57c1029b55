import assert from 'node:assert/strict';
import { test } from 'node:test';
import { columnsAt, type GridColumn } from './column.ts';

const column = (key: string, from?: number): GridColumn => ({
  ...{ key, title: { zh: key, en: key }, width: 80, format: String },
  ...(from === undefined ? {} : { from }),
});
const columns = [column('price'), column('average', 1060), column('order', 1160)];
const shown = (width: number) => columnsAt(columns, width).map(({ key }) => key);

test('a narrow grid gives up the columns that ask for more width, and takes them back from that pixel on', () => {
  assert.deepEqual(shown(1059), ['price']);
  assert.deepEqual(shown(1060), ['price', 'average']);
  assert.deepEqual(shown(1160), ['price', 'average', 'order']);
});

test('a grid that has no width yet decides nothing: it shows every column', () => {
  assert.deepEqual(shown(0), ['price', 'average', 'order']);
});
