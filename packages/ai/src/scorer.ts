import { Worker } from 'node:worker_threads';
import { type Logger, silentLogger } from '@meridian/base';
import type { Features, SealedArtefact } from './artefact.ts';
import { type Breaker, openBreaker } from './breaker.ts';

/** A score later than this is none. */
export const DEADLINE_MS = 20;

/** Why the model did not answer. `starting`: its worker is being (re)started, which is no fault of its own. */
export type ScorerFault = 'starting' | 'breaker' | 'deadline' | 'crash' | 'not-a-number' | 'out-of-range' | 'wrong-artefact';

export type Scored =
  | { readonly score: number; readonly fault: null; readonly latencyUs: number }
  | { readonly score: null; readonly fault: ScorerFault; readonly latencyUs: number };

export type ToWorker =
  | { readonly kind: 'load'; readonly body: string }
  | { readonly kind: 'score'; readonly id: number; readonly sha256: string; readonly features: Features };
export type FromWorker =
  | { readonly kind: 'loaded'; readonly sha256: string }
  | { readonly kind: 'scored'; readonly id: number; readonly sha256: string; readonly score: number };

export interface ScorerOptions {
  readonly logger?: Logger;
  /** Default {@link DEADLINE_MS}. */
  readonly deadlineMs?: number;
  /** Another program to score with; tests inject faults by it. */
  readonly worker?: URL;
  readonly workerData?: unknown;
  /** Monotonic milliseconds; default performance.now. */
  readonly now?: () => number;
}

/**
 * Scores in a worker thread of its own. A scoring function on our thread could not be timed out, and one that spins would
 * take the house with it. Never throws and never waits longer than the deadline: what cannot be answered is a fault, and
 * whoever asked falls back to the rule. AI-c
 */
export interface Scorer {
  /** Makes an artefact known to the worker, now and after every restart; resolves when it is loaded. */
  load(artefact: SealedArtefact): Promise<void>;
  score(sha256: string, features: Features): Promise<Scored>;
  /** Faults by kind since it was opened. */
  readonly faults: Readonly<Partial<Record<ScorerFault, number>>>;
  readonly breaker: Breaker['state'];
  /** Workers started so far. */
  readonly starts: number;
  close(): Promise<void>;
}

interface Waiting {
  readonly sha256: string;
  readonly settle: (outcome: number | ScorerFault) => void;
}

export function openScorer(options: ScorerOptions = {}): Scorer {
  const { logger = silentLogger, deadlineMs = DEADLINE_MS, now = () => performance.now() } = options;
  const program = options.worker ?? new URL('./scorer-worker.ts', import.meta.url);
  const breaker = openBreaker(now);
  const known = new Map<string, SealedArtefact>();
  const faults: Partial<Record<ScorerFault, number>> = {};
  const waiting = new Map<number, Waiting>();
  const loading = new Map<string, (() => void)[]>();
  let loaded = new Set<string>();
  let worker: Worker | undefined;
  let [lastId, starts, isClosed] = [0, 0, false];

  function start(): void {
    if (isClosed) return;
    starts++;
    loaded = new Set();
    const fresh = new Worker(program, { workerData: options.workerData ?? null, stdout: false, stderr: true });
    worker = fresh;
    // What a worker that was replaced still says counts for nothing.
    fresh.on('message', (message: FromWorker) => void (worker === fresh && hear(message)));
    fresh.on('error', () => void (worker === fresh && replace('crash')));
    fresh.on('exit', () => void (worker === fresh && replace('crash')));
    for (const { body } of known.values()) fresh.postMessage({ kind: 'load', body } satisfies ToWorker);
    // It keeps the process alive only while somebody waits for it. Listening to it takes that back: so last.
    if (loading.size === 0) fresh.unref();
  }

  /** The worker is not to be trusted any more: everything it still owes is answered by its fault. */
  function replace(fault: ScorerFault): void {
    const gone = worker;
    worker = undefined;
    loaded = new Set();
    void gone?.terminate();
    for (const [id, { settle }] of [...waiting]) {
      waiting.delete(id);
      settle(fault);
    }
    // Not in the same turn: a worker that dies at once would be started for ever without a pause.
    setTimeout(start, Math.min(1_000, 2 ** Math.min(starts, 10)));
  }

  function hear(message: FromWorker): void {
    if (message.kind === 'loaded') {
      if (!known.has(message.sha256)) return;
      loaded.add(message.sha256);
      for (const done of loading.get(message.sha256) ?? []) done();
      loading.delete(message.sha256);
      if (loading.size === 0) worker?.unref();
      return;
    }
    const asked = waiting.get(message.id);
    if (asked === undefined) return; // Too late: it was answered by the rule.
    waiting.delete(message.id);
    const { score } = message;
    if (message.sha256 !== asked.sha256) asked.settle('wrong-artefact');
    else if (typeof score !== 'number' || Number.isNaN(score)) asked.settle('not-a-number');
    else asked.settle(score >= 0 && score <= 1 ? score : 'out-of-range');
  }

  function ask(sha256: string, features: Features): Promise<number | ScorerFault> {
    const id = ++lastId;
    return new Promise((resolve) => {
      // When our own thread was busy, the answer may lie there unread: it is looked for once before it counts as late.
      const late = () => {
        if (!waiting.delete(id)) return;
        resolve('deadline');
        replace('deadline');
      };
      const timer = setTimeout(() => setImmediate(late), deadlineMs);
      waiting.set(id, {
        sha256,
        settle(outcome) {
          clearTimeout(timer);
          resolve(outcome);
        },
      });
      worker?.postMessage({ kind: 'score', id, sha256, features } satisfies ToWorker);
    });
  }

  function fault(kind: ScorerFault, begun: number): Scored {
    faults[kind] = (faults[kind] ?? 0) + 1;
    return { score: null, fault: kind, latencyUs: Math.round((now() - begun) * 1_000) };
  }

  start();
  return {
    load(artefact) {
      known.set(artefact.sha256, artefact);
      if (loaded.has(artefact.sha256)) return Promise.resolve();
      return new Promise((resolve) => {
        loading.set(artefact.sha256, [...(loading.get(artefact.sha256) ?? []), resolve]);
        worker?.ref();
        worker?.postMessage({ kind: 'load', body: artefact.body } satisfies ToWorker);
      });
    },
    async score(sha256, features) {
      const begun = now();
      if (worker === undefined || !loaded.has(sha256)) return fault('starting', begun);
      if (!breaker.admit()) return fault('breaker', begun);
      const outcome = await ask(sha256, features);
      if (typeof outcome === 'number') {
        breaker.succeeded();
        return { score: outcome, fault: null, latencyUs: Math.round((now() - begun) * 1_000) };
      }
      breaker.failed();
      logger.warn('a model did not answer', { fault: outcome });
      return fault(outcome, begun);
    },
    get faults() {
      return { ...faults };
    },
    get breaker() {
      return breaker.state;
    },
    get starts() {
      return starts;
    },
    async close() {
      isClosed = true;
      const gone = worker;
      worker = undefined;
      for (const [id, { settle }] of [...waiting]) {
        waiting.delete(id);
        settle('crash');
      }
      await gone?.terminate();
    },
  };
}
