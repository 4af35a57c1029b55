import { NO_PRICE, PPM, REJECTION } from '@meridian/messages';
import { CELLS_PER_ORDER, CURRENCIES_MAX, ORDER_VALUE_MAX } from './bounds.ts';
import type { ClientState } from './client-state.ts';
import { needFor } from './need.ts';
import { LEG_CLOSE_LONG, LEG_CLOSE_SHORT, LEG_OPEN_LONG, LEG_OPEN_SHORT, legOf } from './position-table.ts';

/**
 * Hot path: no allocation. The checks before trading (design: the life of an order), cheapest first, all before the
 * first mutation. Whatever is missing — account, listing, price, rate, list entry — refuses the order. Orders that close
 * are spared the limits on exposure, never a halt. Every function returns a rejection's number, 0 to go on.
 */

/** The order being checked, new or as a replace would leave it. Filled by the caller. */
export class Candidate {
  account = 0;
  listing = 0;
  side = 0;
  effect = 0;
  leg = 0;
  type = 0;
  tif = 0;
  quantity = 0.5;
  price = 0.5;
  /** What of the quantity would be leaves. */
  leaves = 0.5;
  /** Leaves and holds the order being replaced has already; 0 for a new one. */
  working = 0.5;
  order = -1;
  /** The price the holds are counted at; set by {@link checkPrice}. */
  holdPrice = 0.5;
  /** Position row, −1 none yet; set by {@link checkPosition}. */
  position = -1;
}

/** FIX 40 and 59 a node takes. */
const MARKET = 1;
const LIMIT = 2;

export function checkShape(c: Candidate): number {
  c.leg = legOf(c.side, c.effect);
  if (c.leg === 0 || (c.type !== MARKET && c.type !== LIMIT)) return REJECTION.ORDER_MALFORMED;
  if (c.tif !== 0 && c.tif !== 3 && c.tif !== 4) return REJECTION.ORDER_MALFORMED;
  return (c.price === NO_PRICE) === (c.type === LIMIT) ? REJECTION.ORDER_MALFORMED : 0;
}

const closes = (leg: number): boolean => leg === LEG_CLOSE_LONG || leg === LEG_CLOSE_SHORT;

/** Phase, kill switch and restrictions (RC-j), permission (RC-b), black and white lists (RC-a). */
export function checkPermission(s: ClientState, c: Candidate, allowed: boolean): number {
  if (!allowed || (s.day.types & (1 << c.type)) === 0) return REJECTION.MARKET_CLOSED;
  const { accounts, listings } = s;
  const client = accounts.client[c.account] as number;
  let restriction = Math.max(s.firmRestriction, s.marketRestriction);
  restriction = Math.max(restriction, listings.restriction[c.listing] as number, accounts.restriction[c.account] as number);
  if (s.clientRestrictions.count > 0) restriction = Math.max(restriction, s.clientRestrictions.get(client, 0));
  if (restriction === 2) return REJECTION.HALTED;
  const closing = closes(c.leg);
  if (restriction === 1 && !closing) return REJECTION.REDUCE_ONLY;

  const permission = accounts.permission[c.account] as number;
  if (permission === 0 || (permission === 2 && !closing)) return REJECTION.NOT_PERMITTED;
  const route = accounts.route[c.account] as number;
  if (route >= s.routes.count || s.routes.known[route] === 0) return REJECTION.NOT_PERMITTED;
  return checkLists(s, c, client, closing);
}

function checkLists(s: ClientState, c: Candidate, client: number, closing: boolean): number {
  const firm = s.listings.firmList[c.listing] as number;
  let found = firm !== 255;
  let none = firm === 0;
  let closeOnly = firm === 2;
  if ((s.listings.scopedLists[c.listing] as number) > 0) {
    const group = s.groupLists.get(c.listing, s.accounts.group[c.account] as number);
    const own = s.clientLists.get(c.listing, client);
    found ||= group >= 0 || own >= 0;
    none ||= group === 0 || own === 0;
    closeOnly ||= group === 2 || own === 2;
  }
  return !found || none || (closeOnly && !closing) ? REJECTION.LISTED_OUT : 0;
}

