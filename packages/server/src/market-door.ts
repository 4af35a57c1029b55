import type { Instant } from '@meridian/base';
import { listing as listingTerms, type MarketFacts, onGrid, type TickTable, tickTable } from '@meridian/market';
import type { MarketServiceOptions } from '@meridian/trading';

/** Names on the wire and the dense ids behind them: the door's part of reference data. It never enters a log. */
export interface DoorTables {
  readonly sessions: readonly {
    readonly session: string;
    readonly role: 'client' | 'hedge' | 'market-data';
    readonly own: string;
    readonly peer: string;
  }[];
  readonly accounts: readonly { readonly account: string; readonly code: string; readonly session: string }[];
  readonly listings: readonly {
    readonly listing: string;
    readonly code: string;
    readonly quote: string;
    readonly security_class: 'share' | 'etf' | 'reit' | 'adr';
    readonly valid_from: string;
  }[];
}

/** Where a market's venue listens. */
export interface VenueAddress {
  readonly host: string;
  readonly orderPort: number;
  readonly marketDataPort: number;
}

/** A message older than this on arrival is stale. */
const AGE_MAX = 60_000_000;
/** Five per cent from the last price is a jump until three prices agree on it. */
const JUMP_BASIS_POINTS = 500;
const JUMP_CONFIRMATIONS = 3;

/** What the doors of a market's node are opened with. */
export function marketDoor(
  market: string,
  tables: DoorTables,
  venue: VenueAddress,
  clientPort: number,
  facts: MarketFacts,
  now: () => Instant,
): Pick<MarketServiceOptions, 'clientFix' | 'venue'> {
  const hedge = tables.sessions.find((row) => row.role === 'hedge');
  if (hedge === undefined) throw new Error(`${market} has no hedge session`);
  const clients = tables.sessions.filter((row) => row.role === 'client');
  const own = hedge.own;
  return {
    clientFix: {
      compId: own,
      port: clientPort,
      sessions: clients.map((row) => ({
        session: Number(row.session),
        compId: row.peer,
        accounts: Object.fromEntries(
          tables.accounts.filter((each) => each.session === row.session).map((each) => [each.code, Number(each.account)]),
        ),
      })),
    },
    venue: {
      order: { session: Number(hedge.session), compId: own, venueCompId: hedge.peer, host: venue.host, port: venue.orderPort },
      marketData: {
        compId: own,
        venueCompId: hedge.peer,
        host: venue.host,
        port: venue.marketDataPort,
        instruments: tables.listings.map((row) => ({
          listing: Number(row.listing),
          symbol: row.code,
          mic: market,
          venues: new Set([market]),
          onGrid: gridOf(market, row, facts, now),
          signed: false,
        })),
        rules: {
          sessionAt: (mic, at) => facts.sessionAt(mic, at),
          ageMax: AGE_MAX,
          jumpBasisPoints: JUMP_BASIS_POINTS,
          jumpConfirmations: JUMP_CONFIRMATIONS,
        },
      },
    },
  };
}

/** Whether a price stands on the tick table in force; the table is looked up once a day. */
function gridOf(
  market: string,
  row: DoorTables['listings'][number],
  facts: MarketFacts,
  now: () => Instant,
): (price: number) => boolean {
  const terms = listingTerms({
    id: row.listing,
    securityId: row.listing,
    mic: market,
    code: row.code,
    securityClass: row.security_class,
    quote: row.quote,
    validFrom: row.valid_from as never,
  });
  let until = 0;
  let table: TickTable | undefined;
  return (price) => {
    if (table === undefined || now() >= until) {
      const date = facts.calendar.dateAt(market, now());
      table = tickTable(facts.tables.ticks, terms, date);
      until = now() + 3_600_000_000;
    }
    return onGrid(table, BigInt(price));
  };
}
