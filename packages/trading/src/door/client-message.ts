import { Problem } from '@meridian/base';
import { type FixMessage, packText, Tag } from '@meridian/fix';
import { type Command, NO_PRICE, NODE_PRICE_DIGITS, REJECTION } from '@meridian/messages';

/** Reads a client's FIX 4.4 application message into a command: texts become dense ids here, 0 where nobody knows them. */

const NEW_ORDER = packText('D');
const REPLACE = packText('G');
const CANCEL = packText('F');
const STATUS = packText('H');

/** What a door knows of texts. */
export interface ClientDirectory {
  /** FIX 1 on this session; 0 unknown. */
  account(session: number, text: string): number;
  /** FIX 55 and 207 (MIC; absent: this node's market); 0 unknown. */
  listing(symbol: string, mic: string | undefined): number;
  currencyOf(listing: number): string | undefined;
}

const ID = /^[\x20-\x7e]{1,255}$/;

/** The session answers with a Reject of the field. */
function idOf(message: FixMessage, tag: number): string {
  const text = message.text(tag);
  if (text === undefined || !ID.test(text)) throw new Problem('FIX_FIELD_MALFORMED', { tag });
  return text;
}

/** @returns undefined for a message type that this door does not take. */
export function readClientMessage(
  message: FixMessage,
  session: number,
  inSeq: number,
  directory: ClientDirectory,
  backlogged: boolean,
): Command | undefined {
  switch (message.type) {
    case NEW_ORDER:
      return newOrder(message, session, inSeq, directory, backlogged);
    case REPLACE: {
      const ids = { clOrdId: idOf(message, Tag.ClOrdID), origClOrdId: idOf(message, Tag.OrigClOrdID) };
      const price = message.decimal(Tag.Price, NODE_PRICE_DIGITS) ?? NO_PRICE;
      return { name: 'replace-order', body: { session, inSeq, quantity: quantityOf(message), price, fault: 0, ...ids } };
    }
    case CANCEL: {
      const ids = { clOrdId: idOf(message, Tag.ClOrdID), origClOrdId: idOf(message, Tag.OrigClOrdID) };
      return { name: 'cancel-order', body: { session, inSeq, fault: 0, ...ids } };
    }
    case STATUS:
      return { name: 'order-status', body: { session, inSeq, clOrdId: idOf(message, Tag.ClOrdID) } };
    default:
      return undefined;
  }
}

function newOrder(
  message: FixMessage,
  session: number,
  inSeq: number,
  directory: ClientDirectory,
  backlogged: boolean,
): Command {
  const listing = directory.listing(message.text(Tag.Symbol) ?? '', message.text(Tag.SecurityExchange));
  const currency = message.text(Tag.Currency);
  const effect = effectOf(message);
  let fault = 0;
  if (currency !== undefined && listing !== 0 && currency !== directory.currencyOf(listing))
    fault = REJECTION.ORDER_CURRENCY_MISMATCH;
  else if (backlogged && effect !== 2) fault = REJECTION.BACKLOG;
  return {
    name: 'new-order',
    body: {
      session,
      inSeq,
      account: directory.account(session, message.text(Tag.Account) ?? ''),
      listing,
      side: codeOf(message, Tag.Side, '125'),
      effect,
      type: codeOf(message, Tag.OrdType, '12'),
      tif: message.has(Tag.TimeInForce) ? timeInForceOf(message) : 0,
      quantity: quantityOf(message),
      price: message.decimal(Tag.Price, NODE_PRICE_DIGITS) ?? NO_PRICE,
      fault,
      clOrdId: idOf(message, Tag.ClOrdID),
    },
  };
}

/** The digit of a one-character code that the engine knows; 0 for any other, which it refuses. */
function codeOf(message: FixMessage, tag: number, known: string): number {
  const code = message.char(tag);
  return code > 0 && known.includes(String.fromCharCode(code)) ? code - 0x30 : 0;
}

function timeInForceOf(message: FixMessage): number {
  const code = message.char(Tag.TimeInForce);
  return code === 0x30 || code === 0x33 || code === 0x34 ? code - 0x30 : 255;
}

/** FIX 77: O opens, C closes. */
function effectOf(message: FixMessage): number {
  const code = message.char(Tag.PositionEffect);
  return code === 0x4f ? 1 : code === 0x43 ? 2 : 0;
}

/** Whole units; a fraction is malformed, an absent quantity is 0, which the engine refuses. */
function quantityOf(message: FixMessage): number {
  return message.decimal(Tag.OrderQty, 0) ?? 0;
}
