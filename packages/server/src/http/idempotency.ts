import { createHash, randomUUID } from 'node:crypto';
import {
  canonicalJson,
  formatInstant,
  type Instant,
  isProblem,
  type Logger,
  MICROS_PER_DAY,
  MICROS_PER_SECOND,
  Problem,
  type ProblemParams,
} from '@meridian/base';
import type { AuditLog, AuditRecord } from '@meridian/security';
import { type Database, instantParameter, type Transaction } from '@meridian/store';
import { reasonOf } from '../process/child.ts';
import { problem } from './problems.ts';

/** Whose change, over which route, under which client-made key. */
export interface Claim {
  readonly user: string;
  readonly route: string;
  readonly key: string;
  /** What was asked: path, query, body. The same key for another content is refused. */
  readonly content: unknown;
  /** What the audit log says of it, but for how it went. */
  readonly entry: Omit<AuditRecord, 'outcome'>;
}

/** An answer as it is kept: unmasked, because who asks again may be shown less or more. */
export interface KeptAnswer {
  readonly status: number;
  readonly etag: string | undefined;
  readonly body: unknown;
}

/**
 * Once-only changes (幂等). The first arrival works; the same again gets its answer, refusals of the work included. A fault of
 * ours leaves nothing behind: asking again with the same key tries again, and everything behind the door bears that.
 *
 * Every change stands in the audit log, also when the server dies over it: what is asked is claimed before the effect, its
 * outcome is noted in the transaction that keeps the answer, and a claim whose server is dead is noted as {@link UNKNOWN}. DS-10
 */
export interface FirstAnswers {
  /**
   * Does `work` or gives its first answer again, and notes either in the audit log.
   * @throws Problem IDEMPOTENCY_KEY_REUSED | IDEMPOTENCY_IN_FLIGHT | IDEMPOTENCY_KEYS_TOO_MANY; the first refusal again; whatever
   *   keeps an outcome from being noted
   */
  once(claim: Claim, at: Instant, work: () => Promise<KeptAnswer>): Promise<KeptAnswer & { readonly replayed: boolean }>;
  /** Notes, once each, what dead servers left unanswered: at the start, and now and then. @returns how many */
  noteInterrupted(): Promise<number>;
}

/** How a change went whose server died between its effect and its answer: it may have been made, or not. */
export const UNKNOWN = 'outcome unknown';

/** Answers are kept at least so long. */
const KEPT = MICROS_PER_DAY + 3_600 * MICROS_PER_SECOND;
const SWEEP_EVERY = 600 * MICROS_PER_SECOND;
const ANSWER_CHARS_MAX = 1 << 20;
/** Of one user, among those kept. */
const KEYS_MAX = 20_000;
/** Refusals that say "later": the next attempt works anew. */
const PASSING = new Set([401, 408, 425, 429]);
/** The life of a claim whose outcome this server could not note: as good as a dead server's. */
const NOBODY = '00000000-0000-0000-0000-000000000000';
const SAME = 'user_name = $1 AND route = $2 AND key = $3';

export const IDEMPOTENCY_KEY = /^[A-Za-z0-9_-]{8,100}$/;

/** How a refused or failed request is noted. */
export const outcomeOf = (error: unknown): string =>
  isProblem(error) && error.status < 500 ? `refused: ${error.code}` : 'failed';

export interface FirstAnswersOptions {
  readonly database: Database;
  readonly audit: Pick<AuditLog, 'append' | 'record' | 'checkpoint'>;
  readonly logger: Logger;
  /** Answers kept for one user, at most. */
  readonly keysMax?: number;
}

