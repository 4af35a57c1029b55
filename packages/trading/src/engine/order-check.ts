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
  /** Business time the checks count from. */
  time = 0.5;
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
  /** Middle of the quote or last price, the quote's own side, and how far a limit may stand off; set by {@link checkReference}. */
  reference = 0.5;
  touch = 0.5;
  reach = 0.5;
  /** Position row, −1 none yet; set by {@link checkPosition}. */
  position = -1;
}

/** FIX 40 and 59 a node takes. */
const MARKET = 1;
const LIMIT = 2;

/** The checks up to the order rate: what, whether, at which price and size. `types`: bit n admits FIX 40 = n. */
export function checkArrival(s: ClientState, c: Candidate, allowed: boolean, types: number): number {
  return (
    checkListing(s, c) ||
    checkShape(c) ||
    checkPhase(c, allowed, types) ||
    checkRestriction(s, c) ||
    checkPermitted(s, c) ||
    checkLists(s, c) ||
    checkPrice(s, c) ||
    checkSize(s, c) ||
    checkRate(s, c)
  );
}

/** The checks behind it: position, limit cells, room. */
export function checkExposure(s: ClientState, c: Candidate): number {
  return checkPosition(s, c) || checkCells(s, c) || checkRoom(s);
}

export function checkAccount({ accounts }: ClientState, { account }: Candidate): number {
  const known = account !== 0 && account < accounts.count && accounts.known[account] === 1;
  return known ? 0 : REJECTION.ORDER_ACCOUNT_UNKNOWN;
}

/** A local contract settles in the currency its listing is quoted in. */
export function checkListing({ accounts, listings }: ClientState, c: Candidate): number {
  if (c.listing === 0 || c.listing >= listings.count || listings.known[c.listing] === 0) return REJECTION.ORDER_LISTING_UNKNOWN;
  const local = accounts.basis[c.account] === 0;
  return local && accounts.currency[c.account] !== listings.currency[c.listing] ? REJECTION.ORDER_CURRENCY_MISMATCH : 0;
}

export function checkShape(c: Candidate): number {
  c.leg = legOf(c.side, c.effect);
  if (c.leg === 0 || (c.type !== MARKET && c.type !== LIMIT)) return REJECTION.ORDER_MALFORMED;
  if (c.tif !== 0 && c.tif !== 3 && c.tif !== 4) return REJECTION.ORDER_MALFORMED;
  return (c.price === NO_PRICE) === (c.type === LIMIT) ? REJECTION.ORDER_MALFORMED : 0;
}

export const closes = (leg: number): boolean => leg === LEG_CLOSE_LONG || leg === LEG_CLOSE_SHORT;

/** Phase, kill switch and restrictions (RC-j), permission (RC-b), black and white lists (RC-a). */
export function checkPermission(s: ClientState, c: Candidate, allowed: boolean): number {
  return checkPhase(c, allowed, s.day.types) || checkRestriction(s, c) || checkPermitted(s, c) || checkLists(s, c);
}

export function checkPhase(c: Candidate, allowed: boolean, types: number): number {
  return !allowed || (types & (1 << c.type)) === 0 ? REJECTION.MARKET_CLOSED : 0;
}

export function checkRestriction(s: ClientState, c: Candidate): number {
  const { accounts, listings } = s;
  const client = accounts.client[c.account] as number;
  let restriction = Math.max(s.firmRestriction, s.marketRestriction);
  restriction = Math.max(restriction, listings.restriction[c.listing] as number, accounts.restriction[c.account] as number);
  if (s.clientRestrictions.count > 0) restriction = Math.max(restriction, s.clientRestrictions.get(client, 0));
  if (s.kills.count > 0) restriction = Math.max(restriction, s.kills.stateOf(c.account, client));
  if (restriction === 2) return REJECTION.HALTED;
  return restriction === 1 && !closes(c.leg) ? REJECTION.REDUCE_ONLY : 0;
}

export function checkPermitted(s: ClientState, c: Candidate): number {
  const { accounts, routes } = s;
  const permission = accounts.permission[c.account] as number;
  if (permission === 0 || (permission === 2 && !closes(c.leg))) return REJECTION.NOT_PERMITTED;
  const route = accounts.route[c.account] as number;
  return route >= routes.count || routes.known[route] === 0 ? REJECTION.NOT_PERMITTED : 0;
}

