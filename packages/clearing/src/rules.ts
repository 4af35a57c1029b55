import { closed, type DateText, type Instant, type Static, Type, validateConfig } from '@meridian/base';
import { crossRate, type Listing, listing as listingTerms, type MarketFacts, type RateSet, scaledRate } from '@meridian/market';
import { type ListingRecord, type Reference, readRateSet, readReference, type SecurityRecord } from '@meridian/reference';
import type { Queryable } from '@meridian/store';
import { problem } from './problems.ts';
import { hashOf } from './step.ts';

const text = (maxLength = 64) => Type.String({ minLength: 1, maxLength });
const decimal = () => Type.String({ pattern: '^\\d{1,12}(\\.\\d{1,12})?$' });
const address = () => Type.String({ pattern: '^[^@\\s<>"\']{1,64}@[A-Za-z0-9.-]{1,190}$' });

/** Booking policy (入账方式): what becomes one lot. `day` averages client × listing × side × open/close. Design §4(8). */
export const BookingPolicy = Type.Union([Type.Literal('fill'), Type.Literal('order'), Type.Literal('day')]);
export type BookingPolicy = Static<typeof BookingPolicy>;

/** What the clearing room decides by data. A change makes another configuration hash, shown in every report. */
export const ClearingRules = closed({
  /** Securities businesses that clear on their own, by name; this one. CL-a */
  business: text(16),
  /** Markets with a batch of their own. `no` is dense, never reused, and part of every contract's id. */
  markets: Type.Array(
    closed({
      mic: text(4),
      no: Type.Integer({ minimum: 0, maximum: 15 }),
      /** Seconds of business time from the close to the batch. CL-b */
      delaySeconds: Type.Integer({ minimum: 0, maximum: 86_400 }),
      /** Obligations per trade, or one per counterparty, currency or listing, and value date. CL-4 */
      settle: Type.Union([Type.Literal('gross'), Type.Literal('net')]),
    }),
    { minItems: 1, maxItems: 16 },
  ),
  /** By agreement kind; `*` for the others. */
  bookingPolicy: Type.Record(text(32), BookingPolicy),
  /** Index that financing floats on, and its spread base. Day count ACT/360. */
  financingIndex: text(32),
  /** Maintenance and close-out levels, parts per million of the initial margin. */
  margin: closed({
    maintenancePpmOfInitial: Type.Integer({ minimum: 0, maximum: 1_000_000 }),
    closeOutPpmOfInitial: Type.Integer({ minimum: 0, maximum: 1_000_000 }),
  }),
  /** What the broker charges the house for executing, per unit, in the quote currency; rounded half up per fill. */
  brokerCommissionPerUnit: decimal(),
  /** Kinds of reconciliation break that stop a batch; the others are reported and stay open. */
  fatalBreaks: Type.Array(
    Type.Union([Type.Literal('missing'), Type.Literal('extra'), Type.Literal('duplicate'), Type.Literal('mismatch')]),
  ),
  /** A client day closes over these markets' published batches of one business date. */
  clientDay: closed({ markets: Type.Array(text(4), { minItems: 1, maxItems: 16 }) }),
  mail: closed({
    batch: Type.Array(address(), { maxItems: 32 }),
    clients: Type.Array(closed({ client: Type.Integer({ minimum: 1 }), address: address() }), { maxItems: 10_000 }),
  }),
});
export type ClearingRules = Static<typeof ClearingRules>;
export type MarketRule = ClearingRules['markets'][number];

export function clearingRules(value: unknown): ClearingRules {
  return validateConfig(ClearingRules, value);
}

/** What steps may ask of the world: market facts, rules of record; nothing that changes while a batch runs. */
export interface ClearingFacts {
  readonly market: MarketFacts;
  readonly rules: ClearingRules;
}

export function configHash(facts: ClearingFacts): string {
  const { tables } = facts.market;
  return hashOf([facts.rules, tables.fees, tables.feeSchedules, tables.settlement].map(plain));
}

/** Maps and other members without JSON shape do not occur in rule rows; bigint and undefined do. */
function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value, (_, member) => (typeof member === 'bigint' ? `${member}n` : member)));
}

export function marketRule(rules: ClearingRules, mic: string): MarketRule {
  const rule = rules.markets.find((row) => row.mic === mic);
  if (rule === undefined) throw problem('CLEARING_FACT_MISSING', { what: 'clearing rule', key: mic });
  return rule;
}

