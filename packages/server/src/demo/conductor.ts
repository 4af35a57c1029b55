import { formatInstant, type Instant, isProblem, type Logger, MICROS_PER_SECOND, parseInstant } from '@meridian/base';
import type { MarketFacts } from '@meridian/market';
import { type DataFolder, readWhole, writeWhole } from '../data-folder.ts';
import type { ProcessClient } from '../link/rpc.ts';
import { reasonOf, type StoryLine } from '../process/child.ts';
import type { ProcessSettings } from '../process/settings.ts';
import { DEMO_BEGIN, DEMO_END, type DemoParty, demoAccounts, demoReference, HOUSE } from './cast.ts';
import { type DemoClient, demoClient } from './client.ts';
import { narrate } from './narration.ts';
import { type Scene, type Stage, scriptOf, sessionsOf } from './script.ts';

/**
 * Moves the demo's clock. Business time goes forward in steps: the venues play the recorded market up to the step, then
 * nodes, server and worker take it, and only when all have confirmed comes the next; so nothing ever lags behind the
 * clock, however slow the machine. Inside sessions the steps follow the wall clock at the chosen speed; idle hours are
 * jumped.
 */
export interface Conductor {
  close(): Promise<void>;
}

export interface ConductorOptions {
  readonly settings: ProcessSettings;
  readonly folder: DataFolder;
  readonly facts: MarketFacts;
  readonly venues: ReadonlyMap<string, ProcessClient>;
  readonly nodes: ReadonlyMap<string, ProcessClient>;
  readonly server: ProcessClient;
  readonly worker: ProcessClient;
  readonly story: (line: StoryLine) => void;
  readonly logger: Logger;
}

/** Where the conductor is in its script; read again when its process starts anew. */
interface Place {
  readonly time: Instant;
  readonly played: readonly string[];
}

/** Inside a session one step is this much business time. */
const STEP = 5 * MICROS_PER_SECOND;
/** Server and worker are told less often than nodes: every so much business time, and at every scene. */
const SERVER_EVERY = 20 * MICROS_PER_SECOND;
/** Time kept around a session in which the clock runs instead of jumping. */
const MARGIN_BEFORE = 2 * 60 * MICROS_PER_SECOND;
const MARGIN_AFTER = 60 * MICROS_PER_SECOND;
/** Instants outside sessions at which something is due: publication of rates, opening of days, marks, batches, client days. */
const IDLE_STOPS = ['12:31', '13:00', '13:01', '20:05', '20:20', '20:35', '20:45', '21:05', '21:35', '22:05'];

