import fs from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { canonicalDump, commandRows, rebuild } from '@meridian/accounts';
import { eachEvent, openSequencer, START } from '@meridian/log';
import { type NumberedEvent, readEvent } from '@meridian/messages';
import { openDatabase, scratchDatabase, startPostgres, waitForDatabase } from '@meridian/store';
import { MarketNode } from '@meridian/trading';
import type { House } from './house.ts';

/** What must hold after any number of deaths. Each proof tells its figures, or throws what is wrong. */
export interface Proof {
  readonly name: string;
  readonly holds: boolean;
  readonly figures: string;
}

export async function prove(name: string, work: () => Promise<string>): Promise<Proof> {
  try {
    return { name, holds: true, figures: await work() };
  } catch (error) {
    return { name, holds: false, figures: error instanceof Error ? error.message : String(error) };
  }
}

/** The log replayed beside the running node gives the hash that the node tells. */
export async function replaysToItsHash(house: House, market: string): Promise<string> {
  const status = JSON.parse((await must(house, 'status', '--json')).stdout) as {
    nodes: readonly { market: string; seq: number; stateHash: string }[];
  };
  const node = status.nodes.find((each) => each.market === market);
  if (node === undefined || node.stateHash === '') throw new Error(`status knows nothing of ${market}`);
  const replayed = JSON.parse((await must(house, 'replay', market, '--to', `${node.seq}`, '--json')).stdout) as {
    stateHash: string;
    commands: number;
  };
  if (replayed.stateHash !== node.stateHash)
    throw new Error(`replay ${replayed.stateHash}, node ${node.stateHash} at ${node.seq}`);
  return `${replayed.commands} commands, ${node.stateHash}`;
}

/** A command that ends with exit 0. */
export async function succeeds(house: House, ...words: string[]): Promise<string> {
  const { stdout, stderr } = await must(house, ...words);
  return (stdout.trim().split('\n').at(-1) ?? stderr.trim()).trim();
}

async function must(house: House, ...words: string[]) {
  const answer = await house.meridian(...words);
  if (answer.code !== 0) throw new Error(`exit ${answer.code}: ${`${answer.stdout}\n${answer.stderr}`.trim().slice(-1_500)}`);
  return answer;
}

/** Every event of a market, made anew from a copy of its commands alone. The house must be stopped. */
export async function eventsOf(house: House, market: string): Promise<NumberedEvent[]> {
  const copy = join(house.dir, '..', `surviving-${market}`);
  fs.cpSync(join(house.dir, 'node', market, 'commands'), join(copy, 'commands'), { recursive: true });
  const log = await openSequencer({ dir: copy, market, machine: new MarketNode(market), segmentBytes: 16 << 20 });
  const events: NumberedEvent[] = [];
  const reading = (async () => {
    for await (const batch of log.tail(START)) eachEvent(batch, (view, offset) => void events.push(readEvent(view, offset)));
  })();
  await log.close(); // The tail ends with the log: behind its last event.
  await reading;
  fs.rmSync(copy, { recursive: true, force: true });
  return events;
}

/** Books made anew from the command table and the surviving logs are the live ones, byte by byte. */
export async function booksRebuild(house: House, events: ReadonlyMap<string, readonly NumberedEvent[]>): Promise<string> {
  const server = await startPostgres({ dataDir: join(house.dir, 'postgres') });
  const live = openDatabase({ url: server.url, name: 'chaos' });
  const fresh = await scratchDatabase([fileURLToPath(new URL('../../packages/accounts/migrations', import.meta.url))]);
  try {
    await waitForDatabase(live, 20_000);
    const { commands } = await rebuild({
      commands: commandRows(live),
      async *events(market, from, to) {
        for (const event of events.get(market) ?? []) if (!before(event, from) && !behind(event, to)) yield event;
      },
      into: fresh.database,
    });
    const wanted = await Array.fromAsync(canonicalDump(live));
    const made = await Array.fromAsync(canonicalDump(fresh.database));
    const differs = wanted.findIndex((line, n) => line !== made[n]);
    if (differs >= 0) throw new Error(`live: ${wanted[differs]}rebuilt: ${made[differs]}`);
    if (wanted.length !== made.length) throw new Error(`${wanted.length} rows live, ${made.length} rebuilt`);
    return `${commands} commands, ${wanted.length} rows, ${wanted.reduce((sum, line) => sum + line.length, 0)} bytes equal`;
  } finally {
    await fresh.remove();
    await live.close();
    await server.stop();
  }
}

type Place = { readonly seq: number; readonly k: number };
const before = ({ header }: NumberedEvent, at: Place) => header.seq < at.seq || (header.seq === at.seq && header.k < at.k);
const behind = ({ header }: NumberedEvent, at: Place) => header.seq > at.seq || (header.seq === at.seq && header.k > at.k);

/** Every report in the nodes' events reached its client once; the clients keep what they receive. */
export function reportsArrived(house: House, events: ReadonlyMap<string, readonly NumberedEvent[]>): string {
  const received = new Map<string, number>();
  const folder = join(house.dir, 'demo');
  for (const name of fs.readdirSync(folder).filter((file) => file.endsWith('.jsonl'))) {
    for (const line of fs.readFileSync(join(folder, name), 'utf8').trim().split('\n')) {
      if (line === '') continue;
      const { execId } = JSON.parse(line) as { execId: string };
      if (execId !== '') received.set(execId, (received.get(execId) ?? 0) + 1);
    }
  }
  const told = new Map<string, boolean>();
  for (const [market, all] of events) {
    for (const { name, body, header } of all) {
      if (name !== 'order-report' && name !== 'client-fill') continue;
      if (body.outSeq > 0) told.set(`${market}-${header.seq}.${header.k}`, name === 'client-fill');
    }
  }
  const lost = [...told.keys()].filter((id) => !received.has(id));
  const doubled = [...received].filter(([, times]) => times > 1).map(([id]) => id);
  const invented = [...received.keys()].filter((id) => !told.has(id));
  const fills = [...told.values()].filter(Boolean).length;
  const figures = `${told.size} reports, ${fills} of them fills: ${lost.length} lost, ${doubled.length} doubled, ${invented.length} unknown`;
  if (fills === 0) throw new Error(`${figures}: a run without fills proves nothing`);
  if (lost.length + doubled.length + invented.length > 0)
    throw new Error(`${figures}: ${[...lost, ...doubled, ...invented].slice(0, 5).join(' ')}`);
  return figures;
}