/** Reference price present, fresh and finite; collar; tick. Sets the price that holds are counted at. */
export function checkPrice(s: ClientState, c: Candidate): number {
  const { listings, verdict } = s;
  const i = c.listing;
  const bid = listings.bid[i] as number;
  const ask = listings.ask[i] as number;
  const quoted = bid !== NO_PRICE && ask !== NO_PRICE;
  const reference = quoted ? Math.floor((bid + ask) / 2) : (listings.last[i] as number);
  if (reference === NO_PRICE) return REJECTION.PRICE_ABSENT;
  const age = s.time - (listings.sourceTime[i] as number);
  const ageMax = listings.priceAgeMax[i] as number;
  if (age > ageMax) return verdict.refuse(REJECTION.PRICE_STALE, ageMax, age, 0, 0);

  const reach = Math.floor((Math.abs(reference) * (listings.collarPpm[i] as number)) / PPM);
  const side = c.side === 1 ? (quoted ? ask : reference) : quoted ? bid : reference;
  if (c.type === MARKET) {
    // A buyer may pay up to the collar; a seller's margin counts at what the market shows.
    c.holdPrice = c.side === 1 ? side + reach : side;
    return 0;
  }
  if (c.price > reference + reach) return refuseCollar(s, c, reference + reach, true);
  if (c.price < reference - reach) return refuseCollar(s, c, reference - reach, false);
  const tick = listings.tickAt(i, c.price);
  if (tick === 0) return verdict.refuse(REJECTION.OFF_TICK, 0, 0, c.price, 0);
  const over = c.price - Math.floor(c.price / tick) * tick;
  if (over !== 0)
    return verdict.refuse(REJECTION.OFF_TICK, tick, 0, c.price, c.side === 1 ? c.price - over : c.price - over + tick);
  // A sell limit below the bid fills at the bid or better.
  c.holdPrice = c.side === 1 ? c.price : Math.max(c.price, side);
  return 0;
}

function refuseCollar(s: ClientState, c: Candidate, bound: number, above: boolean): number {
  const tick = s.listings.tickAt(c.listing, bound);
  const pass = tick === 0 ? bound : (above ? Math.floor(bound / tick) : Math.ceil(bound / tick)) * tick;
  return s.verdict.refuse(REJECTION.OUTSIDE_COLLAR, bound, 0, c.price, pass);
}

/** Lot, size and value of one order. */
export function checkSize(s: ClientState, c: Candidate): number {
  const { listings, verdict } = s;
  const i = c.listing;
  const lot = listings.lot[i] as number;
  const max = listings.quantityMax[i] as number;
  const q = c.quantity;
  if (q < 1) return verdict.refuse(REJECTION.QUANTITY_REFUSED, max, 0, q, Math.min(lot, max));
  // Exact: a multiple divides without a rest, and only a multiple comes back as itself.
  if (Math.floor(q / lot) * lot !== q) return verdict.refuse(REJECTION.OFF_LOT, lot, 0, q, Math.max(lot, q - (q % lot)));
  if (q > max) return verdict.refuse(REJECTION.QUANTITY_REFUSED, max, 0, q, max - (max % lot));
  const price = Math.abs(c.holdPrice);
  const value = q * price;
  const valueMax = Math.min(listings.valueMax[i] as number, ORDER_VALUE_MAX);
  if (value <= valueMax) return 0;
  const perUnit = 10 ** (s.currencies.digits[listings.currency[i] as number] as number) / 10_000;
  const asked = Math.min(Math.ceil(value * perUnit), Number.MAX_SAFE_INTEGER);
  const fit = Math.floor(valueMax / price);
  return verdict.refuse(REJECTION.NOTIONAL_TOO_LARGE, Math.floor(valueMax * perUnit), 0, asked, fit - (fit % lot));
}

/** Orders and replaces that arrived in this second of business time. Counts the arrival whether or not it passes. */
export function checkRate(s: ClientState, account: number): number {
  const { accounts } = s;
  const second = Math.floor(s.time / 1_000_000);
  if (accounts.second[account] !== second) {
    accounts.second[account] = second;
    accounts.arrived[account] = 0;
  }
  const max = accounts.orderRateMax[account] as number;
  const arrived = accounts.arrived[account] as number;
  if (arrived >= max) return s.verdict.refuse(REJECTION.THROTTLED, max, arrived, 1, 0);
  accounts.arrived[account] = arrived + 1;
  return 0;
}

/** Short selling; closing no more than there is; the projected position (RC-f). */
export function checkPosition(s: ClientState, c: Candidate): number {
  const { positions, verdict } = s;
  if (c.leg === LEG_OPEN_SHORT) {
    const route = s.accounts.route[c.account] as number;
    if (s.listings.shortAllowed[c.listing] === 0 || s.routes.shortAllowed[route] === 0) return REJECTION.SHORT_REFUSED;
  }
  const p = positions.find(c.account, c.listing);
  c.position = p;
  if (p < 0 && positions.full) return REJECTION.CAPACITY;
  if (closes(c.leg)) {
    const held = p < 0 ? 0 : c.leg === LEG_CLOSE_LONG ? (positions.long[p] as number) : (positions.short[p] as number);
    const closing =
      p < 0 ? 0 : c.leg === LEG_CLOSE_LONG ? (positions.closingLong[p] as number) : (positions.closingShort[p] as number);
    const closable = held - closing + c.working;
    if (c.leaves <= closable) return 0;
    return verdict.refuse(REJECTION.CLOSE_EXCEEDS_POSITION, closable, closing - c.working, c.leaves, toLot(s, c, closable));
  }
  const max = s.accounts.positionMax[c.account] as number;
  const held = p < 0 ? 0 : c.leg === LEG_OPEN_LONG ? (positions.long[p] as number) : (positions.short[p] as number);
  const opening =
    p < 0 ? 0 : c.leg === LEG_OPEN_LONG ? (positions.openingLong[p] as number) : (positions.openingShort[p] as number);
  const used = held + opening - c.working;
  if (used + c.leaves <= max) return 0;
  return verdict.refuse(REJECTION.POSITION_LIMIT, max, used, c.leaves, toLot(s, c, max - used));
}

