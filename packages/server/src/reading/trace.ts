import type { AnswerOf } from '@meridian/api';
import type { NumberedEvent } from '@meridian/messages';
import type { Resource } from '@meridian/security';
import type { Queryable } from '@meridian/store';
import { instantText } from './figure.ts';
import { type FirmRates, firmRates } from './firm-rates.ts';
import type { ReadingHouse } from './house.ts';
import { isInSight, owned, type Sight } from './sight.ts';
import {
  ACCOUNT_LEVELS,
  type AccountLevel,
  accountChildren,
  accountLevel,
  type Holding,
  holdings,
  idAt,
} from './trace-account.ts';
import {
  bookedFills,
  contractLevel,
  orderLevels,
  type Share,
  sharesOf,
  type TracedContract,
  tracedContracts,
} from './trace-contract.ts';
import { contractsOfFill, fillLevel, fillPlace, fillRow, logLevel, type TracedFill, tracedFills } from './trace-fill.ts';
import { isAsBooked, journalLevel, journalRow, journalsOf, tracedJournal } from './trace-journal.ts';
import { type Gauge, gaugeOf, type LevelName, levelOf, type Measure, reconciled, type Worked } from './trace-measure.ts';

type Trace = AnswerOf<'GET /v1/trace/{level}/{id}'>;

/** What is asked: a level of the walk, its id, and the measure. Ids: "firm", numbers, "ARCX-5", "ARCX-12-0". */
export interface TraceAsk {
  readonly level: string;
  readonly id: string;
  readonly measure: Measure;
  readonly sight: Sight;
}

interface Walk {
  readonly db: Queryable;
  readonly house: ReadingHouse;
  readonly gauge: Gauge;
  readonly sight: Sight;
  readonly rates: FirmRates;
}

/** A walk's answer before it is written down: the levels above the asked one, it itself last, and one level down. */
interface Walked {
  readonly levels: readonly Worked[];
  readonly rows: readonly Worked[];
}

/** 穿透: from a figure to what it is made of, with the proof that every level equals the sum of the next. */
export async function trace(db: Queryable, house: ReadingHouse, ask: TraceAsk): Promise<Trace | undefined> {
  const rates = await firmRates(db, house.businessNow());
  const walk: Walk = { db, house, rates, sight: ask.sight, gauge: gaugeOf(ask.measure, rates) };
  const worked = await walkTo(walk, ask);
  if (worked === undefined) return undefined;
  const { levels, rows } = worked;
  const focus = levels.at(-1) as Worked;
  // A journal has money and nothing else: its own figures are the firm's currency, whatever is measured above it.
  const own = focus.level === 'journal' ? gaugeOf('cost', rates) : walk.gauge;
  const difference = focus.amount === undefined || focus.childrenSum === undefined ? 0n : focus.amount - focus.childrenSum;
  return {
    ...{ measure: ask.measure, unit: own.unit, asOf: instantText(house.businessNow()) },
    levels: levels.map((level) => levelOf(level === focus ? own : walk.gauge, level)),
    rows: rows.slice(0, 1_000).map((row) => levelOf(walk.gauge, row)),
    // What cannot be compared is not proved.
    reconciles: reconciled(focus) === true && levels.every((level) => reconciled(level) !== false),
    difference: own.exact(difference),
  };
}

function walkTo(walk: Walk, { level, id }: TraceAsk): Promise<Walked | undefined> {
  if ((ACCOUNT_LEVELS as readonly string[]).includes(level)) return walkAccounts(walk, level as AccountLevel, id);
  switch (level as LevelName) {
    case 'contract':
      return walkContract(walk, id);
    case 'order':
      return walkOrder(walk, id);
    case 'fill':
      return walkFill(walk, id);
    case 'journal':
      return walkJournal(walk, id);
    case 'log':
      return walkLog(walk, id);
    default:
      return Promise.resolve(undefined);
  }
}

/** The account levels down to a row's, each over all that is in view. */
function chainTo(gauge: Gauge, all: readonly Holding[], level: AccountLevel, row: Holding | undefined): Worked[] {
  const chain = ACCOUNT_LEVELS.slice(0, ACCOUNT_LEVELS.indexOf(level) + 1);
  if (row === undefined) return [accountLevel(gauge, 'firm', all)];
  return chain.map((each) => {
    const own = all.filter((other) => idAt(each, other) === idAt(each, row));
    return accountLevel(gauge, each, own);
  });
}

async function walkAccounts(walk: Walk, level: AccountLevel, id: string): Promise<Walked | undefined> {
  const { db, gauge, sight } = walk;
  const all = await holdings(db, sight);
  const own = level === 'firm' ? all : all.filter((row) => idAt(level, row) === id);
  if (level === 'firm' ? id !== 'firm' : own.length === 0) return undefined;
  const levels = chainTo(gauge, all, level, own[0]);
  if (level !== 'business') return { levels, rows: accountChildren(gauge, level, own) };
  const contracts = await tracedContracts(db, { account: id });
  const fills = Map.groupBy(
    await bookedFills(
      db,
      contracts.map(({ contract }) => contract),
    ),
    ({ contract }) => contract,
  );
  return { levels, rows: contracts.map((each) => contractLevel(gauge, each, fills.get(each.contract) ?? [])) };
}

