import fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PerformanceObserver } from 'node:perf_hooks';
import type { EventSink } from '@meridian/log';
import { EVENT_HEADER_BYTES, type Event, encodeCommand } from '@meridian/messages';
import { MarketNode } from '@meridian/trading';
import { build } from './build.ts';
import {
  ACCOUNTS,
  type Batch,
  createWorkload,
  LISTINGS,
  MARKET,
  midOf,
  OPEN,
  type Size,
  TYPICAL,
  WORST,
} from './engine/workload.ts';
import { type Figure, median, print } from './figure.ts';
import { type Program, start } from './program.ts';

/**
 * The engine against a C++ twin of the same loop and data: both take the same command frames and write the same event
 * frames, with the same checks and tables. Rounds alternate. The twin's sums must equal ours, or there is no figure.
 */
const ROUNDS = 7;
const SEED = 20_131_007;

/** What both must agree on after every batch. */
interface Sums {
  readonly ns: number;
  readonly events: number;
  readonly eventBytes: number;
  readonly live: number;
  readonly used: number;
  readonly long: number;
  readonly short: number;
}

export async function run(): Promise<Figure[]> {
  const twin = build({ file: 'engine/twin.cpp', compiler: 'g++', flags: ['-std=c++20'] });
  const dir = fs.mkdtempSync(join(tmpdir(), 'meridian-bench-engine-'));
  const figures: Figure[] = [];
  try {
    for (const [name, size] of [['engine', WORST] as const, ['engine, typical day', TYPICAL] as const]) {
      const program = 'path' in twin ? start(twin.path, []) : undefined;
      try {
        figures.push(...(await measure(name, size, dir, program, 'absent' in twin ? twin.absent : '')));
      } finally {
        await program?.stop();
      }
    }
    return figures;
  } finally {
    fs.rmSync(dir, { recursive: true, force: true });
  }
}

async function measure(name: string, size: Size, dir: string, twin: Program | undefined, absent: string): Promise<Figure[]> {
  const workload = createWorkload(SEED, size);
  const engine = createEngine();
  const file = join(dir, 'commands');
  const ours: number[] = [];
  const peer: number[] = [];
  const one = async (batch: Batch): Promise<void> => {
    fs.writeFileSync(file, batch.bytes);
    const mine = engine.run(batch);
    ours.push(mine.ns / batch.count);
    if (twin === undefined) return;
    const other = await twin.ask<Sums>(file);
    peer.push(other.ns / batch.count);
    for (const key of ['events', 'eventBytes', 'live', 'used', 'long', 'short'] as const)
      if (mine[key] !== other[key]) throw new Error(`twin differs in ${key}: ${mine[key]} and ${other[key]}`);
  };
  await one(workload.resting());
  await one(workload.round());
  ours.length = 0;
  peer.length = 0;
  const collections = observeCollections();
  for (let round = 0; round < ROUNDS; round++) await one(workload.round());
  const { major, minor } = await collections();
  const mine = median(ours);
  const theirs = peer.length === 0 ? null : median(peer);
  const ratio = theirs === null ? null : median(ours.map((ns, i) => ns / (peer[i] as number)));
  const note = `${size.listings} listings × ${size.accounts} accounts, ${engine.live()} live orders; client and hedge node, events written${absent === '' ? '' : `; ${absent}`}`;
  const common = { unit: 'ns', rounds: ROUNDS };
  return [
    {
      ...common,
      name: `${name}: command`,
      ours: mine,
      peer: theirs,
      ratio,
      bar: 'ratio ≤ 2',
      holds: ratio === null ? null : ratio <= 2,
      note,
    },
    {
      ...common,
      name: `${name}: command, absolute`,
      ours: mine,
      peer: null,
      ratio: null,
      bar: '≤ 300',
      holds: mine <= 300,
      note,
    },
    {
      ...common,
      name: `${name}: major collections`,
      unit: 'collections',
      ours: major,
      peer: null,
      ratio: null,
      bar: '= 0',
      holds: major === 0,
      note: `${minor} minor collections, the workload's own included`,
    },
  ];
}

/** Collections inside the engine's timed part only: those of generating and writing commands are not its own. */
function observeCollections(): () => Promise<{ major: number; minor: number }> {
  let major = 0;
  let minor = 0;
  const observer = new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) {
      const within = spans.some(([from, to]) => entry.startTime >= from && entry.startTime <= to);
      if (!within) continue;
      if ((entry as unknown as { detail: { kind: number } }).detail.kind === 4) major++;
      else minor++;
    }
  });
  observer.observe({ entryTypes: ['gc'] });
  return async () => {
    await new Promise((resolve) => setTimeout(resolve, 50));
    observer.disconnect();
    return { major, minor };
  };
}
const spans: [number, number][] = [];

function createEngine() {
  const node = new MarketNode(MARKET);
  define(node);
  const sink = new RingSink();
  // The day opens before anything is counted: the twin's market is open from the start.
  const open = encodeCommand({ name: 'time', body: {} }, OPEN);
  sink.command(0, OPEN);
  node.apply(new DataView(open.buffer, open.byteOffset, open.byteLength), 0, 0, sink);
  sink.events = 0;
  sink.bytes = 0;
  let seq = 0;
  return {
    live: () => node.client.orders.liveCount,
    run({ bytes, count }: Batch): Sums {
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      const from = performance.now();
      let at = 0;
      for (let i = 0; i < count; i++) {
        seq++;
        sink.command(seq, view.getFloat64(at + 8, true));
        node.apply(view, at, seq, sink);
        at += view.getUint32(at, true);
      }
      const to = performance.now();
      spans.push([from, to]);
      const { cells, positions, orders } = node.client;
      const sum = (column: Float64Array, rows: Iterable<number>): number => {
        let total = 0;
        for (const row of rows) total += column[row] as number;
        return total;
      };
      return {
        ns: (to - from) * 1e6,
        events: sink.events,
        eventBytes: sink.bytes,
        live: orders.liveCount,
        used: sum(cells.used, cells.used.keys()),
        long: sum(positions.long, positions.rows()),
        short: sum(positions.short, positions.rows()),
      };
    },
  };
}

