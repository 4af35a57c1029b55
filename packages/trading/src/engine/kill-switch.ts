import { type CommandBody, EVENT_TYPE, KillSwitched } from '@meridian/messages';
import type { ClientState } from './client-state.ts';
import { leavesOf } from './hold.ts';
import type { MarketNode } from './market-node.ts';
import { closes } from './order-check.ts';
import { withdrawOrder } from './order-execution.ts';
import { CHANGE, ORDER_ROW } from './order-table.ts';

/**
 * The kill switch (一键停机): stops a scope and takes its working orders back the ordinary way, children first. The count that
 * a person sees before throwing it is made by the walk that the command makes. RC-l
 */
export type KillBody = Pick<CommandBody<'kill-switch'>, 'scope' | 'scopeId' | 'mode'>;

export const KILL_SCOPE = { order: 1, account: 2, client: 3, market: 4, firm: 5 } as const;

/** What the command would take back. Quantities in units. */
export interface KillCount {
  /** Working client orders, and the sum of their leaves. */
  readonly orders: number;
  readonly leaves: number;
  /** Their live children at the venues, and the sum of what those still work. */
  readonly children: number;
  readonly childLeaves: number;
}

/** @returns the scope's id, 0 when it was refused: an order or account this node does not know, or too many switches. */
export function throwSwitch(s: ClientState, body: CommandBody<'kill-switch'>): number {
  const { scope, scopeId, mode, maker } = body;
  if (!isKnown(s, body)) return 0;
  if (scope !== 'order' && !s.kills.set({ scope, scopeId, state: mode, maker, seq: s.seq })) return 0;
  let orders = 0;
  let leaves = 0;
  for (const o of takenBack(s, body)) {
    orders++;
    leaves += leavesOf(s, o);
  }
  const at = s.out.begin(EVENT_TYPE['kill-switched']);
  const event = { scope: KILL_SCOPE[scope], scopeId, mode, orders, leavesQuantity: bounded(leaves), maker };
  s.out.end(KillSwitched.write(s.out.view, at, event));
  for (const o of takenBack(s, body)) withdrawOrder(s, o, 1);
  return scopeId;
}

/** The same walk without the deed. */
export function countKill(node: MarketNode, body: KillBody): KillCount {
  const { client: s, hedge } = node;
  let [orders, leaves, children, childLeaves] = [0, 0, 0, 0];
  for (const o of takenBack(s, body)) {
    orders++;
    leaves += leavesOf(s, o);
    const child = node.placement === 'co-located' ? hedge.children.find(s.orders.id[o] as number) : -1;
    if (child < 0 || hedge.children.live[child] !== 1) continue;
    children++;
    childLeaves += Math.max(0, (hedge.children.quantity[child] as number) - (hedge.children.cum[child] as number));
  }
  return { orders, leaves: bounded(leaves), children, childLeaves: bounded(childLeaves) };
}

/** Whether a switch of this scope can be thrown here. Market and firm are always known, under the id 1. */
export function isKnown(s: ClientState, { scope, scopeId, mode }: KillBody): boolean {
  if (scope === 'order') return mode !== 0 && s.orders.find(scopeId) >= 0;
  if (scope === 'account') return scopeId < s.accounts.count && s.accounts.known[scopeId] === 1;
  if (scope === 'client') return scopeId <= 0xffff_ffff;
  return scopeId === 1;
}

/** Working orders that the mode does not leave: all under a halt, those that open under reducing. */
function* takenBack(s: ClientState, body: KillBody): Generator<number> {
  const { orders } = s;
  if (body.mode === 0) return;
  if (body.scope === 'order') {
    const o = orders.find(body.scopeId);
    if (o >= 0 && isWorking(s, o)) yield o;
    return;
  }
  for (let o = 0; o < orders.rows.end; o += ORDER_ROW)
    if (isWorking(s, o) && inScope(s, o, body) && (body.mode === 2 || !closes(orders.leg[o] as number))) yield o;
}

/** Live, and nobody is taking it back yet. */
function isWorking({ orders }: ClientState, o: number): boolean {
  return orders.live[o] === 1 && orders.withdraw[o] === 0 && orders.change[o] !== CHANGE.cancel;
}

function inScope(s: ClientState, o: number, { scope, scopeId }: KillBody): boolean {
  const account = s.orders.account[o] as number;
  if (scope === 'account') return account === scopeId;
  return scope === 'client' ? s.accounts.client[account] === scopeId : true;
}

const bounded = (sum: number): number => Math.min(sum, Number.MAX_SAFE_INTEGER);
