import { type Artefact, type Features, score } from './artefact.ts';
import { gapDays, type LabelledRow } from './dataset.ts';
import type { Suite } from './governance.ts';
import {
  auc,
  bootstrap,
  brier,
  ece,
  type Interval,
  logLoss,
  logLossOf,
  rankedAuc,
  reliability,
  seededUniform,
} from './metrics.ts';
import { HORIZON_DAYS, ruleScore } from './rule.ts';
import type { Reliability, ValidationRun } from './validation.ts';

/** A challenger may rank this much worse than the rule at the far end of the interval, and no more. */
const AUC_LOSS_MAX = 0.01;
/** Warnings that flip when every input is off by one percent. */
const FLIPS_MAX = 0.02;
/** What one percent of wrong labels may cost in ranking. */
const POISON_LOSS_MAX = 0.01;
/** How far a group's mean score may be from what happened to it, at the near end of the interval. */
const GROUP_GAP_MAX = 0.05;
/** In the worst months the model may lose this much more than the rule. */
const CRISIS_RATIO_MAX = 1.1;
const CRISIS_MONTHS = 5;
const SCENARIOS = 600;

export interface GateInput {
  readonly model: Artefact;
  readonly fit: readonly LabelledRow[];
  readonly test: readonly LabelledRow[];
  /** Trains the same way on other rows; for the poison case. */
  readonly refit: (rows: readonly LabelledRow[]) => Artefact;
  readonly seed: number;
}

/** What the gate found, case by case, and why it refuses when it does. AI-a */
export interface GateVerdict {
  readonly holds: boolean;
  readonly runs: readonly ValidationRun[];
  readonly reasons: readonly string[];
  /** Model and rule side by side on the test rows. */
  readonly figures: Readonly<Record<'model' | 'rule', Figures>>;
  /** Behind the calibration error of each: what was said and what happened. */
  readonly reliability: Reliability;
}

export interface Figures {
  readonly logLoss: number;
  readonly brier: number;
  readonly auc: number;
  readonly ece: number;
}

interface Measured {
  readonly rows: readonly LabelledRow[];
  readonly labels: readonly number[];
  readonly ours: readonly number[];
  readonly rules: readonly number[];
  /** Rows by calendar month: accounts share their bad days. */
  readonly months: readonly (readonly number[])[];
}

/**
 * The gate of validation (准入门槛): a challenger must lose less than the rule, with the whole interval on its side, rank no worse, be honest in
 * crises and by group, and stay sane under extremes, noise and poison. Every case is a {@link ValidationRun}.
 */
export function judge({ model, fit, test, refit, seed }: GateInput): GateVerdict {
  const labels = test.map(({ label }) => label);
  const ours = test.map(({ features }) => score(model, features));
  const rules = test.map(({ features }) => ruleScore(features['dtb'] as number));
  const months = [...Map.groupBy(test.keys(), (i) => (test[i] as LabelledRow).date.slice(0, 7)).values()];
  const measured = { rows: test, labels, ours, rules, months };
  const runs = [
    ...baseline(measured, seed),
    ...discrimination(measured, seed),
    ...outOfTime(measured, fit),
    ...extreme(model, measured, seed),
    ...robustness(model, measured, fit, refit, seed),
    ...fairness(measured, seed),
  ];
  const reasons = runs
    .filter(({ passed }) => !passed)
    .map(({ suite, testCase, metric, value, low, high, threshold }) => {
      const interval = low === null || high === null ? '' : ` [${low.toPrecision(3)}, ${high.toPrecision(3)}]`;
      return `${suite}/${testCase}: ${metric} ${value.toPrecision(3)}${interval}, asked ${threshold}`;
    });
  const figures = (scores: readonly number[]): Figures => ({
    ...{ logLoss: logLoss(scores, labels), brier: brier(scores, labels) },
    ...{ auc: auc(scores, labels), ece: ece(scores, labels) },
  });
  return {
    ...{ holds: reasons.length === 0, runs, reasons },
    figures: { model: figures(ours), rule: figures(rules) },
    reliability: { model: reliability(ours, labels), rule: reliability(rules, labels) },
  };
}

