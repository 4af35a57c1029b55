import { type Instant, type Logger, mulDiv, Problem } from '@meridian/base';
import { type FieldWriter, type FixMessage, packText, Session, type SessionStore, Tag } from '@meridian/fix';
import { NO_PRICE, NODE_PRICE_DIGITS } from '@meridian/messages';
import { dictionary } from './dictionary.ts';
import type { VenueCommand } from './venue-command.ts';
import { executionId, type NumberedVenueEvent, venueOrderId } from './venue-event.ts';

/** What a FIX door needs of the venue behind it. */
export interface VenueDoor {
  readonly mic: string;
  /** Stamps the venue's business time, applies at once; the command's sequence number. */
  submit(command: VenueCommand): number;
  /** Resolves when a command is durable. */
  committed(seq: number): Promise<void>;
  numbers(session: number): { readonly nextIn: number; readonly nextOut: number };
}

/** Order entry of one member: FIX 4.4, D G F H in, 8 and 9 out. */
export interface OrderSession {
  readonly session: Session;
  /** Takes a committed event of this session: sends its report, and keeps it for resends. */
  report(event: NumberedVenueEvent): void;
}

type Report = Extract<NumberedVenueEvent, { name: 'execution' | 'cancel-reject' }>;

const NEW_ORDER = packText('D');
const REPLACE = packText('G');
const CANCEL = packText('F');
const STATUS = packText('H');

/** Ids and accounts: printable, without blank and comma, so that they stand in any file. */
const ID = /^[\x21-\x2b\x2d-\x7e]+$/;
const ID_CHARS_MAX = 64;
const ACCOUNT_CHARS_MAX = 32;

export function openOrderSession(
  door: VenueDoor,
  number: number,
  compIds: { readonly venue: string; readonly member: string },
  logger: Logger,
): OrderSession {
  /** Reports by outbound number: a resend encodes them again. Rebuilt from the event file at every start. */
  const reports = new Map<number, Report>();
  const store: SessionStore = {
    nextIn: () => door.numbers(number).nextIn,
    allocate(type, done) {
      const seq = door.submit({ name: 'venue-session-out', body: { session: number, msgType: type.charCodeAt(0) } });
      const given = door.numbers(number).nextOut - 1;
      void door.committed(seq).then(() => done(given));
    },
    advanceIn(next) {
      door.submit({ name: 'venue-session-in', body: { session: number, inSeq: next - 1 } });
    },
    reset(done) {
      const seq = door.submit({ name: 'venue-session-reset', body: { session: number, nextIn: 1, nextOut: 1 } });
      void door.committed(seq).then(done);
    },
    resend(begin, end, item, done) {
      for (let seq = begin; seq <= end; seq++) {
        const event = reports.get(seq);
        if (event !== undefined)
          item(seq, messageType(event), event.header.time, (writer) => writeReport(writer, event, door.mic));
      }
      done();
    },
  };

  const session = new Session({
    dictionary,
    senderCompId: compIds.venue,
    targetCompId: compIds.member,
    store,
    application: {
      onApplication(message, seq) {
        const command = readCommand(message, number, seq, door.mic);
        if (command === undefined) refuseType(message, seq);
        else door.submit(command);
      },
    },
    logger,
  });

  /** An application message that a venue does not take: BusinessMessageReject, not kept, filled when it is asked for again. */
  function refuseType(message: FixMessage, seq: number): void {
    const type = message.textAt(0);
    store.advanceIn(seq + 1);
    store.allocate('j', (given) => {
      session.sendApplication(given, 'j', (writer) => {
        writer.int(Tag.RefSeqNum, seq).text(Tag.RefMsgType, type).int(Tag.BusinessRejectReason, 3);
        writer.text(Tag.Text, 'message type is not taken on this session');
      });
    });
  }

  return {
    session,
    report(event) {
      if (event.name === 'session-was-reset') reports.clear();
      if (event.name !== 'execution' && event.name !== 'cancel-reject') return;
      const { outSeq } = event.body;
      reports.set(outSeq, event);
      session.sendApplication(outSeq, messageType(event), (writer) => writeReport(writer, event, door.mic));
    },
  };
}

