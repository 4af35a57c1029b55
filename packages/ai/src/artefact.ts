import { canonicalJson, parseJson } from '@meridian/base';
import { sha256 } from './digest.ts';
import { problem } from './problems.ts';
import { ruleScore } from './rule.ts';

/** How a feature enters the sum. `rule-logit`: the log odds that the rule gives; `log`: of something positive. */
export const TRANSFORMS = ['identity', 'log', 'rule-logit'] as const;
export type Transform = (typeof TRANSFORMS)[number];

/** One term: weight × (clamp(transform(value)) − centre) ÷ scale. Outside what was seen in training, the edge counts. */
export interface Term {
  readonly feature: string;
  readonly transform: Transform;
  readonly low: number;
  readonly high: number;
  readonly centre: number;
  readonly scale: number;
  readonly weight: number;
}

/** Applied to the log odds: σ(slope·z + offset) (Platt), kept only where a validation slice showed a gain. */
export interface Calibration {
  readonly slope: number;
  readonly offset: number;
}

/** A model as it is kept, hashed, sent to the scorer and shipped: canonical JSON, nothing that runs. */
export interface Artefact {
  readonly format: 'meridian-model-1';
  readonly useCase: string;
  readonly kind: 'logistic';
  readonly intercept: number;
  readonly terms: readonly Term[];
  readonly calibration: Calibration | null;
  /** From here on it warns. */
  readonly threshold: number;
  /** What it learnt from: names, licence and hash of the data, what in them is simulated, dates, seed. */
  readonly training: Readonly<Record<string, unknown>>;
}

/** A model and its bytes under their hash. */
export interface SealedArtefact {
  readonly sha256: string;
  readonly body: string;
  readonly model: Artefact;
}

export type Features = Readonly<Record<string, number>>;

const BOUNDS = { charsMax: 1_000_000, depthMax: 16 };

export function seal(model: Artefact): SealedArtefact {
  const body = canonicalJson(model);
  return { sha256: sha256(body), body, model: openArtefact(body) };
}

/** Reads an artefact and checks every member that scoring needs. @throws Problem ARTEFACT_INVALID */
export function openArtefact(body: string): Artefact {
  const refuse = (reason: string) => problem('ARTEFACT_INVALID', { reason });
  let model: Artefact;
  try {
    model = parseJson(body, BOUNDS) as Artefact;
  } catch (error) {
    throw problem('ARTEFACT_INVALID', { reason: 'it is no JSON' }, error);
  }
  if (typeof model !== 'object' || model === null || model.format !== 'meridian-model-1' || model.kind !== 'logistic')
    throw refuse('it is no meridian-model-1');
  if (canonicalJson(model) !== body) throw refuse('it is not in canonical form');
  if (typeof model.useCase !== 'string' || model.useCase === '') throw refuse('it names no use case');
  if (!Array.isArray(model.terms) || model.terms.length === 0) throw refuse('it has no terms');
  const numbers = [model.intercept, model.threshold, ...model.terms.flatMap(termNumbers)];
  if (model.calibration !== null) numbers.push(model.calibration?.slope, model.calibration?.offset);
  if (!numbers.every((each) => typeof each === 'number' && Number.isFinite(each))) throw refuse('a number is missing');
  if (!(model.threshold > 0 && model.threshold < 1)) throw refuse('the threshold is no probability');
  for (const { feature, transform, scale, low, high } of model.terms)
    if (typeof feature !== 'string' || !TRANSFORMS.includes(transform) || !(scale > 0) || low > high)
      throw refuse('a term is malformed');
  return model;
}

const termNumbers = ({ low, high, centre, scale, weight }: Term): number[] => [low, high, centre, scale, weight];

/** A term's share of the log odds. NaN when its feature is absent. */
export function contribution(term: Term, features: Features): number {
  const value = transformed(term.transform, features[term.feature] ?? Number.NaN);
  const clamped = Math.min(term.high, Math.max(term.low, value));
  return (term.weight * (clamped - term.centre)) / term.scale;
}

/** The rule's log odds are cut at ±12: beyond, doubles hold no odds. */
const ODDS_MAX = 12;

export function transformed(transform: Transform, value: number): number {
  if (transform === 'identity') return value;
  if (transform === 'log') return Math.log(value);
  const p = ruleScore(value);
  return Math.min(ODDS_MAX, Math.max(-ODDS_MAX, Math.log(p) - Math.log1p(-p)));
}

export const logistic = (logOdds: number): number =>
  logOdds >= 0 ? 1 / (1 + Math.exp(-logOdds)) : Math.exp(logOdds) / (1 + Math.exp(logOdds));

/**
 * The probability a model gives. Pure: terms in their order, the same bits for the same artefact and features. NaN where a
 * feature is missing: whoever asks must check.
 */
export function score(model: Artefact, features: Features): number {
  let logOdds = model.intercept;
  for (const term of model.terms) logOdds += contribution(term, features);
  if (model.calibration !== null) logOdds = model.calibration.slope * logOdds + model.calibration.offset;
  return logistic(logOdds);
}
