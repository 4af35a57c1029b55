/**
 * What one node holds at most, and what happens there. Part of the engine's behaviour: changing a figure is a new engine
 * version. Tables start small and double, so memory follows use.
 */

/** Live client orders, and as many live child orders. At the bound: CAPACITY. */
export const ORDERS_LIVE_MAX = 1 << 20;
/** Closed orders that can still be recognised (repeated ids, late fills). The oldest is forgotten first. */
export const ORDERS_CLOSED_KEPT = 1 << 18;
/** Client request ids (ClOrdID) remembered, those of live orders included. At the bound: CAPACITY. */
export const REQUESTS_MAX = 1 << 22;
/** Positions, account × listing. At the bound: CAPACITY. */
export const POSITIONS_MAX = 1 << 22;
/** Fills and venue executions that a bust, a correction or a repeat can still be matched with. The oldest goes first. */
export const EXECUTIONS_KEPT = 1 << 20;
/** Dense ids of listings, accounts, sessions, cells, routes. A fact with a higher one is refused. */
export const DENSE_ID_MAX = 1 << 20;
/** Currencies of listings, accounts and cells together. A fact that needs one more is refused. */
export const CURRENCIES_MAX = 64;
/** Bookings recognised when they are repeated. The oldest is forgotten first. */
export const BOOKINGS_KEPT = 4_096;
/** Cells one order consumes. */
export const CELLS_PER_ORDER = 12;
/** Characters of a ClOrdID. A longer one is refused as ORDER_MALFORMED. */
export const CLORDID_CHARS_MAX = 47;
/** Quantity × price of one order stays below this (2^51, NODE_PRICE_SCALE), so that sums of its fills stay exact. */
export const ORDER_VALUE_MAX = 2 ** 51;
/**
 * After the close the cut waits for orders whose children the venue has not answered yet, at most this long in business
 * time (microseconds); then they expire regardless and a fill still to come is a late one.
 */
export const CLOSE_GRACE = 60_000_000;
