import { parentPort } from 'node:worker_threads';
import { type Artefact, openArtefact, score } from './artefact.ts';
import { sha256 } from './digest.ts';
import { standBehind } from './priority.ts';
import type { FromWorker, ToWorker } from './scorer.ts';

/** Scores apart from the house's own thread: whatever happens to a model happens here. */
standBehind();
const models = new Map<string, Artefact>();

parentPort?.on('message', (message: ToWorker) => {
  const reply = (answer: FromWorker) => parentPort?.postMessage(answer);
  if (message.kind === 'load') {
    // Hashed here again: what is scored with is what arrived.
    const hash = sha256(message.body);
    models.set(hash, openArtefact(message.body));
    reply({ kind: 'loaded', sha256: hash });
    return;
  }
  const model = models.get(message.sha256);
  const value = model === undefined ? Number.NaN : score(model, message.features);
  reply({ kind: 'scored', id: message.id, sha256: model === undefined ? '' : message.sha256, score: value });
});
