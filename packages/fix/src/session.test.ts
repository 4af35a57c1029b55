import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checksum, outgoingMessage } from './acceptance/definition.ts';
import { Decoded, Decoder } from './decoder.ts';
import { compileDictionary } from './dictionary/dictionary.ts';
import { FIX44 } from './dictionary/fix44.ts';
import type { CloseReason, SessionLink } from './link.ts';
import { MemorySessionStore } from './memory-store.ts';
import { Session } from './session.ts';
import type { SessionOptions } from './session-options.ts';
import { world } from './simulation/world.ts';
import { OutBuffer } from './writer.ts';

const dictionary = compileDictionary(FIX44);

/** A session US with a peer THEM that the test plays by hand. */
function table(options: Partial<SessionOptions> = {}) {
  const at = world(1);
  const store = (options.store as MemorySessionStore | undefined) ?? new MemorySessionStore();
  const taken: string[] = [];
  let closed: CloseReason | undefined;
  let decoder = new Decoder();
  let out = new OutBuffer();
  let link: SessionLink | undefined;
  const session = new Session({
    dictionary,
    senderCompId: 'US',
    targetCompId: 'THEM',
    store,
    clock: at.clock,
    application: {
      onApplication: (message, seq) => {
        taken.push(`${seq}:${message.text(11)}:${message.decimal(44, 2)}`);
        store.advanceIn(seq + 1);
      },
    },
    ...options,
  });
  const fresh = () => {
    decoder = new Decoder();
    out = new OutBuffer();
    closed = undefined;
    link = {
      out,
      flush() {},
      buffered: () => 0,
      close: (reason) => {
        closed = reason;
      },
    };
    return link;
  };
  /** A message of the peer's: MsgType, number, then the rest. */
  const message = (type: string, seq: number, rest = '') =>
    outgoingMessage(
      `8=FIX.4.4|35=${type}|34=${seq}|49=THEM|56=US|52=<TIME>|${rest}`.replaceAll('|', '\x01'),
      Math.floor(at.clock.wall() / 1000),
    );
  return {
    at,
    session,
    store,
    taken,
    closed: () => closed,
    link: () => link,
    message,
    initiate: () => session.connect(fresh(), decoder),
    accept: (seq: number, rest = '98=0|108=30|') => {
      const next = fresh();
      decoder.push(message('A', seq, rest));
      assert.equal(decoder.next(), Decoded.message);
      return session.accept(next, decoder);
    },
    say: (type: string, seq: number, rest = '') => session.received(link as SessionLink, message(type, seq, rest)),
    order: (seq: number, extra = '') =>
      session.received(link as SessionLink, message('D', seq, `${extra}11=o${seq}|54=1|60=<TIME>|40=1|44=1.5|`)),
    feed: (bytes: Uint8Array) => session.received(link as SessionLink, bytes),
    drop: () => session.disconnected(link as SessionLink),
    /** What was sent since the last look, without framing, parties and times; every CheckSum is proven. */
    heard: () => {
      const text = out.bytes.toString('latin1', 0, out.length);
      out.length = 0;
      return text
        .split(/(?=8=FIX)/)
        .filter((part) => part !== '')
        .map((part) => {
          assert.equal(part.slice(-7), `10=${checksum(part.slice(0, -7))}\x01`);
          return part
            .replaceAll('\x01', '|')
            .replace(/8=FIX.4.4\|9=\d+\||49=US\|56=THEM\||52=[^|]*\||10=\d+\||122=[^|]*\||60=[^|]*\|/g, '');
        });
    },
  };
}

const send = (t: ReturnType<typeof table>, id: string) =>
  t.store.send(t.session, '8', (writer) => writer.text(37, id).decimal(44, 15, 1));

test('an initiator logs on, proposes its interval and takes the answer', () => {
  const t = table({ heartbeatSeconds: 20 });
  t.initiate();
  assert.deepEqual(t.heard(), ['35=A|34=1|98=0|108=20|']);
  assert.equal(t.session.isUp, false);
  t.say('A', 1, '98=0|108=20|');
  assert.equal(t.session.isUp, true);
  assert.equal(t.closed(), undefined);
});

test('application messages numbered while an initiator logs on wait for the answer', () => {
  const t = table();
  t.initiate();
  send(t, 'early');
  assert.deepEqual(t.heard(), ['35=A|34=1|98=0|108=30|']);
  t.say('A', 1, '98=0|108=30|');
  assert.deepEqual(t.heard(), ['35=8|34=2|37=early|44=1.5|']);
});

