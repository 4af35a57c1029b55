import type { AccountCentre } from '@meridian/accounts';
import { formatInstant, type Instant, type Logger } from '@meridian/base';
import type { MarketFacts } from '@meridian/market';
import type { NumberedEvent } from '@meridian/messages';
import { openRiskMonitor, type RiskMonitor } from '@meridian/risk';
import type { AuditLog } from '@meridian/security';
import type { Database } from '@meridian/store';
import './catalogue.ts';
import type { DataFolder } from './data-folder.ts';
import { DEMO_BEGIN } from './demo/cast.ts';
import { ask, type Desk } from './desk.ts';
import { doorTables } from './door-tables.ts';
import { houseDuties } from './duties.ts';
import type { Position, ProcessClient, ProcessService } from './link/rpc.ts';
import { answerSignal, CALL_LINES } from './margin-signal.ts';
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
  /** The fold, for whoever reads it. */
  readonly risk: Pick<RiskMonitor, 'snapshot' | 'positions'>;
  /** Business time. */
  now(): Instant;
  /** The books changed outside the event streams: risk and nodes hear of it. */
  booksChanged(): Promise<void>;
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
    answerSignal(options, signal).then(booksChanged, (error: unknown) =>
      logger.error('margin signal not answered', { reason: reasonOf(error) }),
    );
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

  const desk: Desk = {
    ...{ database, accounts, facts, audit: options.audit, risk, duties, booksChanged },
    now: () => now,
    async introduceAll() {
      introduced.clear();
      await meetNodes();
    },
    forgetNodes: () => introduced.clear(),
  };

  await duties.prepare(now);
  await turn(() => risk.rebase(now));
  return {
    service: {
      async advance({ time }) {
        await advance(time);
        return { time: now };
      },
      status: () => status(),
      ask: (request) => ask(desk, request),
    },
    advance,
    status,
    ...{ risk, booksChanged, now: () => now },
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
}

async function lastBusinessTime(database: Database): Promise<Instant> {
  const { rows } = await database.query<{ at: bigint | null }>(
    `SELECT greatest((SELECT max(at) FROM accounts.command), (SELECT max(done_at) FROM server.duty_done)) AS at`,
  );
  return Math.max(Number(rows[0]?.at ?? 0), DEMO_BEGIN);
}