export function checkLists(s: ClientState, c: Candidate): number {
  const client = s.accounts.client[c.account] as number;
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
  return !found || none || (closeOnly && !closes(c.leg)) ? REJECTION.LISTED_OUT : 0;
}

/** Reference price present, fresh and finite; collar; tick. Sets the price that holds are counted at. */
export function checkPrice(s: ClientState, c: Candidate): number {
  return checkReference(s, c) || checkCollar(s, c) || checkTick(s, c) || countHoldPrice(c);
}

export function checkReference(s: ClientState, c: Candidate): number {
  const { listings } = s;
  const i = c.listing;
  const bid = listings.bid[i] as number;
  const ask = listings.ask[i] as number;
  const quoted = bid !== NO_PRICE && ask !== NO_PRICE;
  const reference = quoted ? Math.floor((bid + ask) / 2) : (listings.last[i] as number);
  c.reference = reference;
  if (reference === NO_PRICE) return REJECTION.PRICE_ABSENT;
  c.touch = quoted ? (c.side === 1 ? ask : bid) : reference;
  c.reach = Math.floor((Math.abs(reference) * (listings.collarPpm[i] as number)) / PPM);
  const age = c.time - (listings.sourceTime[i] as number);
  const ageMax = listings.priceAgeMax[i] as number;
  return age > ageMax ? s.verdict.refuse(REJECTION.PRICE_STALE, ageMax, age, 0, 0) : 0;
}

export function checkCollar(s: ClientState, c: Candidate): number {
  if (c.type === MARKET) return 0;
  if (c.price > c.reference + c.reach) return refuseCollar(s, c, c.reference + c.reach, true);
  return c.price < c.reference - c.reach ? refuseCollar(s, c, c.reference - c.reach, false) : 0;
}

export function checkTick(s: ClientState, c: Candidate): number {
  if (c.type === MARKET) return 0;
  const tick = s.listings.tickAt(c.listing, c.price);
  if (tick === 0) return s.verdict.refuse(REJECTION.OFF_TICK, 0, 0, c.price, 0);
  const over = c.price - Math.floor(c.price / tick) * tick;
  if (over === 0) return 0;
  return s.verdict.refuse(REJECTION.OFF_TICK, tick, 0, c.price, c.side === 1 ? c.price - over : c.price - over + tick);
}

/** A buyer may pay up to his limit, at market up to the collar; a seller's margin counts at what the market shows, or better. */
export function countHoldPrice(c: Candidate): number {
  if (c.type === MARKET) c.holdPrice = c.side === 1 ? c.touch + c.reach : c.touch;
  else c.holdPrice = c.side === 1 ? c.price : Math.max(c.price, c.touch);
  return 0;
}

function refuseCollar(s: ClientState, c: Candidate, bound: number, above: boolean): number {
  const tick = s.listings.tickAt(c.listing, bound);
  const pass = tick === 0 ? bound : (above ? Math.floor(bound / tick) : Math.ceil(bound / tick)) * tick;
  return s.verdict.refuse(REJECTION.OUTSIDE_COLLAR, bound, 0, c.price, pass);
}

/** Lot, size and value of one order. */
export function checkSize(s: ClientState, c: Candidate): number {
  return checkLeast(s, c) || checkLot(s, c) || checkMost(s, c) || checkValue(s, c);
}

export function checkLeast({ listings, verdict }: ClientState, c: Candidate): number {
  if (c.quantity >= 1) return 0;
  const max = listings.quantityMax[c.listing] as number;
  return verdict.refuse(REJECTION.QUANTITY_REFUSED, max, 0, c.quantity, Math.min(listings.lot[c.listing] as number, max));
}

export function checkLot({ listings, verdict }: ClientState, c: Candidate): number {
  const lot = listings.lot[c.listing] as number;
  const q = c.quantity;
  // Exact: a multiple divides without a rest, and only a multiple comes back as itself.
  if (Math.floor(q / lot) * lot === q) return 0;
  return verdict.refuse(REJECTION.OFF_LOT, lot, 0, q, Math.max(lot, q - (q % lot)));
}

export function checkMost({ listings, verdict }: ClientState, c: Candidate): number {
  const max = listings.quantityMax[c.listing] as number;
  if (c.quantity <= max) return 0;
  return verdict.refuse(REJECTION.QUANTITY_REFUSED, max, 0, c.quantity, max - (max % (listings.lot[c.listing] as number)));
}