/** The chain down to an account; empty where it belongs to the house. */
async function aboveAccount({ db, gauge, sight }: Walk, account: bigint | null): Promise<Worked[]> {
  if (account === null) return [];
  const all = await holdings(db, sight);
  const row = all.find((each) => each.account === account);
  return row === undefined ? [] : chainTo(gauge, all, 'business', row);
}

interface TracedShares {
  readonly contract: TracedContract;
  readonly shares: readonly Share[];
  readonly level: Worked;
}

async function sharesIn({ db, gauge, sight }: Walk, id: string): Promise<TracedShares | undefined> {
  const [contract] = await tracedContracts(db, { contract: id });
  if (contract === undefined || !isInSight(sight, contract)) return undefined;
  const fills = await bookedFills(db, [contract.contract]);
  return { contract, shares: sharesOf(gauge, contract, fills), level: contractLevel(gauge, contract, fills) };
}

async function walkContract(walk: Walk, id: string): Promise<Walked | undefined> {
  if (!/^[1-9]\d{0,17}$/.test(id)) return undefined;
  const found = await sharesIn(walk, id);
  if (found === undefined) return undefined;
  const { contract, shares, level } = found;
  const above = await aboveAccount(walk, contract.account);
  const parent = contract.back_to_back_of;
  const client = parent === null ? undefined : await sharesIn(walk, String(parent));
  const orders = parent === null ? orderLevels(walk.gauge, contract, shares) : [];
  const journals = (await journalsOf(walk.db, walk.sight, [contract.contract], null)).map(journalRow);
  return {
    levels: [...above, level],
    rows: [
      ...orders,
      ...(client === undefined ? [] : [{ ...client.level, amount: undefined, childrenSum: undefined }]),
      ...journals,
    ],
  };
}

/** The contract that an order or fill was booked into, of those of its account and listing. */
async function bookedInto(walk: Walk, fills: readonly TracedFill[]): Promise<TracedShares | undefined> {
  const [first] = fills;
  if (first === undefined) return undefined;
  const keys = new Set(fills.map(({ market, seq, k }) => `${market} ${seq}.${k}`));
  const booked = await bookedFills(walk.db, await contractsOfFill(walk.db, first));
  const into = booked.find(({ market, seq, k }) => keys.has(`${market} ${seq}.${k}`));
  return into === undefined ? undefined : sharesIn(walk, String(into.contract));
}

async function walkOrder(walk: Walk, id: string): Promise<Walked | undefined> {
  const place = fillPlace('order', id);
  const fills = place === undefined ? [] : await tracedFills(walk.db, place);
  const [first] = fills;
  if (first === undefined || !isInSight(walk.sight, first)) return undefined;
  const found = await bookedInto(walk, fills);
  const above = await aboveAccount(walk, first.account);
  const orders = found === undefined ? [] : orderLevels(walk.gauge, found.contract, found.shares);
  const own = orders.find((each) => each.id === id);
  // An order that no batch has booked yet has no amount in the books.
  const level: Worked = own ?? {
    ...{ level: 'order', id, label: `${first.market} ${first.order_id}`, path: `/orders/${first.market}/${first.order_id}` },
    ...{ amount: undefined, children: fills.length, childrenSum: undefined },
  };
  const amountOf = new Map(found?.shares.map((share) => [`${share.market} ${share.seq}.${share.k}`, share.amount]));
  return {
    levels: [...above, ...(found === undefined ? [] : [found.level]), level],
    rows: fills.map((fill) => fillRow(fill, amountOf.get(`${fill.market} ${fill.seq}.${fill.k}`))),
  };
}

async function walkFill(walk: Walk, id: string): Promise<Walked | undefined> {
  const place = fillPlace('fill', id);
  const [fill] = place === undefined ? [] : await tracedFills(walk.db, place);
  if (fill === undefined || !isInSight(walk.sight, fill)) return undefined;
  const events = await walk.house.eventsAt(fill.market, Number(fill.seq));
  const order = await walkOrder(walk, `${fill.market}-${fill.order_id}`);
  const level = fillLevel(walk.gauge, fill, events);
  const found = await bookedInto(walk, [fill]);
  const journals =
    found === undefined || fill.batch === null
      ? []
      : await journalsOf(walk.db, walk.sight, [found.contract.contract], fill.batch);
  const entry: Worked = {
    ...{ level: 'log', id: `${fill.market}-${fill.seq}`, label: `${fill.market} ${fill.seq}`, children: 1 },
    ...{ path: `/log/${fill.market}/${fill.seq}`, amount: level.childrenSum, childrenSum: undefined },
  };
  return { levels: [...(order?.levels ?? []), level], rows: [entry, ...journals.map(journalRow)] };
}

