import { type DateText, invariant } from '@meridian/base';
import type { MarketFacts } from '@meridian/market';
import { type Command, type CommandBody, encodeCommand } from '@meridian/messages';
import { listingFacts, type Reference, readReference, routeFacts, settlementDigits } from '@meridian/reference';
import type { Database, Queryable } from '@meridian/store';
import type { ProcessClient } from './link/rpc.ts';

/**
 * A market node's door: facts of record first, then the account centre's messages in commit order, each durable at the
 * node before the cursor moves. A crash in between repeats a message; every one of them bears repetition.
 */
export interface NodeDoor {
  /** Sends every fact of record that the node must know on a date. */
  introduce(date: DateText): Promise<number>;
  /** Sends what the account centre has written since the last time; returns how many messages. */
  deliver(): Promise<number>;
}

const MESSAGES_AT_ONCE = 1_000;

export function nodeDoor(
  market: string,
  database: Database,
  node: ProcessClient,
  facts: MarketFacts,
  now: () => number,
): NodeDoor {
  const send = async (command: Command) => void (await node.submit(encodeCommand(command, now())));
  return {
    async introduce(date) {
      const reference = await readReference(database, date);
      const commands: Command[] = [
        { name: 'engine-version', body: { version: 1 } },
        ...listingFacts(reference, facts, market, date),
        ...routeFacts(reference, market),
        ...(await cellFacts(database)),
        ...(await accountFacts(database, market, reference)),
        ...(await sessionFacts(database, market, date)),
      ];
      for (const command of commands) await send(command);
      return commands.length;
    },
    async deliver() {
      let delivered = 0;
      for (;;) {
        const { rows } = await database.query<{ no: bigint; command: Command }>(
          `SELECT no, command FROM accounts.node_message
           WHERE market = $1 AND no > coalesce((SELECT no FROM server.door_cursor WHERE market = $1), 0)
           ORDER BY no LIMIT ${MESSAGES_AT_ONCE}`,
          [market],
        );
        for (const { no, command } of rows) {
          await send(command);
          await database.query(
            `INSERT INTO server.door_cursor (market, no) VALUES ($1, $2) ON CONFLICT (market) DO UPDATE SET no = excluded.no`,
            [market, no],
          );
        }
        delivered += rows.length;
        if (rows.length < MESSAGES_AT_ONCE) return delivered;
      }
    },
  };
}

/** Broad before narrow: the order in which an order's cells are checked and reported. */
const SCOPES = ['firm', 'entity', 'group', 'client', 'master', 'sub', 'business', 'issuer', 'market', 'route', 'pool'];

interface CellRow {
  readonly cell: bigint;
  readonly scope: CommandBody<'define-cell'>['scope'];
  readonly scope_id: bigint;
  readonly measure: CommandBody<'define-cell'>['measure'];
  readonly currency: string | null;
  readonly issuer: bigint | null;
}

async function cellRows(database: Queryable): Promise<CellRow[]> {
  const { rows } = await database.query<CellRow>(
    `SELECT cell, scope, scope_id, measure, currency, issuer FROM accounts.limit_cell
     ORDER BY array_position($1::text[], scope), cell`,
    [SCOPES],
  );
  return rows;
}

async function cellFacts(database: Queryable): Promise<Command[]> {
  return (await cellRows(database)).map((row) => ({
    name: 'define-cell',
    body: {
      cell: Number(row.cell),
      scope: row.scope,
      scopeId: Number(row.scope_id),
      measure: row.measure,
      currency: row.currency,
      issuer: row.issuer === null ? null : Number(row.issuer),
    },
  }));
}

interface AccountRow {
  readonly account: bigint;
  readonly client: bigint;
  readonly client_group: bigint | null;
  readonly master: bigint;
  readonly sub: bigint;
  readonly entity: bigint;
  readonly basis: CommandBody<'define-account'>['basis'];
  readonly settlement_currency: string;
  readonly margin_ppm: bigint;
  readonly fee_buffer_ppm: bigint;
  readonly permission: number;
  readonly position_max: bigint;
  readonly order_rate_max: bigint;
  readonly hedge_entity: bigint;
}

/** The cells that a business account's orders consume: every cell whose scope it lies in. UA-6, UA-7. */
function cellsOf(account: AccountRow, route: bigint, cells: readonly CellRow[]): number[] {
  const within: Readonly<Record<string, bigint | null>> = {
    firm: 1n,
    entity: account.entity,
    group: account.client_group,
    client: account.client,
    master: account.master,
    sub: account.sub,
    business: account.account,
    route,
  };
  const own = cells.filter((cell) => within[cell.scope] === cell.scope_id).map((cell) => Number(cell.cell));
  invariant(own.length <= 12, () => `account ${account.account} lies in ${own.length} cells; an order consumes at most 12`);
  return own;
}

/** Accounts that this market can hedge: the route is the hedging entity's way to the market. */
async function accountFacts(database: Queryable, market: string, reference: Reference): Promise<Command[]> {
  const cells = await cellRows(database);
  const routeOf = new Map(reference.routes.filter((route) => route.mic === market).map((route) => [route.entity, route.route]));
  const { rows } = await database.query<AccountRow>(
    `SELECT b.account, b.client, c.client_group, b.master, b.sub, b.entity, b.basis, b.settlement_currency, b.margin_ppm,
            b.fee_buffer_ppm, b.permission, b.position_max, b.order_rate_max, b.hedge_entity
     FROM accounts.business_account b JOIN accounts.client c USING (client) ORDER BY b.account`,
  );
  return rows.flatMap((row): Command[] => {
    const route = routeOf.get(row.hedge_entity);
    if (route === undefined) return [];
    return [
      {
        name: 'define-account',
        body: {
          account: Number(row.account),
          client: Number(row.client),
          // A client without a group is a group of its own, beyond the numbers of real groups.
          group: row.client_group === null ? 0x8000_0000 + Number(row.client) : Number(row.client_group),
          master: Number(row.master),
          sub: Number(row.sub),
          entity: Number(row.entity),
          basis: row.basis,
          settlementCurrency: row.settlement_currency,
          minorDigits: settlementDigits(row.settlement_currency),
          marginPpm: Number(row.margin_ppm),
          feeBufferPpm: Number(row.fee_buffer_ppm),
          permission: row.permission,
          positionMax: Number(row.position_max),
          orderRateMax: Number(row.order_rate_max),
          cells: cellsOf(row, route, cells),
          route: Number(route),
        },
      },
    ];
  });
}

async function sessionFacts(database: Queryable, market: string, date: DateText): Promise<Command[]> {
  const { rows } = await database.query<{ session: bigint; role: 'client' | 'hedge'; accounts: bigint[] }>(
    `SELECT s.session, s.role, coalesce(array_agg(b.account ORDER BY b.account) FILTER (WHERE b.account IS NOT NULL), '{}') AS accounts
     FROM reference.session s LEFT JOIN accounts.business_account b ON s.role = 'client' AND b.client = s.client
     WHERE s.mic = $1 AND s.role <> 'market-data' AND s.valid_from <= $2 AND (s.valid_to IS NULL OR s.valid_to >= $2)
     GROUP BY s.session, s.role ORDER BY s.session`,
    [market, date],
  );
  return rows.map((row) => ({
    name: 'define-session',
    body: { session: Number(row.session), role: row.role, accounts: row.accounts.map(Number) },
  }));
}
