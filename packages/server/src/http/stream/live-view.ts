import type { ViewName } from '@meridian/api';
import type { Principal } from '@meridian/security';

export type Scalar = string | number | boolean | null;

/** Rows that change while somebody looks: what a stream serves viewports of. */
export interface LiveView {
  readonly name: ViewName;
  /** Sequence number of the newest input in it, over all markets. */
  readonly seq: number;
  /** Every key, oldest first. */
  keys(): Iterable<string>;
  /** False for a key that is gone. */
  has(key: string): boolean;
  /** null for what is absent or gone. */
  value(key: string, column: string): Scalar;
  /** Whether a row is the principal's to see. DS-7 */
  isVisible(key: string, principal: Principal): boolean;
  /** Calls back with the keys that changed; answers how to stop. */
  onChange(listener: (keys: readonly string[]) => void): () => void;
}

/** Tells listeners, in the order they came. */
export class Listeners {
  readonly #listeners = new Set<(keys: readonly string[]) => void>();

  add(listener: (keys: readonly string[]) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  tell(keys: readonly string[]): void {
    if (keys.length > 0) for (const listener of this.#listeners) listener(keys);
  }
}
