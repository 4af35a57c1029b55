import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { openScorer, ruleScore, type Scorer, shippedEarlyWarning } from '@meridian/ai';
import { type Figure, median, print } from './figure.ts';

/**
 * What a faulty model adds to a decision: the worst of four hundred, fault by fault, with the real deadline of 20 ms, beside bare
 * timers of 20 ms. A decision is the scorer's answer, or the rule's when there is none. Rounds alternate between the faults.
 */
const DECISIONS = 400;
const FAULT_AT = 100;
const ROUNDS = 5;
const LIMIT_MS = 25;
const FAULTS = ['none', 'crash', 'hang', 'spin', 'nan', 'range', 'late', 'hash'] as const;
type Fault = (typeof FAULTS)[number];
/** Found out by the deadline alone. */
const WAITS: ReadonlySet<Fault> = new Set(['hang', 'spin', 'late']);

/** Goes wrong from its hundredth decision on. Plain JavaScript: it only plays the part of a model. */
const FAULTY = `
  import { parentPort, workerData } from 'node:worker_threads';
  const calls = new Int32Array(workerData.calls);
  parentPort.on('message', (message) => {
    if (message.kind === 'load') return parentPort.postMessage({ kind: 'loaded', sha256: workerData.sha256 });
    const answer = { kind: 'scored', id: message.id, sha256: message.sha256, score: 0.1 };
    if (Atomics.add(calls, 0, 1) < ${FAULT_AT}) return parentPort.postMessage(answer);
    switch (workerData.fault) {
      case 'crash': process.exit(1);
      case 'hang': return;
      case 'spin': for (;;);
      case 'nan': return parentPort.postMessage({ ...answer, score: NaN });
      case 'range': return parentPort.postMessage({ ...answer, score: 7 });
      case 'late': return setTimeout(() => parentPort.postMessage(answer), 60);
      case 'hash': return parentPort.postMessage({ ...answer, sha256: 'another' });
      default: parentPort.postMessage(answer);
    }
  });`;

interface Round {
  readonly worstMs: number;
  /** The worst of as many bare timers of 20 ms in the same round: what the machine itself adds. */
  readonly timerMs: number;
  readonly medianUs: number;
  readonly unanswered: number;
  readonly firstRule: number;
}

export async function run(): Promise<Figure[]> {
  const rounds = new Map<Fault, Round[]>(FAULTS.map((fault) => [fault, []]));
  for (let round = 0; round < ROUNDS; round++) for (const fault of FAULTS) rounds.get(fault)?.push(await measure(fault));
  const figures = FAULTS.filter((fault) => fault !== 'none').map((fault): Figure => {
    const of = rounds.get(fault) as Round[];
    const worst = median(of.map(({ worstMs }) => worstMs));
    const waits = WAITS.has(fault);
    const timer = waits ? median(of.map(({ timerMs }) => timerMs)) : null;
    const unanswered = of.reduce((sum, each) => sum + each.unanswered, 0);
    const late = of.filter(({ firstRule }) => firstRule !== FAULT_AT).length;
    return {
      ...{
        name: `ai, ${fault}: worst decision of ${DECISIONS}`,
        unit: 'ms',
        ours: worst,
        peer: timer,
        ratio: timer === null ? null : worst / timer,
      },
      ...{ bar: `≤ ${LIMIT_MS}, 0 unanswered`, holds: worst <= LIMIT_MS && unanswered === 0, rounds: ROUNDS },
      note: `${unanswered} unanswered; ${late === 0 ? 'the rule answered at the faulted decision' : `${late} rounds fell back elsewhere: the machine was busy`}`,
    };
  });
  const hop = median((rounds.get('none') as Round[]).map(({ medianUs }) => medianUs));
  return [
    ...figures,
    {
      ...{ name: 'ai, a score through the worker', unit: 'µs', ours: hop, peer: null, ratio: null },
      ...{ bar: '', holds: null, rounds: ROUNDS, note: 'median' },
    },
  ];
}

async function measure(fault: Fault): Promise<Round> {
  const artefact = shippedEarlyWarning();
  const workerData = { fault, calls: new SharedArrayBuffer(4), sha256: artefact.sha256 };
  const worker = new URL(`data:text/javascript,${encodeURIComponent(FAULTY)}`);
  const scorer = openScorer({ worker, workerData });
  await scorer.load(artefact);
  const features = { dtb: 1, cover: 1.2, volTurn: 0, concentration: 0.5, netGross: 1 };
  const spent: number[] = [];
  let [unanswered, firstRule] = [0, -1];
  for (let i = 0; i < DECISIONS; i++) {
    if (i > FAULT_AT && i < FAULT_AT + 6) await again(scorer);
    const begun = performance.now();
    const scored = await scorer.score(artefact.sha256, features);
    const answer = scored.score ?? ruleScore(features.dtb);
    spent.push(performance.now() - begun);
    if (scored.fault !== null && firstRule < 0) firstRule = i;
    if (!(answer >= 0 && answer <= 1)) unanswered++;
  }
  await scorer.close();
  return { worstMs: Math.max(...spent), timerMs: await bareTimers(), medianUs: median(spent) * 1_000, unanswered, firstRule };

  /** The faulty model is back before it is asked again: otherwise only the first fault would cost anything. */
  async function again(of: Scorer): Promise<void> {
    await of.load(artefact);
  }
}

async function bareTimers(): Promise<number> {
  let worst = 0;
  for (let i = 0; i < 3; i++) {
    const begun = performance.now();
    await new Promise((resolve) => setTimeout(resolve, 20));
    worst = Math.max(worst, performance.now() - begun);
  }
  return worst;
}

// A worker that was never started costs a second; one is started before anything is timed.
const warm = new Worker('', { eval: true });
await once(warm, 'exit');

if (import.meta.main) print(await run());
