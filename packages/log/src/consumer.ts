import { join } from 'node:path';
import { canonicalJson, closed, parseJson, Type, validateConfig } from '@meridian/base';
import type { Disk } from './disk.ts';
import { before } from './event-segment.ts';
import { writeAll } from './full-write.ts';
import { corrupt, problem } from './problems.ts';
import { type Position, START } from './state-machine.ts';

/** More consumers than a market has rooms: a caller that makes up names is stopped here. */
const CONSUMERS_MAX = 64;
const MARKS_MAX = 8_192;
const FILE = 'consumers.json';

const Stored = Type.Array(
  closed({
    name: Type.String({ minLength: 1, maxLength: 64 }),
    seq: Type.Integer({ minimum: 0 }),
    k: Type.Integer({ minimum: 0 }),
  }),
  { maxItems: CONSUMERS_MAX },
);

/**
 * Durable consumers (exactly-once positions). A consumer keeps its own position beside the effect it stores; this copy
 * only says what may be trimmed. It is written now and then, and a copy that is behind is safe.
 */
export class Consumers {
  readonly positions = new Map<string, Position>();
  /** Event counts at some commands, ascending: thinned to every second when there are too many. */
  #marks: { readonly seq: number; readonly events: number }[] = [{ seq: 0, events: 0 }];
  #slowest = 0;

  register(name: string): boolean {
    if (this.positions.has(name)) return false;
    if (this.positions.size >= CONSUMERS_MAX || name === '' || name.length > 64)
      throw problem('LOG_OPTIONS', {
        option: 'consumer',
        reason: `at most ${CONSUMERS_MAX}, each named by 1 to 64 characters`,
      });
    this.positions.set(name, START);
    return true;
  }

  advance(name: string, upTo: Position): void {
    const known = this.positions.get(name) as Position;
    if (before(known, upTo)) this.positions.set(name, { seq: upTo.seq, k: upTo.k });
    this.reckon();
  }

  /** The commands up to `seq` said `events` events in all. */
  mark(seq: number, events: number): void {
    if (this.#marks.length >= MARKS_MAX) this.#marks = this.#marks.filter((_, index) => index % 2 === 0);
    this.#marks.push({ seq, events });
  }

  /** Events the slowest consumer has seen at least; Infinity without consumers. */
  get slowestEvents(): number {
    return this.#slowest;
  }

  /** The slowest consumer's command; Infinity without consumers. */
  get slowestSeq(): number {
    return Math.min(...[...this.positions.values()].map((position) => position.seq));
  }

  reckon(): void {
    const { slowestSeq } = this;
    if (slowestSeq === Number.POSITIVE_INFINITY) {
      this.#slowest = slowestSeq;
      return;
    }
    let low = 0;
    let high = this.#marks.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#marks[middle] as { seq: number }).seq <= slowestSeq) low = middle + 1;
      else high = middle;
    }
    this.#slowest = this.#marks[low - 1]?.events ?? 0;
  }

  async load(disk: Disk, dir: string): Promise<void> {
    if (!(await disk.list(dir)).includes(FILE)) return;
    const file = await disk.open(join(dir, FILE), 'read');
    try {
      const bytes = new Uint8Array(Math.min(await file.size(), 64 << 10));
      await file.read(bytes, 0);
      const stored = validateConfig(Stored, parseJson(new TextDecoder().decode(bytes), { charsMax: 64 << 10, depthMax: 4 }));
      for (const { name, seq, k } of stored) this.positions.set(name, { seq, k });
    } catch {
      throw corrupt(join(dir, FILE), 0, 0, 'unreadable consumer positions');
    } finally {
      await file.close();
    }
  }

  async save(disk: Disk, dir: string): Promise<void> {
    const text = canonicalJson([...this.positions].map(([name, { seq, k }]) => ({ name, seq, k })));
    const bytes = new TextEncoder().encode(text);
    const draft = join(dir, `${FILE}.tmp`);
    const file = await disk.create(draft);
    try {
      await writeAll(file, [bytes], 0, bytes.length);
      await file.sync();
    } finally {
      await file.close();
    }
    await disk.rename(draft, join(dir, FILE));
    await disk.syncDirectory(dir);
  }
}
