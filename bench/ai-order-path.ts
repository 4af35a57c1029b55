import fs from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { scratch } from './bare-disk.ts';
import { build } from './build.ts';
import { type Figure, median, print } from './figure.ts';
import { type Program, start } from './program.ts';

/**
 * Whether scoring beside a market's node is felt in the order path. One node with every check, one raw C client with one order in
 * flight; beside them a program that scores as the house does: not at all, all the time, or with a worker that keeps dying. Legs
 * alternate, ratios are taken within a round and their median is told; a second leg without scoring says what a ratio is worth here.
 */
const ROUNDS = 15;
/** Half a second or more. All legs of all rounds stay below the live orders that a node holds. */
const ORDERS = 15_000;
/** Until workers of the leg before have gone. */
const SETTLE_MS = 400;
const RATIO_MAX = 1.05;
const CLIENT = 'BENCH';

const LEGS = ['off', 'on', 'killed', 'off again'] as const;
type Leg = (typeof LEGS)[number];

interface Measured {
  readonly p50: number;
  readonly p99: number;
}

/** Decisions while a leg ran. */
interface Decided {
  readonly byModel: number;
  readonly byRules: number;
  readonly deaths: number;
}

export async function run(): Promise<Figure[]> {
  const client = build({ file: 'fix/client.c', compiler: 'gcc', flags: [] });
  const sink = build({ file: 'fix/venue.c', compiler: 'gcc', flags: [] });
  if ('absent' in client) return [skipped(client.absent)];
  if ('absent' in sink) return [skipped(sink.absent)];
  const dir = fs.mkdtempSync(join(scratch(), 'meridian-bench-ai-'));
  const programs: Program[] = [];
  const begin = (command: string, args: readonly string[]) => {
    const program = start(command, args);
    programs.push(program);
    return program;
  };
  const here = (file: string) => fileURLToPath(new URL(file, import.meta.url));
  try {
    const { port: venue } = await begin(sink.path, []).next<{ port: number }>();
    const id = `NODE-${process.pid}`;
    const node = begin(process.execPath, [here('fix/node.ts'), id, CLIENT, join(dir, 'node'), 'page-cache', `${venue}`]);
    const { port } = await node.next<{ port: number }>();
    const orders = begin(client.path, [`${port}`, CLIENT, id, 'FUND1-A', 'SPY', 'ARCX', '167.41']);
    await orders.next();
    const scoring = begin(process.execPath, [here('ai/beside.ts')]);
    await scoring.next();
    return figures(await race(orders, scoring));
  } finally {
    for (const program of programs) await program.stop();
    fs.rmSync(dir, { recursive: true, force: true });
  }
}

interface Race {
  readonly measured: Readonly<Record<Leg, Measured[]>>;
  readonly decided: Readonly<Record<Leg, Decided>>;
}

/** Every leg once a round, each round beginning with another one, behind a round that does not count. */
async function race(orders: Program, scoring: Program): Promise<Race> {
  const measured: Record<Leg, Measured[]> = { off: [], on: [], killed: [], 'off again': [] };
  const nothing: Decided = { byModel: 0, byRules: 0, deaths: 0 };
  const decided: Record<Leg, Decided> = { off: nothing, on: nothing, killed: nothing, 'off again': nothing };
  for (let round = -1; round < ROUNDS; round++) {
    for (let n = 0; n < LEGS.length; n++) {
      const leg = LEGS[(n + round + 1) % LEGS.length] as Leg;
      await delay(SETTLE_MS);
      // Answered when the worker is ready: what dies, dies while orders are on their way.
      await scoring.ask(leg === 'off again' ? 'off' : leg);
      const told = await orders.ask<Measured>(`latency ${ORDERS}`);
      const { byModel, byRules, deaths } = await scoring.ask<Decided>('off');
      if (round < 0) continue;
      measured[leg].push(told);
      const sum = decided[leg];
      decided[leg] = { byModel: sum.byModel + byModel, byRules: sum.byRules + byRules, deaths: sum.deaths + deaths };
    }
  }
  prove(decided);
  return { measured, decided };
}

/** A figure is worth nothing unless what it names has happened. */
function prove({ off, on, killed, ...rest }: Race['decided']): void {
  const again = rest['off again'];
  if (off.byModel + off.byRules + again.byModel + again.byRules > 0) throw new Error('something was scored while all was off');
  // On a loaded machine some scores miss their deadline; then the rule answers, as it does in the house.
  if (on.byModel < ROUNDS * 20 || on.byRules > on.byModel)
    throw new Error(`on: ${on.byModel} decisions by the model, ${on.byRules} by rules`);
  if (killed.deaths < ROUNDS || killed.byRules < ROUNDS * 20 || killed.byModel > 0)
    throw new Error(`killed: ${killed.deaths} deaths, ${killed.byRules} decisions by rules, ${killed.byModel} by the model`);
}

function figures({ measured, decided }: Race): Figure[] {
  const { on, killed } = decided;
  const figure = (leg: Leg, what: keyof Measured, bar: number | null, note: string): Figure => {
    const of = (series: readonly Measured[]) => series.map((each) => each[what]);
    const [ours, peer] = [of(measured[leg]), of(measured.off)];
    const ratio = median(ours.map((value, round) => value / (peer[round] as number)));
    return {
      ...{
        name: `FIX order to report ${what}, scoring ${leg}`,
        unit: 'µs',
        ours: rounded(median(ours)),
        peer: rounded(median(peer)),
      },
      ...{ ratio: rounded(ratio), bar: bar === null ? 'none' : `ratio ≤ ${bar}`, holds: bar === null ? null : ratio <= bar },
      ...{ rounds: ours.length, note: `${note}; peer: scoring off, same round` },
    };
  };
  const busy = `${on.byModel} decisions by the model, ${on.byRules} by rules`;
  const dying = `${killed.deaths} workers died of a score, ${killed.byRules} decisions by rules`;
  return [
    figure('on', 'p99', RATIO_MAX, busy),
    figure('killed', 'p99', RATIO_MAX, dying),
    figure('off again', 'p99', null, 'what the same measurement is worth'),
    figure('on', 'p50', null, busy),
    figure('killed', 'p50', null, dying),
  ];
}

function skipped(why: string): Figure {
  const name = 'FIX order to report p99, scoring on';
  return {
    ...{ name, unit: 'µs', ours: null, peer: null, ratio: null, bar: 'none', holds: null, rounds: 0 },
    note: `skipped: ${why}`,
  };
}

const rounded = (value: number): number => Math.round(value * 1_000) / 1_000;

if (import.meta.main) print(await run());