export function openFirstAnswers({ database, audit, logger, keysMax = KEYS_MAX }: FirstAnswersOptions): FirstAnswers {
  const life = randomUUID();
  let sweptAt = 0;
  /** Done or failed here, and not noted: the database was away. */
  const lost = new Set<Claim>();

  const notNoted = (error: unknown) => logger.error('refusal not audited', { reason: reasonOf(error) });

  async function sweep(at: Instant): Promise<void> {
    if (at - sweptAt < SWEEP_EVERY) return;
    sweptAt = at;
    await noteInterrupted();
    await database.query('DELETE FROM server.idempotency WHERE at < $1 AND (status IS NOT NULL OR interrupted IS NOT NULL)', [
      instantParameter(at - KEPT),
    ]);
  }

  async function noteInterrupted(): Promise<number> {
    for (const claim of lost) {
      await database.query(`UPDATE server.idempotency SET life = $4 WHERE ${SAME} AND life = $5 AND status IS NULL`, [
        ...[...place(claim), NOBODY, life],
      ]);
      lost.delete(claim);
    }
    const { rows } = await database.query<Place>(
      'SELECT user_name, route, key FROM server.idempotency WHERE status IS NULL AND interrupted IS NULL AND life <> $1 ORDER BY at',
      [life],
    );
    let count = 0;
    for (const { user_name, route, key } of rows) {
      // The dead server's last words may still be on their way: its row is waited for.
      const { rows: left } = await database.transaction(async (tx) => {
        const held = await tx.query<Left>(
          `SELECT entry, at FROM server.idempotency
            WHERE ${SAME} AND status IS NULL AND interrupted IS NULL AND life <> $4 FOR UPDATE`,
          [user_name, route, key, life],
        );
        for (const each of held.rows) await noteUnknown(tx, [user_name, route, key], each);
        return held;
      });
      count += left.length;
    }
    if (count > 0) await audit.checkpoint();
    return count;
  }

  async function noteUnknown(tx: Transaction, same: readonly string[], { entry, at }: Left): Promise<void> {
    const params = { ...entry.params, asked_at: formatInstant(at) };
    const { no } = await audit.append(tx, { ...entry, params, outcome: UNKNOWN });
    await tx.query(`UPDATE server.idempotency SET interrupted = $4 WHERE ${SAME}`, [...same, no]);
  }

  /** Undefined when it is ours to do. */
  async function claimed(claim: Claim, hash: string, at: Instant): Promise<Row | undefined> {
    const same = place(claim);
    const { rowCount } = await database.query(
      `INSERT INTO server.idempotency (user_name, route, key, request_hash, life, at, entry)
       SELECT $1, $2, $3, $4, $5, $6, $7
        WHERE (SELECT count(*) FROM server.idempotency WHERE user_name = $1) < $8 ON CONFLICT DO NOTHING`,
      [...same, hash, life, instantParameter(at), { json: claim.entry }, keysMax],
    );
    if (rowCount === 1) return undefined;
    const { rows } = await database.query<Row>(
      `SELECT request_hash, life, status, etag, answer FROM server.idempotency WHERE ${SAME}`,
      same,
    );
    const row = rows[0];
    if (row === undefined) throw problem('IDEMPOTENCY_KEYS_TOO_MANY', { max: keysMax });
    if (row.request_hash !== hash) throw problem('IDEMPOTENCY_KEY_REUSED');
    if (row.status !== null) return row;
    if (row.life === life || !(await takenOver(claim, row.life, at))) throw problem('IDEMPOTENCY_IN_FLIGHT');
    return undefined;
  }

  /** What an earlier life of the server left undone is done again, by one of those who ask; what was left is noted before. */
  function takenOver(claim: Claim, earlier: string, at: Instant): Promise<boolean> {
    const same = place(claim);
    return database.transaction(async (tx) => {
      const { rows } = await tx.query<Left & { readonly interrupted: bigint | null }>(
        `SELECT entry, at, interrupted FROM server.idempotency WHERE ${SAME} AND life = $4 AND status IS NULL FOR UPDATE`,
        [...same, earlier],
      );
      const [left] = rows;
      if (left === undefined) return false;
      if (left.interrupted === null) await noteUnknown(tx, same, left);
      await tx.query(`UPDATE server.idempotency SET life = $4, at = $5, entry = $6, interrupted = NULL WHERE ${SAME}`, [
        ...[...same, life, instantParameter(at), { json: claim.entry }],
      ]);
      return true;
    });
  }

  /** Keeps the answer and notes the outcome, both or neither. Undefined: nothing is kept, the next attempt works anew. */
  async function settle(claim: Claim, outcome: string, answer: TextAnswer | undefined): Promise<void> {
    const same = place(claim);
    try {
      await database.transaction(async (tx) => {
        if (answer === undefined) await tx.query(`DELETE FROM server.idempotency WHERE ${SAME} AND status IS NULL`, same);
        else
          await tx.query(`UPDATE server.idempotency SET status = $4, etag = $5, answer = $6, entry = NULL WHERE ${SAME}`, [
            ...[...same, answer.status, answer.etag ?? null, answer.text],
          ]);
        await audit.append(tx, { ...claim.entry, outcome });
      });
    } catch (error) {
      lost.add(claim);
      throw error;
    }
    await audit.checkpoint();
  }

  return {
    noteInterrupted,
    async once(claim, at, work) {
      const hash = createHash('sha256').update(canonicalJson(claim.content)).digest('hex');
      const note = (outcome: string) => audit.record({ ...claim.entry, outcome });
      const first = await sweep(at)
        .then(() => claimed(claim, hash, at))
        .catch(async (error: unknown) => {
          // Nothing was claimed: nothing was done that a crash could hide.
          await note(outcomeOf(error)).catch(notNoted);
          throw error;
        });
      if (first !== undefined) return replay(first, note);
      let answer: KeptAnswer;
      let text: TextAnswer;
      try {
        answer = await work();
        text = asText(claim.route, answer);
      } catch (error) {
        const isKept = isProblem(error) && error.status < 500 && !PASSING.has(error.status);
        const refusal = isKept ? { status: error.status, etag: undefined, text: canonicalJson(asRefusal(error)) } : undefined;
        // Whoever asked is told what went wrong with their change; that it is not noted yet, the claim tells.
        await settle(claim, outcomeOf(error), refusal).catch(notNoted);
        throw error;
      }
      await settle(claim, 'done', text);
      return { ...answer, replayed: false };
    },
  };
}

interface Place {
  readonly user_name: string;
  readonly route: string;
  readonly key: string;
}

const place = ({ user, route, key }: Claim): readonly [string, string, string] => [user, route, key];

/** What a dead server left. */
interface Left {
  readonly entry: Claim['entry'];
  readonly at: Instant;
}

interface Row {
  readonly request_hash: string;
  readonly life: string;
  readonly status: number | null;
  readonly etag: string | null;
  readonly answer: string | null;
}

interface TextAnswer {
  readonly status: number;
  readonly etag: string | undefined;
  readonly text: string;
}

function asText(route: string, { status, etag, body }: KeptAnswer): TextAnswer {
  const text = canonicalJson(body);
  if (text.length > ANSWER_CHARS_MAX) throw new RangeError(`the answer of ${route} is too long to keep`);
  return { status, etag, text };
}

const asRefusal = (error: Problem) => ({ code: error.code, params: error.document('en').params });

async function replay(
  { status, etag, answer }: Row,
  note: (outcome: string) => Promise<unknown>,
): Promise<KeptAnswer & { readonly replayed: boolean }> {
  const body = JSON.parse(answer as string) as unknown;
  if ((status as number) < 400) {
    await note('replayed');
    return { status: status as number, etag: etag ?? undefined, body, replayed: true };
  }
  const { code, params } = body as { code: string; params: ProblemParams };
  const refusal = new Problem(code, params);
  await note(outcomeOf(refusal));
  throw refusal;
}
