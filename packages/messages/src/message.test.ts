import assert from 'node:assert/strict';
import { test } from 'node:test';
import { InvariantError, isProblem, problemKind } from '@meridian/base';
import { catalogue } from '@meridian/catalog';
import fc from 'fast-check';
import {
  type Command,
  catalogueName,
  commandLayouts,
  commandSchemas,
  decodeCommand,
  EVENT_BYTES_MAX,
  type Event,
  encodeCommand,
  eventLayouts,
  type FieldKind,
  HEDGE_ORDER_OUTBOUND,
  REJECTION,
  readEvent,
  rejectionCode,
  writeEvent,
} from './index.ts';

const view = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

const number: Record<Exclude<FieldKind, 'ascii'>, fc.Arbitrary<number>> = {
  u8: fc.integer({ min: 0, max: 255 }),
  u16: fc.integer({ min: 0, max: 65_535 }),
  u32: fc.integer({ min: 0, max: 0xffff_ffff }),
  f64: fc.maxSafeInteger(),
};
const ascii = fc.string({ unit: fc.integer({ min: 0x20, max: 0x7e }).map((c) => String.fromCharCode(c)), maxLength: 255 });
const bodyOf = (fields: Readonly<Record<string, FieldKind>>) =>
  fc.record(
    Object.fromEntries(Object.entries(fields).map(([member, kind]) => [member, kind === 'ascii' ? ascii : number[kind]])),
    {
      noNullPrototype: true,
    },
  );

test('every hot command and every event survives encoding', () => {
  for (const [name, { fields }] of Object.entries(commandLayouts)) {
    fc.assert(
      fc.property(bodyOf(fields), fc.nat(), (body, time) => {
        const decoded = decodeCommand(view(encodeCommand({ name, body } as unknown as Command, time)), 0);
        assert.deepEqual({ name: decoded.name, body: decoded.body, time: decoded.header.time }, { name, body, time });
      }),
      { numRuns: 50 },
    );
  }
  const buffer = new DataView(new ArrayBuffer(EVENT_BYTES_MAX + 7));
  for (const [name, { fields }] of Object.entries(eventLayouts)) {
    fc.assert(
      fc.property(bodyOf(fields), fc.nat(), fc.nat(), (body, seq, k) => {
        const end = writeEvent(buffer, 7, { name, body } as unknown as Event, seq, k, 5);
        const event = readEvent(buffer, 7);
        assert.deepEqual(event.body, body);
        assert.deepEqual([event.name, event.header.seq, event.header.k, event.header.length], [name, seq, k, end - 7]);
      }),
      { numRuns: 50 },
    );
  }
});

test('a number that would lose digits or a text that is not printable stops the writer', () => {
  const order = {
    session: 1,
    inSeq: 1,
    account: 1,
    listing: 1,
    side: 1,
    effect: 1,
    type: 2,
    tif: 0,
    quantity: 100,
    price: 1,
    fault: 0,
    clOrdId: 'a',
  };
  for (const wrong of [
    { quantity: 2 ** 53 },
    { quantity: 0.5 },
    { quantity: Number.NaN },
    { side: 256 },
    { account: -1 },
    { clOrdId: 'é' },
    { clOrdId: 'x'.repeat(256) },
  ]) {
    assert.throws(() => encodeCommand({ name: 'new-order', body: { ...order, ...wrong } }, 1), InvariantError);
  }
});

test('a fact with an unknown, missing or absurd member is refused before it reaches a log', () => {
  for (const body of [{ version: 1, extra: 1 }, {}, { version: 0 }, { version: '1' }]) {
    assert.throws(
      () => encodeCommand({ name: 'engine-version', body } as unknown as Command, 1),
      (error) => isProblem(error, 'CONFIG_INVALID'),
    );
  }
});

test('a command of an unknown type or version is refused, not guessed', () => {
  const frame = encodeCommand({ name: 'time', body: {} }, 1);
  for (const [offset, value] of [
    [4, 999],
    [6, 2],
  ] as const) {
    const other = frame.slice();
    view(other).setUint16(offset, value, true);
    assert.throws(
      () => decodeCommand(view(other), 0),
      (error) => isProblem(error, 'COMMAND_UNREADABLE'),
    );
  }
});

test('every refusal has one number and a text in both languages', () => {
  for (const [code, wire] of Object.entries(REJECTION)) {
    assert.equal(rejectionCode(wire), code);
    assert.ok(problemKind(code)?.detail.zh && problemKind(code)?.detail.en);
  }
  assert.equal(rejectionCode(0), undefined);
  assert.equal(REJECTION.ORDER_ACCOUNT_UNKNOWN, 1, 'numbers are for ever: append, never insert');
  assert.equal(REJECTION.LEASE_STATIC, 23);
});

test('[DS-1] every member of every message is in the catalogue with its class', () => {
  const declared = new Set(catalogue.fields().map((field) => field.name));
  const members = [
    ...Object.entries(commandLayouts).flatMap(([name, { fields }]) =>
      Object.keys(fields).map((m) => `command.${catalogueName(name)}.${catalogueName(m)}`),
    ),
    ...Object.entries(commandSchemas).flatMap(([name, schema]) =>
      Object.keys((schema as unknown as { properties: object }).properties).map(
        (m) => `command.${catalogueName(name)}.${catalogueName(m)}`,
      ),
    ),
    ...Object.entries(eventLayouts).flatMap(([name, { fields }]) =>
      Object.keys(fields).map((m) => `event.${catalogueName(name)}.${catalogueName(m)}`),
    ),
  ];
  for (const member of members) assert.ok(declared.has(member), member);
});

test('[DS-9] what leaves with a hedge order is an allow-list without any client token', () => {
  const leaving = catalogue.fields().filter((field) => field.outbound !== 'never' && field.outbound.includes('hedge-order'));
  assert.ok(leaving.length > 0);
  for (const field of leaving) {
    assert.ok(field.entity.startsWith('event.hedge_') && !field.sensitive && field.pi === 'none', field.name);
    assert.ok(HEDGE_ORDER_OUTBOUND.map(catalogueName).includes(field.key), field.name);
  }
});
