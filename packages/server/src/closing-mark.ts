import { formatInstant, type Instant, MICROS_PER_SECOND } from '@meridian/base';
import type { Session } from '@meridian/market';
import { type CommandBody, NO_PRICE } from '@meridian/messages';
import type { MarketService } from '@meridian/trading';

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
  const { listings } = service.log.node.client;
  const marks: CommandBody<'closing-mark'>[] = [];
  for (const [listing] of service.log.node.listings) {
    if (marked.has(markKey(listing, session.date))) continue;
    const ofDay = service
      .closingCandidates()
      .filter((each) => each.listing === listing && sameDay(each.sourceTime, session.open));
    const print = ofDay.find((each) => each.kind === 'closing-print');
    if (print !== undefined)
      marks.push({ listing, date: session.date, price: print.price, kind: 'closing-print', sourceTime: print.sourceTime });
    else if (now >= session.close + PRINT_WAIT) {
      const [bid, ask, at] = [listings.bid[listing], listings.ask[listing], listings.sourceTime[listing]];
      const held =
        bid !== undefined &&
        ask !== undefined &&
        at !== undefined &&
        bid !== NO_PRICE &&
        ask !== NO_PRICE &&
        sameDay(at, session.open);
      const mid =
        ofDay.find((each) => each.kind === 'last-mid') ??
        (held ? { price: Math.floor((bid + ask) / 2), sourceTime: at } : undefined);
      if (mid !== undefined)
        marks.push({ listing, date: session.date, price: mid.price, kind: 'last-mid', sourceTime: mid.sourceTime });
    }
  }
  return marks;
}

export function markKey(listing: number, date: string): string {
  return `${listing} ${date}`;
}

function sameDay(a: Instant, b: Instant): boolean {
  return formatInstant(a).slice(0, 10) === formatInstant(b).slice(0, 10);
}
