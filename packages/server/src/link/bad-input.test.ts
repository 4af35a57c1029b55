import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import * as grpc from '@grpc/grpc-js';
import { isProblem, silentLogger } from '@meridian/base';
import { clientLink, type Identity, openAuthority, SERVER_NAME } from '@meridian/security';
import { connectProcess, serve } from './rpc.ts';

let folder: string;
let node: Identity;
let server: Identity;
before(async () => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'meridian-rpc-bad-'));
  const authority = await openAuthority(folder);
  node = await authority.issue('node', 'XNYS');
  server = await authority.issue('server', 'main');
});
after(() => fs.rmSync(folder, { recursive: true, force: true }));

/** Sends bytes as they are to a method; the status they end with. */
function raw(port: number, method: string, bytes: Buffer): Promise<number> {
  const { checkServerIdentity } = clientLink(server, ['node']);
  const tls = grpc.credentials.createSsl(
    Buffer.from(server.trusted),
    Buffer.from(server.key),
    Buffer.from(server.certificate),
    {
      checkServerIdentity: checkServerIdentity as grpc.VerifyOptions['checkServerIdentity'] & {},
    },
  );
  const client = new grpc.Client(`127.0.0.1:${port}`, tls, { 'grpc.ssl_target_name_override': SERVER_NAME });
  return new Promise((resolve) => {
    client.makeUnaryRequest(
      `/meridian.Process/${method}`,
      (value: Buffer) => value,
      (value: Buffer) => value,
      bytes,
      new grpc.Metadata(),
      { deadline: Date.now() + 10_000 },
      (error) => {
        client.close();
        resolve(error === null ? grpc.status.OK : error.code);
      },
    );
  });
}

test('bad input: deep, huge, broken and unknown calls between processes end with an error, and the process answers on', async () => {
  let asked = 0;
  const served = await serve(
    {
      status: async () => ({ up: true }),
      ask: async () => {
        asked++;
        return {};
      },
    },
    node,
    ['server'],
    0,
    silentLogger,
  );
  try {
    const deep = Buffer.from(`{"value":${'['.repeat(1_000_000)}${']'.repeat(1_000_000)}}`);
    for (const [method, bytes] of [
      ['Ask', deep],
      ['Ask', Buffer.from('{"value":')],
      ['Ask', Buffer.from([0xff, 0xfe, 0x00])],
      ['Ask', Buffer.from('{"value":{"what":"x","what":"y"}}')],
      ['Ask', Buffer.from(`{"value":"${'x'.repeat(9 << 20)}"}`)],
      ['Submit', Buffer.alloc(64)],
      ['Nonsense', Buffer.from('{}')],
    ] as const) {
      const status = await raw(served.port, method, bytes);
      assert.notEqual(status, grpc.status.OK, `${method} ${bytes.subarray(0, 30)}`);
      assert.notEqual(status, grpc.status.DEADLINE_EXCEEDED, `${method} ${bytes.subarray(0, 30)}`);
    }
    assert.equal(asked, 0, 'none of it reached the service');
    const client = connectProcess(served.port, server, ['node']);
    assert.deepEqual(await client.status(), { up: true });
    client.close();
  } finally {
    await served.close();
  }
});

test('bad input: a port in use is named by a problem', async () => {
  const first = await serve({}, node, ['server'], 0, silentLogger);
  try {
    await assert.rejects(
      serve({}, node, ['server'], first.port, silentLogger),
      (error) => isProblem(error, 'PORT_IN_USE') && error.params['port'] === first.port,
    );
  } finally {
    await first.close();
  }
});
