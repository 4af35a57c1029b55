import { cellsOfAccount, readBusinessAccounts, readCells } from '@meridian/accounts';
import type { DateText } from '@meridian/base';
import type { MarketFacts } from '@meridian/market';
import { type Command, type CommandBody, encodeCommand } from '@meridian/messages';
import { listFacts, listingFacts, type Reference, readReference, routeFacts, settlementDigits } from '@meridian/reference';
import type { Database, Queryable } from '@meridian/store';
import { ENGINE_VERSION } from '@meridian/trading';
import type { ProcessClient } from './link/rpc.ts';
import { takeTurns } from './turn.ts';

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
  const turn = takeTurns();
  const send = async (command: Command) => void (await node.submit(encodeCommand(command, now())));
  return {
    async introduce(date) {
      const reference = await readReference(database, date);
      const commands: Command[] = [
        { name: 'engine-version', body: { version: ENGINE_VERSION } },
        ...listingFacts(reference, facts, market, date),
        ...routeFacts(reference, market),
        ...(await cellFacts(database)),
        ...(await accountFacts(database, market, reference)),
        ...(await sessionFacts(database, market, date)),
        ...listFacts(reference, market),
      ];
      for (const command of commands) await send(command);
      return commands.length;
    },
    deliver: () => turn(deliver),
  };

  async function deliver(): Promise<number> {
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
  }
}

async function cellFacts(database: Queryable): Promise<Command[]> {
  return (await readCells(database)).map((row) => ({
    name: 'define-cell',
    body: {
      cell: Number(row.cell),
      scope: row.scope as CommandBody<'define-cell'>['scope'],
      scopeId: Number(row.scope_id),
      measure: row.measure as CommandBody<'define-cell'>['measure'],
      currency: row.currency,
      issuer: row.issuer === null ? null : Number(row.issuer),
    },
  }));
}

/** A client without a group is a group of its own, beyond the numbers of real groups. */
const OWN_GROUP = 0x8000_0000;

/** Accounts that this market can hedge: the route is the hedging entity's way to the market. */
async function accountFacts(database: Queryable, market: string, reference: Reference): Promise<Command[]> {
  const cells = await readCells(database);
  const routes = new Map(reference.routes.filter((row) => row.mic === market).map((row) => [row.entity, row.route]));
  return (await readBusinessAccounts(database)).flatMap((row): Command[] => {
    const route = routes.get(row.hedge_entity);
    if (route === undefined) return [];
    const own = cellsOfAccount({ ...row, route }, cells);
    const body: CommandBody<'define-account'> = {
      account: Number(row.account),
      client: Number(row.client),
      group: row.client_group === null ? OWN_GROUP + Number(row.client) : Number(row.client_group),
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
      cells: own.map(Number),
      route: Number(route),
    };
    return [{ name: 'define-account', body }];
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
