import type { DateText } from '@meridian/base';
import type { Queryable } from '@meridian/store';
import type { SourceFile } from '../drop-folder.ts';
import { problem } from '../problems.ts';
import type { ClearingFacts, MarketRule } from '../rules.ts';
import { hashOf, type Step, type StepScope } from '../step.ts';
import type { Publisher } from './publish.ts';

/** What the steps of a market's batch are given besides their inputs. */
export interface MarketContext {
  readonly facts: ClearingFacts;
  readonly rule: MarketRule;
  readonly file: SourceFile;
  readonly publisher: Publisher;
}

/** The published batch that this one continues. */
export interface PreviousBatch {
  readonly batch: string;
  readonly attempt: number;
  readonly clearingDate: DateText;
}

/** What an attempt rests on. Later steps, also those of a take-over, read this and never the latest state. */
export interface Pins {
  readonly businessDate: DateText;
  /** The previous batch's cut: this one begins behind it. */
  readonly fromSeq: string;
  readonly fromK: number;
  readonly cutSeq: string;
  readonly cutK: number;
  readonly cutAt: number;
  readonly openedAt: number;
  readonly file: string;
  readonly fileVersion: number;
  readonly fileSha256: string;
  readonly fileBytes: number;
  readonly previous: PreviousBatch | null;
}

interface MarketDay {
  readonly business_date: DateText | null;
  readonly opened_at: bigint | null;
  readonly cut_seq: bigint | null;
  readonly cut_k: number | null;
  readonly cut_at: bigint | null;
}

/** A market's trading day once it is cut. @throws Problem BATCH_NOT_CUT */
export async function cutOf(database: Queryable, market: string, date: string) {
  const { rows } = await database.query<MarketDay>(
    `SELECT business_date, opened_at, cut_seq, cut_k, cut_at FROM accounts.market_day WHERE market = $1 AND trade_date = $2`,
    [market, date],
  );
  const day = rows[0];
  if (day?.cut_seq == null || day.cut_k === null || day.cut_at === null || day.business_date === null)
    throw problem('BATCH_NOT_CUT', { market, date });
  return {
    businessDate: day.business_date,
    openedAt: Number(day.opened_at ?? day.cut_at),
    cutSeq: day.cut_seq,
    cutK: day.cut_k,
    cutAt: Number(day.cut_at),
  };
}

/** Pins what the attempt is computed from: the cut, the file's exact bytes, the batch it continues. CL-3 */
export const plan: Step<MarketContext> = {
  name: 'plan',
  async run(tx, scope) {
    const { market, clearingDate } = scope.key;
    const cut = await cutOf(tx, market, clearingDate);
    const { file } = scope.context;
    const previous = await previousBatch(tx, scope);
    const from = previous === null ? null : await cutOf(tx, market, previous.pin.clearingDate);
    const pins: Pins = {
      ...{ fromSeq: String(from?.cutSeq ?? -1), fromK: from?.cutK ?? 0 },
      ...{ businessDate: cut.businessDate, cutSeq: String(cut.cutSeq), cutK: cut.cutK, cutAt: cut.cutAt },
      ...{ openedAt: cut.openedAt, file: file.name, fileVersion: file.version, fileSha256: file.sha256 },
      ...{ fileBytes: file.bytes, previous: previous === null ? null : previous.pin },
    };
    const inputs = [
      ['file', file.name, file.sha256],
      ['events', `${market} ..${cut.cutSeq}.${cut.cutK}`, String(cut.cutAt)],
      ...(previous === null ? [] : [['batch', `${previous.pin.batch} attempt ${previous.pin.attempt}`, previous.hash]]),
    ] as [string, string, string][];
    for (const [kind, ref, hash] of inputs)
      await tx.query('INSERT INTO clearing.batch_input (batch, attempt, kind, ref, hash) VALUES ($1, $2, $3, $4, $5)', [
        ...[scope.batch, scope.attempt, kind, ref, hash],
      ]);
    const { fileVersion: _, previous: __, ...hashed } = pins;
    return {
      outputHash: hashOf([hashed, previous?.hash ?? null]),
      rowsIn: inputs.length,
      rowsOut: inputs.length,
      summary: pins as unknown as Record<string, unknown>,
    };
  },
};

async function previousBatch(
  tx: Queryable,
  scope: StepScope<MarketContext>,
): Promise<{ readonly pin: PreviousBatch; readonly hash: string } | null> {
  const { market, business, clearingDate } = scope.key;
  const { rows } = await tx.query<{ batch: string; clearing_date: DateText; live_attempt: number | null; output_hash: string }>(
    `SELECT batch, clearing_date, live_attempt, output_hash FROM clearing.batch
      WHERE kind = 'market' AND market = $1 AND business = $2 AND clearing_date < $3
      ORDER BY clearing_date DESC, seq DESC LIMIT 1`,
    [market, business, clearingDate],
  );
  const last = rows[0];
  if (last === undefined) return null;
  if (last.live_attempt === null) throw problem('BATCH_WAITS_FOR_BATCH', { batch: scope.batch, missing: last.batch });
  return {
    pin: { batch: last.batch, attempt: last.live_attempt, clearingDate: last.clearing_date },
    hash: last.output_hash,
  };
}

export function pinsOf(scope: StepScope<MarketContext>): Pins {
  return scope.summary('plan') as unknown as Pins;
}

/** Where this attempt's rows of an earlier step lie. */
export function placeOf(scope: StepScope<MarketContext>, step: string) {
  return { batch: scope.batch, attempt: scope.dataAttempt(step) };
}
