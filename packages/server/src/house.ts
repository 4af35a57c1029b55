import type { AccountCentre, AccountCommand } from '@meridian/accounts';
import { type DateText, formatInstant, type Instant, isProblem, type Logger } from '@meridian/base';
import type { MarketFacts } from '@meridian/market';
import type { NumberedEvent } from '@meridian/messages';
import { type Reference, recordReference, recordRules } from '@meridian/reference';
import { marginCallDue, openRiskMonitor, type RiskMonitor, type RiskSignal } from '@meridian/risk';
import type { AuditLog } from '@meridian/security';
import type { Database } from '@meridian/store';
import './catalogue.ts';
import type { DataFolder } from './data-folder.ts';
import { DEMO_BEGIN } from './demo/cast.ts';
import { houseDuties } from './duties.ts';
import type { AskRequest, Position, ProcessClient, ProcessService } from './link/rpc.ts';
import type { DoorTables } from './market-door.ts';
import { type MarketLink, openMarketLink } from './market-link.ts';
import { type NodeDoor, nodeDoor } from './node-door.ts';
import { reasonOf, type StoryLine } from './process/child.ts';
import type { ProcessSettings } from './process/settings.ts';
import { bookStatus, type HouseStatus, type NodeStatus } from './status.ts';
import { takeTurns } from './turn.ts';

/** Everything the server process holds together: nodes' events into books and risk, the books' messages to the nodes. */
export interface House {
  readonly service: ProcessService;
  /** Business time has reached `to`: does what is due and waits until the books hold every event. */
  advance(to: Instant): Promise<void>;
  status(): Promise<HouseStatus>;
  ready(): Promise<boolean>;
  close(): Promise<void>;
}

export interface HouseOptions {
  readonly settings: ProcessSettings;
  readonly folder: DataFolder;
  readonly database: Database;
  readonly facts: MarketFacts;
  readonly accounts: AccountCentre;
  readonly audit: AuditLog;
  readonly nodes: ReadonlyMap<string, ProcessClient>;
  readonly story: (line: StoryLine) => void;
  readonly logger: Logger;
}

/** What a node's status call answers. */
export interface NodeAnswer extends Omit<NodeStatus, 'lag'> {
  /** Its newest committed event. */
  readonly events: Position;
  /** False until the node has its door tables. */
  readonly open: boolean;
}

/** The house's margin lines: called below 105 % of the requirement, restored to 115 %, nothing under 10,000. RC-j */
const CALL_LINES = { callPpm: 1_050_000, targetPpm: 1_150_000, amountMin: 1_000_000 };

