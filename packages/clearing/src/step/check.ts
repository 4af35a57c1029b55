import { declareProblems } from '@meridian/base';
import type { BrokerFill } from '../broker-file.ts';
import { putRows, rowsOf } from '../dataset.ts';
import { type Break, reconcile } from '../recon.ts';
import { datedReference } from '../rules.ts';
import { type BatchFault, hashOf, type Step, StepFailed } from '../step.ts';
import { type HedgeFill, hedgeFills } from './hedge.ts';
import { type MarketContext, pinsOf, placeOf } from './plan.ts';

declareProblems({
  RECON_BREAK: {
    status: 409,
    title: { zh: '对账差异', en: 'Reconciliation break' },
    detail: {
      zh: '{recon} {key}：{kind} {field}（本方 {ours}，对方 {theirs}）',
      en: '{recon} {key}: {kind} {field} (ours {ours}, theirs {theirs})',
    },
    remedy: {
      zh: '与对方核对；对方更正文件，或本方更正后重新运行',
      en: 'Settle it with the other side; a corrected file or a correction of ours, then run the batch again',
    },
  },
});

/** What the file says of executions of its own, and of those of an earlier file that it takes back. */
export const isTold = (fill: BrokerFill) => fill.state === 'good' || fill.state === 'late-bust';

/** A bust of an earlier day's execution is matched as that: by the execution it takes back. */
const ourKey = (fill: HedgeFill) => (fill.kind === 'bust' ? `bust ${fill.exec_id}` : fill.exec_id);
const theirKey = (fill: BrokerFill) => (fill.state === 'late-bust' ? `bust ${fill.ref_exec_id}` : fill.exec_id);

/**
 * The broker's fills against ours, by execution id; busts of executions that an earlier batch booked against each other.
 * Breaks are kept whatever happens to the batch. CL-2
 */
export const check: Step<MarketContext> = {
  name: 'check',
  async run(tx, scope) {
    const pins = pinsOf(scope);
    const reference = await datedReference(tx, scope.key.clearingDate as never);
    const imported = await rowsOf<BrokerFill>(tx, 'broker_fill', placeOf(scope, 'import'), 'line');
    const theirs = imported.filter(isTold);
    const ours = await hedgeFills(tx, scope);
    const symbol = (fill: HedgeFill) => reference.listing(fill.listing).code;
    const account = (fill: HedgeFill) => reference.route(fill.route).tradingAccount;
    const result = reconcile(ours, theirs, { left: ourKey, right: theirKey }, [
      { name: 'symbol', left: symbol, right: (fill) => fill.symbol },
      { name: 'trading_account', left: account, right: (fill) => fill.trading_account },
      { name: 'side', left: (fill) => BROKER_SIDE[fill.own_side] ?? '?', right: (fill) => fill.side },
      { name: 'quantity', left: (fill) => fill.quantity, right: (fill) => fill.quantity },
      { name: 'price', left: (fill) => fill.price, right: (fill) => fill.price },
      { name: 'venue_order_id', left: (fill) => fill.venue_order_id, right: (fill) => fill.venue_order_id },
    ]);
    const fatal = new Set<string>(scope.context.facts.rules.fatalBreaks);
    const faults = result.breaks.map((found) => faultOfBreak(found, fatal.has(found.kind), pins.file, theirs));
    const rows = result.breaks.map((found) => breakRow('broker-fill', found, fatal.has(found.kind)));
    if (faults.some((fault) => fault.severity === 'fatal'))
      throw new StepFailed(faults, async (failure) => void (await putRows(failure, 'recon_break', scope, rows)));
    await putRows(tx, 'recon_break', scope, rows);
    const counts = { ours: ours.length, theirs: theirs.length, matched: result.matched.length, breaks: result.breaks.length };
    return {
      outputHash: hashOf([result.matched.map((pair) => pair.key), result.breaks]),
      rowsIn: ours.length + theirs.length,
      rowsOut: result.matched.length + result.breaks.length,
      summary: counts,
      faults,
    };
  },
};

/** FIX 54 as the broker writes it. */
export const BROKER_SIDE: Readonly<Record<number, string>> = { 1: 'BUY', 2: 'SELL', 5: 'SHORT' };

function faultOfBreak(found: Break, isFatal: boolean, file: string, theirs: readonly BrokerFill[]): BatchFault {
  const line = theirs.find((fill) => theirKey(fill) === found.key);
  const none = { zh: '-', en: '-' };
  return {
    rule: 'RECON_BREAK',
    severity: isFatal ? 'fatal' : 'warning',
    params: {
      ...{ recon: 'broker-fill', key: found.key, kind: found.kind, field: found.field || none.en },
      ...{ ours: found.left ?? none.en, theirs: found.right ?? none.en },
    },
    ...(line === undefined ? {} : { file, line: line.line, byte: Number(line.at_byte) }),
    field: found.field || 'exec_id',
    value: found.right ?? found.key,
  };
}

export function breakRow(recon: string, found: Break, isFatal: boolean) {
  return {
    ...{ recon, key: found.key, kind: found.kind, field: found.field },
    ...{ left_value: found.left, right_value: found.right, difference: found.difference },
    ...{ severity: isFatal ? 'fatal' : 'warning', state: 'open', maker: null, checker: null, explanation: null },
  };
}
