import { type Bilingual, invariant, isCurrency, minorDigits } from '@meridian/base';
import { type Artefact, contribution, type Features, score, transformed } from './artefact.ts';
import type { Counterfactual, Reason } from './decision-log.ts';
import { type Portfolio, structureOf } from './features.ts';
import { HORIZON_DAYS, ruleScore } from './rule.ts';

/** Why an account is warned about, or cannot be judged, in plain words. `{name}` stands for a value of the reason. AI-e */
export const REASONS = {
  ALREADY_SHORT: {
    zh: '净值已不足保证金要求，缺口 {gap} {currency}',
    en: 'equity is short of the requirement by {gap} {currency}',
  },
  NEAR_BREACH: {
    zh: '缓冲 {buffer} {currency} 只够 {dtb} 个五日标准差（日波动 {volatility}%）',
    en: 'the buffer of {buffer} {currency} covers {dtb} standard deviations of five days (daily volatility {volatility}%)',
  },
  THIN_COVER: { zh: '净值仅为保证金要求的 {cover} 倍', en: 'equity is only {cover} times the requirement' },
  VOLATILITY_UP: {
    zh: '近期波动为六十日水平的 {turn}%',
    en: 'recent volatility stands at {turn}% of its sixty-day level',
  },
  VOLATILITY_DOWN: {
    zh: '近期波动仅为六十日水平的 {turn}%，平静期过后常有回升',
    en: 'recent volatility is only {turn}% of its sixty-day level, and calm rarely lasts',
  },
  CONCENTRATED: {
    zh: '持仓集中（赫芬达尔指数 {concentration}%）',
    en: 'holdings are concentrated (Herfindahl index {concentration}%)',
  },
  DIVERSIFIED: {
    zh: '多空分散的持仓彼此同跌（赫芬达尔指数 {concentration}%）',
    en: 'spread holdings may fall together (Herfindahl index {concentration}%)',
  },
  ONE_SIDED: { zh: '净敞口占总敞口 {netGross}%', en: 'net exposure is {netGross}% of gross' },
  HEDGED: {
    zh: '多空相抵的敞口可能同时不利（净敞口占 {netGross}%）',
    en: 'longs and shorts may both turn (net is {netGross}% of gross)',
  },
  NO_PRICES: { zh: '缺少标的 {listing} 的价格历史', en: 'no price history of listing {listing}' },
  STALE_PRICES: { zh: '标的 {listing} 的价格停在 {date}', en: 'prices of listing {listing} end on {date}' },
  HOLDINGS_DIFFER: { zh: '持仓与风险敞口不一致', en: 'holdings and exposure do not agree' },
  NOT_DEFINED: { zh: '波动或保证金要求为零，无法计算', en: 'volatility or requirement is zero: nothing can be computed' },
} as const satisfies Readonly<Record<string, Bilingual>>;
export type ReasonCode = keyof typeof REASONS;

/** Reasons that are told of one decision, at most. */
const TOLD_MAX = 3;

/** Whoever scores: a model, or the rule. */
export interface Judge {
  readonly model: Artefact | null;
  readonly threshold: number;
}

const judged = ({ model }: Judge, features: Features): number =>
  model === null ? ruleScore(features['dtb'] as number) : score(model, features);

/** The terms that speak most for a warning, as reasons; points in log odds over an ordinary account. */
export function reasonsOf(judge: Judge, portfolio: Portfolio, currency: string): Reason[] {
  const structure = structureOf(portfolio);
  if (structure === undefined) return [];
  const { features, volatility } = structure;
  const points: (readonly [feature: string, points: number])[] =
    judge.model === null
      ? [['dtb', transformed('rule-logit', features['dtb'] as number) - logOdds(judge.threshold)]]
      : judge.model.terms.map((term) => [term.feature, contribution(term, features)]);
  return points
    .filter(([, share]) => share > 0)
    .sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1))
    .slice(0, TOLD_MAX)
    .map(([feature, share]) => ({ points: share, ...told(feature, features, portfolio, volatility, currency, judge.model) }));
}

