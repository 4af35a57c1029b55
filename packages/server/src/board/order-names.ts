import { quoteUnit } from '@meridian/base';
import type { Database } from '@meridian/store';

/** Whose a business account is, by the names that people use. */
export interface AccountName {
  readonly account: number;
  readonly code: string;
  readonly client: bigint;
  readonly clientToken: string;
  readonly entity: bigint;
}

export interface ListingName {
  readonly listing: number;
  readonly symbol: string;
  /** The unit it is quoted in: a currency, or a part of one (GBX). */
  readonly currency: string;
  /** The money its amounts are in. */
  readonly money: string;
}

/** Names behind the dense ids of orders. Read anew when an id turns up that nobody has told of yet. */
export interface OrderNames {
  account(id: number): AccountName | undefined;
  listing(id: number): ListingName | undefined;
  /** Of a limit cell: null for one that counts units, undefined for one that nobody knows. */
  cellCurrency(cell: number): string | null | undefined;
  /** Reads what is of record now. */
  refresh(): Promise<void>;
}

export function orderNames(database: Database): OrderNames {
  let accounts = new Map<number, AccountName>();
  let listings = new Map<number, ListingName>();
  let cells = new Map<number, string | null>();
  return {
    account: (id) => accounts.get(id),
    listing: (id) => listings.get(id),
    cellCurrency: (cell) => cells.get(cell),
    async refresh() {
      const owned = await database.query<{ account: bigint; code: string; client: bigint; token: string; entity: bigint }>(
        `SELECT b.account, b.code, b.client, c.token, b.entity
           FROM accounts.business_account b JOIN accounts.client c USING (client)`,
      );
      const listed = await database.query<{ listing: bigint; code: string; currency: string }>(
        `SELECT DISTINCT ON (listing) listing, code, quote AS currency
           FROM reference.listing ORDER BY listing, valid_from DESC`,
      );
      const limited = await database.query<{ cell: bigint; currency: string | null }>(
        'SELECT cell, currency FROM accounts.limit_cell',
      );
      cells = new Map(limited.rows.map(({ cell, currency }) => [Number(cell), currency]));
      accounts = new Map(
        owned.rows.map(({ account, code, client, token, entity }) => [
          Number(account),
          { account: Number(account), code, client, clientToken: token, entity },
        ]),
      );
      listings = new Map(
        listed.rows.map(({ listing, code, currency }) => [
          Number(listing),
          { listing: Number(listing), symbol: code, currency, money: quoteUnit(currency).currency },
        ]),
      );
    },
  };
}
