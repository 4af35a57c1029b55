import { parentPort, workerData } from 'node:worker_threads';
import { type Artefact, openArtefact, score } from './artefact.ts';
import { sha256 } from './digest.ts';
import { standBehind } from './priority.ts';
import type { FromWorker, ToWorker } from './scorer.ts';

/** What goes wrong with a model, from which of its decisions on; `calls` counts over restarts. */
export interface FaultPlan {
  readonly fault: 'crash' | 'hang' | 'spin' | 'nan' | 'range' | 'late' | 'hash' | 'none';
  readonly from: number;
  /** Decisions that go wrong; after them the model is well again. */
  readonly times: number;
  readonly calls: SharedArrayBuffer;
  readonly lateMs: number;
}

const plan = workerData as FaultPlan;
const calls = new Int32Array(plan.calls);
standBehind();
const models = new Map<string, Artefact>();

parentPort?.on('message', (message: ToWorker) => {
  const reply = (answer: FromWorker) => parentPort?.postMessage(answer);
  if (message.kind === 'load') {
    models.set(sha256(message.body), openArtefact(message.body));
    reply({ kind: 'loaded', sha256: sha256(message.body) });
    return;
  }
  const call = Atomics.add(calls, 0, 1);
  const right = score(models.get(message.sha256) as Artefact, message.features);
  const answer = { kind: 'scored', id: message.id, sha256: message.sha256, score: right } as const;
  if (call < plan.from || call >= plan.from + plan.times) return reply(answer);
  switch (plan.fault) {
    case 'crash':
      process.exit(1);
      break;
    case 'hang':
      break;
    case 'spin':
      for (;;);
    case 'nan':
      return reply({ ...answer, score: Number.NaN });
    case 'range':
      return reply({ ...answer, score: 7 });
    case 'late':
      setTimeout(() => reply(answer), plan.lateMs);
      break;
    case 'hash':
      return reply({ ...answer, sha256: '0'.repeat(64) });
    default:
      return reply(answer);
  }
});
