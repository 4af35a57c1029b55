import { type Currency, currency, type DateText, invariant, minorDigits, rescale } from '@meridian/base';
import {
  crossRate,
  FX_DIGITS,
  listing as listingTerms,
  type MarketFacts,
  type PhasePlan,
  PRICE_DIGITS,
  type RateSet,
  scaledRate,
} from '@meridian/market';
import { type Command, type CommandBody, NODE_FX_DIGITS, NODE_PRICE_DIGITS } from '@meridian/messages';
import type { ListingRecord, Reference, SecurityRecord } from './record.ts';

/**
 * What a market's node must know before it can judge an order, as commands at its door. Repeating them is harmless: a
 * definition replaces its equal.
 */
export function listingFacts(reference: Reference, facts: MarketFacts, mic: string, date: DateText): Command[] {
  const securities = new Map(reference.securities.map((security) => [security.security, security]));
  return reference.listings
    .filter((row) => row.mic === mic)
    .map((row) => {
      const security = securities.get(row.security);
      invariant(security !== undefined, () => `listing ${row.listing} has no security on ${date}`);
      return { name: 'define-listing', body: listingBody(row, security, facts, date) };
    });
}

function listingBody(
  row: ListingRecord,
  security: SecurityRecord,
  facts: MarketFacts,
  date: DateText,
): CommandBody<'define-listing'> {
  const terms = listingTerms({
    id: String(row.listing),
    securityId: String(row.security),
    mic: row.mic,
    code: row.code,
    securityClass: security.securityClass,
    quote: row.quote,
    validFrom: row.validFrom,
    validTo: row.validTo,
  });
  const bands = facts.tickTable(terms, date).bands;
  const ticks = bands.map((band) => ({ from: nodePrice(band.over), tick: nodePrice(band.tick) }));
  return {
    listing: Number(row.listing),
    security: Number(row.security),
    issuer: Number(security.issuer),
    mic: row.mic,
    symbol: row.code,
    currency: terms.currency,
    lot: facts.lot(terms, date).round,
    ticks,
    collarPpm: Number(row.collarPpm),
    quantityMax: Number(row.quantityMax),
    notionalMax: Number(row.notionalMax),
    priceAgeMax: Number(row.priceAgeMax),
    shortAllowed: row.shortAllowed,
  };
}

/** Prices of the books (8 decimals) at a node's 4; finer ticks do not exist on the markets kept. */
function nodePrice(price: bigint): number {
  const scaled = rescale(price, PRICE_DIGITS, NODE_PRICE_DIGITS, 'down');
  invariant(
    rescale(scaled, NODE_PRICE_DIGITS, PRICE_DIGITS, 'down') === price,
    () => `price ${price}e-8 needs more than four decimals`,
  );
  return Number(scaled);
}

/** Black and white lists for a market's listings. A listing without an entry is not traded. RC-a */
export function listFacts(reference: Reference, mic: string): Command[] {
  const here = new Set(reference.listings.filter((row) => row.mic === mic).map((row) => row.listing));
  return reference.listEntries
    .filter((row) => here.has(row.listing))
    .map((row) => ({
      name: 'list-entry',
      body: { listing: Number(row.listing), scope: row.scope, scopeId: Number(row.scopeId), permission: row.permission },
    }));
}

export function routeFacts(reference: Reference, mic: string): Command[] {
  return reference.routes
    .filter((route) => route.mic === mic)
    .map((route) => ({
      name: 'define-route',
      body: {
        route: Number(route.route),
        entity: Number(route.entity),
        session: Number(route.session),
        mic,
        tradingAccount: route.tradingAccount,
        shortAllowed: route.shortAllowed,
      },
    }));
}

/** FIX 40 by the rule book's word. */
const ORDER_TYPES: Readonly<Record<string, number>> = { market: 1, limit: 2 };

/** A session date's plan for its node; null on a closed day. @throws Problem CALENDAR_NOT_COVERED | FACT_NOT_COVERED */
export function tradingDayFact(facts: MarketFacts, mic: string, date: DateText): Command | null {
  const plan = facts.phasePlan(mic, date);
  return plan === null ? null : { name: 'trading-day', body: tradingDay(plan) };
}

function tradingDay(plan: PhasePlan): CommandBody<'trading-day'> {
  const { open, close, date } = plan.session;
  // A node trades the regular session; extended hours of the rule book stay closed to swaps.
  const phases = plan.phases
    .filter((phase) => phase.start < phase.end && phase.start >= open && phase.end <= close)
    .map((phase) => ({
      phase: phase.code,
      start: phase.start,
      end: phase.end,
      allowNew: phase.allow.new,
      allowReplace: phase.allow.replace,
      allowCancel: phase.allow.cancel,
      types: (phase.orderTypes ?? []).flatMap((type) => ORDER_TYPES[type] ?? []),
    }));
  return { date, open, close, phases };
}

/**
 * A rate set as a node needs it: every pair among `currencies`, both ways. A currency that the set does not quote is
 * left out, so that orders needing it are refused (CNY never stands in for CNH).
 */
export function rateSetFact(set: RateSet, rateSet: bigint, currencies: readonly string[]): Command {
  const known = currencies.map(currency).filter((code) => code === set.base || set.rates.has(code));
  const rates = known.flatMap((from) =>
    known.filter((to) => to !== from).map((to) => ({ from, to, rate: nodeRate(set, from, to) })),
  );
  return { name: 'apply-rate-set', body: { rateSet: Number(rateSet), publishedAt: set.publishedAt, rates } };
}

function nodeRate(set: RateSet, from: Currency, to: Currency): number {
  return Number(rescale(scaledRate(crossRate(set, from, to), 'half-even'), FX_DIGITS, NODE_FX_DIGITS, 'half-even'));
}

/** Minor-unit digits for `define-account`. */
export function settlementDigits(code: string): number {
  return minorDigits(currency(code));
}
