import { randomUUID } from 'node:crypto';
import type { AnswerOf } from '@meridian/api';
import {
  type Bilingual,
  type BusinessClock,
  formatInstant,
  type Instant,
  isProblem,
  type Logger,
  Problem,
  type ProblemParams,
  problemKind,
  wallClock,
} from '@meridian/base';
import { type Database, instantParameter } from '@meridian/store';
import { reasonOf } from '../process/child.ts';
import { problem } from './problems.ts';

type Language = 'zh' | 'en';
export type Operation = AnswerOf<'GET /v1/operations/{operation}'>;

/** How a job tells where it is. */
export interface Progress {
  /** A line of its log, for people. At most 1000 are kept, the newest. */
  say(text: Bilingual): void;
  /** 0 to 1. */
  at(progress: number): void;
}

export interface Job {
  /** "batch.run". */
  readonly kind: string;
  /** What it works on, in the words of its room. */
  readonly target: string;
  /** The user who started it. */
  readonly by: string;
  /** @returns what came of it, as JSON. @throws Problem: the job has failed, and says so in plain words */
  readonly work: (progress: Progress) => Promise<Readonly<Record<string, unknown>>>;
}

/** Long jobs (作业): started by one request, watched by others, remembered after a restart. */
export interface Operations {
  /** Starts the job and answers at once. @throws Problem OPERATIONS_TOO_MANY */
  start(job: Job): Promise<Operation>;
  /** The job as it is now; what went wrong in `language`, and beside it in both. */
  get(id: string, language?: Language): Promise<Operation | undefined>;
  /** Newest first, at most 200; `by`: of one user only. */
  list(by?: string, language?: Language): Promise<Operation[]>;
  /** Waits until nothing runs. */
  idle(): Promise<void>;
}

const RUNNING_MAX = 16;
const LINES_MAX = 1_000;
const NOTE_MS = 500;
/** In a list of jobs each shows the end of its log. */
const LINES_LISTED = 20;

/** Opens the jobs; those that were running in an earlier life are noted as failed: nobody works on them any more. */
export async function openOperations(
  database: Database,
  logger: Logger,
  clock: BusinessClock = wallClock,
): Promise<Operations> {
  await database.query(`UPDATE server.operation SET state = 'failed', ended = $1, problem = $2 WHERE state = 'running'`, [
    instantParameter(clock.now()),
    { json: problem('OPERATION_INTERRUPTED').document('en') },
  ]);
  const running = new Map<string, Promise<void>>();

  async function run(job: Job, id: string): Promise<void> {
    const log: Line[] = [];
    let progress: number | null = null;
    let noted = Promise.resolve();
    let notedAt = 0;
    const note = (isLast: boolean) => {
      // A talkative job writes twice a second, its last word always.
      if (!isLast && performance.now() - notedAt < NOTE_MS) return;
      notedAt = performance.now();
      noted = noted
        .then(() => write('progress = $2, log = $3', id, progress, { json: log }))
        .then(
          () => {},
          (error: unknown) => logger.warn('operation not noted', { reason: reasonOf(error) }),
        );
    };
    const told: Progress = {
      say({ zh, en }) {
        log.push({ at: formatInstant(clock.now()), text: { zh: zh.slice(0, 1_000), en: en.slice(0, 1_000) } });
        if (log.length > LINES_MAX) log.shift();
        note(false);
      },
      at(value) {
        progress = Math.min(1, Math.max(0, value));
        note(false);
      },
    };
    const end = await job.work(told).then(
      (result) => ({ state: 'done', result, fault: null }),
      (error: unknown) => ({ state: 'failed', result: null, fault: faultOf(error) }),
    );
    note(true);
    await noted;
    await write(
      "state = $2, ended = $3, result = $4, problem = $5, progress = CASE WHEN $2 = 'done' THEN 1 ELSE progress END",
      ...[id, end.state, instantParameter(clock.now())],
      ...[end.result === null ? null : { json: end.result }, end.fault === null ? null : { json: end.fault }],
    );
  }

  function faultOf(error: unknown): object {
    if (isProblem(error) && error.status < 500) return error.document('en');
    logger.error('operation failed', { reason: reasonOf(error) });
    return problem('INTERNAL_FAULT').document('en');
  }

  const write = (set: string, ...values: Parameters<Database['query']>[1] & {}) =>
    database.query(`UPDATE server.operation SET ${set} WHERE operation = $1 AND state = 'running'`, values);

  const read = async (where: string, values: Parameters<Database['query']>[1], language: Language = 'en') =>
    (await database.query<Row>(`SELECT * FROM server.operation ${where}`, values)).rows.map((row) => shown(row, language));

  return {
    async start(job) {
      if (running.size >= RUNNING_MAX) throw problem('OPERATIONS_TOO_MANY', { max: RUNNING_MAX });
      const id = randomUUID();
      // Counted before the first wait: two who come together do not both get the last place.
      let begin: () => void = () => {};
      const work = new Promise<void>((resolve) => {
        begin = resolve;
      })
        .then(() => run(job, id))
        .catch((error: unknown) => logger.error('operation not noted', { reason: reasonOf(error) }))
        .finally(() => running.delete(id));
      running.set(id, work);
      try {
        await database.query(
          `INSERT INTO server.operation (operation, kind, target, maker, state, started, log) VALUES ($1, $2, $3, $4, 'running', $5, '[]')`,
          [id, job.kind, job.target.slice(0, 200), job.by, instantParameter(clock.now())],
        );
      } catch (error) {
        running.delete(id);
        throw error;
      }
      try {
        // Read before it begins: the answer is the job as it was taken, however fast it works.
        return (await read('WHERE operation = $1', [id]))[0] as Operation;
      } finally {
        begin();
      }
    },
    get: async (id, language) =>
      /^[0-9a-f-]{36}$/.test(id) ? (await read('WHERE operation::text = $1', [id], language))[0] : undefined,
    async list(by, language) {
      const newest = 'WHERE $1::text IS NULL OR maker = $1 ORDER BY started DESC, operation LIMIT 200';
      const all = await read(newest, [by ?? null], language);
      return all.map((each) => ({ ...each, log: each.log.slice(-LINES_LISTED) }));
    },
    async idle() {
      await Promise.all(running.values());
    },
  };
}

interface Line {
  readonly at: string;
  readonly text: Bilingual;
}

interface Row {
  readonly operation: string;
  readonly kind: string;
  readonly target: string;
  readonly maker: string;
  readonly state: Operation['state'];
  readonly progress: number | null;
  readonly started: Instant;
  readonly ended: Instant | null;
  readonly result: Operation['result'];
  readonly problem: Operation['problem'];
  readonly log: Operation['log'];
}

function shown({ maker, started, ended, ...row }: Row, language: Language): Operation {
  return {
    ...{ ...row, problem: row.problem === null ? null : inWords(row.problem, language) },
    ...{ by: maker, started: formatInstant(started), ended: ended === null ? null : formatInstant(ended) },
  };
}

/** What is kept are code and figures with English words; a code that this version does not know any more keeps those. */
function inWords(kept: NonNullable<Operation['problem']>, language: Language): NonNullable<Operation['problem']> {
  const { code, params } = kept as { code: string; params: ProblemParams };
  if (problemKind(code) === undefined) return kept;
  const fault = new Problem(code, params);
  const [zh, en] = [fault.document('zh'), fault.document('en')];
  const both = ({ title, detail, remedy }: typeof zh) => ({ title, detail, remedy });
  return { ...(language === 'zh' ? zh : en), texts: { zh: both(zh), en: both(en) } };
}
