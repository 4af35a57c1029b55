import type { ViewName } from '@meridian/api';
import { canonicalJson, type Logger } from '@meridian/base';
import type { Principal } from '@meridian/security';
import { reasonOf } from '../../process/child.ts';
import { Listeners, type LiveView, type Scalar } from './live-view.ts';

export type Row = Readonly<Record<string, Scalar>>;

export interface PolledViewOptions {
  readonly name: ViewName;
  /** The column that names a row. */
  readonly key: string;
  /** All rows as they stand now, and the sequence number they are as of. */
  readonly read: () => Promise<{ readonly rows: readonly Row[]; readonly seq: number }>;
  readonly everyMs: number;
  readonly isVisible: (row: Row, principal: Principal) => boolean;
  readonly logger: Logger;
}

/**
 * A live view of something that is computed as a whole, such as a risk snapshot: read at intervals while somebody listens,
 * told row by row where it differs.
 */
export function polledView({ name, key, read, everyMs, isVisible, logger }: PolledViewOptions): LiveView & { close(): void } {
  const listeners = new Listeners();
  let rows = new Map<string, Row>();
  let [seq, listening, isReading] = [0, 0, false];

  async function poll(): Promise<void> {
    if (isReading) return;
    isReading = true;
    try {
      const told = await read();
      const fresh = new Map(told.rows.map((row) => [String(row[key]), row]));
      const changed = [...fresh.keys()].filter((each) => !isSame(rows.get(each), fresh.get(each)));
      for (const each of rows.keys()) if (!fresh.has(each)) changed.push(each);
      rows = fresh;
      seq = told.seq;
      listeners.tell(changed);
    } catch (error) {
      logger.warn('live view not read', { reason: reasonOf(error) });
    } finally {
      isReading = false;
    }
  }

  const timer = setInterval(() => {
    if (listening > 0) void poll();
  }, everyMs);
  timer.unref();
  return {
    name,
    get seq() {
      return seq;
    },
    keys: () => rows.keys(),
    has: (row) => rows.has(row),
    value: (row, column) => rows.get(row)?.[column] ?? null,
    isVisible(row, principal) {
      const known = rows.get(row);
      return known !== undefined && isVisible(known, principal);
    },
    onChange(listener) {
      const stop = listeners.add(listener);
      listening++;
      void poll();
      return () => {
        listening--;
        stop();
      };
    },
    close: () => clearInterval(timer),
  };
}

const isSame = (a: Row | undefined, b: Row | undefined): boolean =>
  a !== undefined && b !== undefined && canonicalJson(a) === canonicalJson(b);
