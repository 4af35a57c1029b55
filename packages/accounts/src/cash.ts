import { type Currency, currency as checkedCurrency } from '@meridian/base';
import type { Queryable } from '@meridian/store';
import { accountKeyText } from './account-key.ts';
import type { CommandBodyOf } from './command.ts';
import { subFunds, withdrawable } from './funds.ts';
import {
  type AccountState,
  type Books,
  type Cause,
  creditAvailable,
  entry,
  type JournalDraft,
  post,
  readBalances,
} from './ledger.ts';
import { problem } from './problems.ts';

/** One movement is at most this many minor units (ten trillion at two decimals): a longer figure is a slip. */
export const MOVEMENT_MAX = 1_000_000_000_000_000n;

/** Withdrawals from here on (minor units) need four eyes. */
export const WITHDRAWAL_CHECKED_FROM = 100_000_000n;

export interface SubAccount {
  readonly sub: bigint;
  readonly master: bigint;
  readonly entity: bigint;
  readonly pool: string;
}

/** @throws Problem AMOUNT_REFUSED | CURRENCY_UNKNOWN */
export function movement(text: string, code: string): { amount: bigint; currency: Currency } {
  const amount = BigInt(text);
  const known = checkedCurrency(code);
  if (amount > MOVEMENT_MAX) throw problem('AMOUNT_REFUSED', { amount, currency: code, limit: MOVEMENT_MAX });
  return { amount, currency: known };
}

export async function readSubs(db: Queryable, subs: readonly number[]): Promise<Map<number, SubAccount>> {
  const { rows } = await db.query<SubAccount>(
    'SELECT sub, master, entity, pool FROM accounts.sub_account WHERE sub = ANY ($1::bigint[])',
    [subs],
  );
  return new Map(rows.map((row) => [Number(row.sub), row]));
}

async function readSub(books: Books, sub: number): Promise<SubAccount> {
  const found = (await readSubs(books.tx, [sub])).get(sub);
  if (found === undefined) throw problem('PARTY_UNKNOWN', { what: 'sub account', id: sub });
  return found;
}

const subKey = (of: SubAccount, code: string) => ({ entity: Number(of.entity), code, sub: Number(of.sub) });
const bankKey = (of: SubAccount) => ({ entity: Number(of.entity), code: '1010', pool: of.pool });

/** Cash arrives for a sub account (入金). UA-4. What the client owes is repaid out of it first. */
export async function deposit(books: Books, cause: Cause, body: CommandBodyOf<'deposit'>) {
  const { amount, currency } = movement(body.amount, body.currency);
  const sub = await readSub(books, body.sub);
  const drafts: JournalDraft[] = [
    {
      rule: 'deposit',
      businessDate: body.businessDate,
      lines: entry('deposit', bankKey(sub), subKey(sub, '2010'), currency, amount),
    },
  ];
  const owedKey = accountKeyText(subKey(sub, '1050'), currency);
  const owed = (await readBalances(books.tx, [owedKey])).get(owedKey)?.posted ?? 0n;
  const repaid = owed < amount ? owed : amount;
  if (repaid > 0n)
    drafts.push({
      rule: 'client-repaid',
      businessDate: body.businessDate,
      lines: entry('client-repaid', subKey(sub, '2010'), subKey(sub, '1050'), currency, repaid),
    });
  return { journals: await post(books, cause, drafts), repaid };
}

/** Money arrives that no client can be found for (待查收款); it waits on 9010. UA-9. */
export async function receiveUnidentified(books: Books, cause: Cause, body: CommandBodyOf<'receive-unidentified'>) {
  const { amount, currency } = movement(body.amount, body.currency);
  const bank = { entity: body.entity, code: '1010', pool: body.pool };
  const lines = entry('unidentified-receipt', bank, { entity: body.entity, code: '9010' }, currency, amount);
  return { journals: await post(books, cause, [{ rule: 'unidentified-receipt', businessDate: body.businessDate, lines }]) };
}