function messageType(event: Report): string {
  return event.name === 'execution' ? '8' : '9';
}

/** A field whose value cannot be represented: the session answers with a Reject. */
function malformed(tag: number): Problem {
  return new Problem('FIX_FIELD_MALFORMED', { tag });
}

function idOf(message: FixMessage, tag: number, charsMax = ID_CHARS_MAX): string {
  const text = message.text(tag);
  if (text === undefined || text.length > charsMax || !ID.test(text)) throw malformed(tag);
  return text;
}

function readCommand(message: FixMessage, session: number, inSeq: number, mic: string): VenueCommand | undefined {
  switch (message.type) {
    case NEW_ORDER:
      return {
        name: 'venue-new',
        body: {
          ...{ session, inSeq, side: digitOf(message, Tag.Side), type: digitOf(message, Tag.OrdType) },
          tif: message.has(Tag.TimeInForce) ? timeInForceOf(message) : 0,
          possResend: message.flag(Tag.PossResend) ? 1 : 0,
          quantity: quantityOf(message),
          price: message.decimal(Tag.Price, NODE_PRICE_DIGITS) ?? NO_PRICE,
          clOrdId: idOf(message, Tag.ClOrdID),
          account: message.has(Tag.Account) ? idOf(message, Tag.Account, ACCOUNT_CHARS_MAX) : '',
          symbol: symbolOf(message, mic),
        },
      };
    case REPLACE:
      return {
        name: 'venue-replace',
        body: {
          ...{ session, inSeq, side: digitOf(message, Tag.Side), type: digitOf(message, Tag.OrdType) },
          quantity: quantityOf(message),
          price: message.decimal(Tag.Price, NODE_PRICE_DIGITS) ?? NO_PRICE,
          clOrdId: idOf(message, Tag.ClOrdID),
          origClOrdId: idOf(message, Tag.OrigClOrdID),
          symbol: symbolOf(message, mic),
        },
      };
    case CANCEL:
      return {
        name: 'venue-cancel',
        body: {
          ...{ session, inSeq, side: digitOf(message, Tag.Side) },
          clOrdId: idOf(message, Tag.ClOrdID),
          origClOrdId: idOf(message, Tag.OrigClOrdID),
          symbol: symbolOf(message, mic),
        },
      };
    case STATUS: {
      const side = digitOf(message, Tag.Side);
      return {
        name: 'venue-status',
        body: { session, inSeq, side, clOrdId: idOf(message, Tag.ClOrdID), symbol: symbolOf(message, mic) },
      };
    }
    default:
      return undefined;
  }
}

/** A one-digit code; 0 for any other, which the machine refuses. */
function digitOf(message: FixMessage, tag: number): number {
  const code = message.char(tag);
  return code >= 0x31 && code <= 0x39 ? code - 0x30 : 0;
}

function timeInForceOf(message: FixMessage): number {
  const code = message.char(Tag.TimeInForce);
  return code >= 0x30 && code <= 0x39 ? code - 0x30 : 255;
}

/** 0 for what is no positive whole number, which the machine refuses. */
function quantityOf(message: FixMessage): number {
  const quantity = message.decimal(Tag.OrderQty, 0) ?? 0;
  return quantity > 0 ? quantity : 0;
}

/** A symbol of another market is none of ours: it becomes one that nobody lists. */
function symbolOf(message: FixMessage, mic: string): string {
  const symbol = message.text(Tag.Symbol);
  if (symbol === undefined || !/^[\x20-\x7e]{1,32}$/.test(symbol)) throw malformed(Tag.Symbol);
  const exchange = message.text(Tag.SecurityExchange);
  if (exchange !== undefined && !/^[\x20-\x7e]{1,16}$/.test(exchange)) throw malformed(Tag.SecurityExchange);
  return exchange === undefined || exchange === mic ? symbol : `${symbol}.${exchange}`;
}

