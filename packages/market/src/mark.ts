import { declareProblems, type Instant } from '@meridian/base';
import type { TapePrint, TapeQuote } from './recorded-session.ts';
import { hasCondition, SALE_CONDITION, TAPE_PARTICIPANTS } from './sale-condition.ts';

const { problem } = declareProblems({
  MARK_MISSING: {
    status: 422,
    title: { zh: '没有收盘价', en: 'No closing mark' },
    detail: { zh: '{symbol} 在 {mic} 没有可用的{basis}', en: '{symbol} has no usable {basis} on {mic}' },
    remedy: { zh: '由两人复核录入收盘价', en: 'Enter the mark under four eyes' },
  },
});

/** A price at which positions are valued, with how it was found. Price in PRICE_DIGITS decimals. */
export interface Mark {
  readonly price: bigint;
  readonly at: Instant;
  readonly basis: 'official-close' | 'closing-print' | 'last-mid';
}

/**
 * The primary closing print of a day: on the listing market only, the print that states the market's official close;
 * where the market prints none (NYSE in 2013), its single-priced closing auction. Two prices are no closing price.
 * @throws Problem MARK_MISSING
 */
export function primaryClose(prints: readonly TapePrint[], symbol: string, mic: string): Mark {
  const primary = prints.filter((p) => p.symbol === symbol && TAPE_PARTICIPANTS[p.participant] === mic && !p.suspicious);
  for (const [flag, basis] of [
    [SALE_CONDITION.officialClose, 'official-close'],
    [SALE_CONDITION.closingPrint, 'closing-print'],
  ] as const) {
    const stated = primary.filter((p) => hasCondition(p.condition, flag));
    const last = stated.at(-1);
    if (last !== undefined && stated.every((p) => p.price === last.price))
      return { price: BigInt(last.price), at: last.at, basis };
  }
  throw problem('MARK_MISSING', { symbol, mic, basis: 'primary closing print' });
}

/**
 * The last mid before the close: of quotes (or quote bars) that ended by the close, two-sided, neither crossed nor
 * locked. Exact: a half of the last decimal cannot occur, prices have eight.
 * @throws Problem MARK_MISSING
 */
export function lastMid(quotes: readonly TapeQuote[], symbol: string, mic: string, close: Instant): Mark {
  const last = quotes.findLast((q) => q.symbol === symbol && q.at + q.spanMicros <= close && q.bid > 0 && q.bid < q.ask);
  if (last === undefined) throw problem('MARK_MISSING', { symbol, mic, basis: 'two-sided quote before the close' });
  return { price: (BigInt(last.bid) + BigInt(last.ask)) / 2n, at: last.at + last.spanMicros, basis: 'last-mid' };
}