test('an initiator gives up without an answer, and for an answer that is none, resets unasked or comes from another', () => {
  const silent = table();
  silent.initiate();
  silent.at.runTo(9_999);
  silent.session.tick();
  assert.equal(silent.closed(), undefined);
  silent.at.runTo(10_000);
  silent.session.tick();
  assert.equal(silent.closed(), 'logon-timeout');
  for (const [type, seq, rest] of [
    ['0', 1, ''],
    ['A', 1, '98=0|108=30|141=Y|'],
    ['A', 1, '108=30|'],
    ['5', 1, '58=no|'],
    ['A', 1, '98=0|108=-1|'],
  ] as const) {
    const t = table();
    t.initiate();
    t.say(type, seq, rest);
    assert.equal(t.closed(), 'logon-refused', `${type} ${rest}`);
    assert.equal(t.session.isConnected, false);
  }
});

test('an initiator whose peer answers with a number ahead asks for the gap; with one behind it logs out', () => {
  const ahead = table();
  ahead.initiate();
  ahead.heard();
  ahead.say('A', 4, '98=0|108=30|');
  assert.deepEqual(ahead.heard(), ['35=2|34=2|7=1|16=0|']);
  ahead.say('4', 1, '43=Y|122=<TIME>|36=5|123=Y|');
  assert.equal(ahead.session.nextIn, 5);

  const store = new MemorySessionStore();
  store.advanceIn(7);
  const behind = table({ store });
  behind.initiate();
  behind.heard();
  behind.say('A', 3, '98=0|108=30|');
  assert.deepEqual(behind.heard(), ['35=5|34=2|58=MsgSeqNum too low, expecting 7 but received 3|']);
  assert.equal(behind.closed(), 'sequence-too-low');
});

test('an initiator that resets sends ResetSeqNumFlag and starts at 1 on both sides', () => {
  const t = table({ resetOnLogon: true });
  t.initiate();
  t.say('A', 1, '98=0|108=30|141=Y|');
  t.say('1', 2, '112=x|');
  t.drop();
  t.initiate();
  assert.deepEqual(t.heard(), ['35=A|34=1|98=0|108=30|141=Y|']);
  assert.equal(t.session.nextIn, 1);
});

test('messages are resent in the order of their numbers within the range asked for, others as one gap fill', () => {
  const t = table();
  t.accept(1);
  send(t, 'a');
  t.say('1', 2, '112=x|');
  t.say('1', 3, '112=y|');
  send(t, 'b');
  send(t, 'c');
  t.heard();
  const a = '35=8|34=2|43=Y|37=a|44=1.5|';
  const b = '35=8|34=5|43=Y|37=b|44=1.5|';
  const c = '35=8|34=6|43=Y|37=c|44=1.5|';
  t.say('2', 4, '7=1|16=3|');
  assert.deepEqual(t.heard(), ['35=4|34=1|43=Y|123=Y|36=2|', a, '35=4|34=3|43=Y|123=Y|36=4|']);
  t.say('2', 5, '7=4|16=5|');
  assert.deepEqual(t.heard(), ['35=4|34=4|43=Y|123=Y|36=5|', b]);
  t.say('2', 6, '7=6|16=600|');
  assert.deepEqual(t.heard(), [c]);
  t.say('2', 7, '7=9|16=0|');
  assert.deepEqual(t.heard(), []);
});

test('a gap is asked for in parts where a size is set, and what came ahead of it is executed once and in order', () => {
  const t = table({ resendRequestSize: 2 });
  t.accept(1);
  t.heard();
  t.order(7);
  assert.deepEqual(t.heard(), ['35=2|34=2|7=2|16=3|']);
  t.order(8);
  t.order(2, '43=Y|122=<TIME>|');
  t.order(3, '43=Y|122=<TIME>|');
  assert.deepEqual(t.heard(), ['35=2|34=3|7=4|16=5|']);
  t.say('4', 4, '43=Y|122=<TIME>|36=6|123=Y|');
  assert.deepEqual(t.heard(), ['35=2|34=4|7=6|16=7|']);
  t.order(6, '43=Y|122=<TIME>|');
  t.order(7, '43=Y|122=<TIME>|');
  t.order(8, '43=Y|122=<TIME>|');
  t.order(9);
  assert.deepEqual(
    t.taken.map((line) => line.split(':')[1]),
    ['o2', 'o3', 'o6', 'o7', 'o8', 'o9'],
  );
});

test('a gap that stays open without progress is asked for again', () => {
  const t = table();
  t.accept(1, '98=0|108=0|');
  t.heard();
  t.order(3);
  assert.deepEqual(t.heard(), ['35=2|34=2|7=2|16=0|']);
  for (const time of [1_000, 10_000]) {
    t.at.runTo(time);
    t.session.tick();
    assert.deepEqual(t.heard(), []);
  }
  t.at.runTo(11_000);
  t.session.tick();
  assert.deepEqual(t.heard(), ['35=2|34=3|7=2|16=0|']);
});

