import path from 'node:path';
import { canonicalJson, declareProblems, type Instant, wallClock } from '@meridian/base';
import { lastPosition, type Position } from '@meridian/log';
import { loadMarketFacts } from '@meridian/market';
import { decodeCommand } from '@meridian/messages';
import { loadIdentity } from '@meridian/security';
import { type MarketService, openMarketNode } from '@meridian/trading';
import { markKey, marksDue } from '../closing-mark.ts';
import { dataFolder, readWhole, writeWhole } from '../data-folder.ts';
import type { NodeAnswer } from '../house.ts';
import { type ProcessService, serve, unknownRequest } from '../link/rpc.ts';
import { type DoorTables, marketDoor, type VenueAddress } from '../market-door.ts';
import { askDesk } from '../node-request.ts';
import { runChild } from './child.ts';
import { keepTime } from './keep-time.ts';

const { problem } = declareProblems({
  NODE_WITHOUT_DOOR: {
    status: 503,
    title: { zh: '节点未开门', en: 'Node without a door' },
    detail: { zh: '节点 {market} 还没有会话与账户表', en: 'Node {market} has no tables of sessions and accounts yet' },
    remedy: { zh: '稍后重试', en: 'Try again later' },
  },
});

/** Consumers whose positions hold back the trimming of the log. */
const CONSUMERS = ['accounts'];

/** One market's node: client node and hedge node over one log, FIX to clients and venue, gRPC to the house. */
await runChild(async ({ settings, logger }) => {
  const folder = dataFolder(settings.data);
  const market = settings.market as string;
  const ports = settings.ports.markets[market];
  if (ports === undefined) throw new Error(`no ports for ${market}`);
  const facts = loadMarketFacts();
  const tablesFile = folder.door(market);
  const venue = venueOf(folder.root, market, { host: '127.0.0.1', orderPort: ports.order, marketDataPort: ports.marketData });
  // In the demo the conductor alone moves business time.
  const clock = settings.mode === 'demo' ? { now: () => 0 } : wallClock;
  const marked = new Set<string>();
  let node: MarketService | undefined;
  let isOpen = false;
  let events: Position = { seq: 0, k: 0 };
  let opening: Promise<void> | undefined;

  async function openNode(tables: DoorTables): Promise<MarketService> {
    const service = await openMarketNode({
      dir: folder.node(market),
      market,
      ...marketDoor(market, tables, venue, ports?.client as number, facts, () => node?.log.time ?? 0),
      clock,
      logger,
      log: { consumers: CONSUMERS, segmentBytes: 16 << 20 },
    });
    service.log.sequencer.onCommitted((batch) => {
      events = lastPosition(batch) ?? events;
    });
    return service;
  }

  async function open(): Promise<void> {
    if (isOpen || node === undefined) return;
    opening ??= node.openDoors().then(() => {
      isOpen = true;
    });
    await opening.finally(() => {
      opening = undefined;
    });
  }

  function running(): MarketService {
    if (node === undefined) throw problem('NODE_WITHOUT_DOOR', { market });
    return node;
  }

  /** New tables mean new doors: the process starts again with them. */
  async function takeTables(tables: DoorTables): Promise<void> {
    const known = readWhole<DoorTables>(tablesFile);
    const same = known !== undefined && canonicalJson(known) === canonicalJson(tables);
    if (!same) writeWhole(tablesFile, tables);
    if (node === undefined) node = await openNode(tables);
    else if (!same) setImmediate(() => process.exit(1));
  }

  async function mark(now: Instant): Promise<void> {
    if (node === undefined) return;
    const session = facts.sessionAt(market, now);
    if (session === null || now < session.close) return;
    for (const body of marksDue(node, session, now, marked)) {
      await node.submit({ name: 'closing-mark', body });
      marked.add(markKey(body.listing, body.date));
    }
  }

  const service: ProcessService = {
    async advance({ time, marketData }) {
      const { time: now } = await running().advance(time, marketData === undefined ? undefined : { marketData });
      await mark(now);
      return { time: now };
    },
    async status(): Promise<NodeAnswer> {
      const told = node?.status();
      const leader = `${market}/${process.pid}`;
      return {
        market,
        seq: told?.seq ?? 0,
        stateHash: told?.stateHash ?? '',
        leader,
        orders: told?.orders.known ?? 0,
        events,
        open: isOpen,
      };
    },
    async submit(frame) {
      const { name, body } = decodeCommand(new DataView(frame.buffer, frame.byteOffset, frame.byteLength), 0);
      return running().submit({ name, body } as Parameters<MarketService['submit']>[0]);
    },
    async *tail({ from }) {
      for await (const batch of running().events(from)) yield batch.bytes;
    },
    async acknowledge({ consumer, upTo }) {
      running().log.sequencer.acknowledge(consumer, upTo);
      return null;
    },
    async ask({ what, body }, from) {
      if (what === 'door') await takeTables(body as DoorTables);
      else if (what === 'open') await open();
      // Who may trade was settled where the request came in: at the server, and nowhere else.
      else if (from === 'server') return askDesk(running(), what, body);
      else throw unknownRequest(what);
      return {};
    },
  };

  const tables = readWhole<DoorTables>(tablesFile);
  if (tables !== undefined) {
    node = await openNode(tables);
    // A node that was open before needs nobody to trade on within its leases.
    if (node.log.node.version > 0) await open();
  }
  const served = await serve(
    service,
    loadIdentity(folder.keys, 'node', market),
    ['server', 'supervisor', 'cli'],
    ports.node,
    logger,
  );
  const time = keepTime(settings, 100, async (now) => node !== undefined && service.advance?.({ time: now }), logger);
  return {
    async close() {
      time.close();
      await served.close();
      await node?.close();
    },
  };
});

/** Production names its venues in `venues.json` of the data folder; the demo's are beside the node. */
function venueOf(root: string, market: string, demo: VenueAddress): VenueAddress {
  return readWhole<Record<string, VenueAddress>>(path.join(root, 'venues.json'))?.[market] ?? demo;
}
