import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { type Decider, openDecider, openScorer, type Scorer, shippedEarlyWarning } from '@meridian/ai';
import { wallClock } from '@meridian/base';
import { standBehindNodes } from '../../packages/server/src/process/priority.ts';

/**
 * What scores in the house, beside a market's node: the shipped model in its worker, asked at a steady rate by the decider that
 * falls back to the rule. Takes one request a line and answers with one line of JSON:
 *   off      nothing runs                                                            {"byModel":0,"byRules":0}
 *   on       200 decisions a second, by the model
 *   killed   the same, and the worker dies of every score it is asked for: three deaths at once, then the breaker leaves the
 *            model alone but for a probe two seconds later, and rules answer
 * An answer tells what was decided since the request before: by whom, and the deaths of workers.
 */
const PER_SECOND = 200;
const DYING = new URL('../../packages/ai/src/faulty-worker.fixture.ts', import.meta.url);

type State = 'off' | 'on' | 'killed';

const artefact = shippedEarlyWarning();
const useCase = artefact.model.useCase;
const { terms } = artefact.model;
const champion = { version: 'shipped', artefact: artefact.sha256, useCase, since: 0 };
/** Fixture: the registry's answer, held in memory; what a database costs is no part of the order path. */
const registry = {
  routing: async () => ({ mode: 'model', champion, canary: null, shadow: [] }),
  artefact: async () => artefact.body,
} as unknown as Parameters<typeof openDecider>[0]['registry'];

standBehindNodes();
let counted = { byModel: 0, byRules: 0, deaths: 0 };
let stop: () => Promise<void> = async () => {};

function openModel(state: State): { readonly scorer: Scorer; readonly decider: Decider } {
  const plan = { fault: 'crash', from: 0, times: Number.MAX_SAFE_INTEGER, calls: new SharedArrayBuffer(4), lateMs: 0 };
  const scorer = openScorer(state === 'killed' ? { worker: DYING, workerData: plan } : {});
  return { scorer, decider: openDecider({ registry, scorer }) };
}

async function loaded(model: ReturnType<typeof openModel>) {
  await model.scorer.load(artefact);
  while (!(await model.decider.standby(useCase, 0)).models.has(artefact.sha256)) await delay(5);
  return model;
}

async function begin(state: State): Promise<() => Promise<void>> {
  if (state === 'off') return async () => {};
  const { scorer, decider } = await loaded(openModel(state));
  let n = 0;
  const timer = setInterval(async () => {
    const features = Object.fromEntries(terms.map(({ feature }, i) => [feature, 0.1 + ((n * (i + 3)) % 37) / 10]));
    const at = wallClock.now();
    const [answer] = await decider.decide(await decider.standby(useCase, at), `master ${n++}`, features, at);
    if (answer.fallback === null) counted.byModel++;
    else counted.byRules++;
    if (answer.fallback === 'crash') counted.deaths++;
  }, 1_000 / PER_SECOND);
  return async () => {
    clearInterval(timer);
    await scorer.close();
  };
}

process.stdout.write('{"ready":true}\n');
for await (const line of createInterface({ input: process.stdin })) {
  await stop();
  const told = counted;
  counted = { byModel: 0, byRules: 0, deaths: 0 };
  stop = await begin(line as State);
  process.stdout.write(`${JSON.stringify(told)}\n`);
}
