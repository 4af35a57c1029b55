import fs from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createBareDisk, scratch } from './bare-disk.ts';
import { build } from './build.ts';
import { type Figure, median, print } from './figure.ts';
import { type Program, start } from './program.ts';

/**
 * An order over the wire, from a raw C client and back to it, against each server in turn. Rounds alternate, ratios are
 * taken within a round and their median is told. The client checks every answer, so a server that refuses or forgets an
 * order ends the bench; each server has a CompID of its own, so that none can answer for another.
 */
const ROUNDS = 7;
const DICTIONARY = beside('../data/fix/FIX44.xml');
const QUICKFIX_HEADER = '/usr/include/quickfix/SocketAcceptor.h';
const CLIENT = 'BENCH';
/** About what the log writes for one order. */
const LOGGED_BYTES = 128;

/** A server and the client that loads it. */
interface Contender {
  readonly client: Program;
  /** Orders per round: one, 64 and 1,024 in flight. */
  readonly orders: readonly [number, number, number];
}

interface Measured {
  /** Microseconds from an order's send to its report, one in flight. */
  readonly p50: number;
  readonly p99: number;
  /** Orders per second, 64 and 1,024 in flight. */
  readonly at64: number;
  readonly at1024: number;
  /** Median microseconds of the bare disk's synced write, at the same time. */
  readonly disk: number;
}

export async function run(): Promise<Figure[]> {
  const dir = fs.mkdtempSync(join(scratch(), 'meridian-bench-fix-'));
  const programs: Program[] = [];
  try {
    const client = build({ file: 'fix/client.c', compiler: 'gcc', flags: [] });
    const echo = build({ file: 'fix/echo.c', compiler: 'gcc', flags: [] });
    if ('absent' in client) return [skipped(client.absent)];
    if ('absent' in echo) return [skipped(echo.absent)];
    const sink = build({ file: 'fix/venue.c', compiler: 'gcc', flags: [] });
    if ('absent' in sink) return [skipped(sink.absent)];
    const quickfix = build({
      ...{ file: 'fix/executor.cpp', compiler: 'g++', flags: ['-std=c++14', '-Wno-deprecated', '-lquickfix'] },
      needs: [QUICKFIX_HEADER],
    });
    const enter = (name: string, orders: Contender['orders'], serve: (compId: string) => Program) =>
      contend(client.path, programs, name, orders, serve);
    const ours = (file: string, ...args: string[]) => start(process.execPath, [beside(file), ...args]);

    const venue = async () => {
      const program = start(sink.path, []);
      programs.push(program);
      return `${(await program.next<{ port: number }>()).port}`;
    };
    const node = async (policy: 'page-cache' | 'group-commit', orders: Contender['orders']) => {
      const port = await venue();
      return enter(policy, orders, (id) => ours('fix/node.ts', id, CLIENT, join(dir, policy), policy, port));
    };

    const contenders = {
      floor: await enter('floor', [2_000, 50_000, 50_000], () => start(echo.path, [])),
      session: await enter('session', [2_000, 30_000, 40_000], (id) => ours('fix/acceptor.ts', id, CLIENT)),
      cached: await node('page-cache', [2_000, 30_000, 40_000]),
      durable: await node('group-commit', [300, 6_000, 40_000]),
    };
    if ('absent' in quickfix) return figures(await race(contenders, dir), quickfix.absent);
    const port = await freePort();
    const peer = await enter('quickfix', [2_000, 15_000, 15_000], (id) =>
      start(quickfix.path, [`${port}`, id, CLIENT, DICTIONARY]),
    );
    return figures(await race({ ...contenders, peer }, dir), '');
  } finally {
    for (const program of programs) await program.stop();
    fs.rmSync(dir, { recursive: true, force: true });
  }
}

function beside(file: string): string {
  return fileURLToPath(new URL(file, import.meta.url));
}

/** Starts a server and logs its client on. */
async function contend(
  clientPath: string,
  programs: Program[],
  name: string,
  orders: Contender['orders'],
  serve: (compId: string) => Program,
): Promise<Contender> {
  const compId = `${name.toUpperCase()}-${process.pid}`;
  const server = serve(compId);
  programs.push(server);
  const { port } = await server.next<{ port: number }>();
  const client = start(clientPath, [`${port}`, CLIENT, compId, 'FUND1-A', 'SPY', 'ARCX', '167.41']);
  programs.push(client);
  await client.next();
  return { client, orders };
}

type Results<Name extends string> = Readonly<Record<Name, readonly Measured[]>>;