const logOdds = (p: number): number => Math.log(p) - Math.log1p(-p);
const percent = (share: number): string => (share * 100).toFixed(1);

function told(
  feature: string,
  features: Features,
  { equity, requirement }: Portfolio,
  volatility: number,
  currency: string,
  model: Artefact | null,
): Pick<Reason, 'code' | 'values'> {
  const value = features[feature] as number;
  const rises = (model?.terms.find((term) => term.feature === feature)?.weight ?? 1) > 0;
  switch (feature) {
    case 'dtb':
      if (value <= 0) return { code: 'ALREADY_SHORT', values: { gap: money(requirement - equity, currency), currency } };
      return {
        code: 'NEAR_BREACH',
        values: {
          buffer: money(equity - requirement, currency),
          currency,
          dtb: value.toFixed(2),
          volatility: (volatility * 100).toFixed(2),
        },
      };
    case 'cover':
      return { code: 'THIN_COVER', values: { cover: value.toFixed(3) } };
    case 'volTurn':
      return { code: rises ? 'VOLATILITY_UP' : 'VOLATILITY_DOWN', values: { turn: percent(Math.exp(value)) } };
    case 'concentration':
      return { code: rises ? 'CONCENTRATED' : 'DIVERSIFIED', values: { concentration: percent(value) } };
    default:
      return { code: rises ? 'ONE_SIDED' : 'HEDGED', values: { netGross: percent(value) } };
  }
}

