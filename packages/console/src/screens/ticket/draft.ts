import type { AnswerOf, BodyOf } from '@meridian/api';

export type Entry = BodyOf<'POST /v1/orders'>;
export type Tradable = AnswerOf<'GET /v1/tradable'>;
export type Account = Tradable['accounts'][number];
export type Listing = Tradable['listings'][number];

/** An order while it is being typed. Figures are what stands in the fields. */
export interface Draft {
  readonly account: string | null;
  readonly listing: string | null;
  readonly side: 'buy' | 'sell' | 'sell-short';
  readonly effect: 'open' | 'close';
  readonly type: 'market' | 'limit';
  readonly timeInForce: 'day' | 'ioc' | 'fok';
  readonly quantity: string;
  readonly price: string;
}

export const EMPTY_DRAFT: Draft = {
  account: null,
  listing: null,
  side: 'buy',
  effect: 'open',
  type: 'limit',
  timeInForce: 'day',
  quantity: '',
  price: '',
};

/** A typed figure as it travels: separators and blanks taken out. `1,700` → `1700`. */
export const typedFigure = (typed: string): string => typed.replaceAll(/[,，\s]/g, '');

/** Accounts that may trade on a listing's market; all of them where no listing is chosen. */
export function accountsFor(tradable: Tradable, listing: Listing | undefined): readonly Account[] {
  return listing === undefined
    ? tradable.accounts
    : tradable.accounts.filter((account) => account.markets.includes(listing.market));
}

export const accountOf = (tradable: Tradable, draft: Draft): Account | undefined =>
  tradable.accounts.find((each) => each.account === draft.account);
export const listingOf = (tradable: Tradable, draft: Draft): Listing | undefined =>
  tradable.listings.find((each) => each.listing === draft.listing);

/** The fields that keep a draft from being an order. */
export type Lack = 'account' | 'listing' | 'quantity' | 'price';

/** The order that a draft means, or what it still lacks. A figure that is not one is lacking: nothing is guessed. */
export function entryOf(draft: Draft, tradable: Tradable, clOrdId: string): { entry: Entry } | { lacks: readonly Lack[] } {
  const listing = listingOf(tradable, draft);
  const account = accountOf(tradable, draft);
  const quantity = typedFigure(draft.quantity);
  const price = typedFigure(draft.price);
  const lacks: Lack[] = [];
  if (account === undefined || (listing !== undefined && !account.markets.includes(listing.market))) lacks.push('account');
  if (listing === undefined) lacks.push('listing');
  if (!/^[1-9]\d{0,11}$/.test(quantity)) lacks.push('quantity');
  if (draft.type === 'limit' && !/^-?\d{1,12}(\.\d{1,12})?$/.test(price)) lacks.push('price');
  if (lacks.length > 0 || listing === undefined || account === undefined) return { lacks };
  const { side, effect, type, timeInForce } = draft;
  const entry = { market: listing.market, account: account.account, listing: listing.listing, clOrdId, side, effect, type };
  return { entry: { ...entry, timeInForce, quantity, ...(type === 'limit' ? { price } : {}) } };
}

/** A client-made id: base-36 milliseconds and 40 random bits, so that two tickets of one account never share one. */
export function makeClOrdId(nowMs: number, random: (bytes: Uint8Array<ArrayBuffer>) => Uint8Array<ArrayBuffer>): string {
  const tail = [...random(new Uint8Array(5))].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  return `W${nowMs.toString(36)}-${tail}`.toUpperCase();
}
