import { currency, declareProblems, minorDigits } from '@meridian/base';
import type { Parameter, Queryable } from '@meridian/store';
import { publishedPlaces } from '../dataset.ts';
import { type BatchFault, hashOf, type Step, StepFailed, type StepScope } from '../step.ts';
import { type MarketContext, pinsOf } from './plan.ts';
import { PROOFS } from './proof.ts';

declareProblems({
  VERIFY_DIFFERS: {
    status: 500,
    title: { zh: '独立复算不符', en: 'The independent recomputation differs' },
    detail: {
      zh: '{what} {key}：复算 {expected}，批次 {found}',
      en: '{what} {key}: recomputed {expected}, the batch has {found}',
    },
    remedy: { zh: '停止发布并报告：计算程序有缺陷', en: 'Do not publish; report it: a computation is wrong' },
  },
});

interface Difference {
  readonly what: string;
  readonly key: string;
  readonly expected: string;
  readonly found: string;
}

/** Proves the batch by the database's own arithmetic, then gives it its hash. To the unit: no tolerance. */
export const verify: Step<MarketContext> = {
  name: 'verify',
  async run(tx, scope) {
    const parameters = await proofParameters(tx, scope);
    const faults: BatchFault[] = [];
    for (const proof of PROOFS) {
      // Every proof names all parameters once, so that each may use those it needs.
      const used = `SELECT d.* FROM (${proof}) d, (SELECT ${TYPED}) AS parameter`;
      const { rows } = await tx.query<Difference>(used, parameters);
      faults.push(...rows.map(faultOf));
    }
    if (faults.length > 0) throw new StepFailed(faults);
    const steps = ['plan', 'import', 'check', 'analyse', 'process', 'fee', 'value', 'book'];
    const totals = await postingTotals(tx, scope);
    return {
      outputHash: hashOf(steps.map((step) => scope.outputHash(step))),
      rowsIn: PROOFS.length,
      rowsOut: totals.length,
      summary: { proofs: PROOFS.length, differences: 0, totals },
    };
  },
};

const TYPED = [
  ...['$1::text', '$2::int', '$3::int', '$4::int', '$5::int', '$6::int', '$7::text', '$8::int', '$9::int'],
  ...['$10::text', '$11::date', '$12::bigint', '$13::int', '$14::jsonb', '$15::bigint', '$16::int'],
].join(', ');

async function proofParameters(tx: Queryable, scope: StepScope<MarketContext>): Promise<Parameter[]> {
  const pins = pinsOf(scope);
  const data = (step: string) => scope.dataAttempt(step);
  const places = pins.previous === null ? null : await publishedPlaces(tx, pins.previous.batch, pins.previous.attempt);
  return [
    ...[scope.batch, data('analyse'), data('process'), data('fee'), data('value'), data('book')],
    pins.previous?.batch ?? null,
    ...[places?.('process').attempt ?? null, places?.('value').attempt ?? null],
    ...[scope.key.market, scope.key.clearingDate, pins.cutSeq, pins.cutK],
    { json: await digitsByCurrency(tx, scope) },
    ...[pins.fromSeq, pins.fromK],
  ];
}

async function digitsByCurrency(tx: Queryable, scope: StepScope<MarketContext>): Promise<Readonly<Record<string, number>>> {
  const { rows } = await tx.query<{ currency: string }>(
    `SELECT settlement_currency AS currency FROM clearing.contract_state WHERE batch = $1 UNION
     SELECT currency FROM clearing.fee WHERE batch = $1 UNION SELECT quote_currency FROM clearing.fee WHERE batch = $1`,
    [scope.batch],
  );
  return Object.fromEntries(rows.map((row) => [row.currency, minorDigits(currency(row.currency))]));
}

const faultOf = (found: Difference): BatchFault => ({
  rule: 'VERIFY_DIFFERS',
  severity: 'fatal',
  params: { what: found.what, key: found.key, expected: found.expected, found: found.found },
  field: found.what,
  value: found.found,
});

/** Σ debit and Σ credit per entity and currency, counted from both sides of the lines. */
async function postingTotals(tx: Queryable, scope: StepScope<MarketContext>) {
  const { rows } = await tx.query<{ entity: string; currency: string; debit: string; credit: string; lines: number }>(
    `SELECT entity, currency, sum(debit)::text AS debit, sum(credit)::text AS credit, sum(lines)::int AS lines
       FROM (SELECT debit ->> 'entity' AS entity, currency, amount AS debit, 0 AS credit, 1 AS lines
               FROM clearing.posting_line WHERE batch = $1 AND attempt = $2
              UNION ALL
             SELECT credit ->> 'entity', currency, 0, amount, 0
               FROM clearing.posting_line WHERE batch = $1 AND attempt = $2) l
      GROUP BY entity, currency ORDER BY entity, currency`,
    [scope.batch, scope.dataAttempt('book')],
  );
  return rows;
}
