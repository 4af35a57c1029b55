import type { Queryable } from '@meridian/store';
import { bootstrap, logLossOf } from './metrics.ts';
import { ruleScore } from './rule.ts';

/** How a version did since it went into the shadow, beside the rule on the same decisions. */
export interface ShadowRecord {
  /** Business dates on which it scored. */
  readonly days: number;
  /** Decisions whose outcome is known. */
  readonly labelled: number;
  /** Whether its log loss is lower than the rule's, with the 95 % interval wholly on its side. */
  readonly holds: boolean;
}

interface ScoredRow {
  readonly subject: string;
  readonly month: string;
  readonly score: number;
  readonly input: { readonly features: { readonly dtb: number } };
  readonly happened: boolean;
}

/** Reads the decision log. At most the newest 50,000 labelled decisions are judged. */
export async function shadowRecord(over: Queryable, version: string): Promise<ShadowRecord> {
  const { rows: counted } = await over.query<{ days: bigint }>(
    `SELECT count(DISTINCT d.business_date) AS days FROM ai.decision d JOIN ai.model_version v ON v.id = d.version
      WHERE d.version = $1 AND d.at >= (SELECT min(p.opened_at) FROM ai.deployment p WHERE p.version = v.id
        AND p.route = 'SHADOW' AND p.opened_at >= coalesce((SELECT max(t.at) FROM ai.transition t
          WHERE t.version = v.id AND t.to_state = 'SUSPENDED'), '-infinity'))`,
    [version],
  );
  const { rows } = await over.query<ScoredRow>(
    `SELECT d.subject, to_char(d.business_date, 'YYYY-MM') AS month, d.score, d.input, o.happened
       FROM ai.decision d JOIN ai.decision_outcome o ON o.decision = d.no
      WHERE d.version = $1 AND d.score IS NOT NULL ORDER BY d.no DESC LIMIT 50000`,
    [version],
  );
  const lead = rows.map(({ score, input, happened }) => {
    const label = happened ? 1 : 0;
    return logLossOf(ruleScore(input.features.dtb), label) - logLossOf(score, label);
  });
  const groups = Map.groupBy(lead.keys(), (i) => `${rows[i]?.subject} ${rows[i]?.month}`);
  const interval = bootstrap(
    [...groups.values()],
    (drawn) => drawn.reduce((sum, i) => sum + (lead[i] as number), 0) / drawn.length,
    { seed: 1 },
  );
  return { days: Number(counted[0]?.days ?? 0n), labelled: rows.length, holds: rows.length > 0 && interval.low > 0 };
}
