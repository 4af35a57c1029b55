import { Problem } from '@meridian/base';
import { type FieldWriter, Tag } from '@meridian/fix';
import {
  type EventBody,
  type EventHeader,
  NO_PRICE,
  NODE_PRICE_DIGITS,
  type NumberedEvent,
  refusalUnit,
  rejectionCode,
} from '@meridian/messages';
import { AVERAGE_DIGITS, averagePrice } from '../board/order-state.ts';
import type { SessionMessage } from './log-session-store.ts';

/** What a report needs of the door to turn dense ids back into texts. */
export interface ReportDirectory {
  readonly market: string;
  accountText(session: number, account: number): string | undefined;
  listingName(listing: number): { readonly mic: string; readonly symbol: string; readonly currency: string } | undefined;
  /** Decimals of the amounts in a refusal: those of the cell's currency, or of the listing's where no cell is named. */
  amountDigits(listing: number, cell: number): number;
}

/** An event of a client session as its FIX message: 8 or 9. The same event gives the same body at every resend. */
export function encodeClientEvent(event: NumberedEvent, directory: ReportDirectory): SessionMessage {
  if (event.name === 'cancel-rejected')
    return { type: '9', write: (writer) => writeCancelRejected(writer, event.body, event.header, directory) };
  if (event.name === 'client-fill')
    return { type: '8', write: (writer) => writeFill(writer, event.body, event.header, directory) };
  if (event.name === 'order-report')
    return { type: '8', write: (writer) => writeReport(writer, event.body, event.header, directory) };
  throw new Error(`${event.name} is not for clients`);
}

const orderId = (market: string, order: number): string => (order === 0 ? 'NONE' : `${market}-${order}`);
const execId = (market: string, seq: number, k: number): string => `${market}-${seq}.${k}`;

interface Head {
  readonly order: number;
  readonly session: number;
  readonly account: number;
  readonly listing: number;
  readonly side: number;
  readonly effect: number;
  readonly type: number;
  readonly tif: number;
  readonly execType: number;
  readonly status: number;
  readonly cumQuantity: number;
  readonly leavesQuantity: number;
  readonly cumValue: number;
  readonly clOrdId: string;
}

function writeHead(writer: FieldWriter, body: Head, header: EventHeader, orig: string, directory: ReportDirectory): void {
  writer
    .text(Tag.OrderID, orderId(directory.market, body.order))
    .text(Tag.ClOrdID, body.clOrdId === '' ? 'NONE' : body.clOrdId);
  if (orig !== '') writer.text(Tag.OrigClOrdID, orig);
  writer.text(Tag.ExecID, execId(directory.market, header.seq, header.k));
  writer.char(Tag.ExecType, body.execType).char(Tag.OrdStatus, body.status);
  const account = directory.accountText(body.session, body.account);
  if (account !== undefined) writer.text(Tag.Account, account);
  const listing = directory.listingName(body.listing);
  writer.text(Tag.Symbol, listing?.symbol ?? '[N/A]');
  if (listing !== undefined) writer.text(Tag.SecurityExchange, listing.mic);
  // A side that could not be read is told as undisclosed (7).
  writer.char(Tag.Side, 0x30 + (body.side === 0 ? 7 : body.side));
  if (body.effect !== 0) writer.char(Tag.PositionEffect, body.effect === 1 ? 0x4f : 0x43);
}

function writeTerms(writer: FieldWriter, body: Head, quantity: number, price: number, directory: ReportDirectory): void {
  writer.int(Tag.OrderQty, quantity);
  if (body.type !== 0) writer.char(Tag.OrdType, 0x30 + body.type);
  if (price !== NO_PRICE) writer.decimal(Tag.Price, price, NODE_PRICE_DIGITS);
  const listing = directory.listingName(body.listing);
  if (listing !== undefined) writer.text(Tag.Currency, listing.currency);
  if (body.tif !== 255) writer.char(Tag.TimeInForce, 0x30 + body.tif);
}

function writeSums(writer: FieldWriter, body: Head, header: EventHeader): void {
  writer.int(Tag.LeavesQty, body.leavesQuantity).int(Tag.CumQty, body.cumQuantity);
  writer.decimal(Tag.AvgPx, Number(averagePrice(body.cumValue, body.cumQuantity)), AVERAGE_DIGITS);
  writer.timestamp(Tag.TransactTime, header.time);
}

