import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isProblem } from '@meridian/base';
import fc from 'fast-check';
import { checksum, outgoingMessage } from './acceptance/definition.ts';
import { Decoded, Decoder } from './decoder.ts';
import { compileDictionary } from './dictionary/dictionary.ts';
import { FIX44 } from './dictionary/fix44.ts';
import { groupReader } from './group.ts';
import type { FixMessage } from './message.ts';
import { MessageWriter, OutBuffer } from './writer.ts';

const dictionary = compileDictionary(FIX44);

/** `|` stands for SOH; BodyLength and CheckSum are filled in. */
const wire = (text: string) => outgoingMessage(text.replaceAll('|', '\x01'), 0);
const order = (id: string) => wire(`8=FIX.4.4|35=D|34=2|49=A|56=B|52=20131007-13:30:00|11=${id}|`);

/** What a stream decodes to: ClOrdIDs, and `!reason` for what was garbled. */
function decode(chunks: readonly Uint8Array[], decoder = new Decoder()): string[] {
  const seen: string[] = [];
  for (const chunk of chunks) {
    decoder.push(Uint8Array.from(chunk));
    for (let decoded = decoder.next(); decoded !== Decoded.more; decoded = decoder.next())
      seen.push(decoded === Decoded.message ? String(decoder.message.text(11)) : `!${decoder.garble}`);
  }
  return seen;
}

function only(bytes: Uint8Array): FixMessage {
  const decoder = new Decoder();
  decoder.push(bytes);
  assert.equal(decoder.next(), Decoded.message);
  return decoder.message;
}

test('a stream decodes alike however it is split', () => {
  const stream = Buffer.concat([
    Buffer.from('junk'),
    order('a'),
    order('b'),
    wire('8=FIX.4.4|9=4|35=0|'),
    order('c'),
    order('d'),
  ]);
  const whole = decode([stream]);
  assert.deepEqual(
    whole.filter((entry) => !entry.startsWith('!')),
    ['a', 'b', 'c', 'd'],
  );
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: stream.length }), { maxLength: 40 }), (cuts) => {
      const at = [0, ...cuts.sort((x, y) => x - y), stream.length];
      const chunks = at.slice(1).map((to, i) => stream.subarray(at[i], to));
      assert.deepEqual(
        decode(chunks).filter((entry) => !entry.startsWith('!')),
        ['a', 'b', 'c', 'd'],
      );
    }),
  );
  assert.deepEqual(
    decode([...stream].map((byte) => Uint8Array.of(byte))).filter((entry) => !entry.startsWith('!')),
    ['a', 'b', 'c', 'd'],
  );
});

test('garbled messages are named and skipped, and the next sound one is read', () => {
  const bad = (text: string) => decode([wire(text), order('next')]);
  assert.deepEqual(bad('8=FIX.4.4|35=D|34=2|11=x|10=256|'), ['!checksum', 'next']);
  assert.deepEqual(bad('8=FIX.4.4|35=D|34=2|11=x|10=7|'), ['!body-length', 'next']);
  assert.deepEqual(bad('8=FIX.4.4|34=2|35=D|11=x|'), ['!fields', 'next']);
  assert.deepEqual(bad('8=FIX.4.4|35=D|4x9=A|11=x|'), ['!fields', 'next']);
  assert.deepEqual(bad('8=FIX.4.4|35=D|=A|11=x|'), ['!fields', 'next']);
  assert.deepEqual(bad('8=FIX.4.4|9=12x|35=D|11=x|'), ['!framing', 'next']);
  assert.deepEqual(bad('8=FIX.4.4|9=20|35=D|11=x|34=2|49=ABC|'), ['!body-length', 'next']);
});

test('a BodyLength that reaches into the next message takes that one with it', () => {
  const length = (extra: number) => {
    const sound = order('a').toString('latin1');
    const stated = Number(/9=(\d+)/.exec(sound)?.[1]);
    const body = sound.replace(/9=\d+/, `9=${stated + extra}`).slice(0, -7);
    return Buffer.from(`${body}10=${checksum(body)}\x01`, 'latin1');
  };
  for (const extra of [1, 6, 7, 14, 30])
    assert.deepEqual(decode([length(extra), order('b'), order('c')]), ['!body-length', 'c']);
});

test('a message over the bound is garbled at once and the stream goes on', () => {
  const decoder = new Decoder(undefined, 256);
  const long = wire(`8=FIX.4.4|35=D|34=2|11=${'x'.repeat(400)}|`);
  assert.deepEqual(
    decode([long, order('next')], decoder).filter((entry) => entry !== '!noise'),
    ['!over-long', 'next'],
  );
  const endless = Buffer.from(`8=FIX.4.4\x019=200\x0135=D\x01${'y'.repeat(600)}`, 'latin1');
  assert.deepEqual(decode([endless, order('next')], new Decoder(undefined, 256)).at(-1), 'next');
});

test('a data field may hold separators, and a false length is garbled', () => {
  const writer = new MessageWriter('FIX.4.4', 'US', 'THEM');
  const out = new OutBuffer();
  writer.begin(out, 'B', 1, 0);
  writer.data(95, 96, Buffer.from('a\x0110=000\x01b', 'latin1')).text(58, 't').end();
  const sound = only(out.bytes.subarray(0, out.length));
  assert.equal(sound.text(96), 'a\x0110=000\x01b');
  assert.equal(sound.text(58), 't');
  assert.deepEqual(decode([wire('8=FIX.4.4|35=B|34=2|95=900|96=a|58=t|'), order('next')]), ['!fields', 'next']);
});

