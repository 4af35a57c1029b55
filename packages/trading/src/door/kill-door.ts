import { closed, declareProblems, type Instant, type Static, Type, validateConfig } from '@meridian/base';
import type { NumberedEvent } from '@meridian/messages';
import { countKill, isKnown, type KillBody, type KillCount } from '../engine/kill-switch.ts';
import { TRADING_STATES, type TradingState } from '../engine/kill-switches.ts';
import type { MarketNode } from '../engine/market-node.ts';
import type { NodeLog } from './node-log.ts';

const { problem } = declareProblems({
  KILL_SCOPE_UNKNOWN: {
    status: 404,
    title: { zh: '停机范围不存在', en: 'Unknown scope' },
    detail: { zh: '本市场没有 {scope} {id}，或它已无可撤回', en: 'This market has no {scope} {id}, or nothing of it is left' },
    remedy: { zh: '核对范围与编号', en: 'Check the scope and its id' },
  },
});

const number = () => Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER });
/** What a kill switch stops. `id`: the order's number, or the dense id of account or client. Firm: this market's part of it. */
export const KillScope = Type.Union([
  closed({ scope: Type.Union([Type.Literal('order'), Type.Literal('account'), Type.Literal('client')]), id: number() }),
  closed({ scope: Type.Union([Type.Literal('market'), Type.Literal('firm')]) }),
]);
export type KillScope = Static<typeof KillScope>;

/** Who throws it (a token of the directory) and how far: halted takes everything back, reducing what opens. */
export const KillOrder = closed({
  scope: KillScope,
  state: Type.Union([Type.Literal('reducing'), Type.Literal('halted')]),
  maker: Type.String({ pattern: '^[\\x21-\\x7e]{1,64}$' }),
});
export type KillOrder = Static<typeof KillOrder>;
export const KillRelease = closed({ scope: KillScope, maker: KillOrder.properties.maker });
export type KillRelease = Static<typeof KillRelease>;

/** What throwing the switch would do, counted at `seq` and not done. Quantities in units. */
export interface KillPreview extends KillCount {
  readonly market: string;
  readonly seq: number;
  readonly at: Instant;
  readonly scope: KillScope['scope'];
  readonly id: number | null;
  /** Where the scope's own switch stands now. */
  readonly state: TradingState;
}

/** What the log says of a switch that was thrown or released. */
export interface KillAnswer {
  readonly market: string;
  readonly seq: number;
  readonly state: TradingState;
  /** Orders it takes back, and their leaves; the venues' answers follow as reports. */
  readonly orders: number;
  readonly leaves: number;
}

/** A switch that is on. */
export interface KillState {
  readonly scope: 'account' | 'client' | 'market' | 'firm';
  readonly id: number | null;
  readonly state: TradingState;
  readonly maker: string;
  readonly seq: number;
}

export interface KillDoor {
  preview(scope: KillScope, state: 'reducing' | 'halted'): KillPreview;
  kill(order: KillOrder): Promise<KillAnswer>;
  release(release: KillRelease): Promise<KillAnswer>;
  engaged(): readonly KillState[];
  /** A committed event. */
  take(event: Extract<NumberedEvent, { name: 'kill-switched' }>): void;
}

const bodyOf = (scope: KillScope, mode: number): KillBody => ({
  scope: scope.scope,
  scopeId: 'id' in scope ? scope.id : 1,
  mode,
});
const named = (state: number): TradingState => TRADING_STATES[state] as TradingState;

export function createKillDoor(log: NodeLog): KillDoor {
  const { node } = log;
  const waiting = new Map<number, KillAnswer | undefined>();

  async function throwIt(scope: KillScope, mode: number, maker: string): Promise<KillAnswer> {
    const body = bodyOf(scope, mode);
    assertKnown(node, body);
    const seq = await new Promise<number>((resolve) =>
      log.tell({ name: 'kill-switch', body: { ...body, maker } }, (given) => {
        waiting.set(given, undefined);
        log.whenCommitted(given, () => resolve(given));
      }),
    );
    const answer = waiting.get(seq);
    waiting.delete(seq);
    if (answer === undefined) throw unknown(body);
    return answer;
  }

  return {
    preview(scope, state) {
      const asked = validateConfig(KillScope, scope);
      const body = bodyOf(asked, validateConfig(KillOrder.properties.state, state) === 'reducing' ? 1 : 2);
      assertKnown(node, body);
      const id = 'id' in asked ? asked.id : null;
      const on = node.client.kills.engaged().find((each) => each.scope === body.scope && each.scopeId === body.scopeId);
      const { seq, time: at } = node.client;
      return { market: node.market, seq, at, scope: asked.scope, id, state: named(on?.state ?? 0), ...countKill(node, body) };
    },
    async kill(order) {
      const { scope, state, maker } = validateConfig(KillOrder, order);
      return throwIt(scope, state === 'reducing' ? 1 : 2, maker);
    },
    async release(release) {
      const { scope, maker } = validateConfig(KillRelease, release);
      return throwIt(scope, 0, maker);
    },
    engaged: () =>
      node.client.kills.engaged().map(({ scope, scopeId, state, maker, seq }) => {
        const id = scope === 'account' || scope === 'client' ? scopeId : null;
        return { scope, id, state: named(state), maker, seq };
      }),
    take({ header, body }) {
      if (!waiting.has(header.seq)) return;
      const { mode, orders, leavesQuantity } = body;
      waiting.set(header.seq, { market: node.market, seq: header.seq, state: named(mode), orders, leaves: leavesQuantity });
    },
  };
}

function assertKnown(node: MarketNode, body: KillBody): void {
  if (!isKnown(node.client, body)) throw unknown(body);
}

const unknown = ({ scope, scopeId }: KillBody) => problem('KILL_SCOPE_UNKNOWN', { scope, id: scopeId });