/** Minor units as people read them: "3,200,000.00". */
export function money(minor: number, currency: string): string {
  const digits = isCurrency(currency) ? minorDigits(currency) : 2;
  return (minor / 10 ** digits).toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

/** How far the search for a counterfactual goes: three times the gross exposure of margin, all but a hundredth of the notional. */
const MARGIN_MAX = 3;
const CUT_MAX = 0.99;
const STEPS = 60;

/**
 * The least margin to add, and the least notional to give up, that would lift the warning: found by halving, rounded up to
 * three digits, and then scored again as if it were so. What the second scoring does not confirm is not said.
 */
export function counterfactuals(judge: Judge, portfolio: Portfolio, currency: string): Counterfactual[] {
  const { equity, requirement, holdings } = portfolio;
  const gross = holdings.reduce((sum, { worth }) => sum + Math.abs(worth), 0);
  const quiet = (amount: number, altered: (amount: number) => Portfolio): number | undefined => {
    const structure = structureOf(altered(amount));
    if (structure === undefined) return undefined;
    const value = judged(judge, structure.features);
    return value < judge.threshold ? value : undefined;
  };
  const changes: readonly (readonly [Counterfactual['code'], number, (amount: number) => Portfolio])[] = [
    ['add-margin', gross * MARGIN_MAX, (amount) => ({ equity: equity + amount, requirement, holdings })],
    [
      'reduce-notional',
      gross * CUT_MAX,
      (amount) => ({
        equity,
        requirement: requirement * (1 - amount / gross),
        holdings: holdings.map(({ worth, returns }) => ({ worth: worth * (1 - amount / gross), returns })),
      }),
    ],
  ];
  return changes.flatMap(([code, most, altered]) => {
    if (quiet(most, altered) === undefined) return [];
    let [low, high] = [0, most];
    for (let step = 0; step < STEPS; step++) {
      const middle = (low + high) / 2;
      if (quiet(middle, altered) === undefined) low = middle;
      else high = middle;
    }
    const amount = roundedUp(high);
    const confirmed = amount <= most ? quiet(amount, altered) : undefined;
    return confirmed === undefined ? [] : [{ code, amount, shown: money(amount, currency), currency, score: confirmed }];
  });
}

/** To three digits, in whole minor units: 3183712 → 3190000. */
function roundedUp(amount: number): number {
  const unit = 10 ** Math.max(0, Math.floor(Math.log10(Math.max(1, amount))) - 2);
  return Math.ceil(amount / unit) * unit;
}

export interface Told {
  readonly score: number | null;
  readonly threshold: number;
  readonly outcome: 'quiet' | 'warn' | 'unknown';
  readonly byRule: boolean;
  readonly reasons: readonly Reason[];
  readonly counterfactual: readonly Counterfactual[] | null;
}

/**
 * The decision in one sentence of each language, made from the record by template. Every number in it occurs in the record:
 * a text that says another is a bug, and is not let out.
 */
export function explain(told: Told): Bilingual {
  const text = { zh: chinese(told), en: english(told) };
  const known = new Set([String(HORIZON_DAYS), ...numbersOf(told)]);
  for (const number of [...numbersIn(text.zh), ...numbersIn(text.en)])
    invariant(known.has(number), () => `the explanation says ${number}, which the record does not`);
  return text;
}

const AS_TEXT = /\d[\d,]*(?:\.\d+)?/g;
export const numbersIn = (text: string): string[] => text.match(AS_TEXT) ?? [];

function numbersOf({ score: value, threshold, reasons, counterfactual }: Told): string[] {
  const values = reasons.flatMap((reason) => Object.values(reason.values).map(String));
  const shown = (counterfactual ?? []).map((each) => each.shown);
  return [...(value === null ? [] : [percent(value)]), percent(threshold), ...[...values, ...shown].flatMap(numbersIn)];
}

/** One reason in words. */
export const tellReason = (reason: Reason): Bilingual => ({ zh: reasonText('zh', reason), en: reasonText('en', reason) });

function reasonText(language: 'zh' | 'en', { code, values }: Reason): string {
  const template = REASONS[code as ReasonCode][language];
  return template.replace(/\{(\w+)\}/g, (_, name: string) => String(values[name]));
}

/** What would lift the warning, in words; undefined when nothing was found that would. */
export function tellCounterfactual(found: readonly Counterfactual[]): Bilingual | undefined {
  if (found.length === 0) return undefined;
  const zh = found.map(({ code, shown, currency }) =>
    code === 'add-margin' ? `追加保证金 ${shown} ${currency}` : `减少名义本金 ${shown} ${currency}`,
  );
  const en = found
    .map(({ code, shown, currency }) =>
      code === 'add-margin' ? `adding ${shown} ${currency} of margin` : `giving up ${shown} ${currency} of notional`,
    )
    .join(', or ');
  return { zh: `${zh.join('，或')}，即可解除预警。`, en: `${en[0]?.toUpperCase()}${en.slice(1)}, would lift the warning.` };
}

function chinese({ score: value, threshold, outcome, byRule, reasons, counterfactual }: Told): string {
  const why = reasons.map((reason) => reasonText('zh', reason)).join('；');
  if (outcome === 'unknown' || value === null) return `数据不足，未作判断：${why}。`;
  const who = byRule ? '规则' : '模型';
  const chance = `${who}估计 ${HORIZON_DAYS} 个交易日内保证金不足的概率为 ${percent(value)}%`;
  if (outcome === 'quiet') return `${chance}，低于预警线 ${percent(threshold)}%。`;
  const ways = tellCounterfactual(counterfactual ?? [])?.zh ?? '';
  return `${chance}，达到预警线 ${percent(threshold)}%：${why}。${ways}`;
}

function english({ score: value, threshold, outcome, byRule, reasons, counterfactual }: Told): string {
  const why = reasons.map((reason) => reasonText('en', reason)).join('; ');
  if (outcome === 'unknown' || value === null) return `Not enough data to judge: ${why}.`;
  const who = byRule ? 'The rule' : 'The model';
  const chance = `${who} puts the chance of a margin shortfall within ${HORIZON_DAYS} trading days at ${percent(value)}%`;
  if (outcome === 'quiet') return `${chance}, below the warning line of ${percent(threshold)}%.`;
  const ways = tellCounterfactual(counterfactual ?? [])?.en ?? '';
  return `${chance}, at or above the warning line of ${percent(threshold)}%: ${why}.${ways === '' ? '' : ` ${ways}`}`;
}