export function conduct(options: ConductorOptions): Conductor {
  const { settings, logger, story } = options;
  const place = readWhole<Place>(`${options.folder.demo}/place.json`);
  let now = place?.time ?? DEMO_BEGIN;
  const played = new Set(place?.played ?? []);
  const script = scriptOf(settings.markets);
  const clients = new Map<string, DemoClient>();
  let closed = false;

  const save = () =>
    writeWhole(`${options.folder.demo}/place.json`, { time: now, played: [...played] } satisfies Place, { isFleeting: true });

  async function setTheStage(): Promise<void> {
    await insist(() => options.server.status());
    // Its place is saved now and then; after a kill it goes on from where the venues have played to.
    for (const venue of options.venues.values())
      now = Math.max(now, ((await insist(() => venue.status())) as { time: Instant }).time);
    if (!played.has('stage')) {
      await insist(() =>
        options.server.ask('record-reference', {
          reference: demoReference(settings.markets),
          by: { maker: 'reference maker', checker: 'reference checker' },
        }),
      );
      for (const command of demoAccounts(settings.markets)) await insist(() => options.server.ask('execute', command));
      story({
        at: now,
        zh: '两家簿记主体、三个客户、额度与期初入金已就绪',
        en: 'Two booking entities, three clients, their limits and opening deposits are in place',
      });
    }
    await insist(() => options.server.ask('introduce'));
    for (const { party, mic } of sessionsOf(settings.markets)) {
      const client = demoClient({
        name: party.compId,
        senderCompId: party.compId,
        targetCompId: HOUSE,
        port: settings.ports.markets[mic]?.client as number,
        logger,
        now: () => now,
        record: `${options.folder.demo}/${party.compId}-${mic}.jsonl`,
        numbers: `${options.folder.demo}/${party.compId}-${mic}.json`,
      });
      client.onReport((report) => {
        const line = narrate(party, report, now);
        if (line !== undefined) story(line);
      });
      clients.set(`${party.compId} ${mic}`, client);
    }
    await Promise.all([...clients.values()].map((client) => client.ready()));
    played.add('stage');
    save();
  }

  const stage: Stage = {
    client: (party: DemoParty, mic) => clients.get(`${party.compId} ${mic}`),
    execute: async (command) => void (await insist(() => options.server.ask('execute', command))),
  };

  /** Asks until it is answered: a process that was killed is started again. A refusal is an answer. */
  async function insist<T>(ask: () => Promise<T>): Promise<T> {
    for (let pauseMs = 50; ; pauseMs = Math.min(pauseMs * 2, 1_000)) {
      try {
        return await ask();
      } catch (error) {
        if (closed || (isProblem(error) && !['DATABASE_AWAY', 'ACCOUNTS_BUSY', 'LOG_BUSY'].includes(error.code))) throw error;
        logger.warn('asked again', { reason: reasonOf(error) });
        await new Promise((resolve) => setTimeout(resolve, pauseMs));
      }
    }
  }

  async function stepTo(time: Instant, everybody: boolean): Promise<void> {
    await Promise.all(
      [...options.nodes].map(async ([market, node]) => {
        // Asked together: the venue's number counts on one connection, and a node that was killed comes back on another.
        await insist(async () => {
          const { marketData } = await (options.venues.get(market) as ProcessClient).advance({ time });
          await node.advance({ time, ...(marketData === undefined ? {} : { marketData }) });
        });
      }),
    );
    now = time;
    if (!everybody) return;
    await insist(() => options.server.advance({ time }));
    await insist(() => options.worker.advance({ time }));
  }

  async function run(): Promise<void> {
    await setTheStage();
    story({ at: now, zh: '时钟开始走动', en: 'The clock starts' });
    let wall = performance.now();
    let told = 0;
    while (!closed && now < DEMO_END) {
      const next = nextStop(options.facts, settings.markets, now, script, played);
      const inside = next - now <= STEP;
      if (inside) {
        // At most `speed` business seconds a wall second; behind it, as fast as everybody confirms.
        wall += ((next - now) / MICROS_PER_SECOND / settings.speed) * 1_000;
        const early = wall - performance.now();
        if (early > 1) await new Promise((resolve) => setTimeout(resolve, early));
        else if (early < -1_000) wall = performance.now();
      } else wall = performance.now();
      const due = script.filter((scene) => scene.at <= next && !played.has(scene.name));
      const everybody = !inside || due.length > 0 || next - told >= SERVER_EVERY;
      await stepTo(next, everybody);
      if (everybody) told = next;
      for (const scene of due) {
        story({ at: scene.at, zh: scene.zh, en: scene.en });
        await scene.play(stage).catch((error: unknown) => story(refusal(scene, error)));
        played.add(scene.name);
      }
      if (due.length > 0 || !inside) save();
    }
    if (closed) return;
    await finish();
  }

  /** Everything of the demo is done when every batch, client day and mail is. */
  async function finish(): Promise<void> {
    while (!closed) {
      const { pending, unpublished } = (await insist(() => options.worker.ask('pending'))) as {
        pending: number;
        unpublished: number;
      };
      if (pending === 0 && unpublished === 0) break;
      await insist(() => options.worker.advance({ time: now }));
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
    save();
    story({
      at: now,
      zh: '两个交易日全部清算、发布并寄出报告',
      en: 'Both sessions are cleared, published and mailed',
      milestone: 'published',
    });
  }

  const running = run().catch((error: unknown) => {
    if (closed) return;
    logger.error('conductor failed', { reason: reasonOf(error) });
    process.exit(1);
  });
  return {
    async close() {
      closed = true;
      await Promise.all([...clients.values()].map((client) => client.close()));
      await Promise.race([running, new Promise((resolve) => setTimeout(resolve, 2_000))]);
      for (const client of [...options.venues.values(), ...options.nodes.values(), options.server, options.worker])
        client.close();
    },
  };
}

function refusal(scene: Scene, error: unknown): StoryLine {
  const [zh, en] = isProblem(error) ? [error.detail('zh'), error.detail('en')] : [reasonOf(error), reasonOf(error)];
  return { at: scene.at, zh: `拒绝：${zh}`, en: `Refused: ${en}` };
}

/** The next instant the clock stops at: a step inside a session, else the nearest scene, duty or session. */
function nextStop(
  facts: MarketFacts,
  markets: readonly string[],
  now: Instant,
  script: readonly Scene[],
  played: ReadonlySet<string>,
): Instant {
  const scene = script.find((each) => !played.has(each.name) && each.at > now)?.at ?? DEMO_END;
  for (const market of markets) {
    const session = facts.sessionAt(market, now);
    if (session !== null && now >= session.open - MARGIN_BEFORE && now < session.close + MARGIN_AFTER)
      return Math.min(now + STEP, scene);
  }
  const date = formatInstant(now).slice(0, 10);
  const idle = IDLE_STOPS.map((wall) => parseInstant(`${date}T${wall}:00Z`)).find((at) => at > now) ?? DEMO_END;
  const opens = markets.flatMap((market) => {
    const session = facts.sessionAt(market, now);
    return session !== null && session.open - MARGIN_BEFORE > now ? [session.open - MARGIN_BEFORE] : [];
  });
  const midnight = parseInstant(`${date}T23:59:59Z`) + MICROS_PER_SECOND;
  return Math.min(scene, idle, midnight, DEMO_END, ...opens);
}
