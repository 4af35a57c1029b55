import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type DateText, parseInstant } from '@meridian/base';
import { BROKER_FILE, type BrokerRow, brokerFileName, formatBrokerFile } from './broker-file.ts';

const row: BrokerRow = {
  ...({ kind: 'FILL', execId: 'ARCX-X1', refExecId: '', orderId: 'ARCX-1', clOrdId: 'H1', account: 'HOUSE' } as const),
  ...({ isin: 'US78462F1030', symbol: 'SPY', mic: 'ARCX', side: 'SELL', quantity: 300n, price: 1_674_250n } as const),
  tradeTime: parseInstant('2013-10-07T14:00:00.123456Z'),
  tradeDate: '2013-10-07' as DateText,
  settlementDate: '2013-10-10' as DateText,
  ...{ currency: 'USD', commission: 60n, sec31: 88n, taf: 4n },
};
const day = { mic: 'ARCX', date: '2013-10-07' as DateText, closedAt: parseInstant('2013-10-07T20:00:00Z') };

test('[CL-2] a broker file has a header, one line per fill and control totals that busts reduce', () => {
  const bust: BrokerRow = { ...row, kind: 'BUST', execId: 'ARCX-X3', refExecId: 'ARCX-X2', quantity: 100n };
  const lines = formatBrokerFile({ ...day, rows: [row, { ...row, execId: 'ARCX-X2', quantity: 100n }, bust] }).split('\n');
  assert.equal(lines[0], 'H,broker-fills,1,ARCX,2013-10-07,2013-10-07T20:00:00.000Z');
  assert.equal(
    lines[1],
    'R,FILL,ARCX-X1,,ARCX-1,H1,HOUSE,US78462F1030,SPY,ARCX,SELL,300,167.4250,2013-10-07T14:00:00.123456Z,2013-10-07,2013-10-10,USD,0.60,0.88,0.04',
  );
  assert.deepEqual(lines.slice(-2), ['T,3,300,50227.5000', '']);
  assert.equal(brokerFileName('ARCX', day.date), 'broker-ARCX-20131007.csv');
});

test('a broker file never carries a text that its reader would split', () => {
  assert.throws(() => formatBrokerFile({ ...day, rows: [{ ...row, clOrdId: 'a,b' }] }), /cannot stand/);
  assert.throws(() => formatBrokerFile({ ...day, rows: [{ ...row, clOrdId: 'a\nb' }] }), /cannot stand/);
  assert.throws(() => formatBrokerFile({ ...day, rows: [{ ...row, clOrdId: 'x'.repeat(65) }] }), /cannot stand/);
});

test('every field of the layout names its kind, and decimals their digits', () => {
  for (const part of ['header', 'row', 'trailer'] as const)
    for (const field of BROKER_FILE[part].fields) assert.ok(field.kind !== 'decimal' || field.digits !== undefined);
});