/** What a command said that another ends, once: undefined where there is none, or it has been ended. `ender` names it by a member. */
async function openCommand<K extends 'receive-unidentified' | 'withdraw'>(
  { tx }: Books,
  kind: K,
  id: string,
  ender: { readonly kind: 'identify-receipt' | 'withdraw-settle'; readonly names: 'receipt' | 'withdrawal' },
): Promise<CommandBodyOf<K> | undefined> {
  const { rows } = await tx.query<{ body: CommandBodyOf<K> }>(
    `SELECT c.body FROM accounts.command c WHERE c.id = $1 AND c.kind = '${kind}' AND NOT EXISTS
       (SELECT 1 FROM accounts.command e WHERE e.kind = '${ender.kind}' AND e.body ->> '${ender.names}' = c.id)`,
    [id],
  );
  return rows[0]?.body;
}

/** Its owner is found, a client of the same entity. Once. */
export async function identifyReceipt(books: Books, cause: Cause, body: CommandBodyOf<'identify-receipt'>) {
  const found = await openCommand(books, 'receive-unidentified', body.receipt, { kind: 'identify-receipt', names: 'receipt' });
  const sub = await readSub(books, body.sub);
  if (found === undefined || BigInt(found.entity) !== sub.entity || found.pool !== sub.pool)
    throw problem('RECEIPT_REFUSED', { id: body.receipt, sub: body.sub });
  const { amount, currency } = movement(found.amount, found.currency);
  const waiting = { entity: Number(sub.entity), code: '9010' };
  const lines = entry('receipt-identified', waiting, subKey(sub, '2010'), currency, amount);
  return { journals: await post(books, cause, [{ rule: 'receipt-identified', businessDate: body.businessDate, lines }]) };
}

/** Asks for cash to leave (出金). Refused with the amount that could be withdrawn. UA-4. */
export async function withdraw(books: Books, cause: Cause, body: CommandBodyOf<'withdraw'>, isChecked: boolean) {
  const { amount, currency } = movement(body.amount, body.currency);
  const sub = await readSub(books, body.sub);
  const funds = (await subFunds(books.tx, body.sub)).find((f) => f.currency === currency);
  const wouldPass = funds === undefined ? 0n : withdrawable(funds);
  if (amount > wouldPass) throw problem('FUNDS_SHORT', { requested: amount, wouldPass, currency });
  if (amount >= WITHDRAWAL_CHECKED_FROM && !isChecked) throw problem('FOUR_EYES', { kind: 'withdraw' });
  const lines = entry('withdraw-request', subKey(sub, '2010'), subKey(sub, '2014'), currency, amount);
  return { journals: await post(books, cause, [{ rule: 'withdraw-request', businessDate: body.businessDate, lines }]) };
}

/** The bank paid, or sent the money back. */
export async function settleWithdrawal(books: Books, cause: Cause, body: CommandBodyOf<'withdraw-settle'>) {
  const found = await openCommand(books, 'withdraw', body.withdrawal, { kind: 'withdraw-settle', names: 'withdrawal' });
  if (found === undefined) throw problem('WITHDRAWAL_ENDED', { id: body.withdrawal });
  const { amount, currency } = movement(found.amount, found.currency);
  const sub = await readSub(books, found.sub);
  const leaving = subKey(sub, '2014');
  const draft: JournalDraft =
    body.result === 'paid'
      ? {
          rule: 'withdraw-paid',
          businessDate: body.businessDate,
          lines: entry('withdraw-paid', leaving, bankKey(sub), currency, amount),
        }
      : {
          rule: 'withdraw-failed',
          businessDate: body.businessDate,
          lines: entry('withdraw-failed', leaving, subKey(sub, '2010'), currency, amount),
        };
  return { journals: await post(books, cause, [draft]) };
}

/** Exchanges a sub account's currency at a rate of record: both sides go through the entity's FX position. */
export async function exchange(books: Books, cause: Cause, body: CommandBodyOf<'fx-exchange'>) {
  const sold = movement(body.sellAmount, body.sell);
  const bought = movement(body.buyAmount, body.buy);
  if (sold.currency === bought.currency) throw problem('TRANSFER_TO_ITSELF', { what: sold.currency });
  const sub = await readSub(books, body.sub);
  const funds = (await subFunds(books.tx, body.sub)).find((f) => f.currency === sold.currency);
  const wouldPass = funds === undefined ? 0n : withdrawable(funds);
  if (sold.amount > wouldPass) throw problem('FUNDS_SHORT', { requested: sold.amount, wouldPass, currency: sold.currency });
  const position = { entity: Number(sub.entity), code: '3010' };
  const lines = [
    ...entry('fx-sell', subKey(sub, '2010'), position, sold.currency, sold.amount),
    ...entry('fx-buy', position, subKey(sub, '2010'), bought.currency, bought.amount),
  ];
  return { journals: await post(books, cause, [{ rule: 'fx-sell', businessDate: body.businessDate, lines }]) };
}