export function checkValue(s: ClientState, c: Candidate): number {
  const { listings, verdict } = s;
  const i = c.listing;
  const price = Math.abs(c.holdPrice);
  const value = c.quantity * price;
  const valueMax = Math.min(listings.valueMax[i] as number, ORDER_VALUE_MAX);
  if (value <= valueMax) return 0;
  const perUnit = minorPerValue(s, i);
  const asked = Math.min(Math.ceil(value * perUnit), Number.MAX_SAFE_INTEGER);
  const fit = Math.floor(valueMax / price);
  const lot = listings.lot[i] as number;
  return verdict.refuse(REJECTION.NOTIONAL_TOO_LARGE, Math.floor(valueMax * perUnit), 0, asked, fit - (fit % lot));
}

/** Minor units of the listing's currency in one of quantity × price. */
export function minorPerValue(s: ClientState, listing: number): number {
  return 10 ** (s.currencies.digits[s.listings.currency[listing] as number] as number) / 10_000;
}

/** Orders and replaces of an account that arrived in the second of `time`. */
export function arrivedIn({ accounts }: ClientState, account: number, time: number): number {
  return accounts.second[account] === Math.floor(time / 1_000_000) ? (accounts.arrived[account] as number) : 0;
}

export function checkRate(s: ClientState, c: Candidate): number {
  const max = s.accounts.orderRateMax[c.account] as number;
  const arrived = arrivedIn(s, c.account, c.time);
  return arrived >= max ? s.verdict.refuse(REJECTION.THROTTLED, max, arrived, 1, 0) : 0;
}

/** The only thing that a check changes: an arrival counts whether or not what follows passes. */
export function countArrival(s: ClientState, c: Candidate): number {
  const { accounts } = s;
  accounts.arrived[c.account] = arrivedIn(s, c.account, c.time) + 1;
  accounts.second[c.account] = Math.floor(c.time / 1_000_000);
  return 0;
}

/** Short selling; closing no more than there is; the projected position (RC-f). */
export function checkPosition(s: ClientState, c: Candidate): number {
  return checkShort(s, c) || checkProjected(s, c);
}

export function checkShort(s: ClientState, c: Candidate): number {
  if (c.leg !== LEG_OPEN_SHORT) return 0;
  const route = s.accounts.route[c.account] as number;
  return s.listings.shortAllowed[c.listing] === 0 || s.routes.shortAllowed[route] === 0 ? REJECTION.SHORT_REFUSED : 0;
}

export function checkProjected(s: ClientState, c: Candidate): number {
  const { positions, verdict } = s;
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
export function rateTo(s: ClientState, listing: number, currency: number): number {
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
  const rejection = checkRateSet(s, c);
  if (rejection !== 0) return rejection;
  const count = s.accounts.cellCount[c.account] as number;
  for (let n = 0; n < count; n++) {
    const refused = checkCell(s, c, n);
    if (refused !== 0) return refused;
  }
  return 0;
}

/** A contract in another currency than its underlying's cannot be valued without the rate, whatever its cells. */
export function checkRateSet(s: ClientState, c: Candidate): number {
  return rateTo(s, c.listing, s.accounts.currency[c.account] as number) === 0 ? REJECTION.RATE_ABSENT : 0;
}

/** The n-th cell of the account. What closes needs nothing of it. */
export function checkCell(s: ClientState, c: Candidate, n: number): number {
  const { accounts, cells, orders } = s;
  if (closes(c.leg)) {
    s.need[n] = 0;
    return 0;
  }
  const cell = accounts.cells[c.account * CELLS_PER_ORDER + n] as number;
  if (!cells.has(cell)) return refuseCell(s, c, cell, n, 0, c.leaves);
  const need = needOfCell(s, c.account, c.listing, n, c.leaves, c.holdPrice);
  if (need < 0) return REJECTION.RATE_ABSENT;
  const held = c.order < 0 ? 0 : (orders.hold[c.order + n] as number);
  if (need - held > cells.free(cell)) return refuseCell(s, c, cell, n, held, need);
  s.need[n] = need;
  return 0;
}

/** Room for one more order. */
export function checkRoom(s: ClientState): number {
  return s.orders.full || s.requests.full ? s.verdict.refuse(REJECTION.CAPACITY, s.orders.liveCount) : 0;
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