/** Reverse: from a journal to the contracts it posts for, or the log entry that caused it. */
async function walkJournal(walk: Walk, id: string): Promise<Walked | undefined> {
  const journal = /^[1-9]\d{0,17}$/.test(id) ? await tracedJournal(walk.db, walk.sight, id) : undefined;
  if (journal === undefined) return undefined;
  const [only, ...more] = journal.contracts;
  const above = only !== undefined && more.length === 0 ? await walkContract(walk, String(only)) : undefined;
  const contracts = await contractLinks(walk.db, walk.sight, journal.contracts);
  const { source_market: market, source_seq: seq } = journal;
  const entry: Worked[] =
    market === null || seq === null
      ? []
      : [
          {
            ...{ level: 'log', id: `${market}-${seq}`, label: `${market} ${seq}`, path: `/log/${market}/${seq}` },
            ...{ amount: undefined, children: 1, childrenSum: undefined },
          },
        ];
  const level = journalLevel(walk.gauge, journal, await isAsBooked(walk.db, journal));
  return {
    levels: [...(above?.levels ?? []), level],
    rows: [...contracts, ...entry],
  };
}

async function contractLinks(db: Queryable, sight: Sight, contracts: readonly bigint[]): Promise<Worked[]> {
  const { rows } = await db.query<{ contract: bigint; uti: string }>(
    `SELECT contract, uti FROM accounts.contract WHERE contract = ANY ($3) AND entity = ANY ($2)
        AND ($1::bigint[] IS NULL OR client = ANY ($1)) ORDER BY contract LIMIT 500`,
    [sight.clients, sight.entities, contracts],
  );
  return rows.map(({ contract, uti }) => ({
    ...{ level: 'contract', id: String(contract), label: uti, path: `/contracts/${contract}` },
    ...{ amount: undefined, children: 0, childrenSum: undefined },
  }));
}

/** Reverse: from a log entry to the fills that it became. */
async function walkLog(walk: Walk, id: string): Promise<Walked | undefined> {
  const place = fillPlace('log', id);
  if (place === undefined) return undefined;
  const events = await walk.house.eventsAt(place.market, Number(place.seq));
  if (events === undefined) return undefined;
  const fills = await tracedFills(walk.db, place);
  // An entry of which a part is somebody else's is not shown in parts.
  if (!fills.every((fill) => isInSight(walk.sight, fill))) return undefined;
  const [first] = fills;
  const order = first === undefined ? undefined : await walkOrder(walk, `${first.market}-${first.order_id}`);
  const above = fills.length === 1 ? (order?.levels ?? []) : [];
  return {
    levels: [...above, logLevel(walk.gauge, place, fills, events)],
    rows: fills.map((fill) => fillLevel(walk.gauge, fill, events)),
  };
}

/** Whose figure it is, for the policies; undefined where there is no such thing. */
export async function traceOwner(
  db: Queryable,
  level: string,
  id: string,
  events: (market: string, seq: number) => Promise<readonly NumberedEvent[] | undefined>,
): Promise<Resource | undefined> {
  if (level === 'firm') return id === 'firm' ? { kind: 'trace', id } : undefined;
  if (level === 'order' || level === 'fill' || level === 'log') {
    const place = fillPlace(level, id);
    if (place === undefined) return undefined;
    const [fill] = await tracedFills(db, place);
    if (fill !== undefined) return owned('trace', id, fill);
    const known = level === 'log' ? await events(place.market, Number(place.seq)) : undefined;
    return known && { kind: 'trace', id };
  }
  const sql = Object.hasOwn(OWNERS, level) ? OWNERS[level as keyof typeof OWNERS] : undefined;
  if (sql === undefined || !/^[1-9]\d{0,17}$/.test(id)) return undefined;
  const { rows } = await db.query<{ client: bigint | null; entity: bigint | null }>(sql, [id]);
  return rows[0] && owned('trace', id, rows[0]);
}

const OWNERS = {
  client: 'SELECT client, entity FROM accounts.client WHERE client = $1',
  master: 'SELECT client, entity FROM accounts.master_account WHERE master = $1',
  sub: 'SELECT m.client, m.entity FROM accounts.sub_account s JOIN accounts.master_account m ON m.master = s.master WHERE s.sub = $1',
  business: 'SELECT client, entity FROM accounts.business_account WHERE account = $1',
  contract: 'SELECT client, entity FROM accounts.contract WHERE contract = $1',
  journal: `SELECT CASE WHEN count(DISTINCT m.client) = 1 THEN min(m.client) END AS client,
                   CASE WHEN count(DISTINCT a.entity) = 1 THEN min(a.entity) END AS entity
              FROM accounts.posting p JOIN accounts.ledger_account a ON a.id = p.account
              LEFT JOIN accounts.sub_account s ON s.sub = a.sub LEFT JOIN accounts.master_account m ON m.master = s.master
             WHERE p.journal = $1 HAVING count(*) > 0`,
} as const;
