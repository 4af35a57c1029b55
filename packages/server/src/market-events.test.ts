import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { silentLogger } from '@meridian/base';
import { lastPosition } from '@meridian/log';
import { openAuthority } from '@meridian/security';
import { type MarketService, openMarketNode } from '@meridian/trading';
import { connectProcess, type Position, type ProcessClient, serve } from './link/rpc.ts';
import { eventsAt } from './market-events.ts';

/** A real node's log behind the house's own link. */
const root = fs.mkdtempSync(path.join(os.tmpdir(), 'meridian-log-'));
let node: MarketService;
let link: ProcessClient;
let close: () => Promise<void>;
let newest = 0;
let last: Position = { seq: 0, k: 0 };
before(async () => {
  node = await openMarketNode({
    dir: path.join(root, 'node'),
    market: 'ARCX',
    clientFix: { compId: 'MERIDIAN', port: 0, sessions: [] },
    venue: { order: { session: 100, compId: 'MERIDIAN', venueCompId: 'ARCX', host: '127.0.0.1', port: 1 } },
    clock: { now: () => 0 },
    logger: silentLogger,
    log: { syncPolicy: 'page-cache', segmentBytes: 1 << 20, consumers: ['accounts'] },
  });
  node.log.sequencer.onCommitted((batch) => {
    newest = batch.lastSeq;
    last = lastPosition(batch) ?? last;
  });
  await node.submit({ name: 'engine-version', body: { version: 1 } });
  await node.submit({ name: 'define-session', body: { session: 100, role: 'hedge', accounts: [] } });
  for (let second = 1; second <= 20; second++) {
    await node.advance(1_381_152_600_000_000 + second * 1_000_000);
    await node.submit({ name: 'time', body: {} });
  }
  const keys = path.join(root, 'keys');
  fs.mkdirSync(keys, { mode: 0o700 });
  const authority = await openAuthority(keys);
  const served = await serve(
    {
      status: async () => ({ seq: newest, events: last }),
      async *tail({ from }) {
        for await (const batch of node.events(from)) yield batch.bytes;
      },
    },
    await authority.issue('node', 'ARCX'),
    ['server'],
    0,
    silentLogger,
  );
  link = connectProcess(served.port, await authority.issue('server', 'main'), ['node'], 5_000);
  close = async () => {
    link.close();
    await served.close();
    await node.close();
  };
});
after(async () => {
  await close?.();
  fs.rmSync(root, { recursive: true, force: true });
});

test('every command of the log answers with its own events, in order, and what is beyond is not waited for', async () => {
  const nodes = new Map([['ARCX', link]]);
  const told: string[] = [];
  for (let seq = 1; seq <= newest; seq++) {
    const events = await eventsAt(nodes, 'ARCX', seq);
    assert.ok(events !== undefined);
    assert.ok(events.every(({ header }) => header.seq === seq));
    assert.deepEqual(
      events.map(({ header }) => header.k),
      events.map((_, k) => k),
    );
    told.push(...events.map(({ name }) => name));
  }
  assert.ok(told.includes('fact-applied'), told.join(' '));
  for (const seq of [0, -1, newest + 1, 1.5, Number.MAX_SAFE_INTEGER])
    assert.equal(await eventsAt(nodes, 'ARCX', seq), undefined);
  assert.equal(await eventsAt(nodes, 'XNYS', 1), undefined);
});