export async function openHouse(options: HouseOptions): Promise<House> {
  const { settings, database, accounts, facts, nodes, logger, story } = options;
  // Intake, commands and revaluations take turns, so that risk sees what the books saw.
  const turn = takeTurns();
  const risk = await openRiskMonitor({ dir: options.folder.risk, database, logger, terms: CALL_LINES });
  let now: Instant = settings.mode === 'demo' ? await lastBusinessTime(database) : Date.now() * 1_000;
  let seenCommand = 0n;

  const doors = new Map<string, NodeDoor>();
  for (const [market, node] of nodes)
    doors.set(
      market,
      nodeDoor(market, database, node, facts, () => now),
    );

  /** Whatever changed the books outside the event streams: risk reads them again, nodes hear what was said to them. */
  async function booksChanged(): Promise<void> {
    await turn(() => risk.rebase(now));
    for (const door of doors.values()) await door.deliver();
  }

  async function noticeOthers(): Promise<void> {
    const { rows } = await database.query<{ no: bigint; others: boolean }>(
      `SELECT coalesce(max(no), 0) AS no, coalesce(bool_or(kind <> 'intake'), false) AS others FROM accounts.command WHERE no > $1`,
      [seenCommand],
    );
    const { no, others } = rows[0] as { no: bigint; others: boolean };
    if (no > seenCommand) seenCommand = no;
    if (others) await booksChanged();
  }

  const duties = houseDuties({
    markets: settings.markets,
    facts,
    database,
    accounts,
    nodes,
    onChange: booksChanged,
    story,
    logger,
  });

  async function onEvents(market: string, events: readonly NumberedEvent[]): Promise<void> {
    const { rebaseNeeded } = await risk.feed(market, events);
    if (rebaseNeeded) await risk.rebase(now);
  }
  const onMissed = () => risk.rebase(now);
  const links = new Map<string, MarketLink>();
  for (const [market, node] of nodes) {
    links.set(market, openMarketLink({ market, node, accounts, turn, onEvents, onMissed, logger }));
  }

  risk.onSignal((signal) => {
    const answer = signal.kind === 'call' ? raiseCall(options, risk, signal) : endCalls(options, signal);
    answer.then(booksChanged, (error: unknown) => logger.error('margin signal not answered', { reason: reasonOf(error) }));
  });

  /** A node that (re)appears gets its door tables, every fact of record and whatever waits for it. */
  async function introduce(market: string): Promise<boolean> {
    const node = nodes.get(market) as ProcessClient;
    const date = facts.calendar.dateAt(market, now);
    const tables = await doorTables(database, market, date);
    // Nothing of record says how this market is hedged: its door stays shut.
    if (!tables.sessions.some((row) => row.role === 'hedge')) return false;
    await node.ask('door', tables);
    await (doors.get(market) as NodeDoor).introduce(date);
    await duties.remind(market, now);
    await (doors.get(market) as NodeDoor).deliver();
    await node.ask('open');
    return true;
  }

  const introduced = new Map<string, string>();
  async function meetNodes(): Promise<void> {
    for (const [market, node] of nodes) {
      const { leader, open } = (await node.status()) as NodeAnswer;
      if (open && introduced.get(market) === leader) continue;
      if (await introduce(market)) introduced.set(market, leader);
    }
  }

  async function advance(to: Instant): Promise<void> {
    now = Math.max(now, to);
    await meetNodes();
    await duties.perform(now);
    for (const [market, node] of nodes) {
      const { events } = (await node.status()) as NodeAnswer;
      await (links.get(market) as MarketLink).caughtUp(events);
    }
    await noticeOthers();
  }

  await duties.prepare(now);
  await turn(() => risk.rebase(now));
  return {
    service: {
      async advance({ time }) {
        await advance(time);
        return { time: now };
      },
      status: () => status(),
      ask: (request) => ask(request),
    },
    advance,
    status,
    ready: async () => {
      const answers = await Promise.allSettled([...nodes.values()].map((node) => node.status()));
      return answers.every((answer) => answer.status === 'fulfilled' && (answer.value as NodeAnswer).open);
    },
    async close() {
      await Promise.all([...links.values()].map((link) => link.close()));
      await accounts.close();
      await risk.close();
    },
  };

  async function status(): Promise<HouseStatus> {
    const answers = await Promise.all(
      [...nodes].map(async ([market, node]): Promise<NodeStatus> => {
        const at = (links.get(market) as MarketLink).position.seq;
        const answer = await (node.status() as Promise<NodeAnswer>).catch(() => undefined);
        if (answer === undefined) return { market, seq: at, stateHash: '', leader: '', lag: 0, orders: 0 };
        const { seq, stateHash, leader, orders } = answer;
        return { market, seq, stateHash, leader, lag: Math.max(0, answer.events.seq - at), orders };
      }),
    );
    return {
      mode: settings.mode,
      businessTime: formatInstant(now),
      processes: [],
      nodes: answers,
      ...(await bookStatus(database)),
    };
  }

  /** Commands of operators and of the demo's desk. Every one that changes something stands in the audit log. */
  async function ask({ what, body }: AskRequest): Promise<unknown> {
    switch (what) {
      case 'execute':
        return audited(options, what, body as AccountCommand, async () => {
          const command = body as AccountCommand;
          const { no, outcome, repeated } = await accounts.execute(command);
          // A payment meets its call before the fold, seeing the money, would call it recovered.
          if (command.kind === 'deposit') await duties.settleCalls(Math.max(now, command.at));
          await booksChanged();
          return { no, outcome, repeated };
        });
      case 'record-reference':
        return audited(options, what, undefined, async () => {
          const by = { maker: 'reference maker', checker: 'reference checker' };
          const recorded = await database.transaction(async (tx) => {
            const data = await recordReference(tx, reviveReference(body), by);
            const rules = await recordRules(tx, facts.tables, by);
            return data.recorded + rules.recorded;
          });
          introduced.clear();
          await duties.prepare(now);
          return { recorded };
        });
      case 'introduce':
        introduced.clear();
        await meetNodes();
        return {};
      case 'risk':
        return risk.snapshot();
      case 'risk-positions':
        return risk.positions();
      default:
        return {};
    }
  }
}

async function audited<T>(
  options: HouseOptions,
  action: string,
  command: AccountCommand | undefined,
  work: () => Promise<T>,
): Promise<T> {
  const record = (outcome: string) =>
    options.audit.record({
      actor: command?.maker ?? 'operations',
      duty: 'operator',
      action,
      target: command?.id ?? 'reference data',
      params: { kind: command?.kind ?? action, checker: command?.checker ?? null },
      outcome,
    });
  try {
    const result = await work();
    await record('done');
    return result;
  } catch (error) {
    await record(isProblem(error) ? `refused: ${error.code}` : 'failed').catch(() => {});
    throw error;
  }
}