function run(
  suite: Suite,
  testCase: string,
  metric: string,
  value: number | Interval,
  threshold: number,
  passed: boolean,
): ValidationRun {
  const interval = typeof value === 'number' ? { low: null, value, high: null } : value;
  // What cannot be measured does not pass, and is stored as far out as it can be.
  const finite = (each: number) => (Number.isFinite(each) ? each : -1e9);
  return {
    ...{ suite, testCase, metric, value: finite(interval.value), threshold },
    low: interval.low === null ? null : finite(interval.low),
    high: interval.high === null ? null : finite(interval.high),
    passed: passed && Number.isFinite(interval.value),
  };
}

/** Beats the rule in log loss and Brier score. */
function baseline({ labels, ours, rules, months }: Measured, seed: number): ValidationRun[] {
  const lead = (loss: (score: number, label: number) => number) => {
    const leads = labels.map((label, i) => loss(rules[i] as number, label) - loss(ours[i] as number, label));
    return bootstrap(months, (rows) => rows.reduce((sum, i) => sum + (leads[i] as number), 0) / rows.length, { seed });
  };
  const inLogLoss = lead(logLossOf);
  const inBrier = lead((score, label) => (score - label) ** 2);
  return [
    run('baseline', 'rule', 'log loss lead', inLogLoss, 0, inLogLoss.low > 0),
    run('baseline', 'rule', 'brier lead', inBrier, 0, inBrier.low > 0),
  ];
}

function discrimination({ labels, ours, rules, months }: Measured, seed: number): ValidationRun[] {
  const [our, rule] = [rankedAuc(ours, labels), rankedAuc(rules, labels)];
  const lead = bootstrap(months, (rows) => our(rows) - rule(rows), { seed });
  return [run('discrimination', 'rule', 'AUC lead', lead, -AUC_LOSS_MAX, lead.low >= -AUC_LOSS_MAX)];
}

/** No leak, and a lead in both halves of the time it was not shown. */
function outOfTime({ rows, labels, ours, rules }: Measured, fit: readonly LabelledRow[]): ValidationRun[] {
  const gap = gapDays(fit, rows);
  const seen = new Set(fit.map(({ client }) => client));
  const shared = rows.filter(({ client }) => seen.has(client)).length;
  const middle = rows.map(({ date }) => date).sort()[rows.length >> 1] as string;
  const halves = (['first half', 'second half'] as const).map((name, n) => {
    const part = [...rows.keys()].filter((i) => (rows[i] as LabelledRow).date < middle === (n === 0));
    const pick = (values: readonly number[]) => part.map((i) => values[i] as number);
    const lead = logLoss(pick(rules), pick(labels)) - logLoss(pick(ours), pick(labels));
    return run('out-of-time', name, 'log loss lead', lead, 0, lead > 0);
  });
  return [
    run('out-of-time', 'gap', 'days between training and test', gap, HORIZON_DAYS, gap >= HORIZON_DAYS),
    run('out-of-time', 'accounts', 'rows of accounts seen in training', shared, 0, shared === 0),
    ...halves,
  ];
}