test('beyond its bounds a held message is let go, asked for again and still executed once', () => {
  for (const bound of [{ heldMessagesMax: 1 }, { heldBytesMax: 200 }]) {
    const t = table(bound);
    t.accept(1);
    for (const seq of [3, 4, 5]) t.order(seq);
    t.heard();
    t.order(2);
    assert.deepEqual(t.heard(), ['35=2|34=3|7=4|16=0|']);
    t.order(4);
    t.order(5);
    assert.deepEqual(
      t.taken.map((line) => line.split(':')[1]),
      ['o2', 'o3', 'o4', 'o5'],
    );
  }
});

test('nothing overtakes a message that waits for its number to be durable', () => {
  const answers: (() => void)[] = [];
  class SlowStore extends MemorySessionStore {
    override allocate(type: string, done: (seq: number) => void): void {
      super.allocate(type, (seq) => answers.push(() => done(seq)));
    }
  }
  const t = table({ store: new SlowStore() });
  t.accept(1);
  send(t, 'a');
  t.say('1', 2, '112=x|');
  send(t, 'b');
  assert.deepEqual(t.heard(), []);
  answers.shift()?.();
  assert.deepEqual(t.heard(), ['35=A|34=1|98=0|108=30|', '35=8|34=2|37=a|44=1.5|']);
  // What waits is neither filled nor resent.
  t.say('2', 3, '7=1|16=0|');
  assert.deepEqual(t.heard(), ['35=4|34=1|43=Y|123=Y|36=2|', '35=8|34=2|43=Y|37=a|44=1.5|']);
  answers.shift()?.();
  assert.deepEqual(t.heard(), ['35=0|34=3|112=x|', '35=8|34=4|37=b|44=1.5|']);
});

test('an answer of the store that comes after the connection is gone sends nothing', () => {
  let answer = () => {};
  class SlowStore extends MemorySessionStore {
    override allocate(type: string, done: (seq: number) => void): void {
      super.allocate(type, (seq) => {
        if (type === '0') answer = () => done(seq);
        else done(seq);
      });
    }
  }
  const t = table({ store: new SlowStore() });
  t.accept(1);
  t.say('1', 2, '112=x|');
  t.drop();
  t.accept(3);
  t.heard();
  answer();
  assert.deepEqual(t.heard(), []);
  t.say('2', 4, '7=1|16=0|');
  assert.deepEqual(t.heard(), ['35=4|34=1|43=Y|123=Y|36=4|']);
});

test('a restarted owner goes on from its persisted numbers and resends from its log', () => {
  const before = table();
  before.accept(1);
  before.order(2);
  send(before, 'a');
  const after = table({ store: before.store });
  assert.equal(after.accept(3), undefined);
  assert.deepEqual(after.heard(), ['35=A|34=3|98=0|108=30|']);
  after.say('2', 4, '7=2|16=0|');
  assert.deepEqual(after.heard(), ['35=8|34=2|43=Y|37=a|44=1.5|', '35=4|34=3|43=Y|123=Y|36=4|']);
});

test('what was sent without a connection reaches the peer by its ResendRequest', () => {
  const t = table();
  t.accept(1);
  t.drop();
  send(t, 'a');
  t.accept(2);
  assert.deepEqual(t.heard(), ['35=A|34=3|98=0|108=30|']);
  t.say('2', 3, '7=2|16=0|');
  assert.deepEqual(t.heard(), ['35=8|34=2|43=Y|37=a|44=1.5|', '35=4|34=3|43=Y|123=Y|36=4|']);
});

test('a Logon is refused in silence: reset not allowed, interval out of bounds, encryption, too few fields', () => {
  const refused = (rest: string, options: Partial<SessionOptions> = {}) => {
    const t = table(options);
    const refusal = t.accept(1, rest);
    assert.deepEqual(t.heard(), []);
    assert.equal(t.session.isConnected, false);
    return refusal;
  };
  assert.equal(refused('98=0|108=30|141=Y|', { acceptResets: false }), 'reset');
  assert.equal(refused('98=0|108=3601|'), 'heartbeat');
  assert.equal(refused('98=0|108=-1|'), 'heartbeat');
  assert.equal(refused('98=1|108=30|'), 'encryption');
  assert.equal(refused('98=0|'), 'invalid');
});

test('a Logon with a number already used is answered by a Logout that says so', () => {
  const t = table();
  t.accept(1);
  t.say('1', 2, '112=x|');
  t.drop();
  assert.equal(t.accept(2), undefined);
  assert.deepEqual(t.heard(), ['35=5|34=3|58=MsgSeqNum too low, expecting 3 but received 2|']);
  assert.equal(t.closed(), 'sequence-too-low');
});

