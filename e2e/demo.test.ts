import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';

/** The two sessions from the first order to the mailed report, as a user runs them, and every proof afterwards. */

const MERIDIAN = fileURLToPath(new URL('../packages/server/bin/meridian.mjs', import.meta.url));
const data = fs.mkdtempSync(path.join(os.tmpdir(), 'meridian-demo-'));
let demo: { readonly code: number | null; readonly story: string };

interface Run {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

function meridian(...args: string[]): Promise<Run> {
  return ended(
    spawn(process.execPath, [MERIDIAN, ...args, '--data', data, '--lang', 'en'], { stdio: ['ignore', 'pipe', 'pipe'] }),
  );
}

function ended(child: ChildProcess): Promise<Run> {
  let out = '';
  let err = '';
  child.stdout?.on('data', (part: Buffer) => {
    out += part;
  });
  child.stderr?.on('data', (part: Buffer) => {
    err += part;
  });
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, out, err })));
}

before(async () => {
  const { code, err } = await meridian('up', '--demo', '--until', 'published', '--speed', '20000');
  demo = { code, story: err };
  if (code !== 0) {
    for (const file of fs.readdirSync(path.join(data, 'output')))
      process.stderr.write(`${file}\n${fs.readFileSync(path.join(data, 'output', file), 'utf8').slice(-2_000)}\n`);
  }
});
after(() => fs.rmSync(data, { recursive: true, force: true }));

test('the demo reaches "published" for both sessions unattended', () => {
  assert.equal(demo.code, 0, demo.story);
  assert.match(demo.story, /published and mailed/);
});

test('[UA-6] the order that fits no slice is refused with the size that would pass', () => {
  assert.match(demo.story, /order C-4 refused: .*LEASE_STATIC.*would pass/);
});

test('[RC-l] a margin call is raised while the mainland bank is shut and met on the next banking day', () => {
  assert.match(demo.story, /Margin call: .* due 2013-10-08T08:00Z/);
  assert.match(demo.story, /The margin call is met/);
});

test('every proof holds on the stopped folder', async () => {
  for (const command of [['ledger', 'verify'], ['audit', 'verify'], ['catalog', 'check'], ['tieout']]) {
    const { code, out, err } = await meridian(...command);
    assert.equal(code, 0, `${command.join(' ')}\n${out}\n${err}`);
  }
});

test('[TC-3] a replay of each log gives the hash the node had', async () => {
  const status = JSON.parse((await meridian('status', '--json')).out) as {
    nodes: { market: string; stateHash: string; seq: number }[];
  };
  assert.deepEqual(
    status.nodes.map((node) => node.market),
    ['ARCX', 'XNYS'],
  );
  for (const node of status.nodes) {
    const replayed = JSON.parse((await meridian('replay', node.market, '--json')).out) as {
      stateHash: string;
      commands: number;
    };
    assert.equal(replayed.stateHash, node.stateHash);
    assert.ok(replayed.commands > 1_000);
  }
});

test('[CL-f] every batch and every client day sent its mail, once', () => {
  const mails = fs.readdirSync(path.join(data, 'mailbox')).filter((file) => file.endsWith('.eml'));
  const subjects = mails.map(
    (file) => /^subject: (.*)$/im.exec(fs.readFileSync(path.join(data, 'mailbox', file), 'utf8'))?.[1] ?? '',
  );
  assert.ok(mails.length >= 4 + 2 * 3, `${mails.length} mails: ${subjects.join(' | ')}`);
});

test('a second start finds everything done and says so', async () => {
  const { code, err } = await meridian('up', '--demo', '--until', 'published');
  assert.equal(code, 0, err);
});