/** Made-up extremes, and the worst months there were. */
function extreme(model: Artefact, { labels, ours, rules, months }: Measured, seed: number): ValidationRun[] {
  const uniform = seededUniform(seed);
  let [bad, rising] = [0, 0];
  for (let n = 0; n < SCENARIOS; n++) {
    const from: Features = {
      ...{ dtb: (uniform() - 0.3) * 60, cover: 0.01 + uniform() * 8, volTurn: (uniform() - 0.5) * 6 },
      ...{ concentration: uniform(), netGross: uniform() },
    };
    const near = score(model, from);
    // More buffer, or less volatility, and nothing else: the score must not rise.
    const step = 0.05 + uniform() * 3;
    const far = score(model, { ...from, dtb: (from['dtb'] as number) + step, cover: (from['cover'] as number) + step / 20 });
    if (!(near >= 0 && near <= 1 && far >= 0 && far <= 1)) bad++;
    else if (far > near + 1e-12) rising++;
  }
  const worst = months
    .map((rows) => ({ rows, share: rows.reduce((sum, i) => sum + (labels[i] as number), 0) / rows.length }))
    .sort((a, b) => b.share - a.share)
    .slice(0, CRISIS_MONTHS)
    .flatMap(({ rows }) => rows);
  const loss = (scores: readonly number[]) =>
    worst.reduce((sum, i) => sum + logLossOf(scores[i] as number, labels[i] as number), 0);
  const ratio = loss(ours) / loss(rules);
  return [
    run('extreme', `${SCENARIOS} scenarios`, 'scores outside [0, 1]', bad, 0, bad === 0),
    run('extreme', `${SCENARIOS} scenarios`, 'scores that rise with the buffer', rising, 0, rising === 0),
    run(
      'extreme',
      `worst ${CRISIS_MONTHS} months`,
      'log loss over the rule’s',
      ratio,
      CRISIS_RATIO_MAX,
      ratio <= CRISIS_RATIO_MAX,
    ),
  ];
}

function robustness(
  model: Artefact,
  { rows, labels, ours }: Measured,
  fit: readonly LabelledRow[],
  refit: GateInput['refit'],
  seed: number,
): ValidationRun[] {
  const uniform = seededUniform(seed + 1);
  const warns = (value: number) => value >= model.threshold;
  let flips = 0;
  for (const [i, { features }] of rows.entries()) {
    const noisy = Object.fromEntries(
      Object.entries(features).map(([name, value]) => [name, value * (0.99 + 0.02 * uniform())]),
    );
    if (warns(score(model, noisy)) !== warns(ours[i] as number)) flips++;
  }
  const flipped = flips / rows.length;
  // A model that answers something without its inputs would hide that they are missing.
  const answered = model.terms.filter(({ feature }) => {
    const { [feature]: _, ...rest } = rows[0]?.features ?? {};
    return !Number.isNaN(score(model, rest));
  }).length;
  const poisoned = refit(fit.map((row) => (uniform() < 0.01 ? { ...row, label: row.label === 1 ? 0 : 1 } : row)));
  const drop =
    auc(ours, labels) -
    auc(
      rows.map(({ features }) => score(poisoned, features)),
      labels,
    );
  return [
    run('robustness', '±1 % noise', 'share of flipped warnings', flipped, FLIPS_MAX, flipped <= FLIPS_MAX),
    run('robustness', 'missing inputs', 'terms answered without their input', answered, 0, answered === 0),
    run('robustness', '1 % of labels flipped', 'AUC lost', drop, POISON_LOSS_MAX, drop <= POISON_LOSS_MAX),
  ];
}

/** Groups large enough to judge: what is said of a group must be what happens to it. AI-d */
function fairness({ rows, labels, ours }: Measured, seed: number): ValidationRun[] {
  const members = new Map<string, number[]>();
  for (const [i, { groups }] of rows.entries())
    for (const group of groups) members.set(group, [...(members.get(group) ?? []), i]);
  return [...members]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .filter(([, of]) => of.length >= 200)
    .map(([group, of]) => {
      const months = [...Map.groupBy(of, (i) => (rows[i] as LabelledRow).date.slice(0, 7)).values()];
      const gap = bootstrap(
        months,
        (drawn) => drawn.reduce((sum, i) => sum + (ours[i] as number) - (labels[i] as number), 0) / drawn.length,
        { seed, rounds: 200 },
      );
      const least = gap.low > 0 ? gap.low : gap.high < 0 ? -gap.high : 0;
      return run('fairness', group, 'mean score less observed', gap, GROUP_GAP_MAX, least <= GROUP_GAP_MAX);
    });
}
