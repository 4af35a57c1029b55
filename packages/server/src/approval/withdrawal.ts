import { subFunds, withdrawable } from '@meridian/accounts';
import { closed, currency, formatInstant, minorDigits, type Static, Type } from '@meridian/base';
import type { Queryable } from '@meridian/store';
import { amountText } from '../reading/figure.ts';
import { type ApprovalDesk, bookDate, type HouseExecutor, payloadOf, REQUEST_TTL } from './approval-desk.ts';
import { executeOnBooks, isOnBooks } from './book-command.ts';
import { problem } from './problems.ts';

const KIND = 'withdrawal';

/**
 * From so many whole units of any currency on, cash leaves only after a second look. Below, what one person can send away
 * wrongly is what the house would bear itself; the books refuse far above it whatever stands here (1,000,000.00 of a
 * currency with two decimals), so a slip in this constant cannot open the door.
 */
export const WITHDRAWAL_CHECKED_FROM_UNITS = 100_000n;

export const needsChecker = (minor: bigint, code: string): boolean =>
  minor >= WITHDRAWAL_CHECKED_FROM_UNITS * 10n ** BigInt(minorDigits(currency(code)));

/** `amount` in minor units. */
const WithdrawalPayload = closed({
  currency: Type.String({ pattern: '^[A-Z]{3}$' }),
  amount: Type.String({ pattern: '^[1-9]\\d{0,17}$' }),
});
type WithdrawalPayload = Static<typeof WithdrawalPayload>;

export interface SubState {
  readonly code: string;
  readonly client: string;
  readonly entity: string;
  /** 可取 by currency, decimal text. */
  readonly withdrawable: Readonly<Record<string, string>>;
  /** Business time: the inbox itself counts in wall time, and stands beside what moved by the clock of the business. */
  readonly askedAt: string;
}

export interface SubOwner {
  readonly sub: bigint;
  readonly master: bigint;
  readonly code: string;
  readonly state: string;
  readonly client: bigint;
  readonly entity: bigint;
}

/** Whose a sub account is; undefined where there is none. */
export async function subOwner(over: Queryable, sub: string): Promise<SubOwner | undefined> {
  const { rows } = await over.query<SubOwner>(
    `SELECT s.sub, s.master, s.code, s.state, m.client, s.entity
       FROM accounts.sub_account s JOIN accounts.master_account m ON m.master = s.master WHERE s.sub = $1`,
    [sub],
  );
  return rows[0];
}

/**
 * A large withdrawal (大额出金): asked for by the client or by clearing, checked by clearing. What may leave is judged by the
 * books when it is carried out; a balance that has gone since refuses it. UA-4, DS-10
 */
export function withdrawal(desk: ApprovalDesk): HouseExecutor<WithdrawalPayload, SubState> {
  return {
    ...{ kind: KIND, title: { zh: '出金', en: 'Withdrawal' } },
    ...{ duty: 'clearing', needs: 1, ttl: REQUEST_TTL },
    async read(target, over) {
      const owner = /^[1-9]\d{0,17}$/.test(target) ? await subOwner(over, target) : undefined;
      if (owner === undefined) throw problem('REQUEST_TARGET_UNKNOWN', { kind: KIND, target: target.slice(0, 32) });
      const funds = await subFunds(over, owner.sub);
      const free = Object.fromEntries(funds.map((each) => [each.currency, amountText(withdrawable(each), each.currency)]));
      return {
        state: {
          ...{ code: owner.code, client: String(owner.client), entity: String(owner.entity), withdrawable: free },
          askedAt: formatInstant(desk.businessNow()),
        },
        // Balances move all day and are judged at the end; what must not have changed is the account.
        version: owner.state,
      };
    },
    validate: (payload, target) => payloadOf(KIND, target, WithdrawalPayload, payload),
    diff: (before, { currency: code, amount }) => {
      const had = before.withdrawable[code] ?? amountText(0n, code);
      return [{ field: `withdraw ${code}`, before: `withdrawable ${had}`, after: amountText(BigInt(amount), code) }];
    },
    concerns: (_target, _payload, { client, entity }) => ({ client: BigInt(client), entity: BigInt(entity) }),
    execute: (_tx, { currency: code, amount }, execution) =>
      executeOnBooks(desk, KIND, execution, {
        kind: 'withdraw',
        body: { sub: Number(execution.target), currency: code, amount, businessDate: bookDate(desk) },
      }),
    isDone: isOnBooks,
  };
}
