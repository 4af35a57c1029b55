import { invariant } from '@meridian/base';
import { PRICE_DIGITS } from '@meridian/market';
import { PPM } from '@meridian/messages';
import type { InputBody } from './input.ts';

/**
 * Hot path: doubles in a fixed order, factors worked out in advance, no allocation per price. The figures by which masters
 * are judged, and the arithmetic behind them. A monitor's numbers: the books and the nodes keep integers.
 *
 * A position is worth quantity × price × FX into its account's settlement currency; composite contracts thereby move with
 * the FX rate, local ones do not. Equity of a master = its money + Σ (worth − cost − fees), its requirement =
 * Σ |worth| × margin rate, both in its base currency. There is no set-off between listings.
 */
export interface MasterRisk extends InputBody<'master'> {
  /** What the firm keeps for the client. */
  cash: number;
  equity: number;
  requirement: number;
  /** Σ |worth|. */
  exposure: number;
  callOpen: boolean;
  /** When the newest call was raised: by this fold, or as the books have it; 0 none. */
  callAt: number;
  /** The newest call that the books know of; 0 none. Earlier than `callAt`: a call is on its way to them. */
  bookedCallAt: number;
  readonly money: MoneyRisk[];
  readonly positions: PositionRisk[];
}

interface MoneyRisk extends InputBody<'cash'> {
  /** Minor units of the master's base currency for one of this currency. */
  toBase: number;
}

export type AccountRisk = InputBody<'account'>;

export interface ListingRisk extends InputBody<'listing'> {
  /** PRICE_DIGITS; undefined before the first price. */
  price: number | undefined;
  readonly positions: PositionRisk[];
  /** Whom its price touches. */
  readonly masters: MasterRisk[];
}

export interface PositionRisk {
  readonly account: AccountRisk;
  readonly listing: ListingRisk;
  quantity: number;
  cost: number;
  fees: number;
  /** Minor units of settlement currency for one unit at price 1. */
  perPrice: number;
  /** Minor units of the master's base currency for one of settlement currency. */
  toBase: number;
}

export interface Place {
  readonly seq: number;
  readonly k: number;
}

export interface Rates {
  readonly rateSet: number;
  readonly publishedAt: number;
  /** By currency, for one of the set's base. */
  readonly perBase: ReadonlyMap<string, number>;
}

export interface Book {
  readonly masters: Map<number, MasterRisk>;
  readonly accounts: Map<number, AccountRisk>;
  readonly listings: Map<number, ListingRisk>;
  /** By "account/listing". */
  readonly positions: Map<string, PositionRisk>;
  /** By market. */
  readonly places: Map<string, Place>;
  readonly calls: Map<number, InputBody<'call'>>;
  rates: Rates;
}

const NO_RATES: Rates = { rateSet: 0, publishedAt: 0, perBase: new Map() };
const PRICE_ONE = 10 ** PRICE_DIGITS;

export const newBook = (): Book => ({
  masters: new Map(),
  accounts: new Map(),
  listings: new Map(),
  positions: new Map(),
  places: new Map(),
  calls: new Map(),
  rates: NO_RATES,
});

export const newMaster = (terms: InputBody<'master'>): MasterRisk => ({
  ...terms,
  ...{ cash: 0, equity: 0, requirement: 0, exposure: 0, callOpen: false, callAt: 0, bookedCallAt: 0 },
  money: [],
  positions: [],
});

export function masterOf(book: Book, master: number): MasterRisk {
  const found = book.masters.get(master);
  invariant(found !== undefined, () => `unknown master ${master}`);
  return found;
}

function accountOf(book: Book, account: number): AccountRisk {
  const found = book.accounts.get(account);
  invariant(found !== undefined, () => `unknown account ${account}`);
  return found;
}

export function listingOf(book: Book, listing: number): ListingRisk {
  const found = book.listings.get(listing);
  invariant(found !== undefined, () => `unknown listing ${listing}`);
  return found;
}

/** The position of an account in a listing; a new one is empty, its factors are not known before {@link revalue}. */
export function positionOf(book: Book, account: number, listing: number): PositionRisk {
  const key = `${account}/${listing}`;
  const known = book.positions.get(key);
  if (known !== undefined) return known;
  const owner = accountOf(book, account);
  const underlying = listingOf(book, listing);
  const master = masterOf(book, owner.master);
  const fresh: PositionRisk = {
    ...{ account: owner, listing: underlying, quantity: 0, cost: 0, fees: 0 },
    ...{ perPrice: Number.NaN, toBase: Number.NaN },
  };
  book.positions.set(key, fresh);
  underlying.positions.push(fresh);
  master.positions.push(fresh);
  if (!underlying.masters.includes(master)) underlying.masters.push(master);
  return fresh;
}

/** Units of `to` for one of `from`; undefined when the rates in force lack one of them. */
export function rateBetween({ perBase }: Rates, from: string, to: string): number | undefined {
  if (from === to) return 1;
  const of = perBase.get(from);
  const into = perBase.get(to);
  return of === undefined || into === undefined ? undefined : into / of;
}