/** The greatest order quantity whose leaves are at most `leaves`, in whole lots. */
function toLot(s: ClientState, c: Candidate, leaves: number): number {
  const lot = s.listings.lot[c.listing] as number;
  const quantity = Math.max(0, leaves) + (c.quantity - c.leaves);
  return quantity - (quantity % lot);
}

/** The rate a cell's need is counted at; 0 where no set in force has it. */
function rateTo(s: ClientState, listing: number, currency: number): number {
  return s.currencies.rate[(s.listings.currency[listing] as number) * CURRENCIES_MAX + currency] as number;
}

/** What `quantity` at `price` needs of the account's n-th cell; −1 where a rate is missing. */
export function needOfCell(
  s: ClientState,
  account: number,
  listing: number,
  n: number,
  quantity: number,
  price: number,
): number {
  const { cells } = s;
  const cell = s.accounts.cells[account * CELLS_PER_ORDER + n] as number;
  const issuer = cells.issuer[cell] as number;
  if (issuer !== 0 && issuer !== s.listings.issuer[listing]) return 0;
  const measure = cells.measure[cell] as number;
  if (measure === 3) return quantity;
  const currency = cells.currency[cell] as number;
  const rate = rateTo(s, listing, currency);
  if (rate === 0) return -1;
  const ppm = measure === 1 ? (s.accounts.needPpm[account] as number) : PPM;
  return needFor(quantity * price, rate, ppm, s.currencies.digits[currency] as number);
}

/**
 * Limit cells (UA-6, UA-7), all or none. Leaves the needs in `s.need`; a replace holds something already, and only what
 * it needs beyond that must be free.
 */
export function checkCells(s: ClientState, c: Candidate): number {
  const { accounts, cells, orders } = s;
  // A contract in another currency than its underlying's cannot be valued without the rate, whatever its cells.
  if (rateTo(s, c.listing, accounts.currency[c.account] as number) === 0) return REJECTION.RATE_ABSENT;
  const opening = !closes(c.leg);
  const count = accounts.cellCount[c.account] as number;
  for (let n = 0; n < count; n++) {
    if (!opening) {
      s.need[n] = 0;
      continue;
    }
    const cell = accounts.cells[c.account * CELLS_PER_ORDER + n] as number;
    if (!cells.has(cell)) return refuseCell(s, c, cell, n, 0, c.leaves);
    const need = needOfCell(s, c.account, c.listing, n, c.leaves, c.holdPrice);
    if (need < 0) return REJECTION.RATE_ABSENT;
    const held = c.order < 0 ? 0 : (orders.hold[c.order + n] as number);
    if (need - held > cells.free(cell)) return refuseCell(s, c, cell, n, held, need);
    s.need[n] = need;
  }
  return 0;
}

function refuseCell(s: ClientState, c: Candidate, cell: number, n: number, held: number, need: number): number {
  const { cells, verdict } = s;
  if (!cells.has(cell)) {
    verdict.refuse(REJECTION.LEASE_STATIC, 0, 0, need, 0);
    verdict.cell = cell;
    return verdict.rejection;
  }
  const slice = (cells.granted[cell] as number) - (cells.returned[cell] as number);
  verdict.refuse(
    REJECTION.LEASE_STATIC,
    slice,
    (cells.used[cell] as number) - held,
    Math.min(need, Number.MAX_SAFE_INTEGER),
    largestThatFits(s, c, n),
  );
  verdict.cell = cell;
  return verdict.rejection;
}

/** The most whole lots that every cell from the n-th on still takes; the earlier ones took the whole order. */
function largestThatFits(s: ClientState, c: Candidate, n: number): number {
  const lot = s.listings.lot[c.listing] as number;
  const done = c.quantity - c.leaves;
  let lots = Math.floor(c.quantity / lot);
  let low = Math.floor(done / lot);
  while (low < lots) {
    const middle = Math.ceil((low + lots) / 2);
    if (allFit(s, c, n, middle * lot - done)) low = middle;
    else lots = middle - 1;
  }
  return low * lot > done ? low * lot : 0;
}

function allFit(s: ClientState, c: Candidate, from: number, leaves: number): boolean {
  const count = s.accounts.cellCount[c.account] as number;
  for (let n = from; n < count; n++) {
    const cell = s.accounts.cells[c.account * CELLS_PER_ORDER + n] as number;
    const need = needOfCell(s, c.account, c.listing, n, leaves, c.holdPrice);
    const held = c.order < 0 ? 0 : (s.orders.hold[c.order + n] as number);
    if (!s.cells.has(cell) || need < 0 || need - held > s.cells.free(cell)) return false;
  }
  return true;
}
