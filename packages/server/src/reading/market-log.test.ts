import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { silentLogger } from '@meridian/base';
import { lastPosition } from '@meridian/log';
import { openAuthority } from '@meridian/security';
import { type MarketService, openMarketNode } from '@meridian/trading';
import { connectProcess, type ProcessClient, serve } from '../link/rpc.ts';
import { eventsAt } from './market-log.ts';

/** A real node's log behind the house's own link. */
const root = fs.mkdtempSync(path.join(os.tmpdir(), 'meridian-log-'));
let node: MarketService;
let link: ProcessClient;
let close: () => Promise<void>;
let last = 0;
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
    last = lastPosition(batch)?.seq ?? last;
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
      status: async () => ({ events: { seq: last } }),
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
  const told = new Map<number, string[]>();
  const all: number[] = [];
  for (let seq = 1; seq <= last; seq++) {
    const events = await eventsAt(link, seq);
    if (events === undefined) continue;
    all.push(seq);
    assert.ok(events.every(({ header }) => header.seq === seq));
    assert.deepEqual(
      events.map(({ header }) => header.k),
      events.map((_, k) => k),
    );
    told.set(
      seq,
      events.map(({ name }) => name),
    );
  }
  assert.ok(all.length > 0 && [...told.values()].flat().includes('fact-applied'), JSON.stringify([...told]));
  for (const seq of [0, -1, last + 1, 1.5, Number.MAX_SAFE_INTEGER]) assert.equal(await eventsAt(link, seq), undefined);
});
