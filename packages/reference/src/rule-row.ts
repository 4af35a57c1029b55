import { canonicalJson, type DateText, declareProblems } from '@meridian/base';
import { type CalendarOverride, type DatedFact, isReliable, type MarketFacts, type RuleTables } from '@meridian/market';
import type { Queryable } from '@meridian/store';
import { type FourEyes, fourEyes } from './record.ts';

const { problem } = declareProblems({
  RULE_ROW_CONFLICT: {
    status: 409,
    title: { zh: '规则行冲突', en: 'Rule row conflict' },
    detail: { zh: '{topic} 的规则行 {id} 已有不同内容', en: 'Rule row {id} of {topic} already has other contents' },
    remedy: { zh: '以新编号登记变更后的规则', en: 'Record the changed rule under a new id' },
  },
});

/**
 * Keeps the rule rows that market interprets as data of record: every reliable row with its source. Rows known from
 * memory only are not recorded, as they may not be relied on.
 * @throws Problem RULE_ROW_CONFLICT | REFERENCE_FOUR_EYES
 */
export async function recordRules(tx: Queryable, tables: RuleTables, by: FourEyes): Promise<{ readonly recorded: number }> {
  fourEyes(by);
  let recorded = 0;
  for (const topic of ['phases', 'ticks', 'lots', 'settlement', 'fees'] as const) {
    // One rule may stand as several rows (a tick table by group): they are kept together under its id.
    const rules = Map.groupBy<string, DatedFact>(
      (tables[topic] as readonly DatedFact[]).filter(isReliable),
      (row) => `${row.id} ${row.validFrom}`,
    );
    for (const parts of rules.values()) {
      const [row] = parts as [DatedFact];
      const body = canonicalJson(parts);
      const { rows } = await tx.query<{ same: boolean }>(
        `WITH fresh AS (
           INSERT INTO reference.rule_row (topic, id, market, valid_from, valid_to, confidence, source, body, maker, checker)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8::jsonb, $9, $10) ON CONFLICT (topic, id, valid_from) DO NOTHING RETURNING true)
         SELECT body = $8::jsonb AS same FROM reference.rule_row WHERE topic = $1 AND id = $2 AND valid_from = $4`,
        [
          topic,
          row.id,
          row.markets.join('/'),
          row.validFrom,
          row.validTo,
          row.confidence === 'seen' ? 'seen' : 'checked',
          row.source,
          body,
          by.maker,
          by.checker,
        ],
      );
      // The outer read does not see the row inserted beside it: no row means it is fresh.
      if (rows[0] === undefined) recorded += 1;
      else if (!rows[0].same) throw problem('RULE_ROW_CONFLICT', { topic, id: row.id });
    }
  }
  return { recorded };
}

/** Records a correction of a market's calendar: a weather closure, a late open. Four eyes. */
export async function recordOverride(tx: Queryable, override: CalendarOverride, by: FourEyes): Promise<void> {
  fourEyes(by);
  await tx.query(
    `INSERT INTO reference.calendar_override (market, session_date, open_wall, close_wall, reason, source, maker, checker)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
    [
      override.market,
      override.date,
      override.hours?.[0] ?? null,
      override.hours?.[3] ?? null,
      override.reason.en,
      override.source,
      by.maker,
      by.checker,
    ],
  );
}

/** The shipped facts with the overrides of record on top. */
export async function withRecordedOverrides(database: Queryable, facts: MarketFacts): Promise<MarketFacts> {
  const { rows } = await database.query<{
    market: string;
    date: DateText;
    open: string | null;
    close: string | null;
    reason: string;
    source: string;
  }>(
    `SELECT market, session_date AS date, open_wall AS open, close_wall AS close, reason, source FROM reference.calendar_override`,
  );
  return facts.withOverrides(
    rows.map((row) => ({
      market: row.market,
      date: row.date,
      hours: row.open === null || row.close === null ? null : [row.open, null, null, row.close],
      reason: { zh: row.reason, en: row.reason },
      source: row.source,
      confidence: 'seen',
    })),
  );
}
