import type { AccountCentre } from '@meridian/accounts';
import { type DateText, type Instant, isProblem, type Logger, MICROS_PER_SECOND } from '@meridian/base';
import { businessDate, type MarketFacts, type RateSet } from '@meridian/market';
import { type Command, encodeCommand } from '@meridian/messages';
import { rateSetFact, recordRateSet, tradingDayFact } from '@meridian/reference';
import type { Database } from '@meridian/store';
import type { ProcessClient } from './link/rpc.ts';
import type { StoryLine } from './process/child.ts';

/**
 * What the house does by the clock of the business: announce rates when they are published, open days before they begin,
 * judge margin calls at their deadline. Each duty is done once, noted in the database with its effect; a restart goes on
 * where the last life stopped. TC-5, CL-b.
 */
export interface Duties {
  /** Keeps the rate set in force as data of record: the books are valued by it before any node hears of it. */
  prepare(now: Instant): Promise<void>;
  /** Margin calls that deposits cover are met; those past their deadline that nothing covers are breached. */
  settleCalls(now: Instant): Promise<void>;
  /** Does everything that is due at `now`, in the order in which it fell due. */
  perform(now: Instant): Promise<void>;
  /** Tells one node again what it must know today: after it, or this process, was started. */
  remind(market: string, now: Instant): Promise<void>;
}

export interface DutiesOptions {
  readonly markets: readonly string[];
  readonly facts: MarketFacts;
  readonly database: Database;
  readonly accounts: AccountCentre;
  readonly nodes: ReadonlyMap<string, ProcessClient>;
  /** Called when a duty changed the books or the rates. */
  readonly onChange: () => Promise<void>;
  readonly story: (line: StoryLine) => void;
  readonly logger: Logger;
}

/** How long before the open of its first market a day is opened. */
const OPEN_AHEAD = 30 * 60 * MICROS_PER_SECOND;
/** Currencies of the house's contracts; a set that lacks one leaves it out and orders needing it are refused. */
const CURRENCIES = ['CNY', 'CNH', 'USD', 'HKD', 'JPY', 'EUR', 'GBP'];
const SYSTEM = { maker: 'scheduler', checker: 'published source' };

