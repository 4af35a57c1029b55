import type { Instant } from '@meridian/base';
import { PPM } from '@meridian/messages';
import { type Book, type MasterRisk, masterOf, type PositionRisk, rateBetween, worth } from './book.ts';
import { FIRM_CURRENCY } from './books-of-record.ts';

/** Long and short apart, both ≥ 0, in whole minor units of `currency`; null where the rates in force have no way to it. */
export interface Exposure {
  readonly currency: string;
  readonly long: number | null;
  readonly short: number | null;
  /** long − short */
  readonly net: number | null;
  /** long + short */
  readonly gross: number | null;
}

/** Minor units of `currency`, the master's base currency. */
export interface MasterSnapshot {
  readonly master: number;
  readonly client: number;
  readonly currency: string;
  readonly cash: number;
  /** Rounded down. */
  readonly equity: number;
  /** Rounded up. */
  readonly requirement: number;
  /** Equity ÷ requirement, PPM rounded down; null without requirement. */
  readonly ratio: number | null;
  readonly exposure: number;
  /** Exposure ÷ equity, PPM rounded up; null without equity. */
  readonly leverage: number | null;
  readonly callOpen: boolean;
}

/** The largest part of a whole, PPM rounded up: 1,000,000 is everything. */
export interface Concentration {
  readonly id: number;
  readonly share: number;
}

export interface ClientSnapshot extends Exposure {
  readonly client: number;
  /** By issuer. */
  readonly concentration: Concentration | null;
}

export interface UnderlyingSnapshot extends Exposure {
  readonly listing: number;
  readonly issuer: number;
  readonly market: string;
  /** PRICE_DIGITS of the quote unit; null before the first price. */
  readonly price: number | null;
}

/** One view over markets, currencies and clients (穿透). Underlyings in their quote currency, sums in the firm's. RC-n, RC-o */
export interface RiskSnapshot {
  /** Business time of the last input. */
  readonly at: Instant;
  readonly masters: readonly MasterSnapshot[];
  readonly clients: readonly ClientSnapshot[];
  readonly underlyings: readonly UnderlyingSnapshot[];
  readonly issuers: readonly (Exposure & { readonly issuer: number })[];
  readonly markets: readonly (Exposure & { readonly market: string })[];
  readonly firm: Exposure & {
    /** Of one issuer, of one client. */
    readonly underlying: Concentration | null;
    readonly counterparty: Concentration | null;
  };
}

/** A position as it stands in the fold: contracts of an account in a listing, and fills not booked yet. RC-k */
export interface PositionSnapshot {
  readonly account: number;
  readonly listing: number;
  readonly quantity: number;
  /** Settlement currency; minor units, to the nearest. */
  readonly currency: string;
  readonly cost: number;
  readonly worth: number;
  readonly profit: number;
}

export function snapshotOf(book: Book, at: Instant): RiskSnapshot {
  const positions = [...book.positions.values()];
  const firm = (of: readonly PositionRisk[]) => exposureOf(book, of, FIRM_CURRENCY, 2);
  const byClient = grouped(positions, (position) => masterOf(book, position.account.master).client);
  const byIssuer = grouped(positions, ({ listing }) => listing.issuer);
  const byMarket = grouped(positions, ({ listing }) => listing.market);
  return {
    at,
    masters: [...book.masters.values()].map(masterSnapshot),
    clients: byClient.map(([client, of]) => ({
      ...{ client, ...firm(of) },
      concentration: concentration(
        firm(of),
        grouped(of, ({ listing }) => listing.issuer).map(([issuer, its]) => [issuer, firm(its)]),
      ),
    })),
    underlyings: [...book.listings.values()].map(({ positions: of, ...row }) => ({
      ...{ listing: row.listing, issuer: row.issuer, market: row.market, price: row.price ?? null },
      ...exposureOf(book, of, row.currency, row.minorDigits),
    })),
    issuers: byIssuer.map(([issuer, of]) => ({ issuer, ...firm(of) })),
    markets: byMarket.map(([market, of]) => ({ market, ...firm(of) })),
    firm: {
      ...firm(positions),
      underlying: concentration(
        firm(positions),
        byIssuer.map(([issuer, of]) => [issuer, firm(of)]),
      ),
      counterparty: concentration(
        firm(positions),
        byClient.map(([client, of]) => [client, firm(of)]),
      ),
    },
  };
}

function masterSnapshot({
  master,
  client,
  currency,
  cash,
  equity,
  requirement,
  exposure,
  callOpen,
}: MasterRisk): MasterSnapshot {
  return {
    ...{ master, client, currency, cash: Math.round(cash), equity: Math.floor(equity), requirement: Math.ceil(requirement) },
    ratio: requirement > 0 ? Math.floor((equity * PPM) / requirement) : null,
    exposure: Math.round(exposure),
    leverage: equity > 0 ? Math.ceil((exposure * PPM) / equity) : null,
    callOpen,
  };
}

function exposureOf(book: Book, positions: readonly PositionRisk[], currency: string, digits: number): Exposure {
  let long: number | null = 0;
  let short: number | null = 0;
  for (const position of positions) {
    const value = worth(position);
    if (value === 0) continue;
    const { settlementCurrency, minorDigits } = position.account;
    const rate = rateBetween(book.rates, settlementCurrency, currency);
    if (rate === undefined) return { currency, long: null, short: null, net: null, gross: null };
    const converted = (value * rate * 10 ** digits) / 10 ** minorDigits;
    if (converted > 0) long += converted;
    else short -= converted;
  }
  const whole = { long: Math.round(long), short: Math.round(short) };
  return { currency, ...whole, net: whole.long - whole.short, gross: whole.long + whole.short };
}

function concentration(whole: Exposure, parts: readonly (readonly [number, Exposure])[]): Concentration | null {
  const total = whole.gross;
  if (total === null || total === 0) return null;
  const shares = parts.map(([id, { gross }]) => ({ id, share: Math.ceil(((gross ?? 0) * PPM) / total) }));
  return shares.reduce<Concentration | null>((most, each) => (most === null || each.share > most.share ? each : most), null);
}

/** By key, ascending. */
function grouped<K extends string | number>(
  positions: readonly PositionRisk[],
  keyOf: (position: PositionRisk) => K,
): [K, PositionRisk[]][] {
  const groups = Map.groupBy(positions, keyOf);
  return [...groups].sort(([a], [b]) => (a < b ? -1 : 1));
}

export function positionsOf(book: Book): PositionSnapshot[] {
  return [...book.positions.values()].map((position) => ({
    ...{ account: position.account.account, listing: position.listing.listing, quantity: position.quantity },
    ...{ currency: position.account.settlementCurrency, cost: position.cost, worth: Math.round(worth(position)) },
    profit: Math.round(worth(position) - position.cost),
  }));
}
