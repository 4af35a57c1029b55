import { clearingStatus } from '@meridian/clearing';
import type { Database } from '@meridian/store';

/** What `meridian status` and /v1/status tell. Counts and hashes; nothing that points at a client. */
export interface HouseStatus {
  readonly mode: 'demo' | 'production';
  /** Business time, ISO 8601 UTC. */
  readonly businessTime: string | null;
  readonly processes: readonly ProcessStatus[];
  readonly nodes: readonly NodeStatus[];
  readonly orders: number;
  readonly fills: number;
  readonly contracts: { readonly open: number; readonly closed: number; readonly backToBack: number };
  readonly exceptions: number;
  readonly marginCalls: { readonly raised: number; readonly met: number; readonly breached: number };
  readonly batches: readonly BatchStatus[];
  readonly clientDays: number;
  readonly mails: { readonly queued: number; readonly sent: number };
}

export interface ProcessStatus {
  readonly name: string;
  readonly pid: number;
  readonly state: 'up' | 'down';
  readonly restarts: number;
}

export interface NodeStatus {
  readonly market: string;
  readonly seq: number;
  readonly stateHash: string;
  /** The process that leads the market. */
  readonly leader: string;
  /** Commands the books are behind the node. */
  readonly lag: number;
  readonly orders: number;
}

export interface BatchStatus {
  readonly batch: string;
  readonly market: string;
  /** Session date of a market's batch, business date of a client day. */
  readonly date: string;
  readonly state: string;
  readonly attempt: number;
}

/** The books' part of the status, by SQL. */
export async function bookStatus(
  database: Database,
): Promise<Omit<HouseStatus, 'mode' | 'businessTime' | 'processes' | 'nodes'>> {
  const one = async <R extends object>(sql: string) => (await database.query<R>(sql)).rows[0] as R;
  const books = await one<Record<'fills' | 'orders' | 'exceptions' | 'days', bigint>>(
    `SELECT (SELECT count(*) FROM accounts.fill WHERE exec_type = 'F') AS fills,
            (SELECT count(DISTINCT (market, order_id)) FROM accounts.fill) AS orders,
            (SELECT count(*) FROM accounts.exception WHERE state = 'open') AS exceptions,
            (SELECT count(*) FROM accounts.client_day) AS days`,
  );
  const contracts = await one<Record<'open' | 'closed' | 'b2b', bigint>>(
    `SELECT count(*) FILTER (WHERE state = 'open' AND back_to_back_of IS NULL) AS open,
            count(*) FILTER (WHERE state = 'closed' AND back_to_back_of IS NULL) AS closed,
            count(*) FILTER (WHERE back_to_back_of IS NOT NULL) AS b2b FROM accounts.contract`,
  );
  const { batches, mail } = await clearingStatus(database);
  const calls = await one<Record<'raised' | 'met' | 'breached', bigint>>(
    `SELECT count(*) FILTER (WHERE state = 'raised') AS raised, count(*) FILTER (WHERE state = 'met') AS met,
            count(*) FILTER (WHERE state = 'breached') AS breached FROM accounts.margin_call`,
  );
  return {
    orders: Number(books.orders),
    fills: Number(books.fills),
    exceptions: Number(books.exceptions),
    clientDays: Number(books.days),
    contracts: { open: Number(contracts.open), closed: Number(contracts.closed), backToBack: Number(contracts.b2b) },
    marginCalls: { raised: Number(calls.raised), met: Number(calls.met), breached: Number(calls.breached) },
    batches: batches
      .filter((line) => line.attempt > 0)
      .map(({ batch, market, clearingDate: date, state, attempt }) => ({ batch, market, date, state, attempt })),
    mails: { queued: mail.queued, sent: mail.sent },
  };
}
