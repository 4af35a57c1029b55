import type { ColumnOf } from '../../data/protocol.ts';
import { formatNumber, NONE } from '../../format/number.ts';
import { BEIJING, formatWhen, instantOf } from '../../format/time.ts';
import type { GridColumn } from '../../grid/column.ts';
import type { Cell } from '../../grid/source.ts';
import { nameOf } from '../names.ts';
import { exact } from './figure.ts';
import { text } from './text.ts';
import { orderWords, toneOf } from './words.ts';

const title = (
  key: 'time' | 'state' | 'client' | 'account' | 'side' | 'symbol' | 'quantity' | 'price' | 'filled' | 'average',
) => ({
  zh: text.zh[key],
  en: text.en[key],
});
const textOf = (value: Cell): string => (value === null || value === '' ? NONE : String(value));
const figure = (value: Cell): string => (value === null ? NONE : exact(String(value)));

/** The part of an order that is filled, 0 to 1. A bar only: the figure beside it is the house's. */
function filledPart(filled: Cell, quantity: Cell): number {
  const all = Number(quantity);
  return all > 0 ? Math.min(1, Number(filled) / all) : 0;
}

/** An average is a quotient: as many places as a price has at the node. */
const AVERAGE_DIGITS = 4;

/**
 * The blotter's columns. State stands second: no width clips it. Beside the order that is seen through, a laptop gives up the
 * number (1440) and the average (1366), which stand there in full: price, quantity and state are never cut, the remark takes what
 * is left.
 */
export const COLUMNS: readonly GridColumn[] = [
  {
    ...{ key: 'at', title: title('time'), width: 106, sortable: true },
    format: (value, _, { today }) => formatWhen(instantOf(String(value)) ?? 0, BEIJING, today, 'milli'),
  },
  {
    ...{ key: 'state', title: title('state'), width: 76, sortable: true },
    format: (value, _, { language }) => nameOf(orderWords[language].state, value),
    tone: (value) => toneOf(value),
  },
  { key: 'clientToken', title: title('client'), width: 70, sortable: true, format: textOf },
  { key: 'accountCode', title: title('account'), width: 112, sortable: true, format: textOf, tone: () => 'mild' },
  {
    ...{ key: 'side', title: title('side'), width: 46, sortable: true },
    format: (value, _, { language }) => nameOf(orderWords[language].side, value),
  },
  {
    ...{ key: 'symbol', title: title('symbol'), width: 92, sortable: true },
    format: textOf,
    after: (_, read) => String(read('market') ?? ''),
  },
  {
    ...{ key: 'quantity', title: title('quantity'), width: 84, numeric: true, sortable: true },
    unit: ({ language }) => text[language].shares,
    format: figure,
  },
  {
    ...{ key: 'price', title: title('price'), width: 116, numeric: true, sortable: true },
    format: (value, read, { language }) => (value === null ? nameOf(orderWords[language].type, read('type')) : figure(value)),
    after: (value, read) => (value === null ? '' : String(read('currency') ?? '')),
  },
  {
    ...{ key: 'filled', title: title('filled'), width: 96, numeric: true, sortable: true, flash: true },
    format: (value) => figure(value),
    bar: (value, read) => filledPart(value, read('quantity')),
    tone: (value) => (value === '0' || value === 0 ? 'dim' : ''),
  },
  {
    ...{ key: 'averagePrice', title: title('average'), width: 74, from: 1_070, numeric: true, sortable: true },
    format: (value) => (value === null ? NONE : formatNumber(String(value), AVERAGE_DIGITS)),
    tone: (value) => (value === null ? 'dim' : ''),
  },
  {
    ...{
      key: 'hedgedPpm',
      title: { zh: text.zh.hedged, en: text.en.hedged },
      width: 72,
      numeric: true,
      sortable: true,
      flash: true,
    },
    format: (value) => (value === null ? NONE : formatNumber(`${value}e-4`, 1)),
    tone: (value) => (value === null ? 'dim' : Number(value) < 950_000 ? 'warn' : ''),
  },
  {
    ...{ key: 'order', title: { zh: '委托号', en: 'Order' }, width: 66, from: 1_160, numeric: true, sortable: true },
    format: textOf,
    tone: () => 'mild',
  },
  {
    ...{
      key: 'reason',
      title: { zh: text.zh.reason, en: text.en.reason },
      width: 120,
      grow: true as const,
      cut: true as const,
    },
    format: (value, read, { language }) => String(read(language === 'zh' ? 'reasonZh' : 'reasonEn') ?? value ?? ''),
    tone: () => 'mild',
  },
];

/** What the blotter asks of the view: what it shows, and what its formats read besides. */
export const ASKED: readonly ColumnOf<'orders'>[] = [
  ...(['at', 'state', 'clientToken', 'accountCode', 'side', 'symbol', 'quantity', 'price', 'filled', 'averagePrice'] as const),
  ...(['hedgedPpm', 'order', 'reason', 'reasonZh', 'reasonEn', 'market', 'type', 'currency'] as const),
];
