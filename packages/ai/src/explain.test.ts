import assert from 'node:assert/strict';
import { test } from 'node:test';
import { score } from './artefact.ts';
import type { Reason } from './decision-log.ts';
import { counterfactuals, explain, type Judge, money, numbersIn, REASONS, reasonsOf } from './explain.ts';
import { type Portfolio, structureOf } from './features.ts';
import { seededUniform } from './metrics.ts';
import { ruleScore } from './rule.ts';
import { shippedEarlyWarning } from './shipped.ts';

const { model } = shippedEarlyWarning();
const JUDGES: readonly Judge[] = [
  { model, threshold: model.threshold },
  { model: null, threshold: 0.2 },
];
const seed = Number(process.env['SEED'] ?? Date.now() % 2 ** 31);
const uniform = seededUniform(seed);

/** Any account: one to five holdings, calm or wild, rich or short. */
function anyPortfolio(): Portfolio {
  const holdings = Array.from({ length: 1 + Math.floor(uniform() * 5) }, () => ({
    worth: Math.round((uniform() - 0.3) * 1e9),
    returns: Float64Array.from({ length: 60 }, () => (uniform() - 0.5) * 0.08),
  }));
  const gross = holdings.reduce((sum, { worth }) => sum + Math.abs(worth), 0);
  const requirement = Math.ceil(gross * (0.05 + uniform() * 0.2));
  return { equity: Math.floor(requirement * (0.7 + uniform() * 1.4)), requirement, holdings };
}
const judged = (judge: Judge, portfolio: Portfolio): number => {
  const { features } = structureOf(portfolio) as NonNullable<ReturnType<typeof structureOf>>;
  return judge.model === null ? ruleScore(features['dtb'] as number) : score(judge.model, features);
};
const sum = (holdings: Portfolio['holdings']) => holdings.reduce((total, { worth }) => total + Math.abs(worth), 0);

test('[AI-e] every warning has reasons and a counterfactual that lifts it, scored again by hand; no less would do by a percent', (t) => {
  t.diagnostic(`SEED=${seed}`);
  let warned = 0;
  for (let n = 0; n < 2_000; n++) {
    const portfolio = anyPortfolio();
    for (const judge of JUDGES) {
      if (judged(judge, portfolio) < judge.threshold) continue;
      warned++;
      assert.ok(reasonsOf(judge, portfolio, 'CNY').length > 0, 'a reason');
      const found = counterfactuals(judge, portfolio, 'CNY');
      const margin = found.find(({ code }) => code === 'add-margin');
      assert.ok(margin !== undefined, 'margin always helps');
      for (const { code, amount, score: said } of found) {
        const altered = (by: number): Portfolio =>
          code === 'add-margin'
            ? { ...portfolio, equity: portfolio.equity + by }
            : {
                equity: portfolio.equity,
                requirement: portfolio.requirement * (1 - by / sum(portfolio.holdings)),
                holdings: portfolio.holdings.map(({ worth, returns }) => ({
                  worth: worth * (1 - by / sum(portfolio.holdings)),
                  returns,
                })),
              };
        assert.ok(judged(judge, altered(amount)) < judge.threshold, `${code} ${amount}`);
        assert.equal(judged(judge, altered(amount)), said);
        assert.ok(judged(judge, altered(amount * 0.985)) >= judge.threshold, `less than ${code} ${amount} would do`);
      }
    }
  }
  assert.ok(warned > 500, `${warned} warnings`);
});

test('[AI-e] the text of both languages holds only numbers of the record, and every reason it gives', () => {
  for (let n = 0; n < 500; n++) {
    const portfolio = anyPortfolio();
    for (const judge of JUDGES) {
      const value = judged(judge, portfolio);
      const outcome = value >= judge.threshold ? 'warn' : 'quiet';
      const told = {
        ...({ score: value, threshold: judge.threshold, outcome, byRule: judge.model === null } as const),
        reasons: outcome === 'warn' ? reasonsOf(judge, portfolio, 'USD') : [],
        counterfactual: outcome === 'warn' ? counterfactuals(judge, portfolio, 'USD') : null,
      };
      const { zh, en } = explain(told);
      const values = told.reasons.flatMap((reason) => Object.values(reason.values).map(String));
      const shown = (told.counterfactual ?? []).map((each) => each.shown);
      const record = [...values, ...shown, (value * 100).toFixed(1), (judge.threshold * 100).toFixed(1), '5'].flatMap(
        numbersIn,
      );
      for (const text of [zh, en])
        for (const number of numbersIn(text)) assert.ok(record.includes(number), `${number} in ${text}`);
      for (const each of [...values, ...shown]) assert.ok(zh.includes(each) && en.includes(each), `${each} is told`);
      if (outcome === 'warn') assert.match(zh, /即可解除预警。$/);
    }
  }
});

test('[AI-e] a text that says a number of its own is not let out; every reason is worded in both languages with the same values', () => {
  const reason: Reason = { code: 'THIN_COVER', points: 1, values: { cover: '1.043' } };
  const told = { score: 0.4, threshold: 0.2, outcome: 'warn', byRule: false, reasons: [reason], counterfactual: [] } as const;
  assert.match(explain(told).zh, /净值仅为保证金要求的 1\.043 倍/);
  const invented = {
    ...told,
    counterfactual: [{ code: 'add-margin', amount: 1, shown: '320 1', currency: 'CNY 7', score: 0.1 }],
  } as const;
  assert.throws(() => explain(invented), /says 7/);
  for (const [code, { zh, en }] of Object.entries(REASONS)) {
    const names = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map(([, name]) => name).sort();
    assert.deepEqual(names(zh), names(en), code);
    assert.match(zh, /\p{Script=Han}/u);
  }
  assert.deepEqual([money(320_000_000, 'CNY'), money(1_234, 'JPY')], ['3,200,000.00', '1,234']);
});