/** All contenders once per round, each round beginning with another one, behind a round that does not count. */
async function race<Name extends string>(contenders: Readonly<Record<Name, Contender>>, dir: string): Promise<Results<Name>> {
  const disk = createBareDisk(join(dir, 'bare'));
  const names = Object.keys(contenders) as Name[];
  const results = Object.fromEntries(names.map((name) => [name, [] as Measured[]])) as Record<Name, Measured[]>;
  for (let round = -1; round < ROUNDS; round++) {
    for (let n = 0; n < names.length; n++) {
      const name = names[(n + round + 1) % names.length] as Name;
      const { client, orders } = contenders[name];
      const { p50, p99 } = await client.ask<{ p50: number; p99: number }>(`latency ${orders[0]}`);
      const bare = await disk.write(LOGGED_BYTES, 100);
      const { perSecond: at64 } = await client.ask<{ perSecond: number }>(`window 64 ${orders[1]}`);
      const { perSecond: at1024 } = await client.ask<{ perSecond: number }>(`window 1024 ${orders[2]}`);
      if (round >= 0) results[name].push({ p50, p99, at64, at1024, disk: bare });
    }
  }
  disk.close();
  return results;
}

const QUICKFIX = 'peer: QuickFIX C++ executor, memory store, dictionary, no checks';
const NODE = 'all checks, log in page cache, hedge order out; timed: pending new, the first report; ';

type Measurements = Results<'floor' | 'session' | 'cached' | 'durable'> & Partial<Results<'peer'>>;

function figures({ floor, session, cached, durable, peer }: Measurements, absent: string): Figure[] {
  const them = absent === '' ? QUICKFIX : `skipped: ${absent}`;
  const only = `session and codec only; ${them}`;
  const disk = durable.map((measured) => ({ ...measured, p50: measured.disk }));
  return [
    against('FIX order to report p50, 1 in flight', 'µs', 'p50', cached, peer, 'ratio ≤ 0.8', NODE + them),
    against('FIX order to report p99, 1 in flight', 'µs', 'p99', cached, peer, 'ratio ≤ 0.8', NODE + them),
    against('FIX orders, 64 in flight', '1/s', 'at64', cached, peer, 'ratio ≥ 5', NODE + them),
    against('FIX orders, 1024 in flight', '1/s', 'at1024', cached, peer, 'ratio ≥ 5', NODE + them),
    against('FIX order to report p50, group commit', 'µs', 'p50', durable, disk, 'ratio ≤ 1.6', `peer: ${DISK}`),
    absolute('FIX orders, 1024 in flight, group commit', durable, 'at1024', 100_000),
    against('FIX session p50, 1 in flight', 'µs', 'p50', session, peer, 'none', only),
    against('FIX session, 64 in flight', '1/s', 'at64', session, peer, 'none', only),
    against('FIX order to report p50 over the floor', 'µs', 'p50', cached, floor, 'none', 'peer: C echo of the same bytes'),
  ];
}

const DISK = `thread-pool write + fdatasync of ${LOGGED_BYTES} bytes into a preallocated file`;

/** Two series of the same rounds: their medians, and the median of the rounds' ratios. */
function against(
  name: string,
  unit: string,
  what: keyof Measured,
  ours: readonly Measured[],
  peer: readonly Measured[] | undefined,
  bar: string,
  note: string,
): Figure {
  const ratio = peer === undefined ? null : median(ours.map((mine, round) => mine[what] / (peer[round] as Measured)[what]));
  const middle = (series: readonly Measured[]) => rounded(median(series.map((measured) => measured[what])));
  const shared = {
    name,
    unit,
    ours: middle(ours),
    peer: peer === undefined ? null : middle(peer),
    bar,
    rounds: ours.length,
    note,
  };
  return { ...shared, ratio: ratio === null ? null : rounded(ratio), holds: ratio === null ? null : meets(ratio, bar) };
}

function absolute(name: string, ours: readonly Measured[], what: keyof Measured, bar: number): Figure {
  const rate = rounded(median(ours.map((measured) => measured[what])));
  const shared = { name, unit: '1/s', ours: rate, peer: null, ratio: null, bar: `≥ ${bar}`, holds: rate >= bar };
  return { ...shared, rounds: ours.length, note: 'durable before it is answered' };
}

/** Whether "ratio ≤ 0.8" or the like is met; null where nothing is asked. */
function meets(ratio: number, bar: string): boolean | null {
  const [, sign, limit] = /^ratio ([≤≥]) ([\d.]+)$/.exec(bar) ?? [];
  if (limit === undefined) return null;
  return sign === '≤' ? ratio <= Number(limit) : ratio >= Number(limit);
}

function skipped(why: string): Figure {
  const name = 'FIX order to report';
  return {
    name,
    unit: 'µs',
    ours: null,
    peer: null,
    ratio: null,
    bar: 'none',
    holds: null,
    rounds: 0,
    note: `skipped: ${why}`,
  };
}

function rounded(value: number): number {
  return value >= 1_000 ? Math.round(value) : Math.round(value * 1_000) / 1_000;
}

/** QuickFIX wants to be told a port. Should somebody take it in between, its bind fails and the bench with it. */
function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}

if (import.meta.main) print(await run());
