import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { type DateText, isCurrency, isProblem, minorDigits } from '@meridian/base';
import { isIsin, isLei } from './identifier.ts';
import { groupOn, listing, security } from './listing.ts';
import { DATA_DIR, loadMarketFacts } from './load.ts';

test('ISIN check digits: SPY, IBM, Tencent pass; one digit off, lower case and wrong length fail', () => {
  for (const isin of ['US78462F1030', 'US4592001014', 'KYG875721634', 'CNE000000040']) assert.ok(isIsin(isin), isin);
  for (const isin of ['US78462F1031', 'us78462f1030', 'US78462F103', 'US78462F10300', '']) assert.ok(!isIsin(isin), isin);
});

test('LEI check digits mod 97-10: a real one passes, a dummy and a transposition fail', () => {
  assert.ok(isLei('969500HMVSZ0TCV65D58'));
  assert.ok(!isLei('DUMMY0000000000LEI01'));
  assert.ok(!isLei('969500HMVSZ0TVC65D58'));
});

test('the market table knows the markets of the house and which are expired', () => {
  const { mics } = loadMarketFacts();
  assert.equal(mics.size, 2_701);
  for (const mic of [
    'XHKG',
    'XNYS',
    'ARCX',
    'XNAS',
    'XSHG',
    'XSHE',
    'XTKS',
    'XSES',
    'XLON',
    'XETR',
    'XPAR',
    'XASX',
    'XTAI',
    'XSWX',
  ])
    assert.ok(mics.isActive(mic), mic);
  assert.ok(!mics.isActive('ZZZZ'));
  assert.equal(mics.get('ARCX')?.operatingMic, 'XNYS');
});

test('the currency table of the house agrees with the ISO 4217 list that ships: every code with a minor unit', () => {
  const lines = readFileSync(`${DATA_DIR}reference/iso4217_currencies.csv`, 'utf8').trim().split('\n').slice(1);
  let active = 0;
  for (const line of lines) {
    const [withdrawn, digits, , code] = line.trimEnd().split(',').reverse() as [string, string, string, string];
    if (withdrawn !== '' || !/^\d$/.test(digits)) continue;
    assert.ok(isCurrency(code) && minorDigits(code) === Number(digits), line);
    active++;
  }
  assert.ok(active > 200, String(active));
  assert.ok(isCurrency('CNH') && !isCurrency('GBX'));
});

test('a listing quoted in pence settles in pounds; bad codes and lots are refused', () => {
  const row = {
    id: '1',
    securityId: '1',
    mic: 'XLON',
    code: 'SHEL',
    securityClass: 'share',
    quote: 'GBX',
    validFrom: '2022-01-31' as DateText,
  } as const;
  const shell = listing(row);
  assert.deepEqual([shell.quoteUnit.code, shell.currency, shell.quoteUnit.perCurrencyUnit], ['GBX', 'GBP', 100n]);
  assert.throws(
    () => listing({ ...row, mic: 'XLO' }),
    (e) => isProblem(e, 'LISTING_INVALID'),
  );
  assert.throws(
    () => listing({ ...row, quote: 'XXQ' }),
    (e) => isProblem(e, 'CURRENCY_UNKNOWN'),
  );
  assert.throws(
    () => listing({ ...row, boardLots: [{ value: 0, from: row.validFrom, to: null }] }),
    (e) => isProblem(e, 'LISTING_INVALID'),
  );
  assert.throws(
    () => security({ id: 's', issuerId: 'i', isin: 'US78462F1031', name: 'SPY', securityClass: 'etf' }),
    (e) => isProblem(e, 'LISTING_INVALID'),
  );
});

test('a dated attribute answers inside its interval only', () => {
  const values = [{ value: 'a', from: '2020-01-01' as DateText, to: '2020-12-31' as DateText }];
  assert.deepEqual([groupOn(values, '2020-12-31' as DateText), groupOn(values, '2021-01-01' as DateText)], ['a', null]);
});
