import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect as dial, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { isProblem, type Logger, silentLogger } from '@meridian/base';
import { outgoingMessage } from './acceptance/definition.ts';
import { type AcceptorOptions, listen } from './acceptor.ts';
import { selfSigned } from './certificate.fixture.ts';
import { compileDictionary } from './dictionary/dictionary.ts';
import { FIX44 } from './dictionary/fix44.ts';
import { connect, type InitiatorOptions } from './initiator.ts';
import type { CloseReason } from './link.ts';
import { MemorySessionStore } from './memory-store.ts';
import { Session } from './session.ts';
import type { SessionApplication } from './session-options.ts';

const dictionary = compileDictionary(FIX44);

interface Side {
  readonly session: Session;
  readonly store: MemorySessionStore;
  readonly taken: string[];
  readonly ends: CloseReason[];
  /** Resolves when the condition holds, looked at after each event of the session. */
  until(condition: () => boolean): Promise<void>;
}

function side(sender: string, target: string, onOrder?: (side: Side, id: string) => void): Side {
  const store = new MemorySessionStore();
  const taken: string[] = [];
  const ends: CloseReason[] = [];
  let looks: (() => void)[] = [];
  const happened = () => {
    for (const look of looks) look();
  };
  const application: SessionApplication = {
    onLogon: happened,
    onLogout: (_session, reason) => {
      ends.push(reason);
      happened();
    },
    onApplication: (message, seq) => {
      const id = message.text(11) as string;
      taken.push(id);
      store.advanceIn(seq + 1);
      onOrder?.(self, id);
      happened();
    },
  };
  const session = new Session({ dictionary, senderCompId: sender, targetCompId: target, store, application });
  const self: Side = {
    session,
    store,
    taken,
    ends,
    until: (condition) =>
      new Promise((resolve) => {
        const look = () => {
          if (!condition()) return;
          looks = looks.filter((other) => other !== look);
          resolve();
        };
        looks.push(look);
        look();
      }),
  };
  return self;
}

const order = (from: Side, id: string, text = 'x') =>
  from.store.send(from.session, 'D', (writer) =>
    writer
      .text(11, id)
      .char(54, 49)
      .timestamp(60, Date.now() * 1000)
      .char(40, 49)
      .text(58, text),
  );

async function acceptor(t: TestContext, options: Partial<AcceptorOptions> & Pick<AcceptorOptions, 'sessions'>) {
  const opened = await listen({ port: 0, ...options });
  t.after(() => opened.close());
  return opened;
}

function initiator(t: TestContext, session: Session, port: number, options: Partial<InitiatorOptions> = {}) {
  const opened = connect({ host: '127.0.0.1', port, session, retryMillisMin: 20, retryMillisMax: 50, ...options });
  t.after(() => opened.close());
  return opened;
}

async function raw(t: TestContext, port: number): Promise<Socket> {
  const socket = dial({ port, host: '127.0.0.1' });
  socket.on('error', () => {});
  t.after(() => socket.destroy());
  await once(socket, 'connect');
  return socket;
}

const logon = (sender: string) =>
  outgoingMessage(`8=FIX.4.4|35=A|34=1|49=${sender}|52=<TIME>|56=HOUSE|98=0|108=30|`.replaceAll('|', '\x01'), Date.now());

/** Collects the reasons a side gives for dropping connections. */
function reasons(): { logger: Logger; seen: string[] } {
  const seen: string[] = [];
  const logger: Logger = {
    ...silentLogger,
    warn: (_event, fields) => {
      seen.push(String(fields?.['reason'] ?? fields?.['code']));
    },
  };
  return { logger, seen };
}

test('initiator and acceptor exchange orders over TCP and end by Logout on both sides', async (t) => {
  const client = side('CLIENT', 'HOUSE');
  const house = side('HOUSE', 'CLIENT', (self, id) => order(self, `${id}!`));
  const { port } = await acceptor(t, { sessions: [house.session] });
  const opened = initiator(t, client.session, port);
  await client.until(() => client.session.isUp);
  for (let i = 0; i < 500; i++) order(client, `o${i}`);
  await client.until(() => client.taken.length === 500);
  assert.deepEqual(
    client.taken,
    house.taken.map((id) => `${id}!`),
  );
  await opened.close();
  await house.until(() => house.ends.length === 1);
  assert.deepEqual([client.ends, house.ends], [['logged-out'], ['logged-out']]);
});

test('an acceptor serves many sessions, each with its own numbers', async (t) => {
  const names = Array.from({ length: 20 }, (_, i) => `C${i}`);
  const houses = names.map((name) => side('HOUSE', name, (self, id) => order(self, `${id}!`)));
  const [first, ...others] = houses.map((house) => house.session);
  const { port, add } = await acceptor(t, { sessions: [first as Session] });
  for (const session of others) add(session);
  assert.throws(() => add(first as Session), /served once/);
  await Promise.all(
    names.map(async (name, i) => {
      const client = side(name, 'HOUSE');
      initiator(t, client.session, port);
      await client.until(() => client.session.isUp);
      for (let k = 0; k <= i; k++) order(client, `${name}-${k}`);
      await client.until(() => client.taken.length === i + 1);
      assert.equal(client.taken.at(-1), `${name}-${i}!`);
    }),
  );
});