export function houseDuties(options: DutiesOptions): Duties {
  const { facts, database, accounts, markets, nodes } = options;
  const done = new Set<string>();

  async function once(duty: string, at: Instant, work: () => Promise<void>): Promise<boolean> {
    if (done.has(duty)) return false;
    const { rows } = await database.query('SELECT 1 FROM server.duty_done WHERE duty = $1', [duty]);
    if (rows.length === 0) {
      await work();
      // The work bears repetition: a crash before this line repeats it.
      await database.query('INSERT INTO server.duty_done (duty, done_at) VALUES ($1, $2) ON CONFLICT DO NOTHING', [duty, at]);
    }
    done.add(duty);
    return rows.length === 0;
  }

  const tell = (market: string, command: Command, now: Instant) =>
    (nodes.get(market) as ProcessClient).submit(encodeCommand(command, now));

  async function announce(set: RateSet, now: Instant): Promise<void> {
    const id = await database.transaction((tx) => recordRateSet(tx, set, SYSTEM));
    for (const market of markets) await tell(market, rateSetFact(set, id, CURRENCIES), now);
  }

  async function rates(now: Instant): Promise<void> {
    const set = inForce(facts, now);
    if (set === undefined) return;
    const fresh = await once(`rates ${set.id}`, now, () => announce(set, now));
    if (!fresh) return;
    await options.onChange();
    options.story({
      at: now,
      zh: `汇率组 ${set.id} 公布并下发各节点`,
      en: `Rate set ${set.id} is published and sent to the nodes`,
    });
  }

  function sessionsDue(now: Instant): { market: string; tradeDate: DateText; business: DateText }[] {
    return markets.flatMap((market) => {
      const session = facts.calendar.session(market, facts.calendar.dateAt(market, now));
      if (session === null || now < session.open - OPEN_AHEAD || now >= session.close) return [];
      const bankCalendar = facts.banks.of('CNY');
      return [
        { market, tradeDate: session.date, business: businessDate({ zone: 'Asia/Shanghai', bankCalendar }, session.close) },
      ];
    });
  }

  async function days(now: Instant): Promise<void> {
    for (const [business, sessions] of Map.groupBy(sessionsDue(now), (each) => each.business)) {
      const duty = `day ${business} ${sessions.map((each) => `${each.market} ${each.tradeDate}`).join(', ')}`;
      const fresh = await once(duty, now, async () => {
        await accounts.execute({
          kind: 'day-open',
          id: duty,
          at: now,
          maker: SYSTEM.maker,
          body: { businessDate: business, sessions: sessions.map(({ market, tradeDate }) => ({ market, tradeDate })) },
        });
        for (const { market, tradeDate } of sessions) {
          const plan = tradingDayFact(facts, market, tradeDate);
          if (plan !== null) await tell(market, plan, now);
        }
      });
      if (!fresh) continue;
      await options.onChange();
      const names = sessions.map((each) => each.market).join('、');
      options.story({
        at: now,
        zh: `业务日 ${business} 开启：${names} 获得额度切片`,
        en: `Business date ${business} opens: ${names.replaceAll('、', ', ')} receive their slices of every limit`,
      });
    }
  }

  /** The newest deposit at which each open call was not covered yet: asked again without another, the books say the same. */
  const uncoveredAt = new Map<string, bigint>();

  async function calls(now: Instant): Promise<void> {
    const { rows } = await database.query<{ id: string; due_at: bigint; deposit: bigint }>(
      `SELECT c.id, c.due_at, (SELECT coalesce(max(j.id), 0)::bigint FROM accounts.journal j WHERE j.rule = 'deposit') AS deposit
         FROM accounts.margin_call c WHERE c.state = 'raised' ORDER BY c.raised_at, c.id`,
    );
    const open = new Set(rows.map(({ id }) => id));
    for (const id of uncoveredAt.keys()) if (!open.has(id)) uncoveredAt.delete(id);
    for (const { id, due_at, deposit } of rows) {
      if (uncoveredAt.get(id) !== deposit) {
        if (await settle(id, 'meet-margin-call', now)) continue;
        uncoveredAt.set(id, deposit);
      }
      if (now >= Number(due_at)) await settle(id, 'breach-margin-call', now);
    }
  }

  async function settle(call: string, kind: 'meet-margin-call' | 'breach-margin-call', now: Instant): Promise<boolean> {
    const base = { id: `${kind}:${call}`, at: now, maker: SYSTEM.maker };
    try {
      if (kind === 'meet-margin-call') await accounts.execute({ kind, ...base, body: { call, by: 'paid' } });
      else await accounts.execute({ kind, ...base, body: { call } });
    } catch (error) {
      if (kind === 'meet-margin-call' && isProblem(error) && error.status < 500) return false;
      throw error;
    }
    await options.onChange();
    options.story(
      kind === 'meet-margin-call'
        ? { at: now, zh: '追保已补足', en: 'The margin call is met' }
        : { at: now, zh: '追保到期未补足', en: 'The margin call passed its deadline unmet' },
    );
    return true;
  }

  return {
    async prepare(now) {
      const set = inForce(facts, now);
      if (set !== undefined) await database.transaction((tx) => recordRateSet(tx, set, SYSTEM));
    },
    settleCalls: calls,
    async perform(now) {
      await rates(now);
      await days(now);
      await calls(now);
    },
    async remind(market, now) {
      const set = inForce(facts, now);
      if (set !== undefined) {
        const id = await database.transaction((tx) => recordRateSet(tx, set, SYSTEM));
        await tell(market, rateSetFact(set, id, CURRENCIES), now);
      }
      for (const session of sessionsDue(now).filter((each) => each.market === market)) {
        const plan = tradingDayFact(facts, market, session.tradeDate);
        if (plan !== null) await tell(market, plan, now);
      }
    },
  };
}

/** The rate set in force; undefined where the facts know none, so that orders needing one are refused. */
function inForce(facts: MarketFacts, now: Instant): RateSet | undefined {
  try {
    return facts.rateSets.at(now);
  } catch (error) {
    if (isProblem(error, 'FX_NOT_COVERED')) return undefined;
    throw error;
  }
}
