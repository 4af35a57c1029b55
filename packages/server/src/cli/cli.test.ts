import assert from 'node:assert/strict';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import type { ProblemDocument } from '@meridian/base';
import { COMMANDS } from './commands.ts';
import { command, MARKET, meridian, portBlock, type Run, type ScratchHouse, scratchHouse } from './scratch-house.ts';

let house: ScratchHouse;
let data: string[];
let away: Promise<Run>;
before(async () => {
  // It waits for its database as long as it may, beside everything else.
  const elsewhere = fs.mkdtempSync(path.join(os.tmpdir(), 'meridian-away-'));
  fs.writeFileSync(path.join(elsewhere, 'house.json'), JSON.stringify({ mode: 'production', markets: [MARKET] }));
  away = meridian(['ledger', 'verify', '--json', '--data', elsewhere], {
    DATABASE_URL: 'postgres://nobody@127.0.0.1:1/nothing',
  }).finally(() => fs.rmSync(elsewhere, { recursive: true }));
  house = await scratchHouse();
  data = ['--data', house.folder.root];
});
after(async () => {
  await away;
  await house?.remove();
});

function document({ out }: Run): ProblemDocument {
  return JSON.parse(out) as ProblemDocument;
}

/** The command was refused with that code, on both streams. */
async function refused(args: readonly string[], exit: number, code: string): Promise<ProblemDocument> {
  return told(args, await command([...args, '--json']), exit, code);
}

function told(args: readonly string[], run: Run, exit: number, code: string): ProblemDocument {
  assert.equal(run.code, exit, `${args.join(' ')}\n${run.out}\n${run.err}`);
  const problem = document(run);
  assert.equal(problem.code, code);
  assert.equal(problem.type, `urn:meridian:problem:${code}`);
  assert.doesNotMatch(run.err, /^\s+at /m, 'no stack trace');
  return problem;
}

test('without a command, or with --help, it tells what it can do, in both languages', async () => {
  const [bare, chinese, help] = await Promise.all([
    command([]),
    command(['help', '--lang', 'zh']),
    command(['clear', 'run', '--help', '--lang', 'zh']),
  ]);
  assert.deepEqual([bare.code, chinese.code, help.code], [0, 0, 0]);
  for (const { name } of COMMANDS) {
    assert.ok(bare.out.includes(`meridian ${name}`), name);
    assert.ok(chinese.out.includes(`meridian ${name}`), name);
  }
  assert.match(chinese.out, /启动整套系统/);
  assert.match(help.out, /--from[^\n]*自该步骤重跑/);
});

test('bad input: an unknown command or option, a word missing or too many is a usage error', async () => {
  const unknown = await meridian(['ledgre', 'verify']);
  assert.deepEqual([unknown.code, unknown.out], [2, '']);
  assert.match(unknown.err, /no such command: ledgre verify/);
  const [bogus, missing, surplus, valueless] = await Promise.all([
    refused(['calendar', 'XNYS', '--bogus', '1'], 2, 'USAGE'),
    refused(['calendar'], 2, 'USAGE'),
    refused(['calendar', 'XNYS', 'ARCX'], 2, 'USAGE'),
    refused(['calendar', 'XNYS', '--from'], 2, 'USAGE'),
  ]);
  assert.match(bogus.detail, /--bogus/);
  assert.match(missing.detail, /MIC/);
  assert.match(surplus.remedy, /calendar --help/);
  assert.match(valueless.detail, /--from/);
});

test('[TC-5] the calendar answers inside its coverage; outside, and for what does not exist, it refuses and says why', async () => {
  const span = ['--from', '2013-10-07', '--to', '2013-10-08'];
  const [known, uncovered, unknown, malformed, missing, backwards] = await Promise.all([
    command(['calendar', 'XNYS', ...span, '--json']),
    command(['calendar', 'XNYS', '--from', '2014-01-01', '--to', '2014-02-01', '--json', '--lang', 'zh']),
    refused(['calendar', '../etc', ...span], 2, 'CALENDAR_UNKNOWN'),
    refused(['calendar', 'XNYS', '--from', '2013-02-30', '--to', '2013-03-01'], 2, 'DATE_MALFORMED'),
    refused(['calendar', 'XNYS'], 2, 'DATE_MALFORMED'),
    refused(['calendar', 'XNYS', '--from', '2013-10-08', '--to', '2013-10-07'], 2, 'CALENDAR_RANGE'),
  ]);
  assert.equal(known.code, 0);
  assert.deepEqual(
    (JSON.parse(known.out) as { date: string; open: string; close: string }[]).map((row) => [row.open, row.close]),
    [
      ['2013-10-07T13:30:00Z', '2013-10-07T20:00:00Z'],
      ['2013-10-08T13:30:00Z', '2013-10-08T20:00:00Z'],
    ],
  );
  assert.equal(uncovered.code, 3);
  assert.equal(document(uncovered).code, 'CALENDAR_NOT_COVERED');
  assert.match(document(uncovered).detail, /只覆盖 2013-10-01…2013-10-31/);
  assert.match(uncovered.err, /只能安排覆盖区间内的日期/);
  assert.deepEqual(
    [unknown, malformed, missing, backwards].map((problem) => problem.status),
    [404, 400, 400, 400],
  );
});

