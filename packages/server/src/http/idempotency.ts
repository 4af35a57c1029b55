import { createHash, randomUUID } from 'node:crypto';
import {
  canonicalJson,
  type Instant,
  isProblem,
  MICROS_PER_DAY,
  MICROS_PER_SECOND,
  Problem,
  type ProblemParams,
} from '@meridian/base';
import { type Database, instantParameter } from '@meridian/store';
import { problem } from './problems.ts';

/** Whose change, over which route, under which client-made key. */
export interface Claim {
  readonly user: string;
  readonly route: string;
  readonly key: string;
  /** What was asked: path, query, body. The same key for another content is refused. */
  readonly content: unknown;
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
 */
export interface FirstAnswers {
  /**
   * Does `work` or gives its first answer again.
   * @throws Problem IDEMPOTENCY_KEY_REUSED | IDEMPOTENCY_IN_FLIGHT | IDEMPOTENCY_KEYS_TOO_MANY; the first refusal again
   */
  once(claim: Claim, at: Instant, work: () => Promise<KeptAnswer>): Promise<KeptAnswer & { readonly replayed: boolean }>;
}

/** Answers are kept at least so long. */
const KEPT = MICROS_PER_DAY + 3_600 * MICROS_PER_SECOND;
const SWEEP_EVERY = 600 * MICROS_PER_SECOND;
const ANSWER_CHARS_MAX = 1 << 20;
/** Of one user, among those kept. */
const KEYS_MAX = 20_000;
/** Refusals that say "later": the next attempt works anew. */
const PASSING = new Set([401, 408, 425, 429]);

export const IDEMPOTENCY_KEY = /^[A-Za-z0-9_-]{8,100}$/;

export function openFirstAnswers(database: Database, keysMax = KEYS_MAX): FirstAnswers {
  const life = randomUUID();
  let sweptAt = 0;

  async function sweep(at: Instant): Promise<void> {
    if (at - sweptAt < SWEEP_EVERY) return;
    sweptAt = at;
    await database.query('DELETE FROM server.idempotency WHERE at < $1', [instantParameter(at - KEPT)]);
  }

  /** Undefined when it is ours to do. */
  async function claimed({ user, route, key }: Claim, hash: string, at: Instant): Promise<Row | undefined> {
    const { rowCount } = await database.query(
      `INSERT INTO server.idempotency (user_name, route, key, request_hash, life, at)
       SELECT $1, $2, $3, $4, $5, $6
        WHERE (SELECT count(*) FROM server.idempotency WHERE user_name = $1) < $7 ON CONFLICT DO NOTHING`,
      [user, route, key, hash, life, instantParameter(at), keysMax],
    );
    if (rowCount === 1) return undefined;
    const { rows } = await database.query<Row>(
      'SELECT request_hash, life, status, etag, answer FROM server.idempotency WHERE user_name = $1 AND route = $2 AND key = $3',
      [user, route, key],
    );
    const row = rows[0];
    if (row === undefined) throw problem('IDEMPOTENCY_KEYS_TOO_MANY', { max: keysMax });
    if (row.request_hash !== hash) throw problem('IDEMPOTENCY_KEY_REUSED');
    if (row.status !== null) return row;
    if (row.life === life || !(await takenOver(user, route, key, row.life))) throw problem('IDEMPOTENCY_IN_FLIGHT');
    return undefined;
  }

  /** What an earlier life of the server left undone is done again, by one of those who ask. */
  async function takenOver(user: string, route: string, key: string, earlier: string): Promise<boolean> {
    const { rowCount } = await database.query(
      `UPDATE server.idempotency SET life = $5
        WHERE user_name = $1 AND route = $2 AND key = $3 AND life = $4 AND status IS NULL`,
      [user, route, key, earlier, life],
    );
    return rowCount === 1;
  }

  const forget = ({ user, route, key }: Claim) =>
    database.query('DELETE FROM server.idempotency WHERE user_name = $1 AND route = $2 AND key = $3 AND status IS NULL', [
      ...[user, route, key],
    ]);

  async function keep({ user, route, key }: Claim, { status, etag, body }: KeptAnswer): Promise<void> {
    const text = canonicalJson(body);
    if (text.length > ANSWER_CHARS_MAX) throw new RangeError(`the answer of ${route} is too long to keep`);
    await database.query(
      'UPDATE server.idempotency SET status = $4, etag = $5, answer = $6 WHERE user_name = $1 AND route = $2 AND key = $3',
      [user, route, key, status, etag ?? null, text],
    );
  }

  return {
    async once(claim, at, work) {
      await sweep(at);
      const hash = createHash('sha256').update(canonicalJson(claim.content)).digest('hex');
      const first = await claimed(claim, hash, at);
      if (first !== undefined) return { ...again(first), replayed: true };
      try {
        const answer = await work();
        await keep(claim, answer);
        return { ...answer, replayed: false };
      } catch (error) {
        if (isProblem(error) && error.status < 500 && !PASSING.has(error.status))
          await keep(claim, { status: error.status, etag: undefined, body: { code: error.code, params: shown(error) } });
        else await forget(claim);
        throw error;
      }
    },
  };
}

interface Row {
  readonly request_hash: string;
  readonly life: string;
  readonly status: number | null;
  readonly etag: string | null;
  readonly answer: string | null;
}

function again({ status, etag, answer }: Row): KeptAnswer {
  const body = JSON.parse(answer as string) as unknown;
  if ((status as number) < 400) return { status: status as number, etag: etag ?? undefined, body };
  const { code, params } = body as { code: string; params: ProblemParams };
  throw new Problem(code, params);
}

const shown = (error: Problem) => error.document('en').params;