function writeReport(writer: FieldWriter, event: Report, mic: string): void {
  if (event.name === 'execution') writeExecution(writer, event.body, event.header, mic);
  else writeCancelReject(writer, event.body, mic);
}

function writeExecution(
  writer: FieldWriter,
  body: Extract<Report, { name: 'execution' }>['body'],
  header: { readonly seq: number; readonly k: number },
  mic: string,
): void {
  const { execution, reference, clOrdId, origClOrdId, account } = body;
  writer.text(Tag.OrderID, venueOrderId(mic, body.order)).text(Tag.ClOrdID, clOrdId);
  if (origClOrdId !== '') writer.text(Tag.OrigClOrdID, origClOrdId);
  writer.text(Tag.ExecID, execution === 0 ? `${mic}-R${header.seq}.${header.k}` : executionId(mic, execution));
  if (reference !== 0) writer.text(Tag.ExecRefID, executionId(mic, reference));
  writer.char(Tag.ExecType, body.execType).char(Tag.OrdStatus, body.status);
  if (body.reason !== 65_535) writer.int(Tag.OrdRejReason, body.reason);
  if (account !== '') writer.text(Tag.Account, account);
  writer.text(Tag.Symbol, body.symbol);
  if (body.listing !== 0) writer.text(Tag.SecurityExchange, mic);
  // A side that we could not read is told as undisclosed (7).
  writer.char(Tag.Side, 0x30 + (body.side === 0 ? 7 : body.side)).int(Tag.OrderQty, body.quantity);
  if (body.type !== 0) writer.char(Tag.OrdType, 0x30 + body.type);
  if (body.price !== NO_PRICE) writer.decimal(Tag.Price, body.price, NODE_PRICE_DIGITS);
  if (body.tif < 10) writer.char(Tag.TimeInForce, 0x30 + body.tif);
  if (execution !== 0) {
    writer.int(Tag.LastQty, body.lastQuantity).decimal(Tag.LastPx, body.lastPrice, NODE_PRICE_DIGITS).text(Tag.LastMkt, mic);
  }
  writer.int(Tag.LeavesQty, body.leavesQuantity).int(Tag.CumQty, body.cumQuantity);
  writer.decimal(Tag.AvgPx, averagePrice(body.cumValue, body.cumQuantity), AVERAGE_DIGITS);
  writer.timestamp(Tag.TransactTime, body.transactTime as Instant);
  if (body.text !== '') writer.text(Tag.Text, body.text);
}

const AVERAGE_DIGITS = 8;

/**
 * Rounded half even to the eighth decimal; the exact value is Σ quantity × price of the fills. The venue's own arithmetic on
 * purpose: it is the counterparty, and where it used the node's, no test could see the two disagree.
 */
function averagePrice(value: number, quantity: number): number {
  if (quantity === 0) return 0;
  return Number(mulDiv(BigInt(value), 10n ** BigInt(AVERAGE_DIGITS - NODE_PRICE_DIGITS), BigInt(quantity), 'half-even'));
}

function writeCancelReject(writer: FieldWriter, body: Extract<Report, { name: 'cancel-reject' }>['body'], mic: string): void {
  writer
    .text(Tag.OrderID, venueOrderId(mic, body.order))
    .text(Tag.ClOrdID, body.clOrdId)
    .text(Tag.OrigClOrdID, body.origClOrdId);
  writer.char(Tag.OrdStatus, body.status);
  if (body.account !== '') writer.text(Tag.Account, body.account);
  writer.timestamp(Tag.TransactTime, body.transactTime as Instant);
  writer.char(Tag.CxlRejResponseTo, 0x30 + body.responseTo).int(Tag.CxlRejReason, body.reason);
  if (body.text !== '') writer.text(Tag.Text, body.text);
}
