import { closed, type Static, Type } from '@meridian/base';
import { journalLines, journalOwner, journalRow, LINES_MAX } from '../reading/journal.ts';
import { type ApprovalDesk, bookDate, type HouseExecutor, payloadOf, REQUEST_TTL } from './approval-desk.ts';
import { executeOnBooks, isOnBooks } from './book-command.ts';
import { problem } from './problems.ts';

const KIND = 'journal.reverse';

/** Why: it stands in the books with the reversal. */
const ReversalPayload = closed({ reason: Type.String({ minLength: 1, maxLength: 200 }) });
type ReversalPayload = Static<typeof ReversalPayload>;

interface JournalState {
  readonly rule: string;
  readonly businessDate: string;
  readonly lines: readonly { readonly account: string; readonly amount: string }[];
  readonly client: string | null;
  readonly entity: string | null;
}

/** What a request shows of a journal, at most. */
const LINES_SHOWN = 100;

/** A journal taken back by its mirror image (红冲): asked for by clearing, checked by another of clearing. CL-e, DS-10 */
export function journalReverse(desk: ApprovalDesk): HouseExecutor<ReversalPayload, JournalState> {
  return {
    ...{ kind: KIND, title: { zh: '凭证红冲', en: 'Reversal of a journal' } },
    ...{ duty: 'clearing', needs: 1, ttl: REQUEST_TTL },
    async read(target, over) {
      const row = /^[1-9]\d{0,17}$/.test(target) ? await journalRow(over, target) : undefined;
      const owner = row === undefined ? undefined : await journalOwner(over, target);
      if (row === undefined || owner === undefined)
        throw problem('REQUEST_TARGET_UNKNOWN', { kind: KIND, target: target.slice(0, 32) });
      const { rows } = await over.query<{ entity: bigint }>('SELECT DISTINCT entity FROM accounts.ledger_account');
      const everything = { clients: null, entities: rows.map(({ entity }) => entity) };
      const [journal] = await journalLines(over, everything, [row], LINES_MAX);
      const lines = (journal?.lines ?? []).slice(0, LINES_SHOWN);
      return {
        state: {
          ...{ rule: row.rule, businessDate: row.business_date },
          lines: lines.map(({ key, amount, currency }) => ({ account: key, amount: `${amount} ${currency}` })),
          ...{ client: owner.client === null ? null : String(owner.client) },
          ...{ entity: owner.entity === null ? null : String(owner.entity) },
        },
        // A journal never changes; only whether it stands.
        version: row.reversed_by === null ? 'stands' : `reversed by ${row.reversed_by}`,
      };
    },
    validate: (payload, target) => payloadOf(KIND, target, ReversalPayload, payload),
    diff: ({ lines }) =>
      lines.map(({ account, amount }) => ({ field: account.slice(0, 80), before: amount, after: mirrored(amount) })),
    concerns: (_target, _payload, { client, entity }) => ({
      ...(client === null ? {} : { client: BigInt(client) }),
      ...(entity === null ? {} : { entity: BigInt(entity) }),
    }),
    execute: (_tx, { reason }, execution) =>
      executeOnBooks(desk, KIND, execution, {
        kind: 'reverse-journal',
        body: { journal: Number(execution.target), reason, businessDate: bookDate(desk) },
      }),
    isDone: isOnBooks,
  };
}

/** "-12.50 USD" → "12.50 USD" */
const mirrored = (amount: string): string => (amount.startsWith('-') ? amount.slice(1) : `-${amount}`);
