import fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { NumberedEvent } from '@meridian/messages';
import { type House, killWithChildren, startHouse } from './house.ts';
import { booksRebuild, eventsOf, type Proof, prove, replaysToItsHash, reportsArrived, succeeds } from './proof.ts';

/**
 * Two recorded sessions with 30 deaths in them: at random business instants a process is killed (SIGKILL), the database
 * with everything it started. What is over then must be whole: logs, books, clients and venue agree.
 */
const MARKETS = ['ARCX', 'XNYS'];
const KINDS = ['node', 'server', 'worker', 'venue', 'postgres'] as const;
const KILLS = 30;
/** Instants between which processes die: the two sessions and the hours in which they are cleared. */
const DAYS = [
  { from: '2013-10-07T13:15:00Z', to: '2013-10-07T22:05:00Z' },
  { from: '2013-10-08T13:05:00Z', to: '2013-10-08T21:35:00Z' },
];
const SPEED = 600;
const BACK_SECONDS_MAX = 60;
/** Business time stands still this long only when something does not come back. */
const STILL_SECONDS_MAX = 120;

export interface ChaosOptions {
  readonly seed: number;
  readonly tell: (line: string) => void;
}

interface Kill {
  readonly at: number;
  readonly process: string;
}

export async function chaos({ seed, tell }: ChaosOptions): Promise<Proof[]> {
  const dir = fs.mkdtempSync(join(tmpdir(), 'meridian-chaos-'));
  fs.chmodSync(dir, 0o711);
  const house = await startHouse(join(dir, 'house'), SPEED, tell);
  let stopped = false;
  let whole = false;
  try {
    const kills = plan(seed);
    const proofs = [await prove('published after every kill', () => killAll(house, kills, tell))];
    if (!proofs.every(({ holds }) => holds)) return proofs;
    for (const market of MARKETS) proofs.push(await prove(`replay ${market}`, () => replaysToItsHash(house, market)));
    stopped = true;
    proofs.push(
      await prove('the house stops in order', async () => {
        const code = await house.stop();
        if (code !== 0) throw new Error(`exit ${code}`);
        return 'exit 0';
      }),
    );
    for (const words of ['ledger verify', 'audit verify', 'catalog check', 'tieout'])
      proofs.push(await prove(words, () => succeeds(house, ...words.split(' '))));
    const events = new Map<string, NumberedEvent[]>();
    for (const market of MARKETS) {
      proofs.push(
        await prove(`log ${market}`, async () => {
          events.set(market, await eventsOf(house, market));
          return `${events.get(market)?.length} events`;
        }),
      );
    }
    proofs.push(await prove('books rebuilt from logs and command table', () => booksRebuild(house, events)));
    proofs.push(await prove('client reports', async () => reportsArrived(house, events)));
    whole = proofs.every(({ holds }) => holds);
    return proofs;
  } finally {
    if (!stopped) await house.stop();
    if (whole) fs.rmSync(dir, { recursive: true, force: true });
    else tell(`left as it is: ${dir}`);
  }
}

/** When whom: every kind six times, in random order at random instants. */
function plan(seed: number): Kill[] {
  const random = generator(seed);
  const pick = <T>(from: readonly T[]) => from[Math.floor(random() * from.length)] as T;
  const kinds = Array.from({ length: KILLS }, (_, n) => KINDS[n % KINDS.length] as (typeof KINDS)[number]);
  for (let n = kinds.length - 1; n > 0; n--) {
    const m = Math.floor(random() * (n + 1));
    [kinds[n], kinds[m]] = [kinds[m] as (typeof kinds)[number], kinds[n] as (typeof kinds)[number]];
  }
  const instants = kinds.map((_, n) => {
    const day = DAYS[n % DAYS.length] as (typeof DAYS)[number];
    const [from, to] = [Date.parse(day.from), Date.parse(day.to)];
    return (from + Math.floor(random() * (to - from))) * 1_000;
  });
  instants.sort((a, b) => a - b);
  return instants.map((at, n) => {
    const kind = kinds[n] as (typeof KINDS)[number];
    return { at, process: kind === 'node' || kind === 'venue' ? `${kind}-${pick(MARKETS)}` : kind };
  });
}

/** A small generator, so that a seed tells the whole run (mulberry32). */
function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 0x1_0000_0000;
  };
}

async function killAll(house: House, kills: readonly Kill[], tell: (line: string) => void): Promise<string> {
  const due = [...kills];
  let last = 0;
  let movedAt = performance.now();
  for (;;) {
    if (house.published()) break;
    const now = await house.businessTime();
    if (now !== undefined && now > last) {
      last = now;
      movedAt = performance.now();
    }
    if (performance.now() - movedAt > STILL_SECONDS_MAX * 1_000)
      throw new Error(`business time stands at ${new Date(last / 1_000).toISOString()}`);
    const next = due[0];
    if (next !== undefined && now !== undefined && now >= next.at) {
      due.shift();
      const seconds = await killOne(house, next.process);
      tell(`✗ ${new Date(now / 1_000).toISOString().slice(5, 16)}Z killed ${next.process}, back after ${seconds.toFixed(1)} s`);
      movedAt = performance.now();
    } else await pause(40);
  }
  if (due.length > 0) throw new Error(`${due.length} of ${kills.length} kills found no moment`);
  const counts = KINDS.map((kind) => `${kills.filter((kill) => kill.process.startsWith(kind)).length} ${kind}`);
  return `${kills.length} kills: ${counts.join(', ')}`;
}

/** Kills a process and waits until another one stands in its place. */
async function killOne(house: House, name: string): Promise<number> {
  const pid = house.pids()[name];
  if (pid === undefined || pid === 0) throw new Error(`${name} does not run`);
  const begun = performance.now();
  killWithChildren(pid);
  for (;;) {
    const seconds = (performance.now() - begun) / 1_000;
    const now = house.pids()[name] ?? 0;
    if (now !== pid && now > 0 && fs.existsSync(`/proc/${now}`)) return seconds;
    if (seconds > BACK_SECONDS_MAX) throw new Error(`${name} did not come back`);
    await pause(20);
  }
}
