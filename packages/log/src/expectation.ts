import { EventBuffer } from './event-buffer.ts';
import { Run } from './run.ts';
import type { EventBatch, Position } from './state-machine.ts';
import { createTally, tallyCommand } from './tally.ts';

/** For tests: what a log of the first n tally commands must say, reckoned without any log. */
export interface Expectation {
  /** State hash after the n-th command. */
  readonly hashAt: readonly string[];
  /** All event frames behind a position. */
  eventsAfter(from: Position, toSeq: number): Uint8Array;
}

export function expectationOf(commands: number): Expectation {
  const run = new Run(createTally());
  const out = new EventBuffer();
  const hashAt = [run.hash.digest()];
  const endAt = [0];
  for (let n = 1; n <= commands; n++) {
    const frame = tallyCommand(n);
    run.apply(new DataView(frame.buffer, frame.byteOffset, frame.length), 0, out);
    hashAt.push(run.hash.digest());
    endAt.push(out.length);
  }
  return {
    hashAt,
    eventsAfter(from, toSeq) {
      let start = endAt[Math.max(0, from.seq - 1)] as number;
      const end = endAt[toSeq] as number;
      const at = (offset: number) => ({
        seq: out.view.getFloat64(offset + 16, true),
        k: out.view.getUint32(offset + 24, true),
      });
      const seen = (p: Position) => p.seq < from.seq || (p.seq === from.seq && p.k <= from.k);
      while (start < end && seen(at(start))) start += out.view.getUint32(start, true);
      return out.bytes.slice(start, end);
    },
  };
}

/** Reads a tail until it has given as many bytes as expected, then stops. */
export async function collect(tail: AsyncIterable<EventBatch>, length: number): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let got = 0;
  if (length === 0) return new Uint8Array(0);
  for await (const batch of tail) {
    parts.push(batch.bytes);
    got += batch.bytes.length;
    if (got >= length) break;
  }
  return new Uint8Array(Buffer.concat(parts));
}
