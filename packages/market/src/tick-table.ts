import type { DateText } from '@meridian/base';
import type { Listing } from './listing.ts';
import { groupOn } from './listing.ts';
import { tableMarket } from './market-code.ts';
import type { Price } from './price.ts';
import { type DatedFact, factOn, notCovered } from './provenance.ts';

/** Prices over `over` up to `upTo` (null = no bound) stand on multiples of `tick`. All in PRICE_DIGITS decimals. */
export interface TickBand {
  readonly over: Price;
  readonly upTo: Price | null;
  readonly tick: Price;
}

/**
 * A tick table. Band edges are multiples of the ticks on both sides, so whether an edge belongs below or above does not
 * matter to the grid; a step across an edge takes the tick of the side it steps into.
 */
export interface TickTable extends DatedFact {
  readonly bands: readonly TickBand[];
  /** Security classes and the tick group it is for; group null = the market has one table for the class. */
  readonly scopes: readonly { readonly classes: readonly string[]; readonly group: string | null; readonly from: DateText }[];
}

/** The table that a listing is quoted on at a date. @throws Problem FACT_NOT_COVERED | FACT_UNCHECKED */
export function tickTable(tables: readonly TickTable[], listing: Listing, date: DateText): TickTable {
  const group = groupOn(listing.tickGroups, date);
  const scoped = tables.filter((t) =>
    t.scopes.some((s) => s.classes.includes(listing.securityClass) && s.group === group && s.from <= date),
  );
  return factOn(scoped, tableMarket(listing.mic), `tick table (${listing.securityClass}, ${group ?? 'one group'})`, date);
}

/** The tick that a price stands on. @throws Problem FACT_NOT_COVERED when the price is outside every band */
export function tickAt(table: TickTable, price: Price): Price {
  const band = table.bands.find((b) => b.over < price && (b.upTo === null || price <= b.upTo));
  if (band === undefined) throw notCovered(table.markets.join('/'), `tick of price ${price}e-8 (${table.id})`, table.validFrom);
  return band.tick;
}

/** Whether a price may be quoted. A price outside every band may not. */
export function onGrid(table: TickTable, price: Price): boolean {
  return table.bands.some((b) => b.over < price && (b.upTo === null || price <= b.upTo) && price % b.tick === 0n);
}

/** The next quotable price above; null above the last band. */
export function nextAbove(table: TickTable, price: Price): Price | null {
  const from = price < 0n ? 0n : price;
  const band = table.bands.find((b) => from < b.over || b.upTo === null || from < b.upTo);
  if (band === undefined) return null;
  return from < band.over ? band.over : (from / band.tick + 1n) * band.tick;
}

/** The next quotable price below; null below the first band. */
export function nextBelow(table: TickTable, price: Price): Price | null {
  const band = table.bands.findLast((b) => b.over < price);
  if (band === undefined) return null;
  const from = band.upTo !== null && price > band.upTo ? band.upTo + 1n : price;
  const below = ((from - 1n) / band.tick) * band.tick;
  return below > band.over ? below : band.over > 0n ? band.over : null;
}