test('bad input: a folder that is none, cannot be made or is a file is refused by every command that needs one', async () => {
  const nowhere = ['--data', path.join(os.tmpdir(), 'meridian-no-such-folder')];
  const runs = [
    ['status'],
    ['replay', MARKET],
    ['tieout'],
    ['ledger', 'verify'],
    ['audit', 'verify'],
    ['catalog', 'check'],
    ['clear', 'status'],
    ['clear', 'run', MARKET, '--date', '2013-10-07'],
  ];
  await Promise.all(runs.slice(0, 4).map((args) => refused([...args, ...nowhere], 2, 'HOUSE_UNKNOWN')));
  await Promise.all(runs.slice(4).map((args) => refused([...args, ...nowhere], 2, 'HOUSE_UNKNOWN')));
  assert.ok(!fs.existsSync(nowhere[1] as string), 'a question makes no folder');
  await Promise.all([
    refused(['up', '--demo', '--data', '/dev/null/house'], 1, 'FOLDER_UNUSABLE'),
    refused(['up', '--demo', '--data', '/proc/nobody/house'], 1, 'FOLDER_UNUSABLE'),
    refused(['catalog', 'export', '--out', '/proc/nobody/catalogue.csv'], 1, 'FOLDER_UNUSABLE'),
  ]);
});

test('bad input: deep, huge, broken and misspelt JSON in the folder is refused by name and changes nothing', async () => {
  const file = path.join(house.folder.root, 'house.json');
  const sound = fs.readFileSync(file);
  try {
    for (const [text, reason] of [
      ['['.repeat(200_000), /nested deeper/],
      [`{"mode":"${'x'.repeat(17 << 20)}"}`, /longer than/],
      ['{"mode":"demo","mode":"production"}', /duplicate key/],
      ['{"mode":', /syntax/],
    ] as const) {
      fs.writeFileSync(file, text);
      const problem = await refused(['status', ...data], 1, 'FILE_UNREADABLE');
      assert.match(problem.detail, reason);
      assert.ok(problem.detail.includes(file));
    }
  } finally {
    fs.writeFileSync(file, sound);
  }
});

test('[TC-3] a replay of the stopped folder tells the hash of the log; another market and a bad number are refused', async () => {
  const [whole, part, unknown, number] = await Promise.all([
    command(['replay', MARKET, '--json', ...data]),
    command(['replay', MARKET, '--to', '100', ...data, '--lang', 'zh']),
    refused(['replay', 'XHKG', ...data], 2, 'MARKET_UNKNOWN'),
    refused(['replay', MARKET, '--to', '1e9x', ...data], 2, 'USAGE'),
  ]);
  const replayed = JSON.parse(whole.out) as { commands: number; seq: number; stateHash: string };
  assert.deepEqual([whole.code, part.code], [0, 0]);
  assert.ok(replayed.commands >= 200 && /^[0-9a-f]{16}$/.test(replayed.stateHash), whole.out);
  assert.match(part.out, /100 条指令.*序号 100/);
  assert.match(unknown.remedy, /ARCX/);
  assert.match(number.detail, /--to/);
});

test('bad input: an edited and a truncated log segment stop replay, status and up; nothing is changed; restored, all is there', async () => {
  const segment = house.segments().at(-1) as string;
  const sound = fs.readFileSync(segment);
  const before = await command(['replay', MARKET, '--json', ...data]);
  const edited = Buffer.from(sound);
  const up = ['up', '--markets', MARKET, '--port-base', portBlock(), '--json', ...data];
  const starts = async () => told(up, await meridian(up), 1, 'LOG_CORRUPT');
  edited[6_000] = (edited[6_000] as number) ^ 1;
  try {
    for (const [bytes, reason] of [
      [edited, /batch checksum|sequence|header/],
      [sound.subarray(0, 6_000), /6000 bytes instead of/],
    ] as const) {
      fs.writeFileSync(segment, bytes);
      for (const problem of await Promise.all([
        refused(['replay', MARKET, ...data], 1, 'LOG_CORRUPT'),
        refused(['status', ...data], 1, 'LOG_CORRUPT'),
        starts(),
      ])) {
        assert.match(problem.detail, reason);
        assert.ok(problem.detail.includes(segment), 'the file is named');
      }
      assert.ok(fs.readFileSync(segment).equals(bytes), 'the damaged file is left as it is');
    }
  } finally {
    fs.writeFileSync(segment, sound);
  }
  const again = await command(['replay', MARKET, '--json', ...data]);
  const hash = (run: Run) => (JSON.parse(run.out) as { stateHash: string }).stateHash;
  assert.equal(hash(again), hash(before));
});

