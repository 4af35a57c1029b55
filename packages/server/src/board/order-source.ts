import type { AnswerOf, QueryOf } from '@meridian/api';
import { formatInstant, formatTrimmed } from '@meridian/base';
import { PRICE_DIGITS } from '@meridian/market';
import type { Principal, Resource } from '@meridian/security';
import type { Database } from '@meridian/store';
import type { BoardRow, OrderBoard } from '@meridian/trading';
import type { OrderNames } from './order-names.ts';
import { stepOf } from './order-step.ts';
import { isVisible } from './order-view.ts';
import { type Rejection, rejectionOf } from './rejection.ts';
import { ruleTitle } from './rule-title.ts';

export type Order = AnswerOf<'GET /v1/orders'>['items'][number];
export type OrderDetail = AnswerOf<'GET /v1/orders/{market}/{order}'>;
type Filter = QueryOf<'GET /v1/orders'>;

/** Orders as the interface shows them, out of the board; fills and contracts behind them out of the books. */
export interface OrderSource {
  /** Newest first, those that the principal may see; `after` is the id that ended the page before. */
  list(
    principal: Principal,
    filter: Filter,
    after: string | undefined,
    limit: number,
  ): { readonly items: readonly Order[]; readonly last: string | undefined };
  /**
   * Orders that the principal may see by their number, by market and number, or by a part of the client's own id among the
   * newest {@link SOUGHT}; filled or not. Newest first, at most `max`.
   */
  find(principal: Principal, text: string, max: number): readonly FoundOrder[];
  /** Whose it is, for the policies; undefined where there is none. */
  resource(market: string, order: string): Resource | undefined;
  detail(market: string, order: string): Promise<OrderDetail | undefined>;
  /** The newest sequence number on the board, over all markets. */
  readonly seq: number;
}

export interface FoundOrder {
  readonly market: string;
  readonly order: string;
  readonly clOrdId: string;
  readonly accountCode: string;
}

/** So many of the newest orders are looked through for a part of a client's id. */
const SOUGHT = 20_000;

export function orderSource(board: OrderBoard, names: OrderNames, database: Database, markets: readonly string[]): OrderSource {
  const show = (row: BoardRow): Order => shown(row, names);
  return {
    get seq() {
      return Math.max(0, ...markets.map((market) => board.position(market).seq));
    },
    list(principal, filter, after, limit) {
      const items: Order[] = [];
      let passed = after === undefined;
      for (const row of board.rows()) {
        if (!passed) passed = row.id === after;
        else if (matches(row, filter, names) && isVisible(row, principal, names)) {
          if (items.length === limit) return { items, last: idOf(items.at(-1)) };
          items.push(show(row));
        }
      }
      return { items, last: undefined };
    },
    find(principal, text, max) {
      const numbered = /^(?:([A-Z0-9]{4})[-/ ])?([1-9]\d{0,15})$/.exec(text.toUpperCase());
      const rows = new Map<string, BoardRow>();
      if (numbered !== null)
        for (const market of markets.filter((each) => numbered[1] === undefined || numbered[1] === each)) {
          const row = board.row(`${market}-${numbered[2]}`);
          if (row !== undefined && isVisible(row, principal, names)) rows.set(row.id, row);
        }
      const part = text.toLowerCase();
      let sought = 0;
      for (const row of board.rows()) {
        if (rows.size >= max || ++sought > SOUGHT) break;
        if (row.clOrdId.toLowerCase().includes(part) && isVisible(row, principal, names)) rows.set(row.id, row);
      }
      return [...rows.values()].slice(0, max).map((row) => ({
        ...{ market: row.market, order: row.id.slice(row.id.lastIndexOf('-') + 1), clOrdId: row.clOrdId },
        accountCode: names.account(row.account)?.code ?? String(row.account),
      }));
    },
    resource(market, order) {
      const owner = ownerOf(board.row(`${market}-${order}`), names);
      if (owner === undefined) return undefined;
      return { kind: 'order', id: `${market}-${order}`, client: owner.client, entity: owner.entity };
    },
    async detail(market, order) {
      const row = board.row(`${market}-${order}`);
      if (row === undefined || ownerOf(row, names) === undefined) return undefined;
      const life = board.life(row.id);
      return {
        order: { ...show(row), contract: await contractOf(database, market, order) },
        checks: row.rejection === null ? [] : [failedCheck(rejectionOf(row, names))],
        fills: await fillsOf(database, market, order),
        steps: life.map((step) => stepOf(step, life[0]?.at ?? step.at)),
      };
    },
  };
}

