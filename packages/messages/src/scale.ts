/**
 * Scales of the integers that travel in commands and events. All are integers below 2^53 held in doubles.
 */

/** Prices in nodes: 1e-4 of the quote unit. Signed. */
export const NODE_PRICE_DIGITS = 4;
export const NODE_PRICE_SCALE = 10_000;

/** FX rates in nodes: 1e-8 of the target currency per unit of the source currency. */
export const NODE_FX_DIGITS = 8;
export const NODE_FX_SCALE = 100_000_000;

/** Rates such as initial margin and collars: 1e-6 (parts per million). */
export const PPM = 1_000_000;

/** "No value" of an optional price (a market order's limit, an absent bid). Outside every price collar. */
export const NO_PRICE = -Number.MAX_SAFE_INTEGER;