function writeReport(
  writer: FieldWriter,
  body: EventBody<'order-report'>,
  header: EventHeader,
  directory: ReportDirectory,
): void {
  writeHead(writer, body, header, body.origClOrdId, directory);
  if (body.status === 0x38) writer.int(Tag.OrdRejReason, orderRejectReason(body.rejection));
  writeTerms(writer, body, body.quantity, body.price, directory);
  writeSums(writer, body, header);
  if (body.rejection !== 0) writer.text(Tag.Text, rejectionText(body, directory));
}

function writeFill(writer: FieldWriter, body: EventBody<'client-fill'>, header: EventHeader, directory: ReportDirectory): void {
  writeHead(writer, body, header, '', directory);
  if (body.execType !== 0x46) writer.text(Tag.ExecRefID, execId(directory.market, body.refSeq, body.refK));
  writeTerms(writer, body, body.orderQuantity, body.orderPrice, directory);
  writer.int(Tag.LastQty, body.quantity).decimal(Tag.LastPx, body.price, NODE_PRICE_DIGITS);
  writeSums(writer, body, header);
}

function writeCancelRejected(
  writer: FieldWriter,
  body: EventBody<'cancel-rejected'>,
  header: EventHeader,
  directory: ReportDirectory,
): void {
  writer
    .text(Tag.OrderID, orderId(directory.market, body.order))
    .text(Tag.ClOrdID, body.clOrdId === '' ? 'NONE' : body.clOrdId);
  writer.text(Tag.OrigClOrdID, body.origClOrdId === '' ? 'NONE' : body.origClOrdId).char(Tag.OrdStatus, body.status);
  writer.timestamp(Tag.TransactTime, header.time);
  writer.char(Tag.CxlRejResponseTo, 0x30 + body.responseTo).int(Tag.CxlRejReason, cancelRejectReason(body.rejection));
  const code = rejectionCode(body.rejection);
  if (code !== undefined) writer.text(Tag.Text, `${code}: ${new Problem(code).document('en').title}`);
}

/** Code and reason in English, Latin-1 as FIX wants it: what the rule allows, what was asked for, what would pass. */
function rejectionText(body: EventBody<'order-report'>, directory: ReportDirectory): string {
  const code = rejectionCode(body.rejection);
  if (code === undefined) return `rejection ${body.rejection}`;
  const unit = refusalUnit(code);
  const price = unit === 'price';
  const digits = price ? NODE_PRICE_DIGITS : unit === 'amount' ? directory.amountDigits(body.listing, body.cell) : 0;
  const { limit, used, requested, wouldPass } = body;
  const passes = price ? decimal(wouldPass, NODE_PRICE_DIGITS) : String(wouldPass);
  const params = {
    limit: decimal(limit, digits),
    used: decimal(used, digits),
    requested: decimal(requested, digits),
    wouldPass: passes,
  };
  const text = `${code}: ${new Problem(code, params).detail('en')}`;
  return [...text].map((c) => (c === 'µ' || c.charCodeAt(0) < 0x80 ? c : '?')).join('');
}

function decimal(scaled: number, digits: number): string {
  if (digits === 0) return String(scaled);
  const text = String(Math.abs(scaled)).padStart(digits + 1, '0');
  return `${scaled < 0 ? '-' : ''}${text.slice(0, -digits)}.${text.slice(-digits)}`;
}

/** FIX 103. */
function orderRejectReason(rejection: number): number {
  switch (rejectionCode(rejection)) {
    case 'ORDER_LISTING_UNKNOWN':
      return 1;
    case 'MARKET_CLOSED':
      return 2;
    case 'LEASE_STATIC':
    case 'POSITION_LIMIT':
    case 'NOTIONAL_TOO_LARGE':
      return 3;
    case 'ORDER_UNKNOWN':
      return 5;
    case 'DUPLICATE_ID':
      return 6;
    case 'ORDER_MALFORMED':
      return 11;
    case 'QUANTITY_REFUSED':
    case 'OFF_LOT':
    case 'CLOSE_EXCEEDS_POSITION':
      return 13;
    case 'ORDER_ACCOUNT_UNKNOWN':
      return 15;
    default:
      return 99;
  }
}

/** FIX 102. */
function cancelRejectReason(rejection: number): number {
  switch (rejectionCode(rejection)) {
    case 'ORDER_CLOSED':
      return 0;
    case 'ORDER_UNKNOWN':
      return 1;
    case 'ORDER_BUSY':
      return 3;
    case 'DUPLICATE_ID':
      return 6;
    default:
      return 99;
  }
}