function factor(rates: Rates, from: string, fromDigits: number, to: string, toDigits: number): number {
  const rate = rateBetween(rates, from, to);
  invariant(rate !== undefined, () => `no rate from ${from} to ${to}`);
  return (rate * 10 ** toDigits) / 10 ** fromDigits;
}

/** Works out a position's factors at the rates in force. */
export function revalue(book: Book, position: PositionRisk): void {
  const { account, listing } = position;
  const { settlementCurrency, minorDigits } = account;
  const base = masterOf(book, account.master);
  position.perPrice =
    factor(book.rates, listing.currency, 0, settlementCurrency, minorDigits) / (PRICE_ONE * listing.quoteUnits);
  position.toBase = factor(book.rates, settlementCurrency, minorDigits, base.currency, base.minorDigits);
}

/** The same for everything. */
export function revalueAll(book: Book): void {
  for (const position of book.positions.values()) revalue(book, position);
  for (const master of book.masters.values()) {
    for (const row of master.money)
      row.toBase = factor(book.rates, row.currency, row.minorDigits, master.currency, master.minorDigits);
  }
}

/** Minor units of settlement currency. A position without a price yet is worth what it cost. */
export function worth(position: PositionRisk): number {
  const { price } = position.listing;
  return price === undefined ? position.cost : position.quantity * price * position.perPrice;
}

/** Works out a master's figures. */
export function measure(master: MasterRisk): void {
  let cash = 0;
  let equity = 0;
  let requirement = 0;
  let exposure = 0;
  for (const { amount, claims, toBase } of master.money) {
    cash += amount * toBase;
    equity += (amount + claims) * toBase;
  }
  for (const position of master.positions) {
    const value = worth(position);
    equity += (value - position.cost - position.fees) * position.toBase;
    const exposed = Math.abs(value) * position.toBase;
    exposure += exposed;
    requirement += (exposed * position.account.marginPpm) / PPM;
  }
  master.cash = cash;
  master.equity = equity;
  master.requirement = requirement;
  master.exposure = exposure;
}

/** What a book is made of; everything else follows from it. Order matters: sums run in it. */
export interface SavedBook {
  readonly masters: readonly (InputBody<'master'> & { callOpen: boolean; callAt: number; bookedCallAt: number })[];
  readonly accounts: readonly AccountRisk[];
  readonly listings: readonly (InputBody<'listing'> & { price: number | null })[];
  readonly money: readonly InputBody<'cash'>[];
  readonly positions: readonly InputBody<'position'>[];
  readonly places: readonly InputBody<'place'>[];
  readonly calls: readonly InputBody<'call'>[];
  readonly rates: { readonly rateSet: number; readonly publishedAt: number; readonly perBase: readonly [string, number][] };
}

export function saveBook(book: Book): SavedBook {
  const masters = [...book.masters.values()];
  return {
    masters: masters.map(({ master, client, callPpm, targetPpm, amountMin, minorDigits, currency, ...state }) => ({
      ...{ master, client, callPpm, targetPpm, amountMin, minorDigits, currency },
      ...{ callOpen: state.callOpen, callAt: state.callAt, bookedCallAt: state.bookedCallAt },
    })),
    accounts: [...book.accounts.values()],
    listings: [...book.listings.values()].map(({ listing, issuer, quoteUnits, minorDigits, currency, market, price }) => ({
      ...{ listing, issuer, quoteUnits, minorDigits, currency, market, price: price ?? null },
    })),
    money: masters.flatMap(({ money }) => money.map(({ toBase: _, ...row }) => row)),
    positions: [...book.positions.values()].map(({ account, listing, quantity, cost, fees }) => ({
      ...{ account: account.account, listing: listing.listing, quantity, cost, fees },
    })),
    places: [...book.places].map(([market, { seq, k }]) => ({ market, seq, k })),
    calls: [...book.calls.values()],
    rates: { ...book.rates, perBase: [...book.rates.perBase] },
  };
}

/** The book as it was saved. Figures are worked out anew when `ready`: they follow from the rest, bit by bit. */
export function restoreBook(saved: SavedBook, ready: boolean): Book {
  const book = newBook();
  book.rates = { ...saved.rates, perBase: new Map(saved.rates.perBase) };
  for (const { callOpen, callAt, bookedCallAt, ...terms } of saved.masters)
    book.masters.set(terms.master, Object.assign(newMaster(terms), { callOpen, callAt, bookedCallAt }));
  for (const account of saved.accounts) book.accounts.set(account.account, account);
  for (const { price, ...terms } of saved.listings)
    book.listings.set(terms.listing, { ...terms, price: price ?? undefined, positions: [], masters: [] });
  for (const row of saved.money) masterOf(book, row.master).money.push({ ...row, toBase: Number.NaN });
  for (const { account, listing, ...figures } of saved.positions) Object.assign(positionOf(book, account, listing), figures);
  for (const { market, ...place } of saved.places) book.places.set(market, place);
  for (const call of saved.calls) book.calls.set(call.master, call);
  if (!ready) return book;
  revalueAll(book);
  for (const master of book.masters.values()) measure(master);
  return book;
}
