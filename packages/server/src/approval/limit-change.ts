import { closed, currency, minorDigits, parseDecimal, type Static, Type } from '@meridian/base';
import type { ApprovalChange } from '@meridian/security';
import { amountText } from '../reading/figure.ts';
import { limitLines, limitRow } from '../reading/limit.ts';
import { type ApprovalDesk, type HouseExecutor, payloadOf, REQUEST_TTL } from './approval-desk.ts';
import { executeOnBooks, isOnBooks } from './book-command.ts';
import { problem } from './problems.ts';

const KIND = 'limit.change';

/** `limit` in whole units of the cell's currency, or of what it counts; `version` that the maker saw. */
const LimitPayload = closed({
  limit: Type.String({ pattern: '^\\d{1,18}(\\.\\d{1,12})?$' }),
  version: Type.String({ pattern: '^\\d{1,18}$' }),
});
type LimitPayload = Static<typeof LimitPayload>;

/** A limit cell as its checker sees it: decimal text of its currency, or units. */
interface LimitState {
  readonly scope: string;
  readonly scopeId: string;
  readonly label: string;
  readonly measure: string;
  readonly currency: string | null;
  readonly issuer: string | null;
  readonly limit: string;
  readonly booked: string;
  readonly leased: string;
  readonly state: string;
  readonly client: string | null;
  readonly entity: string | null;
}

/**
 * Another limit (额度调整): asked for by risk, checked by another of risk. A limit below what is in use is a way to stop somebody
 * from taking more and is not refused: the cell is then over-leased, grants nothing, and the checker reads so beforehand.
 * UA-6, RC-d, DS-10
 */
export function limitChange(desk: ApprovalDesk): HouseExecutor<LimitPayload, LimitState> {
  return {
    ...{ kind: KIND, title: { zh: '额度调整', en: 'Change of a limit' } },
    ...{ duty: 'risk', needs: 1, ttl: REQUEST_TTL },
    async read(target, over) {
      const row = /^[1-9]\d{0,17}$/.test(target) ? await limitRow(over, target) : undefined;
      const [line] = row === undefined ? [] : await limitLines(over, [row]);
      if (row === undefined || line === undefined)
        throw problem('REQUEST_TARGET_UNKNOWN', { kind: KIND, target: target.slice(0, 32) });
      const { scope, scopeId, label, measure, issuer, limit, booked, leased, state } = line;
      return {
        state: {
          ...{ scope, scopeId, label, measure, currency: line.currency, issuer, limit, booked, leased, state },
          ...{ client: textOrNull(row.client), entity: textOrNull(row.entity) },
        },
        version: String(row.version),
      };
    },
    validate: (payload, target) => payloadOf(KIND, target, LimitPayload, payload),
    diff,
    concerns: (_target, _payload, { client, entity }) => ({
      ...(client === null ? {} : { client: BigInt(client) }),
      ...(entity === null ? {} : { entity: BigInt(entity) }),
    }),
    async execute(tx, { limit, version }, execution) {
      const { target } = execution;
      const row = await limitRow(tx, target);
      if (row === undefined) throw problem('REQUEST_TARGET_UNKNOWN', { kind: KIND, target });
      const body = {
        ...{ cell: Number(row.cell), scope: row.scope as never, scopeId: Number(row.scope_id), measure: row.measure as never },
        ...{ currency: row.currency, issuer: row.issuer === null ? null : Number(row.issuer) },
        lim: String(parseDecimal(limit, digitsOf(row.currency))),
      };
      await executeOnBooks(desk, KIND, execution, { kind: 'set-limit', body }, async (books) => {
        // Changes of one cell are counted: exactly one since the maker looked, and it is this one.
        const { rows } = await books.query<{ version: bigint }>('SELECT version FROM accounts.limit_cell WHERE cell = $1', [
          row.cell,
        ]);
        if (rows[0]?.version !== BigInt(version) + 1n) throw problem('LIMIT_MOVED', { cell: target, version });
      });
    },
    isDone: isOnBooks,
  };
}

const textOrNull = (id: bigint | null): string | null => (id === null ? null : String(id));
const digitsOf = (code: string | null): number => (code === null ? 0 : minorDigits(currency(code)));

/** The limit, what it leaves free, and the state that follows. @throws Problem REQUEST_CONTENT_REFUSED | DECIMAL_SCALE */
function diff(before: LimitState, { limit }: LimitPayload): ApprovalChange[] {
  const digits = digitsOf(before.currency);
  const minor = (text: string) => parseDecimal(text, digits);
  const text = (amount: bigint) => (before.currency === null ? String(amount) : amountText(amount, before.currency));
  const [was, will, use] = [minor(before.limit), minor(limit), minor(before.booked) + minor(before.leased)];
  const refuse = (reason: string) => problem('REQUEST_CONTENT_REFUSED', { kind: KIND, target: before.label, reason });
  if (was === will) throw refuse(`the limit is ${before.limit}`);
  // Nodes count in doubles.
  if (will > BigInt(Number.MAX_SAFE_INTEGER)) throw refuse(`at most ${text(BigInt(Number.MAX_SAFE_INTEGER))}`);
  const state = use > will ? 'over-leased' : before.state === 'over-leased' ? 'active' : before.state;
  return [
    { field: 'limit', before: before.limit, after: text(will) },
    { field: 'free', before: text(was - use), after: text(will - use) },
    ...(state === before.state ? [] : [{ field: 'state', before: before.state, after: state }]),
  ];
}
