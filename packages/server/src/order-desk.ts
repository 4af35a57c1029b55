import { createHash } from 'node:crypto';
import type { AnswerOf, BodyOf } from '@meridian/api';
import { declareProblems, formatInstant, isProblem, quoteUnit } from '@meridian/base';
import type { RiskMonitor } from '@meridian/risk';
import type { Principal, Resource } from '@meridian/security';
import type { Database } from '@meridian/store';
import type { DeskAnswer, DeskOrder, OrderVerdict, VerdictCheck } from '@meridian/trading';
import { rejectionText } from './board/rejection.ts';
import { type RuleCell, ruleTitle } from './board/rule-title.ts';
import { problem } from './http/problems.ts';
import type { ProcessClient } from './link/rpc.ts';
import { concentrationAfter } from './reading/concentration.ts';

const { problem: refusal } = declareProblems({
  MARKET_AWAY: {
    status: 503,
    title: { zh: '市场节点无应答', en: 'The market node does not answer' },
    detail: {
      zh: '{market} 的节点没有应答，请求结果不明',
      en: 'The node of {market} did not answer; what became of the request is not known',
    },
    remedy: { zh: '以同一委托编号重试，或在委托列表中查看', en: 'Try again under the same id, or look at the list of orders' },
  },
});

/** Orders from people, to the node of their market and back. Who may trade is settled before. */
export interface OrderDesk {
  /** Whose the account is; undefined where there is none, or the market is not ours. */
  owner(account: string, market: string): Promise<Resource | undefined>;
  enter(entry: OrderEntry): Promise<OrderAnswer>;
  /** What the node would answer now; nothing is kept. */
  check(entry: OrderEntry): Promise<Verdict>;
  /** Takes an order back. `key`: the request's own, so that the same again is the same. */
  cancel(market: string, order: string, account: string, by: Principal, key: string): Promise<OrderAnswer>;
}

export type OrderEntry = BodyOf<'POST /v1/orders'>;
export type OrderAnswer = AnswerOf<'POST /v1/orders'>;
export type Verdict = AnswerOf<'POST /v1/orders/check'>;
type Check = Verdict['checks'][number];

/** As long as the node takes of a client-made id, and of the alphabet that it takes. */
const CANCEL_ID_CHARS = 14;

export function openOrderDesk(
  database: Database,
  nodes: ReadonlyMap<string, ProcessClient>,
  risk: Pick<RiskMonitor, 'positions'>,
): OrderDesk {
  /** @throws Problem MARKET_AWAY: the order may have been taken; asked again under its own id it is not taken twice */
  const ask = async (market: string, what: string, body: object): Promise<unknown> => {
    const node = nodes.get(market);
    if (node === undefined) throw problem('NO_SUCH_RESOURCE');
    try {
      return await node.ask(what, body);
    } catch (error) {
      throw isProblem(error) ? error : refusal('MARKET_AWAY', { market }, error);
    }
  };
  return {
    async owner(account, market) {
      if (!nodes.has(market)) return undefined;
      const { rows } = await database.query<{ client: bigint; entity: bigint }>(
        'SELECT client, entity FROM accounts.business_account WHERE account = $1',
        [account],
      );
      return rows[0] && { kind: 'account', id: account, client: rows[0].client, entity: rows[0].entity };
    },
    async enter(entry) {
      const answer = await ask(entry.market, 'order', { ...termsOf(entry), clOrdId: clientId(entry) });
      return orderAnswer(entry.market, answer as DeskAnswer);
    },
    async check(entry) {
      const verdict = (await ask(entry.market, 'check', termsOf(entry))) as OrderVerdict;
      const { notional, at } = verdict;
      const concentrationPpm =
        notional === null
          ? null
          : await concentrationAfter(
              database,
              risk.positions(),
              {
                ...{ account: Number(entry.account), listing: Number(entry.listing), side: entry.side },
                ...{ notional: notional.amount, currency: notional.currency },
              },
              at,
            );
      const cells = await ruleCells(database, verdict.checks);
      return { ...shown(verdict, await quoteCurrency(database, entry.listing), cells), concentrationPpm };
    },
    async cancel(market, order, account, by, key) {
      const clOrdId = createHash('sha256').update(`${by.user} ${key}`).digest('base64url').slice(0, CANCEL_ID_CHARS);
      const body = { account: Number(account), order: Number(order), clOrdId, maker: by.user };
      return orderAnswer(market, (await ask(market, 'cancel', body)) as DeskAnswer);
    },
  };
}

