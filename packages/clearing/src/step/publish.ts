import type { AccountCentre, AccountCommand, ContractChange, FillKey, LeaseBooking } from '@meridian/accounts';
import { invariant } from '@meridian/base';
import type { Database, Queryable } from '@meridian/store';
import { rowsOf } from '../dataset.ts';
import type { Step, StepScope } from '../step.ts';
import { goLive } from './go-live.ts';
import { type MarketContext, pinsOf, placeOf } from './plan.ts';

/** How a batch becomes the books: the account centre executes the publication, with our pointer in its transaction. */
export interface Publisher {
  readonly database: Database;
  readonly accountCentre: AccountCentre;
}

interface LineRow {
  readonly rule: string;
  readonly debit: never;
  readonly credit: never;
  readonly currency: string;
  readonly amount: bigint;
}

/**
 * Makes the attempt the batch's live one, in one transaction with the books. Killed before its commit nothing happened;
 * after it the step is recorded and never runs again.
 */
export const publish: Step<MarketContext> = {
  name: 'publish',
  async run(tx, scope) {
    const published = await goLive(tx, scope, scope.outputHash('verify'));
    await tx.query(`UPDATE clearing.source_file SET state = 'accepted' WHERE name = $1 AND sha256 = $2`, [
      pinsOf(scope).file,
      pinsOf(scope).fileSha256,
    ]);
    return published;
  },
  async commit(scope, within) {
    const { database, accountCentre } = scope.context.publisher;
    await accountCentre.execute(await publication(database, scope), { within });
  },
};

async function publication(database: Queryable, scope: StepScope<MarketContext>): Promise<AccountCommand> {
  const place = placeOf(scope, 'book');
  const lines = await rowsOf<LineRow>(database, 'posting_line', place, 'no');
  const [rest] = await rowsOf<{ contracts: ContractChange[]; fills: FillKey[]; bookings: LeaseBooking[] }>(
    ...([database, 'publication', place, 'batch'] as const),
  );
  invariant(rest !== undefined, 'a booked batch has its publication');
  return {
    ...{ kind: 'publish-batch', id: `batch:${scope.batch}:${scope.attempt}`, at: scope.at, maker: 'clearing' },
    body: {
      ...{ batch: scope.batch, attempt: scope.attempt, market: scope.key.market, businessDate: pinsOf(scope).businessDate },
      lines: lines.map(({ rule, debit, credit, currency, amount }) => ({
        ...{ rule, debit, credit, currency, amount: String(amount) },
      })),
      ...{ contracts: rest.contracts, fills: rest.fills, bookings: rest.bookings },
    },
  };
}
