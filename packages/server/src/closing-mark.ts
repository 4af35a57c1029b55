import { formatInstant, type Instant, MICROS_PER_SECOND } from '@meridian/base';
import type { Session } from '@meridian/market';
import type { CommandBody } from '@meridian/messages';
import type { MarketNode, MarketService } from '@meridian/trading';

/** How long after the close the primary closing print is waited for before the last mid serves. */
const PRINT_WAIT = 10 * 60 * MICROS_PER_SECOND;

/**
 * The marks of a closed session: the market's primary closing print as soon as it is there, else, after a wait, the last
 * mid before the close. A node that was restarted in between takes the last reference price that its log holds.
 */
export function marksDue(
  service: MarketService,
  session: Session,
  now: Instant,
  marked: ReadonlySet<string>,
): CommandBody<'closing-mark'>[] {
  const { node } = service.log;
  const date = session.date;
  return [...node.listings.keys()].flatMap((listing) => {
    if (marked.has(markKey(listing, date))) return [];
    const heard = service
      .closingCandidates()
      .filter((each) => each.listing === listing && sameDay(each.sourceTime, session.open));
    const print = heard.find((each) => each.kind === 'closing-print');
    if (print !== undefined) return [{ listing, date, kind: print.kind, price: print.price, sourceTime: print.sourceTime }];
    if (now < session.close + PRINT_WAIT) return [];
    const mid = heard.find((each) => each.kind === 'last-mid') ?? midOf(node.quote(listing), session);
    return mid === undefined ? [] : [{ listing, date, kind: 'last-mid', price: mid.price, sourceTime: mid.sourceTime }];
  });
}

function midOf(
  quote: ReturnType<MarketNode['quote']>,
  session: Session,
): { readonly price: number; readonly sourceTime: Instant } | undefined {
  if (quote === undefined || !sameDay(quote.sourceTime, session.open)) return undefined;
  return { price: Math.floor((quote.bid + quote.ask) / 2), sourceTime: quote.sourceTime };
}

export function markKey(listing: number, date: string): string {
  return `${listing} ${date}`;
}

function sameDay(a: Instant, b: Instant): boolean {
  return formatInstant(a).slice(0, 10) === formatInstant(b).slice(0, 10);
}
