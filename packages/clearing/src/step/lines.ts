import type { AccountKey, PostingRuleName } from '@meridian/accounts';
import type { Account } from '../contract-book.ts';
import type { InventoryRow } from './value.ts';

/** A pair to be published; amounts positive, minor units. */
export interface Line {
  readonly rule: PostingRuleName;
  readonly debit: AccountKey;
  readonly credit: AccountKey;
  readonly currency: string;
  readonly amount: bigint;
}

/** Collects lines, one per rule, pair of accounts and currency. A rule that goes both ways nets inside its pair. */
export interface Lines {
  /** amount > 0: Dr debit / Cr credit; < 0: the other way round; 0: nothing. */
  add(rule: PostingRuleName, debit: AccountKey, credit: AccountKey, currency: string, amount: bigint): void;
  /** Sorted by rule and accounts. */
  all(): Line[];
}

export function newLines(): Lines {
  const sums = new Map<string, Line>();
  return {
    add(rule, debit, credit, currency, amount) {
      const key = JSON.stringify([rule, debit, credit, currency]);
      const sofar = sums.get(key);
      sums.set(key, { rule, debit, credit, currency, amount: (sofar?.amount ?? 0n) + amount });
    },
    all: () =>
      [...sums]
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .filter(([, line]) => line.amount !== 0n)
        .map(([, line]) =>
          line.amount > 0n ? line : { ...line, debit: line.credit, credit: line.debit, amount: -line.amount },
        ),
  };
}

/** A contract's figures of this batch. Money from the client: + it receives. */
export interface ContractFigures {
  readonly contract: bigint;
  readonly entity: bigint;
  readonly back_to_back_of: bigint | null;
  readonly currency: string;
  readonly mtm_before: bigint;
  readonly mtm: bigint;
  readonly realised: bigint;
  readonly accrual: bigint;
  readonly settled: bigint;
  readonly margin_before: bigint;
  readonly margin: bigint;
}

export function clientContractLines(lines: Lines, figures: ContractFigures, account: Account): void {
  const { currency } = figures;
  const entity = Number(figures.entity);
  const contract = Number(figures.contract);
  const sub = Number(account.sub);
  const own = (code: string): AccountKey => ({ entity, code, contract });
  const free: AccountKey = { entity, code: '2010', sub };
  const locked: AccountKey = { entity, code: '2012', sub, contract };
  lines.add('contract-mark', own('4031'), own('1100'), currency, figures.mtm - figures.mtm_before);
  lines.add('financing-accrue', own('1055'), { entity, code: '4010' }, currency, -figures.accrual);
  lines.add('financing-settle', free, own('1055'), currency, -figures.settled);
  const released = figures.margin < figures.margin_before ? figures.margin_before - figures.margin : 0n;
  // A loss is first made good by the margin that the unwind sets free.
  const loss = figures.realised < 0n ? -figures.realised : 0n;
  const fromMargin = loss < released ? loss : released;
  lines.add('contract-realise-margin', locked, own('4030'), currency, fromMargin);
  lines.add('contract-realise', own('4030'), free, currency, figures.realised + fromMargin);
  lines.add('margin-release', locked, free, currency, released - fromMargin);
  if (figures.margin > figures.margin_before)
    lines.add('margin-lock', free, locked, currency, figures.margin - figures.margin_before);
}