test('an initiator finds its acceptor again, and what was sent meanwhile arrives once', async (t) => {
  const client = side('CLIENT', 'HOUSE');
  const house = side('HOUSE', 'CLIENT');
  const first = await listen({ port: 0, sessions: [house.session] });
  initiator(t, client.session, first.port);
  await client.until(() => client.session.isUp);
  order(client, 'before');
  await house.until(() => house.taken.length === 1);
  await first.close();
  await client.until(() => client.ends.length === 1);
  order(client, 'between');
  await acceptor(t, { sessions: [house.session], port: first.port });
  await client.until(() => client.session.isUp);
  order(client, 'after');
  await house.until(() => house.taken.length === 3);
  assert.deepEqual(house.taken, ['before', 'between', 'after']);
});

test('TLS 1.3 carries a session, and a CompID is held to its certificate', async (t) => {
  const server = selfSigned('localhost');
  const good = selfSigned('client');
  const other = selfSigned('other');
  const client = side('CLIENT', 'HOUSE');
  const house = side('HOUSE', 'CLIENT', (self, id) => order(self, `${id}!`));
  const { logger, seen } = reasons();
  const { port } = await acceptor(t, {
    sessions: [house.session],
    tls: { key: server.key, cert: server.cert, ca: good.cert + other.cert, requireClientCertificate: true },
    waitingMax: 2,
    authorize: (_session, fingerprint) => fingerprint === good.fingerprint256,
    logger,
  });
  // Connections that fail their handshake, more than may wait at once, hold up nobody.
  for (let i = 0; i < 6; i++) {
    const plain = await raw(t, port);
    plain.write(logon('CLIENT'));
    await once(plain, 'close');
  }
  const many = await Promise.all(Array.from({ length: 6 }, () => raw(t, port)));
  await Promise.all(
    many.map((socket) => Promise.race([once(socket, 'close'), new Promise((resolve) => setImmediate(resolve))])),
  );
  for (const socket of many) socket.destroy();
  const tls = { ca: server.cert, servername: 'localhost' };
  const stranger = side('CLIENT', 'HOUSE');
  const refused = initiator(t, stranger.session, port, { tls: { ...tls, key: other.key, cert: other.cert } });
  await stranger.until(() => stranger.ends.length > 0);
  await refused.close();
  assert.ok(seen.includes('not-authorized'));
  assert.equal(house.session.isConnected, false);

  initiator(t, client.session, port, { tls: { ...tls, key: good.key, cert: good.cert } });
  await client.until(() => client.session.isUp);
  for (let i = 0; i < 200; i++) order(client, `o${i}`, 'y'.repeat(1_000));
  await client.until(() => client.taken.length === 200);
  assert.equal(client.taken.at(-1), 'o199!');
});

test('a peer that does not read is disconnected at the bound, and gets what it missed after its next logon', async (t) => {
  const house = side('HOUSE', 'CLIENT');
  const { logger, seen } = reasons();
  const { port } = await acceptor(t, { sessions: [house.session], unreadBytesMax: 1 << 20, logger });
  const slow = await raw(t, port);
  slow.write(logon('CLIENT'));
  await house.until(() => house.session.isUp);
  slow.pause();
  let sent = 0;
  while (house.ends.length === 0) {
    for (let i = 0; i < 200; i++) order(house, `r${sent++}`, 'z'.repeat(1_000));
    await new Promise((resolve) => setImmediate(resolve));
    assert.ok(sent < 100_000, 'the bound holds');
  }
  assert.deepEqual(house.ends, ['slow-consumer']);
  assert.ok(seen.includes('slow-consumer'));

  const client = side('CLIENT', 'HOUSE');
  client.store.allocate('A', () => {});
  initiator(t, client.session, port);
  await client.until(() => client.taken.length === sent);
  assert.deepEqual(
    client.taken,
    Array.from({ length: sent }, (_, i) => `r${i}`),
  );
});

test('a port in use is named by a problem', async (t) => {
  const house = side('HOUSE', 'CLIENT');
  const { port } = await acceptor(t, { sessions: [] });
  await assert.rejects(listen({ port, sessions: [house.session] }), (error) => isProblem(error, 'FIX_PORT_IN_USE'));
  await assert.rejects(listen({ port: 0, host: '192.0.2.1', sessions: [] }), (error) => isProblem(error, 'FIX_LISTEN_REFUSED'));
});

test('before a Logon a connection is bounded in bytes, time and number, and dropped in silence', async (t) => {
  const house = side('HOUSE', 'CLIENT');
  const { logger, seen } = reasons();
  const { port } = await acceptor(t, {
    sessions: [house.session],
    waitingMax: 2,
    logonTimeoutSeconds: 0.3,
    logonBytesMax: 100,
    logger,
  });
  const dropped = async (bytes: Buffer | undefined) => {
    const socket = await raw(t, port);
    socket.on('data', () => assert.fail('a dropped connection is not answered'));
    if (bytes !== undefined) socket.write(bytes);
    await once(socket, 'close');
    return seen.at(-1);
  };
  assert.equal(await dropped(Buffer.from('GET / HTTP/1.1\r\n\r\n')), 'garbled');
  assert.equal(
    await dropped(Buffer.from(`8=FIX.4.4\x019=4000\x0135=A\x01${'58=x\x01'.repeat(30)}`, 'latin1')),
    'logon-over-long',
  );
  assert.equal(await dropped(logon('NOBODY')), 'unknown-session');
  assert.equal(await dropped(undefined), 'logon-timeout');
  const idle = [await raw(t, port), await raw(t, port)];
  assert.equal(await dropped(undefined), 'too-many-waiting');
  await Promise.all(idle.map((socket) => once(socket, 'close')));
  const peer = await raw(t, port);
  peer.write(logon('CLIENT'));
  await house.until(() => house.session.isUp);
});
