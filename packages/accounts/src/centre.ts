import {
  type BusinessClock,
  canonicalJson,
  currency,
  dateText,
  isProblem,
  type Logger,
  silentLogger,
  validateConfig,
} from '@meridian/base';
import type { NumberedEvent } from '@meridian/messages';
import { consume, consumerPosition, type Database, type Transaction } from '@meridian/store';
import { type AccountCommand, COMMAND_BODIES, type Executed } from './command.ts';
import { CONSUMER } from './effect.ts';
import { affectsBooks } from './intake.ts';
import { commandHash } from './ledger-proof.ts';
import { problem } from './problems.ts';
import { type Answer, type Cache, GROUP_MAX, type Waiting, write } from './writer.ts';

/** Commands waiting at most; beyond it {@link AccountCentre.execute} refuses with ACCOUNTS_BUSY. */
export const QUEUE_MAX = 10_000;

export interface ExecuteOptions {
  /** Statements of the caller in the same transaction, after the command's own effect. It then commits alone. */
  readonly within?: (tx: Transaction) => Promise<void>;
}

export interface Place {
  readonly seq: number;
  readonly k: number;
}

export interface AccountCentre {
  /**
   * Executes one command: its whole effect and its row in one transaction, or nothing and a Problem. The same id again
   * returns the first outcome; with another body it is refused (IDEMPOTENCY_CONFLICT). Commands that wait at the same
   * time share a commit (group commit); each still succeeds or fails alone. A refused command leaves no trace and its id
   * may be used again.
   * @throws Problem of the command | ACCOUNTS_BUSY | DATABASE_AWAY (send it again with the same id)
   */
  execute(command: AccountCommand, options?: ExecuteOptions): Promise<Executed>;
  /**
   * Applies events of one market exactly once, in order, in one transaction: those at or before the stored position are
   * skipped. `to` is the last event consumed, also when nothing in the range touches the books.
   * @throws Problem INTAKE_REFUSED (not in order) | CONSUMER_GAP | DATABASE_AWAY
   */
  intake(market: string, events: readonly NumberedEvent[], from: Place, to: Place): Promise<Executed | undefined>;
  /** The last event of a market that is in the books; undefined before the first. */
  position(market: string): Promise<Place | undefined>;
  /** Waits for the commands that are under way. */
  close(): Promise<void>;
}

export interface AccountCentreOptions {
  readonly pool: Database;
  readonly clock?: BusinessClock;
  readonly logger?: Logger;
}

const ID_MAX = 200;
const TOKEN = /^[\w .:@-]{1,100}$/;

/** Kinds that need a checker whatever they say; withdrawals from a threshold on, see cash.ts. */
const FOUR_EYED: ReadonlySet<string> = new Set(['set-limit', 'reverse-journal']);

export function openAccountCentre({ pool, logger = silentLogger }: AccountCentreOptions): AccountCentre {
  const queue: Waiting[] = [];
  const cache: Cache = { accountIds: new Map(), subs: new Map() };
  let pump: Promise<void> | undefined;

  function enqueue(
    command: AccountCommand,
    events: readonly NumberedEvent[],
    within: ExecuteOptions['within'],
  ): Promise<Executed> {
    checkCommand(command);
    if (queue.length >= QUEUE_MAX) throw problem('ACCOUNTS_BUSY', { limit: QUEUE_MAX });
    const body = canonicalJson(command.body);
    if (body.includes('\\u0000')) throw problem('COMMAND_REFUSED', { kind: command.kind, reason: 'it holds a NUL character' });
    return new Promise((resolve, reject) => {
      queue.push({ command, body, bodyHash: commandHash(command, body), events, within, resolve, reject });
      pump ??= run();
    });
  }

  async function run(): Promise<void> {
    while (queue.length > 0) {
      // One turn of the event loop lets callers that were woken together join the same commit.
      await new Promise((resolve) => setImmediate(resolve));
      const group = nextGroup(queue);
      await write(pool, cache, group).then(
        (answers) => {
          for (const [i, waiting] of group.entries()) settle(waiting, answers[i] as Answer);
        },
        (error: unknown) => {
          logger.warn('account commands failed', { reason: isProblem(error) ? error.code : String(error).slice(0, 200) });
          for (const waiting of group) waiting.reject(error);
        },
      );
    }
    pump = undefined;
  }

  return {
    execute: async (command, { within } = {}) => enqueue(command, [], within),
    async intake(market, events, from, to) {
      checkOrder(market, events, from, to);
      const at = await consumerPosition(pool, { consumer: CONSUMER, stream: market });
      const fresh = at === undefined ? events : events.filter((e) => isAfter(e.header, { seq: Number(at.seq), k: at.k }));
      if (at !== undefined && !isAfter(to, { seq: Number(at.seq), k: at.k })) return undefined;
      const effective = fresh.filter(affectsBooks);
      const position = { seq: BigInt(to.seq), k: to.k };
      if (effective.length === 0) {
        await pool.transaction((tx) => consume(tx, { consumer: CONSUMER, stream: market }, position, async () => {}));
        return undefined;
      }
      const last = effective.at(-1)?.header as NumberedEvent['header'];
      const first =
        at === undefined
          ? from
          : isAfter(from, { seq: Number(at.seq), k: at.k })
            ? from
            : (effective[0] as NumberedEvent).header;
      return enqueue(
        {
          ...{ kind: 'intake', id: `intake:${market}:${to.seq}.${to.k}`, at: last.time, maker: CONSUMER },
          body: { market, from: { seq: first.seq, k: first.k }, to: { seq: to.seq, k: to.k } },
        },
        effective,
        undefined,
      );
    },
    async position(market) {
      const at = await consumerPosition(pool, { consumer: CONSUMER, stream: market });
      return at === undefined ? undefined : { seq: Number(at.seq), k: at.k };
    },
    close: async () => pump,
  };
}