/** The fold saw a master below its line: the account centre raises the call, due by the bank's calendar. RC-j, RC-l. */
async function raiseCall(options: HouseOptions, risk: RiskMonitor, signal: RiskSignal): Promise<void> {
  const { accounts, facts, story } = options;
  const { at, master, client, currency, equity, requirement, amount } = signal;
  const dueAt = marginCallDue(facts, at, currency);
  await accounts.execute({
    kind: 'raise-margin-call',
    id: `call:${master}:${at}`,
    at,
    maker: 'risk monitor',
    body: {
      call: `call:${master}:${at}`,
      client,
      currency,
      amount: String(amount),
      dueAt,
      equity: String(equity),
      requirement: String(requirement),
      cause: {
        rule: 'equity below requirement',
        ratio: risk.snapshot().masters.find((each) => each.master === master)?.ratio ?? null,
      },
    },
  });
  const due = formatInstant(dueAt).slice(0, 16);
  const figure = (Number(amount) / 100).toLocaleString('en-US', { maximumFractionDigits: 0 });
  story({
    at,
    zh: `追保：客户 ${client} 权益低于保证金要求，需补 ${figure} ${currency}，期限 ${due}Z`,
    en: `Margin call: client ${client} fell below its requirement; ${figure} ${currency} due ${due}Z`,
  });
}

/** Equity stands above the target again: calls of this client that are still open need no payment. */
async function endCalls({ accounts, database, story }: HouseOptions, { at, client }: RiskSignal): Promise<void> {
  const { rows } = await database.query<{ id: string }>(
    `SELECT id FROM accounts.margin_call WHERE client = $1 AND state = 'raised' ORDER BY id`,
    [client],
  );
  for (const { id } of rows) {
    await accounts.execute({
      kind: 'meet-margin-call',
      id: `recovered:${id}`,
      at,
      maker: 'risk monitor',
      body: { call: id, by: 'recovered' },
    });
    story({
      at,
      zh: `追保解除：客户 ${client} 权益恢复`,
      en: `Margin call ended: client ${client} stands above its target again`,
    });
  }
}

/** What a node's door needs to know beside its log: names on the wire and the dense ids behind them. */
async function doorTables(database: Database, market: string, date: DateText): Promise<DoorTables> {
  const inForce = 'valid_from <= $2 AND (valid_to IS NULL OR valid_to >= $2)';
  const read = async <R>(sql: string) => (await database.query<R & object>(sql, [market, date])).rows;
  const sessions = await read<DoorTables['sessions'][number]>(
    `SELECT session, role, own_comp_id AS own, peer_comp_id AS peer FROM reference.session WHERE mic = $1 AND ${inForce} ORDER BY session`,
  );
  const accounts = await read<DoorTables['accounts'][number]>(
    `SELECT b.account, b.code, s.session FROM accounts.business_account b
     JOIN (SELECT session, client FROM reference.session WHERE mic = $1 AND role = 'client' AND ${inForce}) s ON s.client = b.client
     ORDER BY b.account`,
  );
  const listings = await read<DoorTables['listings'][number]>(
    `SELECT l.listing, l.code, l.quote, s.security_class, l.valid_from FROM reference.listing l
     JOIN reference.security s ON s.security = l.security AND s.valid_from <= $2 AND (s.valid_to IS NULL OR s.valid_to >= $2)
     WHERE l.mic = $1 AND l.valid_from <= $2 AND (l.valid_to IS NULL OR l.valid_to >= $2) ORDER BY l.listing`,
  );
  return { sessions, accounts, listings };
}

/** JSON has no bigint: every id and amount of reference data comes back as one. */
function reviveReference(body: unknown): Reference {
  const integer = /^-?\d+$/;
  const numeric = new Set([
    'entity',
    'book',
    'issuer',
    'security',
    'listing',
    'route',
    'session',
    'client',
    'collarPpm',
    'quantityMax',
    'notionalMax',
    'priceAgeMax',
    'entry',
    'scopeId',
  ]);
  return JSON.parse(JSON.stringify(body), (key, value) =>
    numeric.has(key) && typeof value === 'string' && integer.test(value) ? BigInt(value) : value,
  ) as Reference;
}

async function lastBusinessTime(database: Database): Promise<Instant> {
  const { rows } = await database.query<{ at: bigint | null }>(
    `SELECT greatest((SELECT max(at) FROM accounts.command), (SELECT max(done_at) FROM server.duty_done)) AS at`,
  );
  return Math.max(Number(rows[0]?.at ?? 0), DEMO_BEGIN);
}
