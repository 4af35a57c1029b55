import { type AccountCentre, subFunds, withdrawable } from '@meridian/accounts';
import type { AnswerOf } from '@meridian/api';
import { canonicalJson, currency, formatInstant, type Instant, minorDigits, Problem, parseDecimal } from '@meridian/base';
import type { Approvals, Principal } from '@meridian/security';
import type { Database } from '@meridian/store';
import { type ApprovalDesk, bookDate } from '../../approval/approval-desk.ts';
import { needsChecker, type SubOwner, type SubState, subOwner } from '../../approval/withdrawal.ts';
import { reasonOf } from '../../process/child.ts';
import { amountText } from '../../reading/figure.ts';
import { owned } from '../../reading/sight.ts';
import type { Asking, Endpoints } from '../endpoint.ts';
import { problem } from '../problems.ts';

const ROUTE = 'POST /v1/transfers';
type Transfer = AnswerOf<typeof ROUTE>;

/** What a command of the books can carry; far below it they have a bound of their own. */
const MINOR_MAX = 10n ** 18n - 1n;

export interface TransferEndpointsOptions {
  readonly desk: ApprovalDesk;
  readonly approvals: Approvals;
}

/**
 * Cash between a client's own sub accounts moves at once; cash that leaves the house does so up to what one person may send,
 * and waits for a second one above. UA-4, UA-5
 */
export function transferEndpoints(options: TransferEndpointsOptions): Pick<Endpoints, typeof ROUTE> {
  const { desk } = options;
  return {
    [ROUTE]: {
      resource: async ({ body }) => {
        const owner = await subOwner(desk.database, body.from);
        return owner && owned('account', body.from, owner);
      },
      async handle(asking) {
        const { body, principal } = asking;
        const from = (await subOwner(desk.database, body.from)) as SubOwner;
        const minor = parseDecimal(body.amount, minorDigits(currency(body.currency)));
        if (minor <= 0n || minor > MINOR_MAX)
          throw problem('BODY_REFUSED', { field: '/amount', reason: 'more than nothing, at most 18 digits' });
        if (body.kind === 'transfer') return { body: await transfer(desk, asking, minor) };
        if (body.to !== undefined) throw problem('BODY_REFUSED', { field: '/to', reason: 'a withdrawal has none' });
        await requireFunds(desk.database, from, minor, body.currency);
        if (needsChecker(minor, body.currency)) return { body: await request(options, asking, minor) };
        return { body: await withdraw(desk, asking, minor, principal) };
      },
    },
  };
}

type Asked = Asking<typeof ROUTE>;
type Order = Parameters<AccountCentre['execute']>[0];

async function transfer(desk: ApprovalDesk, asking: Asked, minor: bigint): Promise<Transfer> {
  const { body, principal } = asking;
  const to = body.to === undefined ? undefined : await subOwner(desk.database, body.to);
  // Whoever may not see an account does not learn whether it is there.
  if (to === undefined || !isInView(principal, to)) throw problem('NO_SUCH_RESOURCE');
  const order = { from: Number(body.from), to: Number(to.sub), currency: body.currency, amount: String(minor) };
  const done = await once(desk, asking, { kind: 'transfer', body: { ...order, businessDate: bookDate(desk) } });
  return { ...moved(asking, minor), ...done, to: String(to.sub), state: 'done', approval: null };
}

/** The bank has still to pay it: so it stands until the books hear of that. */
async function withdraw(desk: ApprovalDesk, asking: Asked, minor: bigint, { user }: Principal): Promise<Transfer> {
  const { from, currency: code } = asking.body;
  const order = { sub: Number(from), currency: code, amount: String(minor), businessDate: bookDate(desk) };
  const done = await once(desk, asking, { kind: 'withdraw', body: order });
  return { ...moved(asking, minor), ...done, maker: user, to: null, state: 'waiting', approval: null };
}

async function request({ approvals }: TransferEndpointsOptions, asking: Asked, minor: bigint): Promise<Transfer> {
  const { body, principal, key } = asking;
  const approval = await approvals.request(principal, {
    ...{ kind: 'withdrawal', target: body.from, payload: { currency: body.currency, amount: String(minor) } },
    ...{ reason: body.reason ?? '', idempotencyKey: key },
  });
  // A request of an earlier version does not say when in business it was asked for.
  const { askedAt = formatInstant(approval.madeAt) } = approval.before as Partial<SubState>;
  return { ...moved(asking, minor), id: approval.id, at: askedAt, to: null, state: 'awaiting-approval', approval: approval.id };
}

function moved({ body, principal }: Asked, minor: bigint) {
  const { kind, from, currency: code } = body;
  return { kind, from, currency: code, amount: amountText(minor, code), maker: principal.user, checker: null };
}

/** Somebody of the firm sees the clients of their entities, a client's user its own clients. */
const isInView = ({ duties, clients, entities }: Principal, { client, entity }: SubOwner): boolean =>
  entities.includes(entity) && (!duties.includes('client') || clients.includes(client));

/** @throws Problem FUNDS_SHORT with what would pass: before anybody is asked to check it */
async function requireFunds(database: Database, { sub }: SubOwner, minor: bigint, code: string): Promise<void> {
  const funds = (await subFunds(database, sub)).find((each) => each.currency === code);
  const wouldPass = funds === undefined ? 0n : withdrawable(funds);
  if (minor > wouldPass) throw new Problem('FUNDS_SHORT', { requested: minor, wouldPass, currency: code });
}

interface Done {
  readonly id: string;
  readonly at: string;
}

/**
 * Executes a command that is named after who asked and their key: asked again, also after a crash that lost the first
 * answer, the books' own row answers.
 */
async function once(desk: ApprovalDesk, asking: Asked, order: Pick<Order, 'kind' | 'body'>): Promise<Done> {
  const { user } = asking.principal;
  const id = `${order.kind}:${user}:${asking.key}`;
  const { rows } = await desk.database.query<{ at: bigint; body: Readonly<Record<string, unknown>> }>(
    'SELECT at, body FROM accounts.command WHERE id = $1',
    [id],
  );
  const [known] = rows;
  if (known !== undefined) {
    const { businessDate: _, ...wanted } = order.body as Readonly<Record<string, unknown>>;
    const { businessDate: __, ...stands } = known.body;
    if (canonicalJson(stands) !== canonicalJson(wanted)) throw problem('IDEMPOTENCY_KEY_REUSED');
    return { id, at: formatInstant(Number(known.at)) };
  }
  const at: Instant = desk.businessNow();
  await desk.accounts.execute({ ...order, id, at, maker: user } as Order);
  await desk.booksChanged().catch((error: unknown) => desk.logger.warn('books changed unheard', { reason: reasonOf(error) }));
  return { id, at: formatInstant(at) };
}