export interface ListingFact extends ListingRecord {
  readonly issuer: bigint;
  readonly securityClass: SecurityRecord['securityClass'];
  readonly name: string;
  readonly isin: string | null;
  /** The same as the product room binds contracts to. */
  readonly terms: Listing;
}

/** Reference data of record on the clearing date, indexed. */
export interface DatedReference {
  readonly listing: (id: bigint) => ListingFact;
  readonly listingOf: (mic: string, code: string) => ListingFact | undefined;
  readonly route: (id: bigint) => Reference['routes'][number];
  readonly hasTradingAccount: (mic: string, tradingAccount: string) => boolean;
  /** The entity's book of that purpose. */
  readonly bookOf: (entity: bigint, purpose: 'client' | 'hedge' | 'back-to-back') => bigint;
  readonly entityName: (id: bigint) => { readonly zh: string; readonly en: string };
}

export async function datedReference(database: Queryable, date: DateText): Promise<DatedReference> {
  const reference = await readReference(database, date);
  const securities = new Map(reference.securities.map((row) => [row.security, row]));
  const listings = reference.listings.map((row): ListingFact => {
    const security = securities.get(row.security);
    if (security === undefined) throw problem('CLEARING_FACT_MISSING', { what: 'security', key: String(row.security) });
    return {
      ...row,
      issuer: security.issuer,
      securityClass: security.securityClass,
      name: security.name,
      isin: security.isin,
      terms: termsOf(row, security),
    };
  });
  const found = <T>(what: string, key: bigint, row: T | undefined): T => {
    if (row === undefined) throw problem('CLEARING_FACT_MISSING', { what, key: String(key) });
    return row;
  };
  return {
    listing: (id) =>
      found(
        'listing',
        id,
        listings.find((row) => row.listing === id),
      ),
    listingOf: (mic, code) => listings.find((row) => row.mic === mic && row.code === code),
    route: (id) =>
      found(
        'route',
        id,
        reference.routes.find((row) => row.route === id),
      ),
    hasTradingAccount: (mic, tradingAccount) =>
      reference.routes.some((row) => row.mic === mic && row.tradingAccount === tradingAccount),
    bookOf: (entity, purpose) => {
      const book = reference.books.find((row) => row.entity === entity && row.purpose === purpose);
      return found(`${purpose} book of entity`, entity, book).book;
    },
    entityName: (id) => {
      const entity = found(
        'entity',
        id,
        reference.entities.find((row) => row.entity === id),
      );
      return { zh: entity.nameZh, en: entity.nameEn };
    },
  };
}

/** Exchange rates of one recorded set, 1e10. */
export interface Rates {
  readonly rateSet: bigint;
  readonly publishedAt: Instant;
  /** @throws Problem FX_RATE_MISSING */
  rate(from: string, to: string): bigint;
}

/** The decimals of 1. */
export const FX_ONE = 10_000_000_000n;

/** @throws Problem CLEARING_FACT_MISSING */
export async function ratesOf(database: Queryable, rateSet: bigint): Promise<Rates> {
  const set = await readRateSet(database, rateSet);
  if (set === undefined) throw problem('CLEARING_FACT_MISSING', { what: 'rate set', key: String(rateSet) });
  return ratesOver(rateSet, set);
}

/** The recorded set in force at an instant: marks use the one in force at the market's cut. */
export async function ratesAt(database: Queryable, at: Instant): Promise<Rates> {
  const { rows } = await database.query<{ rate_set: bigint }>(
    `SELECT rate_set FROM reference.rate_set WHERE published_at <= $1 ORDER BY published_at DESC, rate_set DESC LIMIT 1`,
    [at],
  );
  const found = rows[0]?.rate_set;
  if (found === undefined) throw problem('CLEARING_FACT_MISSING', { what: 'rate set', key: String(at) });
  return ratesOf(database, found);
}

function ratesOver(rateSet: bigint, set: RateSet): Rates {
  return {
    rateSet,
    publishedAt: set.publishedAt,
    rate: (from, to) => (from === to ? FX_ONE : scaledRate(crossRate(set, from as never, to as never), 'half-even')),
  };
}

function termsOf(row: ListingRecord, security: SecurityRecord): Listing {
  return listingTerms({
    ...{ id: String(row.listing), securityId: String(row.security), mic: row.mic, code: row.code, quote: row.quote },
    ...{ securityClass: security.securityClass, validFrom: row.validFrom, validTo: row.validTo },
  });
}
