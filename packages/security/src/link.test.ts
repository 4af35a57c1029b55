import assert from 'node:assert/strict';
import { once } from 'node:events';
import fs from 'node:fs';
import type net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import tls from 'node:tls';
import { isProblem } from '@meridian/base';
import { acceptPeer, clientLink, type Identity, loadIdentity, openAuthority, type Role, serverLink } from './index.ts';

let folder: string;
let server: tls.Server;
let node: Identity;
let stranger: Identity;
/** What the server heard from peers it had accepted. */
const heard: string[] = [];

const ALLOWED: readonly Role[] = ['node', 'worker'];

before(async () => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'meridian-keys-'));
  const authority = await openAuthority(path.join(folder, 'ours'));
  node = await authority.issue('node', 'XNYS');
  const other = await openAuthority(path.join(folder, 'theirs'));
  stranger = await other.issue('node', 'XNYS');
  server = tls.createServer(serverLink(await authority.issue('server', '1')), (socket) => {
    socket.on('error', () => {});
    try {
      const peer = acceptPeer(socket.getPeerCertificate(), ALLOWED);
      socket.on('data', (bytes) => {
        heard.push(`${peer.role}/${peer.instance}: ${bytes}`);
        socket.end('welcome');
      });
    } catch {
      socket.destroy();
    }
  });
  server.on('tlsClientError', () => {});
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});
after(() => {
  server.close();
  fs.rmSync(folder, { recursive: true, force: true });
});

/** Connects, says hello and waits for the answer: "welcome", or why there was none. */
async function hello(options: tls.ConnectionOptions): Promise<string> {
  const { port } = server.address() as net.AddressInfo;
  const socket = tls.connect({ host: '127.0.0.1', port, ...options });
  let answer = '';
  let reason = 'closed';
  socket.on('secureConnect', () => socket.write('hello'));
  socket.on('data', (bytes) => {
    answer += bytes;
  });
  socket.on('error', (error: NodeJS.ErrnoException) => {
    reason = error.code ?? error.message;
  });
  await new Promise((resolve) => socket.on('close', resolve));
  return answer === '' ? reason : answer;
}

const identityOf = async (role: Role) => (await openAuthority(path.join(folder, 'ours'))).issue(role, '1');

test('[DS-5] a process of an expected role, with a certificate of the house, is answered over TLS 1.3', async () => {
  assert.equal(await hello(clientLink(node, ['server'])), 'welcome');
  assert.deepEqual(heard.splice(0), ['node/XNYS: hello']);
});

