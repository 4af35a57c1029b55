import {
  type Artefact,
  logistic,
  type SealedArtefact,
  score,
  seal,
  type Term,
  type Transform,
  transformed,
} from './artefact.ts';
import { calibrationOf } from './calibration.ts';
import { buildTrainingData, type LabelledRow, type Provenance } from './dataset.ts';
import { type GateVerdict, judge } from './gate.ts';
import { fitLogistic } from './logistic.ts';
import type { PriceHistory } from './price-history.ts';
import type { DatasetRecord } from './registry.ts';
import { ruleScore } from './rule.ts';

/** The use case of this model and nothing else (保证金不足预警). */
export const MARGIN_SHORTFALL = 'margin-shortfall';
/** Moves with whatever changes the numbers: features, simulation, fit. */
export const TRAINING_CODE = 'margin-shortfall-training-1';

const TERMS: readonly (readonly [feature: string, transform: Transform])[] = [
  ...([
    ['dtb', 'rule-logit'],
    ['cover', 'log'],
    ['volTurn', 'identity'],
  ] as const),
  ...([
    ['concentration', 'identity'],
    ['netGross', 'identity'],
  ] as const),
];
const RIDGE = 1;
/** Edges of what counts, as shares of the training rows. */
const [EDGE_LOW, EDGE_HIGH] = [0.001, 0.999];
/** The rule's own line; the model's is put where it warns equally often. */
const RULE_LINE = 0.2;

export interface Trained {
  readonly artefact: SealedArtefact;
  readonly dataset: DatasetRecord;
  readonly verdict: GateVerdict;
  readonly iterations: number;
  readonly trainedFrom: string;
  readonly trainedTo: string;
  readonly rows: { readonly fit: number; readonly calibrate: number; readonly test: number };
}

/**
 * Trains the early warning from a price history and puts it before the gate. Deterministic: the same file and seed give
 * the same bytes. The verdict is part of the answer; whether a refused model is kept is the caller's to say.
 */
export function trainEarlyWarning(history: PriceHistory, seed: number, provenance: Provenance): Trained {
  const { fit, calibrate, test, cuts, record } = buildTrainingData(history, seed, provenance);
  const first = fitted(fit, calibrate, seed);
  const verdict = judge({ model: first.model, fit, test, refit: (rows) => fitted(rows, calibrate, seed).model, seed });
  const rounded = (figures: object) =>
    Object.fromEntries(Object.entries(figures).map(([name, value]) => [name, +value.toFixed(5)]));
  const training = {
    ...{ code: TRAINING_CODE, seed, dataset: record.id, sha256: record.sha256, file: record.title },
    ...{ source: record.source, licence: record.licence, mayShip: record.mayShip, simulated: record.simulated },
    ...{ from: history.firstDate, fitUntil: cuts[0], calibratedUntil: cuts[1], testedUntil: history.lastDate },
    rows: { fit: fit.length, calibrate: calibrate.length, test: test.length },
    test: { model: rounded(verdict.figures.model), rule: rounded(verdict.figures.rule) },
    gate: { holds: verdict.holds, reasons: verdict.reasons },
  };
  return {
    artefact: seal({ ...first.model, training }),
    ...{ dataset: record, verdict, iterations: first.iterations, trainedFrom: history.firstDate, trainedTo: cuts[1] },
    rows: training.rows,
  };
}

interface Fitted {
  readonly model: Artefact;
  readonly iterations: number;
}

function fitted(fit: readonly LabelledRow[], calibrate: readonly LabelledRow[], seed: number): Fitted {
  const terms = TERMS.map(([feature, transform]) => termOf(feature, transform, fit));
  const bare = (weights: readonly number[]) => terms.map((term, j): Term => ({ ...term, weight: weights[j] as number }));
  const x = new Float64Array(fit.length * terms.length);
  for (const [i, { features }] of fit.entries())
    for (const [j, term] of terms.entries()) {
      const value = transformed(term.transform, features[term.feature] as number);
      x[i * terms.length + j] = (Math.min(term.high, Math.max(term.low, value)) - term.centre) / term.scale;
    }
  const { intercept, weights, iterations } = fitLogistic(
    x,
    fit.map(({ label }) => label),
    terms.length,
    RIDGE,
  );
  const raw: Artefact = {
    ...{ format: 'meridian-model-1', useCase: MARGIN_SHORTFALL, kind: 'logistic', intercept, terms: bare(weights) },
    ...{ calibration: null, threshold: RULE_LINE, training: {} },
  };
  const odds = calibrate.map(({ features }) => {
    const p = score(raw, features);
    return Math.log(p) - Math.log1p(-p);
  });
  const calibration = calibrationOf(
    odds,
    calibrate.map(({ label }) => label),
    calibrate.map(({ date }) => date.slice(0, 7)),
    seed,
  );
  const scores = odds.map((z) => logistic(calibration === null ? z : calibration.slope * z + calibration.offset));
  return { model: { ...raw, calibration, threshold: lineOf(scores, calibrate) }, iterations };
}

function termOf(feature: string, transform: Transform, rows: readonly LabelledRow[]): Omit<Term, 'weight'> {
  const values = Float64Array.from(rows, ({ features }) => transformed(transform, features[feature] as number)).sort();
  const low = values[Math.floor(EDGE_LOW * values.length)] as number;
  const high = values[Math.min(values.length - 1, Math.floor(EDGE_HIGH * values.length))] as number;
  const clamped = values.map((value) => Math.min(high, Math.max(low, value)));
  const centre = clamped.reduce((sum, value) => sum + value, 0) / clamped.length;
  const spread = Math.sqrt(clamped.reduce((sum, value) => sum + (value - centre) ** 2, 0) / clamped.length);
  // A feature that never moves has nothing to say: its weight becomes nothing.
  return { feature, transform, low, high, centre, scale: spread > 0 ? spread : 1 };
}

/** The score from which the model warns as often as the rule does from its own line: people's time is what is scarce. */
function lineOf(scores: readonly number[], rows: readonly LabelledRow[]): number {
  const warned = rows.filter(({ features }) => ruleScore(features['dtb'] as number) >= RULE_LINE).length;
  const sorted = [...scores].sort((a, b) => b - a);
  const line = sorted[Math.max(0, warned - 1)] ?? RULE_LINE;
  return Math.min(0.95, Math.max(0.01, line));
}

/**
 * Puts a model that is already made before the gate on another history: what an independent validator does. The history's own
 * earlier part stands in for training where a suite trains again. AI-a
 */
export function validateEarlyWarning(
  model: Artefact,
  history: PriceHistory,
  seed: number,
  provenance: Provenance,
): { readonly verdict: GateVerdict; readonly dataset: DatasetRecord } {
  const { fit, calibrate, test, record } = buildTrainingData(history, seed, provenance);
  const verdict = judge({ model, fit, test, refit: (rows) => fitted(rows, calibrate, seed).model, seed });
  return { verdict, dataset: record };
}