/** @throws Problem BODY_REFUSED for what no node takes */
function termsOf(entry: OrderEntry): Omit<DeskOrder, 'clOrdId'> {
  const { account, listing, side, effect, type, timeInForce, quantity, price } = entry;
  if ((type === 'market') !== (price === undefined))
    throw problem('BODY_REFUSED', { field: '/price', reason: 'a limit order has one, a market order none' });
  const plain = price === undefined ? null : price.replace(/(\.\d*?)0+$/, '$1').replace(/\.$/, '');
  if (plain !== null && !/^-?\d{1,11}(\.\d{1,4})?$/.test(plain))
    throw problem('BODY_REFUSED', { field: '/price', reason: 'at most 11 digits and 4 decimals' });
  for (const [field, id] of Object.entries({ account, listing }))
    if (Number(id) > 0xffff_ffff) throw problem('BODY_REFUSED', { field: `/${field}`, reason: 'no such number' });
  return {
    ...{ account: Number(account), listing: Number(listing), side, effect, type, tif: timeInForce },
    ...{ quantity: Number(quantity), price: plain },
  };
}

function clientId({ clOrdId }: OrderEntry): string {
  if (!/^[\x21-\x7e]+$/.test(clOrdId))
    throw problem('BODY_REFUSED', { field: '/clOrdId', reason: 'visible ASCII without blanks' });
  return clOrdId;
}

function orderAnswer(market: string, answer: DeskAnswer): OrderAnswer {
  const { order, seq, state, rejection } = answer;
  return {
    ...{ market, order: order === 0 ? null : String(order), seq, state },
    rejection: rejection === null ? null : rejectionText(rejection),
  };
}

function shown(
  verdict: OrderVerdict,
  currency: string,
  cells: ReadonlyMap<number, RuleCell>,
): Omit<Verdict, 'concentrationPpm'> {
  const { outcome, seq, at, checks, rejection, wouldPass, notional, margin } = verdict;
  return {
    ...{ outcome, asOf: seq, at: formatInstant(at) },
    // What cannot be judged before an earlier check passes is no finding.
    checks: checks.flatMap((check) => (check.passed === null ? [] : [checkOf(check, check.passed, cells)])),
    rejection: rejection === null ? null : rejectionText(rejection),
    wouldPass: wouldPass === 0 ? null : String(wouldPass),
    ...{ notional: notional?.amount ?? null, currency: notional?.currency ?? currency },
    ...{ margin: margin?.amount ?? null, marginCurrency: margin?.currency ?? null },
  };
}

function checkOf(check: VerdictCheck, passed: boolean, cells: ReadonlyMap<number, RuleCell>): Check {
  const { rule, unit, currency, limit, used, requested, cell, node } = check;
  const title = ruleTitle(rule, cell === null ? undefined : cells.get(cell), node === 'hedge');
  return { ...{ code: rule, title, passed, used, requested, limit }, unit: currency ?? unit };
}

/** What the limit cells of a verdict count, and of whom. */
async function ruleCells(database: Database, checks: readonly VerdictCheck[]): Promise<ReadonlyMap<number, RuleCell>> {
  const { rows } = await database.query<{ cell: bigint } & RuleCell>(
    'SELECT cell, measure, scope FROM accounts.limit_cell WHERE cell = ANY ($1)',
    [checks.flatMap(({ cell }) => (cell === null ? [] : [BigInt(cell)]))],
  );
  return new Map(rows.map(({ cell, ...rest }) => [Number(cell), rest]));
}

async function quoteCurrency(database: Database, listing: string): Promise<string> {
  const { rows } = await database.query<{ quote: string }>(
    'SELECT quote FROM reference.listing WHERE listing = $1 ORDER BY valid_from DESC LIMIT 1',
    [listing],
  );
  if (rows[0] === undefined) throw problem('NO_SUCH_RESOURCE');
  return quoteUnit(rows[0].quote).currency;
}