test('bad input: options of up that make no house, a house that runs already and every taken port are refused', async () => {
  const taken = net.createServer();
  await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
  const { port } = taken.address() as net.AddressInfo;
  const running = path.join(house.folder.root, 'running.json');
  try {
    const up = ['up', ...data];
    const [first, fix, ...options] = await Promise.all([
      refused([...up, '--port-base', String(port)], 5, 'PORT_IN_USE'),
      // The sixth of one market's block of ten is the one clients trade at.
      refused([...up, '--markets', MARKET, '--port-base', String(port - 6)], 5, 'PORT_IN_USE'),
      refused([...up, '--port-base', '99999'], 2, 'UP_OPTION'),
      refused([...up, '--speed', '0'], 2, 'UP_OPTION'),
      refused([...up, '--markets', 'ARCX,ARCX'], 2, 'UP_OPTION'),
      refused([...up, '--markets', 'XXXX'], 2, 'UP_OPTION'),
      refused([...up, '--until', 'doomsday'], 2, 'UP_OPTION'),
    ]);
    for (const problem of [first, fix]) assert.ok(problem?.detail.includes(`127.0.0.1:${port}`), problem?.detail);
    assert.equal(options.length, 5);
    fs.writeFileSync(running, JSON.stringify({ supervisor: process.pid }));
    await refused(up, 5, 'HOUSE_RUNNING');
  } finally {
    taken.close();
    fs.rmSync(running, { force: true });
  }
});

test('on a stopped house with books the proofs hold; a batch that cannot be run says why', async () => {
  await house.openBooks();
  const proofs = [
    ['ledger', 'verify'],
    ['audit', 'verify'],
    ['catalog', 'check'],
    ['clear', 'status'],
  ];
  for (const run of await Promise.all(proofs.map((args) => command([...args, '--json', ...data])))) {
    assert.equal(run.code, 0, run.err);
    assert.equal(typeof JSON.parse(run.out), 'object');
  }
  const status = await command(['status', '--json', ...data]);
  assert.equal(status.code, 0, status.err);
  assert.deepEqual((JSON.parse(status.out) as { processes: unknown[]; orders: number }).processes, []);
  await Promise.all([
    refused(['clear', 'run', MARKET, '--date', '2013-10-07', ...data], 5, 'BATCH_NOT_CUT'),
    refused(['clear', 'run', MARKET, '--date', '07/10/2013', ...data], 2, 'DATE_MALFORMED'),
    refused(['clear', 'run', MARKET, '--date', '2013-10-07', '--from', 'x', ...data], 2, 'USAGE'),
    refused(['clear', 'run', 'XHKG', '--date', '2013-10-07', ...data], 3, 'CLEARING_FACT_MISSING'),
  ]);
  const rules = path.join(house.folder.root, 'clearing.json');
  for (const [text, exit, code] of [
    ['['.repeat(200_000), 1, 'FILE_UNREADABLE'],
    [`"${'x'.repeat(17 << 20)}"`, 1, 'FILE_UNREADABLE'],
    ['{"business":"TRS","marktes":[]}', 2, 'CONFIG_INVALID'],
  ] as const) {
    fs.writeFileSync(rules, text);
    await refused(['clear', 'status', ...data], exit, code);
  }
  fs.rmSync(rules);
});

test('bad input: a folder whose set-up was interrupted says so', async () => {
  const unfinished = await scratchHouse();
  try {
    await refused(['ledger', 'verify', '--data', unfinished.folder.root], 5, 'HOUSE_UNFINISHED');
  } finally {
    await unfinished.remove();
  }
});

test('a database that is away, or addressed wrongly, ends a command with “try again” or a usage error', async () => {
  process.env['DATABASE_URL'] = 'mysql://x';
  try {
    await refused(['ledger', 'verify', ...data], 2, 'DATABASE_URL_INVALID');
  } finally {
    delete process.env['DATABASE_URL'];
  }
  const { code, out } = await away;
  assert.equal(code, 75, out);
  assert.equal((JSON.parse(out) as ProblemDocument).code, 'DATABASE_AWAY');
});
