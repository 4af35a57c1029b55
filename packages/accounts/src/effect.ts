import { canonicalJson, invariant } from '@meridian/base';
import type { NumberedEvent } from '@meridian/messages';
import { consume } from '@meridian/store';
import { deposit, exchange, identifyReceipt, poolTransfer, receiveUnidentified, settleWithdrawal, withdraw } from './cash.ts';
import { closeClientDay } from './client-day.ts';
import type { AccountCommand, Outcome } from './command.ts';
import { explainException } from './exception.ts';
import { applyEvents } from './intake.ts';
import type { Books, Cause } from './ledger.ts';
import { openDay, setLimit } from './limit.ts';
import { breachCall, meetCall, raiseCall } from './margin-call.ts';
import { openBusiness, openClient, openMaster, openSub, recordIdentifier, signAgreement } from './parties.ts';
import { problem } from './problems.ts';
import { publishBatch } from './publication.ts';
import { reverseJournal } from './reversal.ts';
import type { Waiting } from './writer.ts';

/** The name under which the books keep their position in each market's events. */
export const CONSUMER = 'accounts';

/** Runs a command and says what it did. */
export async function effectOf(books: Books, cause: Cause, { command, events }: Waiting): Promise<Outcome> {
  const effect = (await apply(books, cause, command, events)) ?? {};
  const { journals = [], ...rest } = effect as { journals?: readonly bigint[] };
  return JSON.parse(canonicalJson({ ...rest, journals: journals.map(Number) })) as Outcome;
}

async function apply(books: Books, cause: Cause, command: AccountCommand, events: readonly NumberedEvent[]): Promise<unknown> {
  const { maker, checker } = command;
  switch (command.kind) {
    case 'open-client':
      return openClient(books, cause, command.body, command.names);
    case 'open-master':
      return openMaster(books, command.body);
    case 'open-sub':
      return openSub(books, command.body);
    case 'sign-agreement':
      return signAgreement(books, command.body);
    case 'open-business':
      return openBusiness(books, command.body);
    case 'set-limit':
      return setLimit(books, command.body, maker, checker as string);
    case 'day-open':
      return openDay(books, cause, command.body);
    case 'record-identifier':
      return recordIdentifier(books, command.body);
    case 'receive-unidentified':
      return receiveUnidentified(books, cause, command.body);
    case 'identify-receipt':
      return identifyReceipt(books, cause, command.body);
    case 'deposit':
      return deposit(books, cause, command.body);
    case 'withdraw':
      return withdraw(books, cause, command.body, checker !== undefined);
    case 'withdraw-settle':
      return settleWithdrawal(books, cause, command.body);
    case 'fx-exchange':
      return exchange(books, cause, command.body);
    case 'pool-transfer':
      return poolTransfer(books, cause, command.body);
    case 'publish-batch':
      return publishBatch(books, cause, command.body);
    case 'raise-margin-call':
      return raiseCall(books, cause, command.body);
    case 'meet-margin-call':
      return meetCall(books, cause, command.body);
    case 'breach-margin-call':
      return breachCall(books, cause, command.body);
    case 'reverse-journal':
      return reverseJournal(books, cause, command.body);
    case 'explain-exception':
      return explainException(books, command.body);
    case 'client-day-close':
      return closeClientDay(books, cause, command.body);
    case 'intake':
      return takeIn(books, cause, command.body, events);
    case 'transfer':
      return invariant(false, 'transfers are written in groups') as never;
  }
}

async function takeIn(
  books: Books,
  cause: Cause,
  { market, to }: Extract<AccountCommand, { kind: 'intake' }>['body'],
  events: readonly NumberedEvent[],
): Promise<object> {
  let outcome: object = {};
  const position = { seq: BigInt(to.seq), k: to.k };
  const isFresh = await consume(books.tx, { consumer: CONSUMER, stream: market }, position, async () => {
    outcome = await applyEvents(books, cause, market, events);
  });
  if (!isFresh) throw problem('INTAKE_REFUSED', { market, at: `${to.seq}.${to.k}`, reason: 'was taken in meanwhile' });
  return outcome;
}