/** Both halves of a back-to-back. `parent` booked the client, `figures.entity` hedges; + means that the parent receives. */
export function backToBackLines(lines: Lines, figures: ContractFigures, parent: bigint): void {
  const { currency } = figures;
  const contract = Number(figures.contract);
  const [p, h] = [Number(parent), Number(figures.entity)];
  const at = (entity: number, other: number) => ({
    linked: (code: string): AccountKey => ({ entity, code, contract, counterparty: other }),
    plain: (code: string): AccountKey => ({ entity, code, counterparty: other }),
  });
  const [inParent, inHedger] = [at(p, h), at(h, p)];
  const mark = figures.mtm - figures.mtm_before;
  lines.add('b2b-mark', inParent.linked('1110'), inParent.linked('4111'), currency, mark);
  lines.add('b2b-mark', inHedger.linked('1110'), inHedger.linked('4111'), currency, -mark);
  const [gainer, loser] = figures.realised > 0n ? [inParent, inHedger] : [inHedger, inParent];
  const gain = figures.realised < 0n ? -figures.realised : figures.realised;
  lines.add('b2b-gain', gainer.plain('1210'), gainer.linked('4110'), currency, gain);
  lines.add('b2b-loss', loser.linked('4110'), loser.plain('2210'), currency, gain);
  lines.add('b2b-financing-owe', inParent.plain('5130'), inParent.linked('2120'), currency, -figures.accrual);
  lines.add('b2b-financing-earn', inHedger.linked('1120'), inHedger.plain('4130'), currency, -figures.accrual);
  lines.add('b2b-financing-due-to', inParent.linked('2120'), inParent.plain('2210'), currency, -figures.settled);
  lines.add('b2b-financing-due-from', inHedger.plain('1210'), inHedger.linked('1120'), currency, -figures.settled);
}

/**
 * A hedge's buys come in at their cash, what leaves goes at cost, the rest is realised. Where a short is covered the cost
 * leaves on the buying side. Inventory is always the rounded exact cost.
 */
export function inventoryLines(lines: Lines, row: InventoryRow, fairValue: bigint): void {
  const entity = Number(row.entity);
  const listing = Number(row.listing);
  const { currency } = row;
  const broker: AccountKey = { entity, code: '1061', counterparty: Number(row.route) };
  const own = (code: string): AccountKey => ({ entity, code, listing });
  const costOut = row.cash_out - (row.cost_minor - row.cost_before);
  lines.add('hedge-buy', own('1040'), broker, currency, costOut < 0n ? row.cash_out - costOut : row.cash_out);
  lines.add('hedge-sell', broker, own('1040'), currency, costOut > 0n ? costOut : 0n);
  lines.add('hedge-realise', broker, own('4040'), currency, row.cash_in - costOut);
  lines.add('hedge-mark', own('1045'), own('4041'), currency, fairValue - row.fair_before);
}

export interface FeeTotal {
  readonly payer: 'client' | 'house';
  readonly code: string;
  readonly entity: bigint;
  readonly account: bigint | null;
  readonly route: bigint | null;
  readonly listing: bigint;
  readonly currency: string;
  readonly amount: bigint;
}

const DUTIES: ReadonlySet<string> = new Set(['STAMP']);

/** The rule of a charge and the account that it goes to or, for the house, comes from. */
export function feeRule(payer: string, code: string): { readonly rule: PostingRuleName; readonly code: string } {
  if (payer === 'client')
    return code === 'COMMISSION' ? { rule: 'commission', code: '4020' } : { rule: 'fee-recovery', code: '4025' };
  if (code === 'BROKER') return { rule: 'hedge-commission', code: '5010' };
  return DUTIES.has(code) ? { rule: 'hedge-duty', code: '5020' } : { rule: 'hedge-levy', code: '5021' };
}

export function feeLines(lines: Lines, fee: FeeTotal, account: Account | undefined): void {
  const entity = Number(fee.entity);
  const { rule, code } = feeRule(fee.payer, fee.code);
  if (fee.payer === 'client' && account !== undefined) {
    const free: AccountKey = { entity, code: '2010', sub: Number(account.sub) };
    lines.add(rule, free, { entity, code }, fee.currency, fee.amount);
    return;
  }
  const broker: AccountKey = { entity, code: '1061', counterparty: Number(fee.route) };
  lines.add(rule, { entity, code, listing: Number(fee.listing) }, broker, fee.currency, fee.amount);
}

/** Cash that falls due at the broker: + the house receives. */
export function settlementLine(lines: Lines, entity: bigint, route: bigint, currency: string, amount: bigint): void {
  const at = (code: string): AccountKey => ({ entity: Number(entity), code, counterparty: Number(route) });
  lines.add('hedge-settle', at('1061'), at('1020'), currency, -amount);
}