test('[DS-5] no certificate, another authority, self-signed in our name, another role, TLS 1.2: nothing said is heard', async () => {
  const link = clientLink(node, ['server']);
  const { key: _key, cert: _cert, ...bare } = link;
  const selfSigned = await import('@peculiar/x509').then(async (x509) => {
    const keys = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign', 'verify']);
    const certificate = await x509.X509CertificateGenerator.createSelfSigned({
      name: 'CN=node-XNYS',
      keys,
      signingAlgorithm: { name: 'ECDSA', hash: 'SHA-256' },
      extensions: [new x509.SubjectAlternativeNameExtension([{ type: 'url', value: 'spiffe://meridian/node/XNYS' }])],
    });
    const der = Buffer.from(await crypto.subtle.exportKey('pkcs8', keys.privateKey)).toString('base64');
    return { key: `-----BEGIN PRIVATE KEY-----\n${der}\n-----END PRIVATE KEY-----\n`, cert: certificate.toString('pem') };
  });
  const cases: Record<string, tls.ConnectionOptions> = {
    'no certificate': bare,
    'another authority': { ...link, key: stranger.key, cert: stranger.certificate },
    'self-signed in our name': { ...link, ...selfSigned },
    'another role': clientLink(await identityOf('venue'), ['server']),
    'TLS 1.2': { ...link, minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2' },
  };
  for (const [name, options] of Object.entries(cases)) {
    const answer = await hello(options);
    assert.notEqual(answer, 'welcome', name);
  }
  assert.deepEqual(heard, []);
});

test('[DS-5] a client refuses a server of another role and one of another authority', async () => {
  assert.equal(await hello(clientLink(node, ['supervisor'])), 'PEER_REFUSED');
  assert.match(await hello(clientLink(stranger, ['server'])), /CERT|SELF_SIGNED|UNABLE|ISSUER/);
  assert.deepEqual(heard, []);
});

test('a peer is named by exactly one URI of the house', () => {
  const refused = [
    '',
    'DNS:meridian.internal',
    'URI:spiffe://other/node/1',
    'URI:spiffe://meridian/king/1',
    'URI:spiffe://meridian/node/1, URI:spiffe://meridian/server/1',
    'URI:spiffe://meridian/node/',
    'DNS:URI:spiffe://meridian/node/1',
  ];
  for (const subjectaltname of refused)
    assert.throws(
      () => acceptPeer({ subjectaltname }, ['node']),
      (e) => isProblem(e, 'PEER_REFUSED'),
      subjectaltname,
    );
  assert.deepEqual(acceptPeer({ subjectaltname: 'URI:spiffe://meridian/node/1, DNS:meridian.internal' }, ['node']), {
    role: 'node',
    instance: '1',
  });
});

test('[DS-5] keys are readable by their owner only; an identity is kept while it is good and renewed before it ends', async () => {
  const keys = path.join(folder, 'rotation');
  const day = 86_400_000;
  const at = (days: number) => openAuthority(keys, { now: () => Date.now() + days * day });
  const first = await (await at(0)).issue('worker', '1');
  for (const name of fs.readdirSync(keys)) assert.equal(fs.statSync(path.join(keys, name)).mode & 0o777, 0o600, name);
  assert.deepEqual(loadIdentity(keys, 'worker', '1'), first);
  assert.equal((await (await at(55)).issue('worker', '1')).certificate, first.certificate);
  const second = await (await at(65)).issue('worker', '1');
  assert.notEqual(second.certificate, first.certificate);
  assert.equal(second.trusted, first.trusted);
});

test('[DS-5] an authority in its last year is replaced, and both are trusted while the old one lasts', async () => {
  const keys = path.join(folder, 'succession');
  const day = 86_400_000;
  const old = await (await openAuthority(keys)).issue('node', 'a');
  const later = await openAuthority(keys, { now: () => Date.now() + 3_400 * day });
  const successor = await later.issue('node', 'b');
  assert.equal(successor.trusted.match(/BEGIN CERTIFICATE/g)?.length, 2);
  assert.ok(successor.trusted.includes(old.trusted.trim()));
  const last = await openAuthority(keys, { now: () => Date.now() + 6_900 * day });
  assert.equal((await last.issue('node', 'b')).trusted.match(/BEGIN CERTIFICATE/g)?.length, 2);
});

test('bad input: no identity, a key that is not the certificate’s, an instance name that leaves the folder', async () => {
  const keys = path.join(folder, 'ours');
  assert.throws(
    () => loadIdentity(keys, 'cli', 'nobody'),
    (e) => isProblem(e, 'IDENTITY_MISSING'),
  );
  assert.throws(
    () => loadIdentity(path.join(folder, 'nowhere'), 'cli', '1'),
    (e) => isProblem(e, 'IDENTITY_MISSING'),
  );
  assert.throws(
    () => loadIdentity(keys, 'cli', '../../etc/x'),
    (e) => isProblem(e, 'IDENTITY_MISSING'),
  );
  fs.copyFileSync(path.join(keys, 'server-1.key'), path.join(keys, 'node-XNYS.key'));
  assert.throws(
    () => loadIdentity(keys, 'node', 'XNYS'),
    (e) => isProblem(e, 'IDENTITY_MISSING'),
  );
  const renewed = await (await openAuthority(keys)).issue('node', 'XNYS');
  assert.deepEqual(loadIdentity(keys, 'node', 'XNYS'), renewed);
});