test('a field the application cannot represent is answered by a Reject of the message', () => {
  const t = table();
  t.accept(1);
  t.heard();
  t.say('D', 2, '11=a|54=1|60=<TIME>|40=1|44=1.005|');
  assert.deepEqual(t.heard(), ['35=3|34=2|45=2|371=44|372=D|373=5|58=Value is incorrect (out of range) for this tag|']);
  t.order(3);
  assert.deepEqual(t.taken, ['3:o3:150']);
});

test('a message without a readable MsgSeqNum ends the session', () => {
  for (const number of ['', '34=x|', '34=-1|', '34=99999999999999999999|']) {
    const t = table();
    t.accept(1);
    t.heard();
    t.feed(
      outgoingMessage(
        `8=FIX.4.4|35=0|${number}49=THEM|56=US|52=<TIME>|`.replaceAll('|', '\x01'),
        Math.floor(t.at.clock.wall() / 1000),
      ),
    );
    assert.deepEqual(t.heard(), ['35=5|34=2|58=MsgSeqNum missing or malformed|']);
    assert.equal(t.closed(), 'sequence-missing');
    t.feed(t.message('D', 2, '11=a|54=1|60=<TIME>|40=1|'));
    assert.deepEqual(t.taken, []);
  }
});

test('light validation lets application messages pass unchecked, but neither unknown types nor strangers', () => {
  const t = table({ validation: 'light' });
  t.accept(1);
  t.heard();
  t.say('D', 2, '11=a|999=x|54=?|');
  assert.deepEqual(t.taken, ['2:a:undefined']);
  t.say('?', 3);
  assert.match(t.heard().join(), /373=11\|/);
  t.say('1', 4);
  assert.match(t.heard().join(), /371=112\|372=1\|373=1\|/);
  t.feed(
    outgoingMessage(
      '8=FIX.4.4|35=D|34=5|49=X|56=US|52=<TIME>|11=b|'.replaceAll('|', '\x01'),
      Math.floor(t.at.clock.wall() / 1000),
    ),
  );
  assert.match(t.heard().join(), /373=9\|/);
  assert.equal(t.taken.length, 1);
});

test('our Logout is answered or times out; application messages after it wait for the next logon', () => {
  const answered = table();
  answered.accept(1);
  answered.heard();
  answered.session.logout('end of day');
  send(answered, 'late');
  assert.deepEqual(answered.heard(), ['35=5|34=2|58=end of day|']);
  answered.say('5', 2);
  assert.equal(answered.closed(), 'logged-out');
  answered.accept(3);
  assert.deepEqual(answered.heard(), ['35=A|34=4|98=0|108=30|']);

  const silent = table();
  silent.accept(1);
  silent.session.logout();
  silent.at.runTo(2_000);
  silent.session.tick();
  assert.equal(silent.closed(), 'logout-timeout');
});

test('an interval of 0 means no heartbeats and no end by silence', () => {
  const t = table();
  t.accept(1, '98=0|108=0|');
  t.heard();
  t.at.runTo(3_600_000);
  t.session.tick();
  assert.deepEqual(t.heard(), []);
  assert.equal(t.closed(), undefined);
});

test('nothing is read while a reset is being made durable', () => {
  let durable = () => {};
  class SlowStore extends MemorySessionStore {
    override reset(done: () => void): void {
      durable = () => super.reset(done);
    }
  }
  const t = table({ store: new SlowStore() });
  t.accept(1);
  t.order(2);
  t.heard();
  t.say('A', 1, '98=0|108=30|141=Y|');
  t.order(2);
  assert.deepEqual([t.heard(), t.taken.length], [[], 1]);
  durable();
  assert.deepEqual(t.heard(), ['35=A|34=1|98=0|108=30|141=Y|']);
  assert.deepEqual(
    t.taken.map((line) => line.split(':')[0]),
    ['2', '2'],
  );
});

test('bytes and the end of a connection that was given up do not touch the next one', () => {
  const t = table();
  t.accept(1);
  const old = t.link() as SessionLink;
  t.say('5', 2);
  assert.equal(t.closed(), 'logged-out');
  t.accept(3);
  t.session.received(old, t.message('1', 4, '112=x|'));
  t.session.disconnected(old);
  assert.equal(t.session.isUp, true);
  assert.equal(t.session.nextIn, 4);
});

test('numbers offered out of order are a defect of the owner', () => {
  const t = table();
  t.accept(1);
  send(t, 'a');
  assert.throws(() => t.session.sendApplication(2, '8', (writer) => writer.text(37, 'again')), /outbound number 2/);
});