/** The market of the workload, put straight into the tables: 120,000 facts as commands would take longer than the bench. */
function define(node: MarketNode): void {
  const { client, hedge } = node;
  const taken = (ok: boolean): void => {
    if (!ok) throw new Error('a fact of the workload was refused');
  };
  const rates = [{ from: 'USD', to: 'CNY', rate: 611_958_444 }];
  for (let listing = 1; listing <= LISTINGS; listing++) {
    const body = { listing, security: listing, issuer: listing, mic: MARKET, symbol: `S${listing}`, currency: 'USD', lot: 100 };
    const rules = {
      collarPpm: 200_000,
      quantityMax: 1_000_000,
      notionalMax: 100_000_000_000,
      priceAgeMax: 1e12,
      shortAllowed: true,
    };
    taken(client.listings.define({ ...body, ...rules, ticks: [{ from: 0, tick: 100 }] }, client.currencies));
    client.listings.firmList[listing] = 1;
    client.listings.bid[listing] = midOf(listing) - 100;
    client.listings.ask[listing] = midOf(listing) + 100;
    client.listings.sourceTime[listing] = OPEN;
    hedge.accounts.setBorrow(hedge.accounts.row(1, listing), 1_000_000_000);
  }
  const cellOf = (cell: number, currency: string, measure: 'initial-margin' | 'notional') => {
    taken(client.cells.define({ cell, scope: 'master', scopeId: cell, measure, currency, issuer: null }, client.currencies));
    client.cells.granted[cell] = 2 ** 50;
  };
  const route = { route: 1, entity: 1, session: 2, mic: MARKET, tradingAccount: 'HOUSE', shortAllowed: true };
  client.routes.define(route);
  hedge.routes.define(route);
  hedge.sessions.define({ session: 2, role: 'hedge', accounts: [] });
  client.sessions.define({ session: 1, role: 'client', accounts: Array.from({ length: ACCOUNTS }, (_, i) => i + 1) });
  cellOf(2 * ACCOUNTS + 1, 'USD', 'notional');
  for (let account = 1; account <= ACCOUNTS; account++) {
    const mainland = account % 2 === 0;
    const money = mainland ? 'CNY' : 'USD';
    cellOf(2 * account - 1, money, 'initial-margin');
    cellOf(2 * account, money, 'initial-margin');
    const who = {
      account,
      client: account,
      group: 1,
      master: account,
      sub: account,
      entity: 1,
      minorDigits: 2,
      permission: 1,
      route: 1,
    };
    const terms = { marginPpm: 200_000, feeBufferPpm: 5_000, positionMax: 1e12, orderRateMax: 1e9 };
    const cells = [2 * account - 1, 2 * account, 2 * ACCOUNTS + 1];
    const basis = mainland ? ('composite' as const) : ('local' as const);
    taken(client.accounts.define({ ...who, ...terms, basis, settlementCurrency: money, cells }, client.currencies));
  }
  taken(client.currencies.apply({ rateSet: 1, publishedAt: 0, rates }));
  const phase = {
    phase: 'continuous',
    start: OPEN,
    end: OPEN + 1e12,
    allowNew: true,
    allowReplace: true,
    allowCancel: true,
    types: [1, 2],
  };
  taken(client.day.define({ date: '2013-10-07', open: OPEN, close: OPEN + 1e12, phases: [phase] }, 0));
  client.orders.reserve(1 << 21);
  client.requests.reserve(1 << 21);
  client.positions.reserve(1 << 22);
  client.fills.reserve(1 << 20);
  hedge.children.reserve(1 << 21);
  hedge.executions.reserve(1 << 20);
}

/** Event frames into a ring, as the log's buffer takes them. */
class RingSink implements EventSink {
  readonly view = new DataView(new ArrayBuffer((16 << 20) + (1 << 14)));
  nextK = 0;
  events = 0;
  bytes = 0;
  #seq = 0.5;
  #time = 0.5;
  #at = 0;
  #type = 0;

  command(seq: number, time: number): void {
    this.#seq = seq;
    this.#time = time;
    this.nextK = 0;
    if (this.#at > 16 << 20) this.#at = 0;
  }

  begin(type: number): number {
    this.#type = type;
    return this.#at + EVENT_HEADER_BYTES;
  }

  end(offset: number): void {
    const { view } = this;
    const at = this.#at;
    view.setUint32(at, offset - at, true);
    view.setUint16(at + 4, this.#type, true);
    view.setUint16(at + 6, 1, true);
    view.setFloat64(at + 8, this.#time, true);
    view.setFloat64(at + 16, this.#seq, true);
    view.setUint32(at + 24, this.nextK++, true);
    view.setUint32(at + 28, 0, true);
    this.events++;
    this.bytes += offset - at;
    this.#at = offset;
  }

  emit(_event: Event): void {
    throw new Error('hot commands write in place');
  }
}

if (import.meta.main) print(await run());
