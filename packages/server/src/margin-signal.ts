import type { AccountCentre } from '@meridian/accounts';
import { formatInstant } from '@meridian/base';
import type { MarketFacts } from '@meridian/market';
import { marginCallDue, type RiskSignal } from '@meridian/risk';
import type { Database } from '@meridian/store';
import type { StoryLine } from './process/child.ts';

/** The house's margin lines: called below 105 % of the requirement, restored to 115 %, nothing under 10,000. RC-j */
export const CALL_LINES = { callPpm: 1_050_000, targetPpm: 1_150_000, amountMin: 1_000_000 };

interface CallDesk {
  readonly accounts: AccountCentre;
  readonly database: Database;
  readonly facts: MarketFacts;
  readonly story: (line: StoryLine) => void;
}

/** What the fold found goes back through the front door: as a command of the account centre. RC-j, RC-l */
export function answerSignal(desk: CallDesk, signal: RiskSignal): Promise<void> {
  return signal.kind === 'call' ? raiseCall(desk, signal) : endCalls(desk, signal);
}

/** The fold saw a master below its line: the account centre raises the call, due by the bank's calendar. RC-j, RC-l. */
async function raiseCall({ accounts, facts, story }: CallDesk, signal: RiskSignal): Promise<void> {
  const { at, master, client, currency, equity, requirement, amount } = signal;
  const dueAt = marginCallDue(facts, at, currency);
  await accounts.execute({
    kind: 'raise-margin-call',
    id: `call:${master}:${at}`,
    at,
    maker: 'risk monitor',
    body: {
      call: `call:${master}:${at}`,
      client,
      currency,
      amount: String(amount),
      dueAt,
      equity: String(equity),
      requirement: String(requirement),
      cause: { rule: 'equity below the call line', line: CALL_LINES.callPpm, restores: CALL_LINES.targetPpm },
    },
  });
  const due = formatInstant(dueAt).slice(0, 16);
  const figure = (Number(amount) / 100).toLocaleString('en-US', { maximumFractionDigits: 0 });
  story({
    at,
    zh: `追保：客户 ${client} 权益低于保证金要求，需补 ${figure} ${currency}，期限 ${due}Z`,
    en: `Margin call: client ${client} fell below its requirement; ${figure} ${currency} due ${due}Z`,
  });
}

/** Equity stands above the target again: calls of this client that are still open need no payment. */
async function endCalls({ accounts, database, story }: CallDesk, { at, client }: RiskSignal): Promise<void> {
  const { rows } = await database.query<{ id: string }>(
    `SELECT id FROM accounts.margin_call WHERE client = $1 AND state = 'raised' ORDER BY id`,
    [client],
  );
  for (const { id } of rows) {
    await accounts.execute({
      kind: 'meet-margin-call',
      id: `recovered:${id}`,
      at,
      maker: 'risk monitor',
      body: { call: id, by: 'recovered' },
    });
    story({
      at,
      zh: `追保解除：客户 ${client} 权益恢复`,
      en: `Margin call ended: client ${client} stands above its target again`,
    });
  }
}
