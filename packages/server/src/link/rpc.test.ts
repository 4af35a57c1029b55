import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { isProblem, Problem, silentLogger } from '@meridian/base';
import { type Authority, type Identity, openAuthority } from '@meridian/security';
import { connectProcess, type ProcessService, serve } from './rpc.ts';

let folder: string;
let authority: Authority;
let node: Identity;
let server: Identity;
before(async () => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'meridian-rpc-'));
  authority = await openAuthority(folder);
  node = await authority.issue('node', 'XNYS');
  server = await authority.issue('server', 'main');
});
after(() => fs.rmSync(folder, { recursive: true, force: true }));

async function linked(service: ProcessService, run: (port: number) => Promise<void>): Promise<void> {
  const served = await serve(service, node, ['server'], 0, silentLogger);
  try {
    await run(served.port);
  } finally {
    await served.close();
  }
}

test('[DS-5] a call goes through between the roles that expect each other, and between no others', async () => {
  const service: ProcessService = {
    status: async () => ({ market: 'XNYS' }),
    submit: async (frame) => ({ seq: frame.length }),
  };
  await linked(service, async (port) => {
    const client = connectProcess(port, server, ['node']);
    assert.deepEqual(await client.status(), { market: 'XNYS' });
    assert.deepEqual(await client.submit(new Uint8Array(7)), { seq: 7 });
    client.close();

    const worker = connectProcess(port, await authority.issue('worker', 'main'), ['node'], 3_000);
    await assert.rejects(worker.status(), (error) => isProblem(error, 'PEER_REFUSED'));
    worker.close();

    const strict = connectProcess(port, server, ['venue'], 3_000);
    await assert.rejects(strict.status());
    strict.close();

    const foreignFolder = fs.mkdtempSync(path.join(os.tmpdir(), 'meridian-foreign-'));
    const foreign = await (await openAuthority(foreignFolder)).issue('server', 'main');
    const stranger = connectProcess(port, { ...foreign, trusted: server.trusted }, ['node'], 3_000);
    await assert.rejects(stranger.status());
    stranger.close();
    fs.rmSync(foreignFolder, { recursive: true });
  });
});

test('a problem crosses a link with its code and parameters; what is not offered is refused', async () => {
  const service: ProcessService = {
    status: async () => {
      throw new Problem('DATE_MALFORMED', { text: 'x' });
    },
    // biome-ignore lint/correctness/useYield: it fails before it has anything to give
    async *tail() {
      throw new Problem('DATE_MALFORMED', { text: 'tail' });
    },
  };
  await linked(service, async (port) => {
    const client = connectProcess(port, server, ['node']);
    await assert.rejects(client.status(), (error) => isProblem(error, 'DATE_MALFORMED') && error.params['text'] === 'x');
    await assert.rejects(client.advance({ time: 1 }), /UNIMPLEMENTED/);
    const tail = client.tail({ consumer: 'books', from: { seq: 0, k: 0 } })[Symbol.asyncIterator]();
    await assert.rejects(tail.next(), (error) => isProblem(error, 'DATE_MALFORMED') && error.params['text'] === 'tail');
    client.close();
  });
});

test('a tail waits for a slow reader instead of filling memory, and ends when the reader leaves', async () => {
  let produced = 0;
  let ended = false;
  const service: ProcessService = {
    async *tail({ from }, signal) {
      try {
        for (let seq = from.seq; !signal.aborted; seq++) {
          produced++;
          yield new Uint8Array(64 << 10).fill(seq & 255);
        }
      } finally {
        ended = true;
      }
    },
  };
  await linked(service, async (port) => {
    const client = connectProcess(port, server, ['node']);
    let read = 0;
    for await (const batch of client.tail({ consumer: 'books', from: { seq: 5, k: 0 } })) {
      assert.equal(batch[0], (5 + read) & 255);
      read++;
      await new Promise((resolve) => setTimeout(resolve, 2));
      assert.ok(produced - read < 200, `${produced - read} batches are in flight`);
      if (read === 50) break;
    }
    for (let i = 0; i < 100 && !ended; i++) await new Promise((resolve) => setTimeout(resolve, 20));
    assert.ok(ended);
    client.close();
  });
});