/** Moves an entity's own cash between pools; in transit it stands on 1090. The quota it consumes stays in the command. */
export async function poolTransfer(books: Books, cause: Cause, body: CommandBodyOf<'pool-transfer'>) {
  const { amount, currency } = movement(body.amount, body.currency);
  const bank = { entity: body.entity, code: '1010', pool: body.pool };
  const transit = { entity: body.entity, code: '1090' };
  const key = accountKeyText(body.step === 'send' ? bank : transit, currency);
  const there = (await readBalances(books.tx, [key])).get(key)?.posted ?? 0n;
  if (amount > there) throw problem('FUNDS_SHORT', { requested: amount, wouldPass: there > 0n ? there : 0n, currency });
  const draft: JournalDraft =
    body.step === 'send'
      ? { rule: 'pool-send', businessDate: body.businessDate, lines: entry('pool-send', transit, bank, currency, amount) }
      : { rule: 'pool-arrive', businessDate: body.businessDate, lines: entry('pool-arrive', bank, transit, currency, amount) };
  return { journals: await post(books, cause, [draft]) };
}

export type TransferBody = CommandBodyOf<'transfer'>;

/**
 * Judges transfers between sub accounts (划转) one after the other against the balances read once: the batch's own
 * effects count. UA-5: both sides belong to one master. Returns the journal or the refusal of each.
 */
export async function judgeTransfers(
  books: Books,
  bodies: readonly TransferBody[],
  subsKnown: Map<number, SubAccount>,
  balancesRead?: ReadonlyMap<string, AccountState>,
): Promise<(JournalDraft | Error)[]> {
  const missing = new Set(bodies.flatMap(({ from, to }) => [from, to]).filter((sub) => !subsKnown.has(sub)));
  if (missing.size > 0) for (const [id, sub] of await readSubs(books.tx, [...missing])) subsKnown.set(id, sub);
  const balances =
    missing.size === 0 && balancesRead !== undefined
      ? balancesRead
      : await readBalances(books.tx, transferKeys(bodies, subsKnown));
  const available = new Map<string, bigint>();
  for (const state of balances.values()) {
    books.accountIds.set(state.key, state.id);
    available.set(state.key, creditAvailable(state));
  }
  return bodies.map((body) => {
    try {
      return judgeTransfer(body, subsKnown, available);
    } catch (refusal) {
      return refusal as Error;
    }
  });
}

/** The accounts that transfers between known sub accounts touch. */
export function transferKeys(bodies: readonly TransferBody[], subs: ReadonlyMap<number, SubAccount>): string[] {
  const keys = new Set<string>();
  for (const { from, to, currency } of bodies)
    for (const sub of [subs.get(from), subs.get(to)])
      if (sub !== undefined) keys.add(`${sub.entity}/2010//${sub.sub}////${currency}`);
  return [...keys];
}

function judgeTransfer(
  body: TransferBody,
  subs: ReadonlyMap<number, SubAccount>,
  available: Map<string, bigint>,
): JournalDraft {
  const { amount, currency } = movement(body.amount, body.currency);
  const from = subs.get(body.from);
  const to = subs.get(body.to);
  if (from === undefined) throw problem('PARTY_UNKNOWN', { what: 'sub account', id: body.from });
  if (to === undefined) throw problem('PARTY_UNKNOWN', { what: 'sub account', id: body.to });
  if (from.sub === to.sub) throw problem('TRANSFER_TO_ITSELF', { what: `sub account ${body.from}` });
  if (from.master !== to.master) throw problem('OTHER_MASTER', { from: body.from, to: body.to });
  const source = accountKeyText(subKey(from, '2010'), currency);
  const target = accountKeyText(subKey(to, '2010'), currency);
  const there = available.get(source) ?? 0n;
  if (amount > there) throw problem('FUNDS_SHORT', { requested: amount, wouldPass: there > 0n ? there : 0n, currency });
  available.set(source, there - amount);
  available.set(target, (available.get(target) ?? 0n) + amount);
  return {
    rule: 'transfer',
    businessDate: body.businessDate,
    lines: entry('transfer', subKey(from, '2010'), subKey(to, '2010'), currency, amount),
  };
}
