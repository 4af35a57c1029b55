import { Problem } from '@meridian/base';
import { type FieldWriter, type FixMessage, packText, Tag } from '@meridian/fix';
import { type Command, type EventBody, type EventHeader, NO_PRICE, NODE_PRICE_DIGITS } from '@meridian/messages';
import type { SessionMessage } from './log-session-store.ts';

/**
 * FIX 4.4 with the venue or broker. What goes out is written from a `hedge-order` event and this directory, neither of
 * which has a member for anything of a client: house account, listing, and a ClOrdID that tells an outsider nothing. TC-6.
 */
export interface HedgeDirectory {
  /** FIX 1: the trading account of a route, in the house's name. */
  tradingAccount(route: number): string;
  listingName(listing: number): { readonly mic: string; readonly symbol: string } | undefined;
}

const TYPE = { 1: 'D', 2: 'G', 3: 'F' } as const;

export function encodeHedgeOrder(
  body: EventBody<'hedge-order'>,
  header: EventHeader,
  directory: HedgeDirectory,
): SessionMessage {
  const type = TYPE[body.action as 1 | 2 | 3];
  return { type, write: (writer) => writeHedgeOrder(writer, body, header, directory) };
}

function writeHedgeOrder(
  writer: FieldWriter,
  body: EventBody<'hedge-order'>,
  header: EventHeader,
  directory: HedgeDirectory,
): void {
  const listing = directory.listingName(body.listing);
  if (listing === undefined) throw new Error(`listing ${body.listing} has no name`);
  if (body.origClOrdId !== '') writer.text(Tag.OrigClOrdID, body.origClOrdId);
  writer.text(Tag.ClOrdID, body.clOrdId).text(Tag.Account, directory.tradingAccount(body.route));
  if (body.action !== 3) writer.char(Tag.HandlInst, 0x31);
  writer
    .text(Tag.Symbol, listing.symbol)
    .text(Tag.SecurityExchange, listing.mic)
    .char(Tag.Side, 0x30 + body.side);
  writer.timestamp(Tag.TransactTime, header.time).int(Tag.OrderQty, body.quantity);
  if (body.action === 3) return;
  writer.char(Tag.OrdType, 0x30 + body.type);
  if (body.price !== NO_PRICE) writer.decimal(Tag.Price, body.price, NODE_PRICE_DIGITS);
  if (body.action === 1) writer.char(Tag.TimeInForce, 0x30 + body.tif);
}

const EXECUTION = packText('8');
const CANCEL_REJECT = packText('9');
const ABSENT = 65_535;

/** @returns undefined for a message type that a venue has no business sending here. */
export function readVenueMessage(message: FixMessage, session: number, inSeq: number): Command | undefined {
  if (message.type === EXECUTION) {
    return {
      name: 'venue-report',
      body: {
        session,
        inSeq,
        execType: codeOf(message, Tag.ExecType),
        status: codeOf(message, Tag.OrdStatus),
        lastQuantity: message.decimal(Tag.LastQty, 0) ?? 0,
        lastPrice: message.decimal(Tag.LastPx, NODE_PRICE_DIGITS) ?? 0,
        cumQuantity: message.decimal(Tag.CumQty, 0) ?? 0,
        leavesQuantity: message.decimal(Tag.LeavesQty, 0) ?? 0,
        transactTime: message.timestamp(Tag.TransactTime) ?? 0,
        reason: reasonOf(message, Tag.OrdRejReason),
        clOrdId: textOf(message, Tag.ClOrdID),
        origClOrdId: textOf(message, Tag.OrigClOrdID),
        execId: textOf(message, Tag.ExecID),
        execRefId: textOf(message, Tag.ExecRefID),
        venueOrderId: textOf(message, Tag.OrderID),
      },
    };
  }
  if (message.type !== CANCEL_REJECT) return undefined;
  const to = codeOf(message, Tag.CxlRejResponseTo);
  return {
    name: 'venue-cancel-reject',
    body: {
      session,
      inSeq,
      status: codeOf(message, Tag.OrdStatus),
      responseTo: to === 0x31 ? 1 : 2,
      reason: reasonOf(message, Tag.CxlRejReason),
      clOrdId: textOf(message, Tag.ClOrdID),
      origClOrdId: textOf(message, Tag.OrigClOrdID),
    },
  };
}

function codeOf(message: FixMessage, tag: number): number {
  const code = message.char(tag);
  if (code < 0) throw new Problem('FIX_FIELD_MALFORMED', { tag });
  return code;
}

function reasonOf(message: FixMessage, tag: number): number {
  const reason = message.int(tag);
  return reason === undefined || reason < 0 || reason >= ABSENT ? ABSENT : reason;
}

/** Printable ASCII; an absent text is empty. */
function textOf(message: FixMessage, tag: number): string {
  const text = message.text(tag) ?? '';
  if (!/^[\x20-\x7e]{0,255}$/.test(text)) throw new Problem('FIX_FIELD_MALFORMED', { tag });
  return text;
}
