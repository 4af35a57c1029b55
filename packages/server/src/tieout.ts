import fs from 'node:fs';
import path from 'node:path';
import { tieoutBooks } from '@meridian/accounts';
import { replay } from '@meridian/log';
import { DATA_DIR } from '@meridian/market';
import { NODE_PRICE_SCALE } from '@meridian/messages';
import { RiskFold } from '@meridian/risk';
import type { Database } from '@meridian/store';
import { MarketNode } from '@meridian/trading';
import { createVenueMachine, readRecording } from '@meridian/venue';
import type { DataFolder } from './data-folder.ts';

/**
 * The tie-out: node = accounts = risk = venue. Every room is asked from its own record — nodes, risk and venues from
 * their logs, replayed beside whatever runs; the books from the database — and every quantity must agree to the unit,
 * every amount to the minor unit. CL-2, RC-o.
 */
export interface TieOut {
  readonly lines: readonly TieOutLine[];
  readonly differences: number;
}

export interface TieOutLine {
  /** What is compared: "client position", "contract", "hedge quantity", "hedge value". */
  readonly what: string;
  /** account/listing, or market/listing. */
  readonly key: string;
  /** The figure of each room that keeps one, decimal text. */
  readonly figures: Readonly<Record<string, string>>;
  readonly agrees: boolean;
}

type Figures = Map<string, bigint>;

export async function tieOut(folder: DataFolder, markets: readonly string[], database: Database): Promise<TieOut> {
  const books = await tieoutBooks(database);
  const node: Figures = new Map();
  const nodeHedge: Figures = new Map();
  const venueQuantity: Figures = new Map();
  const venueValue: Figures = new Map();
  for (const market of markets) {
    const machine = new MarketNode(market);
    await replay(folder.node(market), machine);
    addNodePositions(machine, market, node, nodeHedge);
    await addVenue(folder, market, database, venueQuantity, venueValue);
  }
  const risk = await riskPositions(folder);
  const booked: Figures = new Map();
  const ofRecord: Figures = new Map();
  for (const row of books.positions) add(booked, `${row.account}/${row.listing}`, row.booked + row.provisional);
  for (const row of books.contracts) add(ofRecord, `${row.account}/${row.listing}`, row.quantity);
  for (const row of books.positions) add(ofRecord, `${row.account}/${row.listing}`, row.provisional);
  const hedges = await hedgeFigures(database);
  const lines = [
    ...compare('client position', { node, accounts: booked, contracts: ofRecord, risk }),
    ...compare('hedge quantity', { node: nodeHedge, accounts: hedges.quantity, venue: venueQuantity }),
    ...compare('hedge value', { accounts: hedges.value, venue: venueValue }),
    ...compare('client minus hedge', { clients: netByListing(booked), hedges: netByListing(hedges.quantity) }),
  ];
  return { lines, differences: lines.filter((line) => !line.agrees).length };
}

function add(figures: Figures, key: string, amount: bigint): void {
  figures.set(key, (figures.get(key) ?? 0n) + amount);
}

function compare(what: string, rooms: Readonly<Record<string, Figures>>): TieOutLine[] {
  const keys = [...new Set(Object.values(rooms).flatMap((figures) => [...figures.keys()]))].sort();
  return keys.map((key) => {
    const figures = Object.fromEntries(Object.entries(rooms).map(([room, of]) => [room, (of.get(key) ?? 0n).toString()]));
    return { what, key, figures, agrees: new Set(Object.values(figures)).size === 1 };
  });
}

/** Clients' quantities per listing against the house's hedges: mirror mode leaves no residual. */
function netByListing(figures: Figures): Figures {
  const net: Figures = new Map();
  for (const [key, quantity] of figures) add(net, key.slice(key.indexOf('/') + 1), quantity);
  return net;
}

function addNodePositions(machine: MarketNode, market: string, clients: Figures, hedges: Figures): void {
  for (const { owner, listing, quantity } of machine.clientPositions()) add(clients, `${owner}/${listing}`, BigInt(quantity));
  for (const { listing, quantity } of machine.hedgePositions()) add(hedges, `${market}/${listing}`, BigInt(quantity));
}

async function riskPositions(folder: DataFolder): Promise<Figures> {
  const fold = new RiskFold();
  await replay(folder.risk, fold);
  const figures: Figures = new Map();
  for (const [key, { quantity }] of fold.book.positions) if (quantity !== 0) add(figures, key, BigInt(quantity));
  return figures;
}

async function addVenue(
  folder: DataFolder,
  market: string,
  database: Database,
  quantity: Figures,
  value: Figures,
): Promise<void> {
  if (!fs.existsSync(folder.venue(market))) return;
  const machine = createVenueMachine(await readRecording(path.join(DATA_DIR, 'session')));
  await replay(folder.venue(market), machine);
  const { rows } = await database.query<{ listing: bigint; code: string }>(
    'SELECT DISTINCT listing, code FROM reference.listing WHERE mic = $1',
    [market],
  );
  const listingOf = new Map(rows.map((row) => [row.code, row.listing]));
  for (const entry of machine.entry.ledger.entries) {
    const symbol = machine.listings[entry.listing - 1]?.terms.symbol ?? '';
    const key = `${market}/${listingOf.get(symbol) ?? symbol}`;
    const signed = BigInt(entry.quantity) * (entry.side === 1 ? 1n : -1n) * (entry.kind === 'fill' ? 1n : -1n);
    add(quantity, key, signed);
    add(value, key, signed * BigInt(entry.price));
  }
}

/** Good hedge fills of the books, and their value in node price units. */
async function hedgeFigures(database: Database): Promise<{ quantity: Figures; value: Figures }> {
  const { rows } = await database.query<{ market: string; listing: bigint; quantity: bigint; value: string }>(
    `SELECT market, listing, sum(CASE side WHEN 1 THEN quantity ELSE -quantity END)::bigint AS quantity,
            sum(CASE side WHEN 1 THEN quantity ELSE -quantity END * price)::text AS value
     FROM accounts.hedge_fill WHERE state = 'good' AND exec_type <> 'H' GROUP BY 1, 2`,
  );
  const quantity: Figures = new Map();
  const value: Figures = new Map();
  for (const row of rows) {
    if (row.quantity !== 0n) quantity.set(`${row.market}/${row.listing}`, row.quantity);
    value.set(`${row.market}/${row.listing}`, BigInt(row.value) / BigInt(100_000_000 / NODE_PRICE_SCALE));
  }
  return { quantity, value };
}