function settle(waiting: Waiting, answer: Answer): void {
  if (answer instanceof Error) waiting.reject(answer);
  else waiting.resolve(answer);
}

const isAfter = (a: Place, b: Place): boolean => a.seq > b.seq || (a.seq === b.seq && a.k > b.k);

/** @throws Problem INTAKE_REFUSED */
function checkOrder(market: string, events: readonly NumberedEvent[], from: Place, to: Place): void {
  const refuse = (at: Place, reason: string) => problem('INTAKE_REFUSED', { market, at: `${at.seq}.${at.k}`, reason });
  if (isAfter(from, to)) throw refuse(from, 'the range ends before it begins');
  let last: Place | undefined;
  for (const { header } of events) {
    if (isAfter(from, header) || isAfter(header, to)) throw refuse(header, 'outside the range');
    if (last !== undefined && !isAfter(header, last)) throw refuse(header, 'out of order');
    last = header;
  }
}

/** Shape, four eyes and bounds of a command, before it waits. @throws Problem CONFIG_INVALID | FOUR_EYES | CURRENCY_UNKNOWN */
function checkCommand(command: AccountCommand): void {
  const { kind, id, at, maker, checker, body } = command;
  const schema = Object.hasOwn(COMMAND_BODIES, kind) ? COMMAND_BODIES[kind] : undefined;
  const refuse = (reason: string) => problem('COMMAND_REFUSED', { kind: String(kind).slice(0, 32), reason });
  if (schema === undefined) throw refuse('there is no such kind');
  if (id.length === 0 || id.length > ID_MAX) throw refuse(`its id has 1 to ${ID_MAX} characters`);
  if (!TOKEN.test(maker) || (checker !== undefined && !TOKEN.test(checker))) throw refuse('maker and checker are user tokens');
  if (!Number.isSafeInteger(at) || at <= 0) throw refuse('its business time is missing');
  validateConfig(schema, body);
  checkDates(body);
  if (checker === maker || (checker === undefined && FOUR_EYED.has(kind))) throw problem('FOUR_EYES', { kind });
  const named = body as { currency?: string | null };
  if (typeof named.currency === 'string') currency(named.currency);
}

/** A member named as a date holds one that exists: the schema knows its form only. @throws Problem DATE_MALFORMED */
function checkDates(value: unknown): void {
  if (value === null || typeof value !== 'object') return;
  for (const [key, member] of Object.entries(value)) {
    if (typeof member === 'string') {
      if (/(Date|On|From|To)$/.test(key)) dateText(member);
    } else checkDates(member);
  }
}

/** Commands that share the next commit. One that brings statements of its caller, or much work, commits alone. */
function nextGroup(queue: Waiting[]): Waiting[] {
  const isAlone = ({ command, within }: Waiting) =>
    within !== undefined || command.kind === 'publish-batch' || command.kind === 'intake';
  const end = queue.findIndex(isAlone);
  const size = end === 0 ? 1 : Math.min(end < 0 ? queue.length : end, GROUP_MAX);
  return queue.splice(0, size);
}