test('numbers are read exactly: signed, scaled, bounded, never rounded', () => {
  const message = only(
    wire(
      '8=FIX.4.4|35=D|44=-37.63|38=002000.00|6=.5|31=9007199254740991|32=9007199254740992|33=1.00001|45=1e5|46=-|47=+1|7=7.|',
    ),
  );
  assert.equal(message.decimal(44, 4), -376300);
  assert.equal(message.decimal(38, 2), 200000);
  assert.equal(message.decimal(6, 1), 5);
  assert.equal(message.int(31), Number.MAX_SAFE_INTEGER);
  assert.equal(message.decimal(7, 0), 7);
  assert.equal(message.int(9999), undefined);
  const refused = (read: () => unknown, code: string) => assert.throws(read, (error) => isProblem(error, code));
  refused(() => message.int(32), 'FIX_FIELD_OUT_OF_RANGE');
  refused(() => message.decimal(31, 1), 'FIX_FIELD_OUT_OF_RANGE');
  refused(() => message.decimal(33, 4), 'FIX_FIELD_OUT_OF_RANGE');
  for (const tag of [45, 46, 47]) refused(() => message.decimal(tag, 2), 'FIX_FIELD_MALFORMED');
  refused(() => message.int(44), 'FIX_FIELD_MALFORMED');
});

test('timestamps are read to the microsecond and only where they exist', () => {
  const message = only(
    wire(
      '8=FIX.4.4|35=D|60=20131007-13:30:00.123456|122=20160229-23:59:60|52=20130229-00:00:00|64=20131007-24:00:00|66=20131007|',
    ),
  );
  assert.equal(message.timestamp(60), Date.UTC(2013, 9, 7, 13, 30) * 1000 + 123456);
  assert.equal(message.timestamp(122), Date.UTC(2016, 2, 1) * 1000);
  for (const tag of [52, 64, 66])
    assert.throws(
      () => message.timestamp(tag),
      (error) => isProblem(error, 'FIX_FIELD_MALFORMED'),
    );
});

test('what is written is read back, with right BodyLength and CheckSum, at every length', () => {
  const writer = new MessageWriter('FIX.4.4', 'US', 'THEM');
  const value = fc.record({
    seq: fc.integer({ min: 1, max: 2 ** 40 }),
    id: fc.string({ minLength: 1, maxLength: 1200, unit: fc.constantFrom('a', '=', ' ', 'é', '8') }),
    scaled: fc.integer({ min: -Number.MAX_SAFE_INTEGER, max: Number.MAX_SAFE_INTEGER }),
    digits: fc.integer({ min: 0, max: 8 }),
    instant: fc.integer({ min: 0, max: 4_102_444_800_000 }),
  });
  fc.assert(
    fc.property(value, ({ seq, id, scaled, digits, instant }) => {
      const out = new OutBuffer(8);
      out.length = 0;
      for (let twice = 0; twice < 2; twice++) {
        writer.begin(out, 'AB', seq, instant * 1000);
        writer
          .text(11, id)
          .decimal(44, scaled, digits)
          .timestamp(60, instant * 1000)
          .flag(43, true);
        writer.data(95, 96, Uint8Array.of(1, 61, 1)).end();
      }
      const decoder = new Decoder();
      decoder.push(out.bytes.subarray(0, out.length));
      for (let twice = 0; twice < 2; twice++) {
        assert.equal(decoder.next(), Decoded.message);
        const { message } = decoder;
        assert.deepEqual(
          [message.textAt(0), message.int(34), message.text(49), message.text(56), message.timestamp(52), message.text(11)],
          ['AB', seq, 'US', 'THEM', instant * 1000, id],
        );
        assert.deepEqual(
          [message.decimal(44, digits), message.timestamp(60), message.flag(43)],
          [scaled, instant * 1000, true],
        );
        assert.deepEqual([...(message.value(96) ?? [])], [1, 61, 1]);
      }
      assert.equal(decoder.next(), Decoded.more);
    }),
  );
});

test('text that would break out of its field cannot be written', () => {
  const writer = new MessageWriter('FIX.4.4', 'US', 'THEM');
  writer.begin(new OutBuffer(), 'D', 1, 0);
  for (const text of ['', 'a\x0138=9', '子午'])
    assert.throws(
      () => writer.text(58, text),
      (error) => isProblem(error, 'FIX_TEXT_REFUSED'),
    );
});

test('group entries are read in order, nested ones too, and end where the group does', () => {
  const message = only(wire('8=FIX.4.4|35=D|453=2|448=p1|447=D|452=1|802=2|523=s1|803=1|523=s2|448=p2|452=3|11=id|'));
  const parties = groupReader(dictionary, 'D', [453]);
  const subs = groupReader(dictionary, 'D', [453, 802]);
  const read: string[] = [];
  assert.equal(parties.open(message), 2);
  while (parties.next()) {
    read.push(`${parties.text(448)}/${parties.int(452)}/${parties.text(11)}`);
    subs.open(message, parties);
    while (subs.next()) read.push(`  ${subs.text(523)}/${subs.int(803)}`);
  }
  assert.deepEqual(read, ['p1/1/undefined', '  s1/1', '  s2/undefined', 'p2/3/undefined']);
  assert.equal(groupReader(dictionary, 'D', [386]).open(message), 0);
});
