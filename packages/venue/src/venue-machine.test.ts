import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { before, test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { formatInstant, parseInstant } from '@meridian/base';
import type { EventSink } from '@meridian/log';
import { DATA_DIR } from '@meridian/market';
import { EVENT_HEADER_BYTES, NO_PRICE, writeEventHeader } from '@meridian/messages';
import { type Recording, readRecording, recordingOf } from './recording.ts';
import { encodeVenueCommand, NO_FAULTS, type VenueCommand, type VenueConfig } from './venue-command.ts';
import { type NumberedVenueEvent, readVenueEvent, type VenueEvent, type VenueEventBody } from './venue-event.ts';
import { createVenueMachine, type VenueMachine } from './venue-machine.ts';

let recording: Recording;
before(async () => {
  recording = await readRecording(`${DATA_DIR}session`);
});

const DAYS = [
  { date: '2013-10-07', open: parseInstant('2013-10-07T13:30:00Z'), close: parseInstant('2013-10-07T20:00:00Z') },
  { date: '2013-10-08', open: parseInstant('2013-10-08T13:30:00Z'), close: parseInstant('2013-10-08T20:00:00Z') },
];
const SPY = { symbol: 'SPY', isin: 'US78462F1030', currency: 'USD', tick: 100, quantityMax: 1_000_000 };
const IBM = { ...SPY, symbol: 'IBM', isin: 'US4592001014' };

function configOf(
  listings = [SPY],
  mic = 'ARCX',
  faults: Partial<typeof NO_FAULTS> = {},
  from: Recording = recording,
): VenueConfig {
  return { mic, listings, sessions: ['HEDGE'], days: DAYS, files: [...from.files], faults: { ...NO_FAULTS, ...faults } };
}

/** Drives a machine as a log would, keeping its event bytes. */
function driven(from: Recording = recording, machine: VenueMachine = createVenueMachine(from)) {
  let seq = 0;
  let k = 0;
  let time = 0;
  let buffer = new Uint8Array(1 << 16);
  let length = 0;
  let inSeq = 1;
  const out: EventSink = {
    get nextK() {
      return k;
    },
    get view() {
      return new DataView(buffer.buffer);
    },
    emit() {
      throw new Error('a venue has its own events');
    },
    begin(type) {
      if (buffer.length - length < 16_384) {
        const larger = new Uint8Array(buffer.length * 2);
        larger.set(buffer);
        buffer = larger;
      }
      new DataView(buffer.buffer).setUint16(length + 4, type, true);
      return length + EVENT_HEADER_BYTES;
    },
    end(offset) {
      const view = new DataView(buffer.buffer);
      const type = view.getUint16(length + 4, true);
      writeEventHeader(view, length, { length: offset - length, type, version: 1, time, seq, k: k++ });
      length = offset;
    },
  };
  function tell(command: VenueCommand, at = time): NumberedVenueEvent[] {
    const from = length;
    time = at;
    seq++;
    k = 0;
    const frame = encodeVenueCommand(command, at);
    machine.apply(new DataView(frame.buffer, frame.byteOffset, frame.byteLength), 0, seq, out);
    return read(from);
  }
  function read(from = 0): NumberedVenueEvent[] {
    const view = new DataView(buffer.buffer);
    const events: NumberedVenueEvent[] = [];
    for (let at = from; at < length; at += view.getUint32(at, true)) events.push(readVenueEvent(view, at));
    return events;
  }
  return {
    machine,
    tell,
    read,
    bytes: () => buffer.slice(0, length),
    playTo: (text: string) => tell({ name: 'play-to', body: {} }, parseInstant(text)),
    order(clOrdId: string, side: 1 | 2, quantity: number, price: number | null, tif = 0, symbol = 'SPY') {
      const type = price === null ? 1 : 2;
      const body = {
        session: 1,
        inSeq: inSeq++,
        side,
        type,
        tif,
        possResend: 0,
        quantity,
        price: price ?? NO_PRICE,
        clOrdId,
        account: 'HOUSE',
        symbol,
      };
      return executions(tell({ name: 'venue-new', body }));
    },
    cancel(clOrdId: string, origClOrdId: string, side: 1 | 2 = 1) {
      return tell({ name: 'venue-cancel', body: { session: 1, inSeq: inSeq++, side, clOrdId, origClOrdId, symbol: 'SPY' } });
    },
    replace(clOrdId: string, origClOrdId: string, quantity: number, price: number, side: 1 | 2 = 1) {
      const body = { session: 1, inSeq: inSeq++, side, type: 2, quantity, price, clOrdId, origClOrdId, symbol: 'SPY' };
      return tell({ name: 'venue-replace', body });
    },
  };
}

function executions(events: readonly VenueEvent[]): VenueEventBody<'execution'>[] {
  return events.filter((e) => e.name === 'execution').map((e) => e.body as VenueEventBody<'execution'>);
}

function bodies<N extends VenueEvent['name']>(events: readonly VenueEvent[], name: N): VenueEventBody<N>[] {
  return events.filter((e) => e.name === name).map((e) => e.body as VenueEventBody<N>);
}

const types = (reports: readonly { execType: number }[]) => reports.map((r) => String.fromCharCode(r.execType)).join('');

/** What the file itself says, read without any code of the house. */
function fileSays(file: string, market: string) {
  const quiet = 0x1 | 0x20 | 0x40 | 0x80 | 0x100 | 0x10000000 | 0x20000000;
  const rows = gunzipSync(readFileSync(`${DATA_DIR}session/${file}`))
    .toString()
    .trimEnd()
    .split('\n')
    .slice(1)
    .map((line) => line.split(','));
  const sales = rows.filter(([at, , , , exchange, mask]) => {
    const bits = Number.parseInt(mask as string, 16);
    const inside = (at as string) >= '2013-10-07T13:30:00.000Z' && (at as string) <= '2013-10-07T20:00:00.000Z';
    const auction = (bits & 0xc0) !== 0 && (at as string) >= '2013-10-07T13:30:00.000Z';
    return exchange !== 'D' && bits !== 0 && (bits & ~quiet) === 0 && (inside || auction);
  });
  const own = rows.filter((r) => r[4] === market);
  const stated =
    own.findLast((r) => (Number.parseInt(r[5] as string, 16) & 0x1000000) !== 0) ??
    own.findLast((r) => (Number.parseInt(r[5] as string, 16) & 0x80) !== 0);
  const price = (text: string | undefined) => Math.round(Number(text) * 10_000);
  return {
    volume: sales.reduce((sum, r) => sum + Number(r[3]), 0),
    last: price(sales.at(-1)?.[2]),
    prints: sales.length,
    close: price(stated?.[2]),
    closeAt: Date.parse(stated?.[0] as string) * 1000,
  };
}

test('7 October SPY plays to the last price, volume and primary close that the file tells', () => {
  const venue = driven();
  venue.tell({ name: 'configure', body: configOf() }, 0);
  venue.playTo('2013-10-07T21:00:00Z');
  const says = fileSays('us_spy_ticks_20131007.csv.gz', 'P');
  assert.ok(says.prints > 200_000);
  const spy = venue.machine.listings[0];
  assert.deepEqual(spy?.day(), { last: says.last, volume: says.volume });
  const close = bodies(venue.read(), 'official-print').find((p) => p.kind === 2);
  assert.deepEqual([close?.price, close?.time], [says.close, says.closeAt]);
  assert.equal(says.close, 1_674_200);
  const data = bodies(venue.read(), 'market-data');
  assert.equal(
    data.reduce((sum, d) => sum + d.lastQuantity, 0),
    says.volume,
    'what was published adds up to the volume',
  );
});

test('IBM closes at its single-priced auction on the New York Stock Exchange', () => {
  const venue = driven();
  venue.tell({ name: 'configure', body: configOf([IBM], 'XNYS') }, 0);
  venue.playTo('2013-10-07T21:00:00Z');
  const says = fileSays('us_ibm_ticks_20131007.csv.gz', 'N');
  const prints = bodies(venue.read(), 'official-print');
  assert.deepEqual(
    prints.map((p) => [p.kind, p.price]),
    [
      [1, 1_820_000],
      [2, says.close],
    ],
  );
  assert.equal(venue.machine.listings[0]?.day().volume, says.volume);
});

test('market data come at most ten times a second of recorded time, in order', () => {
  const venue = driven();
  venue.tell({ name: 'configure', body: configOf() }, 0);
  venue.playTo('2013-10-07T13:40:00.030Z');
  for (let i = 0; i < 50; i++) {
    venue.order(`o${i}`, 1, 100, null, 3);
    venue.tell({ name: 'play-to', body: {} }, (DAYS[0]?.open as number) + 600_030_000 + i * 10_000);
  }
  venue.playTo('2013-10-07T14:00:00Z');
  const times = bodies(venue.read(), 'market-data').map((d) => d.time);
  assert.ok(times.length > 1_000);
  for (const [i, at] of times.entries())
    assert.ok(i === 0 || at - (times[i - 1] as number) >= 100_000, `two updates within a tenth before ${formatInstant(at)}`);
});

test('off-market prints never move a price: absurd ones change not one byte', () => {
  const at = DAYS[0]?.open as number;
  const quote = { at, spanMicros: 0, symbol: 'SPY', bid: 167_00000000, bidSize: 100, ask: 167_02000000, askSize: 100 };
  const print = {
    at: at + 1_000_000,
    symbol: 'SPY',
    price: 167_02000000,
    size: 50,
    participant: 'P',
    condition: 1,
    suspicious: false,
  };
  const absurd = [
    { ...print, at: at + 500_000, price: 1_00000000, size: 1_000_000, participant: 'D' },
    { ...print, at: at + 600_000, price: 900_00000000, size: 1_000_000, condition: 0x20100000 },
    { ...print, at: at + 700_000, price: 900_00000000, size: 1_000_000, condition: 0x2000 },
    { ...print, at: at + 800_000, price: 900_00000000, size: 1_000_000, suspicious: true },
    { ...print, at: at + 900_000, price: 900_00000000, size: 1_000_000, condition: 0 },
  ];
  const played = [[print], [...absurd, print]].map((prints) => {
    const from = recordingOf([], prints, [quote]);
    const venue = driven(from);
    venue.tell({ name: 'configure', body: configOf([SPY], 'ARCX', {}, from) }, 0);
    venue.playTo('2013-10-07T13:30:00Z');
    venue.order('rest', 2, 10, 1_670_300);
    venue.playTo('2013-10-07T21:00:00Z');
    return Buffer.from(venue.bytes()).toString('base64');
  });
  assert.equal(played[0], played[1]);
});

/** A quote at the open, then prints one second apart. */
function scene(prints: readonly (readonly [price: number, size: number])[]) {
  const at = DAYS[0]?.open as number;
  const quote = { at, spanMicros: 0, symbol: 'SPY', bid: 167_00000000, bidSize: 300, ask: 167_02000000, askSize: 500 };
  const rows = prints.map(([price, size], i) => ({
    ...{
      at: at + (i + 1) * 1_000_000,
      symbol: 'SPY',
      price: price * 10_000,
      size,
      participant: 'P',
      condition: 1,
      suspicious: false,
    },
  }));
  const from = recordingOf([], rows, [quote]);
  const venue = driven(from);
  venue.tell({ name: 'configure', body: configOf([SPY], 'ARCX', {}, from) }, 0);
  venue.playTo('2013-10-07T13:30:00Z');
  return venue;
}

test('a resting order queues behind the displayed size and is filled by what trades beyond it', () => {
  const venue = scene([
    [1_670_000, 250],
    [1_670_000, 120],
    [1_670_000, 100],
  ]);
  assert.equal(types(venue.order('a', 1, 100, 1_670_000)), '0');
  assert.equal(executions(venue.playTo('2013-10-07T13:30:01Z')).length, 0, '50 are still before us');
  const [first] = executions(venue.playTo('2013-10-07T13:30:02Z'));
  assert.deepEqual([first?.lastQuantity, first?.lastPrice, first?.leavesQuantity], [70, 1_670_000, 30]);
  const [second] = executions(venue.playTo('2013-10-07T13:30:03Z'));
  assert.deepEqual(
    [second?.lastQuantity, second?.status, second?.transactTime],
    [30, '2'.charCodeAt(0), (DAYS[0]?.open as number) + 3_000_000],
  );
});

test('a marketable order takes the displayed size; the rest rests, or is cancelled when immediate', () => {
  const venue = scene([]);
  const taken = venue.order('a', 1, 600, 1_670_200);
  assert.equal(types(taken), '0F');
  assert.deepEqual([taken[1]?.lastQuantity, taken[1]?.lastPrice, taken[1]?.leavesQuantity], [500, 1_670_200, 100]);
  assert.equal(
    types(venue.order('b', 2, 500, 1_670_100, 3)),
    '0FF4',
    'it meets our own bid of 100 at 167.02: a trade has two sides',
  );
  assert.equal(types(venue.order('c', 2, 10_000, null, 4)), '04');
});

test('orders are refused with the reason that names the fault', () => {
  const venue = scene([]);
  const reason = (...order: Parameters<typeof venue.order>) => venue.order(...order)[0]?.reason;
  assert.equal(reason('a', 1, 100, 1_670_000, 0, 'XXX'), 1);
  assert.equal(reason('a', 1, 100, 1_670_050), 99);
  assert.equal(reason('a', 1, 0, 1_670_000), 13);
  assert.equal(reason('a', 1, 2_000_000, 1_670_000), 3);
  assert.equal(reason('a', 1, 100, 1_670_000, 255), 11);
  assert.equal(reason('a', 3 as 1, 100, 1_670_000), 11);
  assert.equal(types(venue.order('a', 1, 100, 1_670_000)), '0');
  assert.equal(reason('a', 1, 100, 1_670_000), 6);
  venue.playTo('2013-10-07T20:00:00Z');
  assert.equal(reason('z', 1, 100, 1_670_000), 2);
});

test('day orders expire at the close and no print after it fills anything', () => {
  const venue = scene([]);
  venue.order('a', 1, 100, 1_660_000);
  const closing = venue.playTo('2013-10-07T20:00:00Z');
  assert.equal(types(executions(closing)), 'C');
  assert.equal(closing.at(-1)?.name, 'day-closed');
});

test('cancel and replace: the last ClOrdID names the order; done orders are too late', () => {
  const venue = scene([]);
  venue.order('a', 1, 100, 1_660_000);
  const [replaced] = executions(venue.replace('b', 'a', 200, 1_660_100));
  assert.deepEqual(
    [replaced?.execType, replaced?.quantity, replaced?.leavesQuantity, replaced?.origClOrdId],
    ['5'.charCodeAt(0), 200, 200, 'a'],
  );
  const reasons = (events: readonly VenueEvent[]) => bodies(events, 'cancel-reject').map((r) => r.reason);
  assert.deepEqual(reasons(venue.cancel('c', 'a')), [1]);
  assert.deepEqual(reasons(venue.cancel('a', 'b')), [6]);
  assert.equal(types(executions(venue.cancel('d', 'b'))), '4');
  assert.deepEqual(reasons(venue.cancel('e', 'd')), [0]);
  assert.deepEqual(reasons(venue.replace('f', 'zz', 10, 1_660_000)), [1]);
});

test('a bust and a correction change the order and appear in the broker day; the second bust is refused', () => {
  const venue = scene([]);
  const [, fill] = venue.order('a', 1, 100, 1_670_200);
  const execution = fill?.execution as number;
  const [corrected] = executions(venue.tell({ name: 'correct', body: { execution, price: 1_670_100 } }));
  assert.deepEqual(
    [corrected?.execType, corrected?.reference, corrected?.cumQuantity, corrected?.cumValue],
    ['G'.charCodeAt(0), execution, 100, 167_010_000],
  );
  const [busted] = executions(venue.tell({ name: 'bust', body: { execution: corrected?.execution as number } }));
  assert.deepEqual([busted?.execType, busted?.cumQuantity, busted?.status], ['H'.charCodeAt(0), 0, '4'.charCodeAt(0)]);
  assert.equal(venue.tell({ name: 'bust', body: { execution } })[0]?.name, 'command-refused');
  const kinds = venue.machine.entry.ledger.entries.map((e) => `${e.kind} ${e.quantity}@${e.price}`);
  assert.deepEqual(kinds, ['fill 100@1670200', 'bust 100@1670200', 'fill 100@1670100', 'bust 100@1670100']);
});

test('faults on purpose tell the same executions late, twice, out of order, or after a cancel', () => {
  const trouble = (faults: Partial<typeof NO_FAULTS>) => {
    const at = DAYS[0]?.open as number;
    const from = recordingOf(
      [],
      [],
      [{ at, spanMicros: 0, symbol: 'SPY', bid: 167_00000000, bidSize: 300, ask: 167_02000000, askSize: 500 }],
    );
    const venue = driven(from);
    venue.tell({ name: 'configure', body: configOf([SPY], 'ARCX', faults, from) }, 0);
    venue.playTo('2013-10-07T13:30:00Z');
    return venue;
  };
  assert.equal(types(trouble({ duplicateEvery: 1 }).order('a', 1, 100, null)), '0FF');
  assert.equal(types(trouble({ reorderEvery: 1 }).order('a', 1, 100, null)), 'F0');
  const late = trouble({ delayMicros: 2_000_000 });
  assert.equal(types(late.order('a', 1, 100, null)), '');
  assert.equal(types(executions(late.playTo('2013-10-07T13:30:02Z'))), '0F');
  const after = trouble({ lateFillEvery: 1 });
  after.order('a', 1, 100, 1_660_000);
  const reports = executions(after.cancel('b', 'a'));
  assert.equal(types(reports), '4F');
  assert.deepEqual([reports[1]?.cumQuantity, reports[1]?.leavesQuantity, reports[1]?.status], [100, 0, '4'.charCodeAt(0)]);
});

test('8 October has no prints: marketable and resting orders are filled from the quotes alone', () => {
  for (const [listing, mic] of [
    [SPY, 'ARCX'],
    [IBM, 'XNYS'],
  ] as const) {
    const venue = driven();
    venue.tell({ name: 'configure', body: configOf([listing], mic) }, 0);
    venue.playTo('2013-10-08T14:00:00Z');
    const { symbol } = listing;
    const book = venue.machine.listings[0]?.book;
    const ask = book?.best(2)?.price as number;
    const taken = venue.order('m', 1, 100, null, 0, symbol);
    assert.deepEqual([types(taken), taken[1]?.lastPrice], ['0F', ask], symbol);
    // The market falls all day: a bid a little under it is met by the offers that come down to it.
    assert.equal(types(venue.order('l', 1, 100, (book?.best(1)?.price as number) - 5_000, 0, symbol)), '0');
    const day = executions(venue.playTo('2013-10-08T20:00:00Z'));
    assert.match(types(day), /^F+$/, symbol);
    const last = bodies(venue.read(), 'market-data')
      .filter((d) => d.time <= (DAYS[1]?.close as number))
      .at(-1);
    const mid = ((last?.bid as number) + (last?.ask as number)) / 2;
    assert.equal(mid, symbol === 'SPY' ? 1_654_750 : 1_788_050, 'the last quote before the close is published');
    assert.ok(
      !bodies(venue.read(), 'official-print').some((p) => p.time > (DAYS[1]?.open as number)),
      'no print, no official close',
    );
  }
});

test('saved and restored in the middle of the day, a venue goes on to the same bytes', () => {
  const script = (venue: ReturnType<typeof driven>) => {
    venue.tell({ name: 'configure', body: configOf([SPY, IBM]) }, 0);
    venue.playTo('2013-10-07T13:45:00.050Z');
    for (let i = 0; i < 40; i++)
      venue.order(`o${i}`, i % 2 === 0 ? 1 : 2, 100 + i, 1_673_000 + i * 100, 0, i % 3 === 0 ? 'IBM' : 'SPY');
  };
  const straight = driven();
  script(straight);
  const broken = driven();
  script(broken);
  const revived = createVenueMachine(recording);
  revived.restore(broken.machine.save());
  assert.deepEqual(revived.save(), broken.machine.save());
  const other = driven(recording, revived);
  const rest = (venue: ReturnType<typeof driven>) =>
    venue.playTo('2013-10-07T14:05:00Z').map(({ name, body }) => ({ name, body }));
  const expected = rest(straight);
  assert.ok(expected.length > 1_000);
  assert.deepEqual(rest(other), expected);
  assert.deepEqual(revived.save(), straight.machine.save());
});
