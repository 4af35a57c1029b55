import type { RunningDemo } from './house.ts';
import type { Doorway } from './visitor.ts';

/** Where walks take place: one house and one browser for all of them, there once `before` has run. */
export interface Setting {
  /** Why there can be no walks here; false where there can. */
  readonly skip: string | false;
  readonly at: () => { readonly demo: RunningDemo; readonly door: Doorway };
}
