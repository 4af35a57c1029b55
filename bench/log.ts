import fs from 'node:fs';
import { join } from 'node:path';
import { openSequencer, replay, type Sequencer, type StateMachine } from '@meridian/log';
import { encodeCommand } from '@meridian/messages';
import { createBareDisk, scratch } from './bare-disk.ts';
import { type Figure, median, print } from './figure.ts';

/**
 * The log against the bare disk: a closed loop of C commands in flight through group commit, beside one thread-pool
 * write + fdatasync of as many bytes into a preallocated file. Rounds alternate, so that both meet the same minute.
 */
const IN_FLIGHT = [1, 16, 128, 1_024];
const ROUNDS = 7;

const order = encodeCommand(
  {
    name: 'new-order',
    body: {
      session: 1,
      inSeq: 1,
      account: 1,
      listing: 1,
      side: 1,
      effect: 1,
      type: 2,
      tif: 0,
      quantity: 100,
      price: 1_674_100,
      fault: 0,
      clOrdId: 'A-2013-10-07-000001',
    },
  },
  1,
);

/** Answers each command with one event of 40 bytes and does nothing else. */
const echo: StateMachine = {
  apply(_view, _offset, seq, out) {
    const at = out.begin(1);
    out.view.setFloat64(at, seq, true);
    out.end(at + 8);
  },
  save: () => new Uint8Array(0),
  restore() {},
};

export async function run(): Promise<Figure[]> {
  const dir = fs.mkdtempSync(join(scratch(), 'meridian-bench-log-'));
  try {
    return [...(await groupCommit(dir)), ...(await throughput(dir))];
  } finally {
    fs.rmSync(dir, { recursive: true, force: true });
  }
}

async function groupCommit(dir: string): Promise<Figure[]> {
  const sequencer = await openSequencer({ dir: join(dir, 'group'), market: 'BENCH', machine: echo, snapshotEvery: 0 });
  const drive = createDriver(sequencer);
  const bare = createBareDisk(join(dir, 'bare'));
  const figures: Figure[] = [];
  await drive(16, 50);
  await bare.write(order.length, 50);
  for (const inFlight of IN_FLIGHT) {
    const commits = inFlight >= 1_024 ? 80 : 200;
    const ours: number[] = [];
    const peer: number[] = [];
    const rates: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      const measured = await drive(inFlight, commits);
      ours.push(measured.p50);
      rates.push(measured.perSecond);
      peer.push(await bare.write(inFlight * order.length, commits));
    }
    const ratio = median(ours) / median(peer);
    const shallow = inFlight < 1_024;
    figures.push({
      name: `log group commit p50, ${inFlight} in flight`,
      unit: 'µs',
      ours: round(median(ours)),
      peer: round(median(peer)),
      ratio: round(ratio),
      bar: shallow ? 'ratio ≤ 1.6' : 'none: at this depth the rate is asked for',
      holds: shallow ? ratio <= 1.6 : null,
      rounds: ROUNDS,
      note: `peer: thread-pool write + fdatasync of ${inFlight * order.length} bytes, preallocated file`,
    });
    if (!shallow) figures.push(absolute('log group commit rate, 1024 in flight', rates, 100_000, 'commands durable'));
  }
  await sequencer.close();
  bare.close();
  return figures;
}

/** A closed loop: each command that became durable is followed by another one in its place. */
function createDriver(sequencer: Sequencer) {
  let onCommit: ((count: number) => void) | undefined;
  sequencer.onCommitted((events) => onCommit?.(events.lastSeq - events.firstSeq + 1));
  return (inFlight: number, commits: number) =>
    new Promise<{ p50: number; perSecond: number }>((resolve) => {
      const latencies: number[] = [];
      const begun = performance.now();
      let sentAt = begun;
      let done = 0;
      onCommit = (count) => {
        const now = performance.now();
        done += count;
        latencies.push((now - sentAt) * 1_000);
        if (latencies.length < commits) {
          sentAt = now;
          for (let n = 0; n < count; n++) sequencer.submit(order);
        } else {
          onCommit = undefined;
          resolve({ p50: median(latencies), perSecond: (done / (now - begun)) * 1_000 });
        }
      };
      for (let n = 0; n < inFlight; n++) sequencer.submit(order);
    });
}

async function throughput(dir: string): Promise<Figure[]> {
  const commands = 300_000;
  const submitted: number[] = [];
  const replayed: number[] = [];
  for (let n = 0; n < 3; n++) {
    const folder = join(dir, `rate-${n}`);
    const options = { dir: folder, market: 'BENCH', machine: echo, snapshotEvery: 0, syncPolicy: 'page-cache' } as const;
    const sequencer = await openSequencer(options);
    const begun = performance.now();
    for (let sent = 0; sent < commands; ) {
      for (let burst = 0; burst < 4_096 && sent < commands; burst++, sent++) sequencer.submit(order);
      await sequencer.committed(Math.max(1, sent - 8_192));
    }
    await sequencer.committed(commands);
    submitted.push((commands / (performance.now() - begun)) * 1_000);
    await sequencer.close();
    const { seconds, stateHash } = await replay(folder, echo);
    if (stateHash !== sequencer.stateHash) throw new Error('replay came to another hash');
    replayed.push(commands / seconds);
    fs.rmSync(folder, { recursive: true });
  }
  return [
    absolute('log rate in page cache, trivial machine', submitted, 1_000_000, 'submitted, applied, written, events filed'),
    absolute('log replay, trivial machine', replayed, 3_000_000, 'equal hash; read and checked from the page cache'),
  ];
}

function absolute(name: string, rates: readonly number[], bar: number, note: string): Figure {
  const ours = Math.round(median(rates));
  return { name, unit: '1/s', ours, peer: null, ratio: null, bar: `≥ ${bar}`, holds: ours >= bar, rounds: rates.length, note };
}

const round = (value: number) => Math.round(value * 100) / 100;

if (import.meta.main) print(await run());
