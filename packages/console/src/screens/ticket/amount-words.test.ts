import assert from 'node:assert/strict';
import { test } from 'node:test';
import { amountInWords } from './amount-words.ts';

/** Written down by hand after the usage of bank cheques and of Chinese accounting texts. */
const cases: readonly (readonly [string, string, string])[] = [
  ['10', '十', 'ten'],
  ['15.99', '十五', 'fifteen'],
  ['105', '一百零五', 'one hundred five'],
  ['1010', '一千零一十', 'one thousand ten'],
  ['10005', '一万零五', 'ten thousand five'],
  ['100000', '十万', 'one hundred thousand'],
  ['390000.00', '三十九万', 'three hundred ninety thousand'],
  ['3900000.00', '三百九十万', 'three million nine hundred thousand'],
  ['10010000', '一千零一万', 'ten million ten thousand'],
  ['100000001', '一亿零一', 'one hundred million one'],
  ['444000000000', '四千四百四十亿', 'four hundred forty-four billion'],
  ['-20300', '二万零三百', 'twenty thousand three hundred'],
];

test('[RC-i] an amount reads the same in words as in figures, in both languages', () => {
  for (const [amount, zh, en] of cases) {
    assert.equal(amountInWords(amount, 'zh'), zh);
    assert.equal(amountInWords(amount, 'en'), en);
  }
});

test('where words would say nothing, nothing is said', () => {
  for (const amount of ['0.50', '0', '', '1e9', '1234567890123456789']) assert.equal(amountInWords(amount, 'zh'), '');
});
