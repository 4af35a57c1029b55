import { isProblem } from '@meridian/base';
import type { NumberedEvent } from '@meridian/messages';
import type { NodeAnswer } from './house.ts';
import { readEvents } from './link/event-batch.ts';
import type { ProcessClient } from './link/rpc.ts';

/** How long a node may take to find an entry of its log. */
const FOUND_MS_MAX = 5_000;
/** The place behind every event of a command. */
const AFTER_ALL = 0xffff_ffff;

/**
 * The events of one command, out of the market's own log. Empty: a command that told nothing. Undefined: the market or the
 * entry is not there, or the node keeps it no longer.
 */
export async function eventsAt(
  nodes: ReadonlyMap<string, ProcessClient>,
  market: string,
  seq: number,
): Promise<readonly NumberedEvent[] | undefined> {
  const node = nodes.get(market);
  if (node === undefined || !Number.isSafeInteger(seq) || seq < 1) return undefined;
  const { seq: newest, events } = (await node.status()) as NodeAnswer;
  if (seq > newest) return undefined;
  // Nothing was told after this: there is nothing to wait for.
  if (seq > events.seq) return [];
  const abort = AbortSignal.timeout(FOUND_MS_MAX);
  const found: NumberedEvent[] = [];
  try {
    for await (const bytes of node.tail({ consumer: 'door', from: { seq: seq - 1, k: AFTER_ALL } }, abort)) {
      const told = readEvents(bytes);
      found.push(...told.filter(({ header }) => header.seq === seq));
      const last = told.at(-1)?.header;
      if (last !== undefined && (last.seq > seq || (last.seq === events.seq && last.k >= events.k))) return found;
    }
  } catch (error) {
    if (isProblem(error, 'LOG_TRIMMED')) return undefined;
    throw error;
  }
  return found;
}
