/** What a scope may still do. Every order meets one of the three. */
export const TRADING_STATES = ['active', 'reducing', 'halted'] as const;
export type TradingState = (typeof TRADING_STATES)[number];

/** A switch that is on. `state` 1 reducing, 2 halted; `seq` of the command that threw it. */
export interface EngagedSwitch {
  readonly scope: 'account' | 'client' | 'market' | 'firm';
  readonly scopeId: number;
  readonly state: number;
  readonly maker: string;
  readonly seq: number;
}

/** Switches engaged at one time. At the bound another is refused. */
const SWITCHES_MAX = 65_536;

/**
 * The kill switches of a market (一键停机). Each scope has its own: releasing the market leaves a client's on. Cold but for
 * {@link stateOf}, which no order reaches while nothing is engaged.
 */
export class KillSwitches {
  readonly #byScope = new Map<string, EngagedSwitch>();
  readonly #accounts = new Map<number, number>();
  readonly #clients = new Map<number, number>();
  #all = 0;

  /** Switches that are on. */
  get count(): number {
    return this.#byScope.size;
  }

  /** 0 active, 1 reducing, 2 halted: the strictest of what covers the account. */
  stateOf(account: number, client: number): number {
    return Math.max(this.#all, this.#accounts.get(account) ?? 0, this.#clients.get(client) ?? 0);
  }

  /** State 0 releases. @returns false at the bound */
  set(next: EngagedSwitch): boolean {
    const key = `${next.scope} ${next.scopeId}`;
    if (next.state === 0) this.#byScope.delete(key);
    else if (this.#byScope.size >= SWITCHES_MAX && !this.#byScope.has(key)) return false;
    else this.#byScope.set(key, next);
    this.#index(next.scope, next.scopeId, next.state);
    return true;
  }

  #index(scope: EngagedSwitch['scope'], id: number, state: number): void {
    if (scope === 'account') put(this.#accounts, id, state);
    else if (scope === 'client') put(this.#clients, id, state);
    else {
      const other = scope === 'market' ? 'firm 1' : 'market 1';
      this.#all = Math.max(state, this.#byScope.get(other)?.state ?? 0);
    }
  }

  /** In the order they were thrown, by scope: equal switches give equal lists. */
  engaged(): readonly EngagedSwitch[] {
    return [...this.#byScope.values()].sort((a, b) => a.seq - b.seq);
  }

  restore(engaged: readonly EngagedSwitch[]): void {
    for (const each of engaged) this.set(each);
  }
}

function put(to: Map<number, number>, id: number, state: number): void {
  if (state === 0) to.delete(id);
  else to.set(id, state);
}
