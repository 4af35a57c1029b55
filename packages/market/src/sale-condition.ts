/**
 * Sale conditions of US consolidated-tape prints: a 32-bit mask, in files written as hexadecimal. The bits are those
 * of the LEAN sample data (`TradeConditionFlags`, Apache-2.0), which unite the CTA and UTP condition codes.
 */
export const SALE_CONDITION = {
  regular: 1 << 0,
  cash: 1 << 1,
  nextDay: 1 << 2,
  seller: 1 << 3,
  yellowFlag: 1 << 4,
  intermarketSweep: 1 << 5,
  openingPrint: 1 << 6,
  closingPrint: 1 << 7,
  reopeningPrint: 1 << 8,
  derivativelyPriced: 1 << 9,
  formT: 1 << 10,
  sold: 1 << 11,
  stopped: 1 << 12,
  extendedHours: 1 << 13,
  outOfSequence: 1 << 14,
  split: 1 << 15,
  acquisition: 1 << 16,
  bunched: 1 << 17,
  stockOption: 1 << 18,
  distribution: 1 << 19,
  averagePrice: 1 << 20,
  cross: 1 << 21,
  priceVariation: 1 << 22,
  rule155: 1 << 23,
  officialClose: 1 << 24,
  priorReferencePrice: 1 << 25,
  officialOpen: 1 << 26,
  capElection: 1 << 27,
  autoExecution: 1 << 28,
  tradeThroughExempt: 1 << 29,
  undocumented: 1 << 30,
  oddLot: 1 << 31,
} as const;

/**
 * A print moves the last price only when every one of its conditions is in this set: an ordinary sale, a sweep, an
 * auction of the day. Everything else — out of sequence, average, derivative, prior-reference, extended-hours, odd-lot
 * prints, unknown bits — is volume at most. The two "official" values are statements about the day, not sales.
 */
const MOVES_PRICE =
  SALE_CONDITION.regular |
  SALE_CONDITION.intermarketSweep |
  SALE_CONDITION.openingPrint |
  SALE_CONDITION.closingPrint |
  SALE_CONDITION.reopeningPrint |
  SALE_CONDITION.autoExecution |
  SALE_CONDITION.tradeThroughExempt;

/** Participant code of off-exchange prints reported to FINRA (ADF and trade reporting facilities). */
export const OFF_EXCHANGE = 'D';

/** Participant codes of the consolidated tapes in 2013 → MIC of the market that printed; D is no exchange. */
export const TAPE_PARTICIPANTS: Readonly<Record<string, string>> = {
  A: 'XASE',
  B: 'XBOS',
  C: 'XCIS',
  D: 'FINN',
  J: 'EDGA',
  K: 'EDGX',
  M: 'XCHI',
  N: 'XNYS',
  P: 'ARCX',
  Q: 'XNAS',
  T: 'XNAS',
  W: 'XCBO',
  X: 'XPHL',
  Y: 'BATY',
  Z: 'BATS',
};

/** "20000020" → mask as an unsigned 32-bit number. Null when the text is no mask. */
export function readSaleCondition(text: string): number | null {
  return /^[0-9A-Fa-f]{1,8}$/.test(text) ? Number.parseInt(text, 16) : null;
}

/** Whether a print with these conditions, from this participant, may move a last price. */
export function movesLastPrice(condition: number, participant: string): boolean {
  return participant !== OFF_EXCHANGE && condition !== 0 && ((condition & ~MOVES_PRICE) | 0) === 0;
}

export function hasCondition(condition: number, flag: number): boolean {
  return (condition & flag) !== 0;
}
