import type {
  DeskCancel,
  DeskOrder,
  DeskReplace,
  DeskTerms,
  KillOrder,
  KillRelease,
  KillScope,
  MarketService,
} from '@meridian/trading';
import { unknownRequest } from './link/rpc.ts';

/** What people ask of a node through the house's own door, by name: orders and the kill switch. The service checks what it is given. */
export async function askDesk(node: MarketService, what: string, body: unknown): Promise<unknown> {
  if (what === 'check') return node.checkOrder(body as DeskTerms);
  if (what === 'order') return node.enterOrder(body as DeskOrder);
  if (what === 'replace') return node.replaceOrder(body as DeskReplace);
  if (what === 'kill-preview') {
    const { scope, state } = body as { scope: KillScope; state?: 'reducing' | 'halted' };
    return node.killPreview(scope, state);
  }
  if (what === 'kill') return node.kill(body as KillOrder);
  if (what === 'release') return node.release(body as KillRelease);
  if (what === 'killed') return node.killed();
  if (what === 'cancel') return node.cancelOrder(body as DeskCancel);
  throw unknownRequest(what);
}
