import { createHash } from 'node:crypto';
import { type Instant, type Logger, MICROS_PER_DAY, silentLogger } from '@meridian/base';
import { type Artefact, type Features, openArtefact } from './artefact.ts';
import type { VersionRecord } from './model-version.ts';
import type { ModelRegistry, Routing } from './registry.ts';
import { ruleScore } from './rule.ts';
import { DEADLINE_MS, type Scorer, type ScorerFault } from './scorer.ts';

/** The rule warns from here on: one chance in five that the account is short within five days. */
export const RULE_THRESHOLD = 0.2;

/** Why the rules answered. */
export type Fallback = ScorerFault | 'no-model' | 'switched-off' | 'registry' | 'insufficient-data';

export type Route = 'rules' | 'SHADOW' | 'CANARY' | 'CHAMPION';

/** One answer and who gave it. `artefact` is its bytes' hash; null for the rules. */
export interface Answer {
  readonly route: Route;
  readonly version: string | null;
  readonly artefact: string | null;
  readonly model: Artefact | null;
  readonly fallback: Fallback | null;
  readonly score: number;
  readonly threshold: number;
  readonly latencyUs: number;
}

/** What answers now, read once for a whole sweep over the accounts. */
export interface Standby {
  readonly routing: Routing | null;
  /** Models by hash, loaded into the scorer. */
  readonly models: ReadonlyMap<string, Artefact>;
}

export interface Decider {
  /** Asks the registry what is deployed; without an answer in time the rules alone stand ready. */
  standby(useCase: string, at: Instant): Promise<Standby>;
  /**
   * The answer for a subject, and beside it what the versions in the shadow would have said. Always answers: by the model
   * that is routed to, or by the rule at this very decision.
   */
  decide(standby: Standby, subject: string, features: Features, at: Instant): Promise<readonly [Answer, ...Answer[]]>;
}

/** Share of the accounts that meet a canary, by full days since it went out. The same accounts each time. */
export function canaryShare(since: Instant, at: Instant): number {
  const days = (at - since) / MICROS_PER_DAY;
  return days < 5 ? 0.05 : days < 10 ? 0.25 : 1;
}

/** Where a subject falls between 0 and 1, for ever. */
export function placeOf(useCase: string, subject: string): number {
  return createHash('sha256').update(`${useCase} ${subject}`).digest().readUInt32BE(0) / 2 ** 32;
}

export interface DeciderOptions {
  readonly registry: ModelRegistry;
  readonly scorer: Scorer;
  readonly logger?: Logger;
  /** Bound of the registry's answer; default {@link DEADLINE_MS}. */
  readonly deadlineMs?: number;
}

const NO_MODELS: ReadonlyMap<string, Artefact> = new Map();

export function openDecider({ registry, scorer, logger = silentLogger, deadlineMs = DEADLINE_MS }: DeciderOptions): Decider {
  const models = new Map<string, Artefact>();
  const fetching = new Set<string>();

  /** Fetches an artefact in the background: a decision never waits for it. */
  function fetchModel({ artefact: hash, version }: VersionRecord): void {
    if (models.has(hash) || fetching.has(hash)) return;
    fetching.add(hash);
    void (async () => {
      const body = await registry.artefact(hash);
      if (body === undefined) throw new Error('no such artefact');
      const model = openArtefact(body);
      await scorer.load({ sha256: hash, body, model });
      models.set(hash, model);
    })()
      .catch((error: unknown) => logger.warn('a model could not be loaded', { version, reason: (error as Error).message }))
      .finally(() => fetching.delete(hash));
  }

  function byRule(features: Features, fallback: Fallback, begun: number): Answer {
    return {
      ...{ route: 'rules', version: null, artefact: null, model: null, fallback, threshold: RULE_THRESHOLD },
      score: ruleScore(features['dtb'] as number),
      latencyUs: Math.round((performance.now() - begun) * 1_000),
    };
  }

  async function byModel(route: Route, version: VersionRecord, features: Features, begun: number): Promise<Answer> {
    const model = models.get(version.artefact);
    if (model === undefined) return byRule(features, 'starting', begun);
    const scored = await scorer.score(version.artefact, features);
    if (scored.fault !== null) return byRule(features, scored.fault, begun);
    return {
      ...{ route, version: version.version, artefact: version.artefact, model, fallback: null, threshold: model.threshold },
      ...{ score: scored.score, latencyUs: Math.round((performance.now() - begun) * 1_000) },
    };
  }

  return {
    async standby(useCase, at) {
      const routing = await within(deadlineMs, () => registry.routing(useCase, at)).catch((error: unknown) => {
        logger.warn('the registry did not answer', { use_case: useCase, reason: (error as Error).message });
        return null;
      });
      if (routing === null) return { routing: null, models: NO_MODELS };
      const live = [routing.champion, routing.canary, ...routing.shadow].filter((each) => each !== null);
      for (const version of live) fetchModel(version);
      return { routing, models };
    },
    async decide({ routing }, subject, features, at) {
      const begun = performance.now();
      if (routing === null) return [byRule(features, 'registry', begun)];
      if (routing.mode === 'rules') return [byRule(features, 'switched-off', begun)];
      const { champion, canary, shadow } = routing;
      const takesCanary = canary !== null && placeOf(canary.useCase, subject) < canaryShare(canary.since, at);
      const chosen = takesCanary ? canary : champion;
      const answer =
        chosen === null
          ? byRule(features, 'no-model', begun)
          : await byModel(takesCanary ? 'CANARY' : 'CHAMPION', chosen, features, begun);
      const beside: Answer[] = [];
      // A canary is watched on the accounts that do not meet it, too.
      for (const version of canary !== null && !takesCanary ? [...shadow, canary] : shadow) {
        const silent = await byModel('SHADOW', version, features, performance.now());
        if (silent.fallback === null) beside.push(silent);
      }
      return [answer, ...beside];
    },
  };
}

/** @throws Error after the deadline, whatever the work still does */
async function within<T>(deadlineMs: number, work: () => Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${deadlineMs} ms`)), deadlineMs);
  });
  try {
    return await Promise.race([work(), late]);
  } finally {
    clearTimeout(timer);
  }
}