const idOf = (order: Order | undefined) => (order === undefined ? undefined : `${order.market}-${order.order}`);
const ownerOf = (row: BoardRow | undefined, names: OrderNames) => (row === undefined ? undefined : names.account(row.account));

function matches(row: BoardRow, { market, client, account, state }: Filter, names: OrderNames): boolean {
  return (
    (market === undefined || row.market === market) &&
    (account === undefined || String(row.account) === account) &&
    (state === undefined || row.state === state) &&
    (client === undefined || String(names.account(row.account)?.client) === client)
  );
}

function shown(row: BoardRow, names: OrderNames): Order {
  const account = names.account(row.account);
  const listing = names.listing(row.listing);
  return {
    market: row.market,
    order: row.id.slice(row.id.lastIndexOf('-') + 1),
    clOrdId: row.clOrdId === '' ? null : row.clOrdId,
    at: formatInstant(row.at),
    client: account === undefined ? null : String(account.client),
    clientToken: account?.clientToken ?? null,
    account: String(row.account),
    accountCode: account?.code ?? String(row.account),
    contract: null,
    listing: String(row.listing),
    symbol: listing?.symbol ?? String(row.listing),
    side: row.side,
    effect: row.effect,
    type: row.type,
    timeInForce: row.tif,
    quantity: String(row.quantity),
    price: row.price,
    currency: listing?.currency ?? null,
    state: row.state,
    filled: String(row.cumQuantity),
    leaves: String(row.leaves),
    averagePrice: row.averagePrice,
    hedged: String(row.hedgedQuantity),
    hedgedPpm: row.cumQuantity === 0 ? null : Math.round((row.hedgedQuantity / row.cumQuantity) * 1_000_000),
    seq: row.lastSeq,
    rejection: row.rejection === null ? null : rejectionOf(row, names),
  };
}

/** The check that refused it, in its own figures. Checks that passed are not in the log: the verdict lists them all. */
function failedCheck({ code, used, requested, limit, unit, currency }: Rejection): OrderDetail['checks'][number] {
  return { code, title: ruleTitle(code), passed: false, used, requested, limit, unit: currency ?? unit };
}

async function fillsOf(database: Database, market: string, order: string): Promise<OrderDetail['fills']> {
  const { rows } = await database.query<Fill>(
    `SELECT seq, k, at, quantity, price, exec_type, state, hedge_seq FROM accounts.fill
      WHERE market = $1 AND order_id = $2 ORDER BY seq, k LIMIT 1000`,
    [market, BigInt(order)],
  );
  return rows.map((fill) => ({
    ...{ seq: Number(fill.seq), k: fill.k, at: formatInstant(Number(fill.at)), quantity: String(fill.quantity) },
    ...{
      price: formatTrimmed(fill.price, PRICE_DIGITS),
      state: fill.exec_type === 'F' ? fill.state : `${fill.state} ${fill.exec_type}`,
    },
    ...{ hedgeSeq: fill.hedge_seq === null ? null : Number(fill.hedge_seq), contract: null },
  }));
}

interface Fill {
  readonly seq: bigint;
  readonly k: number;
  readonly at: bigint;
  readonly quantity: bigint;
  readonly price: bigint;
  readonly exec_type: string;
  readonly state: string;
  readonly hedge_seq: bigint | null;
}

/** The contract that the order's fills are of, once the batch has booked them: contracts of its account in its listing. */
async function contractOf(database: Database, market: string, order: string): Promise<string | null> {
  const { rows } = await database.query<{ contract: bigint }>(
    `SELECT c.contract FROM accounts.fill f
       JOIN accounts.contract c ON c.account = f.account AND c.listing = f.listing
       JOIN accounts.contract_version v ON v.contract = c.contract AND v.batch = f.batch
      WHERE f.market = $1 AND f.order_id = $2 LIMIT 2`,
    [market, BigInt(order)],
  );
  return rows.length === 1 ? String(rows[0]?.contract) : null;
}
