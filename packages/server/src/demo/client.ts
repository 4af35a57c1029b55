import fs from 'node:fs';
import { formatInstant, type Instant, type Logger } from '@meridian/base';
import { compileDictionary, connect, FIX44, type FixMessage, Session, Tag } from '@meridian/fix';
import { clientStore } from './client-store.ts';

/**
 * A demo client's FIX initiator: it types orders like any client of the house would, and hears the reports. Nothing here
 * knows the house from inside.
 */
export interface DemoClient {
  readonly name: string;
  send(order: ClientOrder): void;
  replace(change: { readonly id: string; readonly original: string; readonly order: ClientOrder }): void;
  cancel(request: { readonly id: string; readonly original: string; readonly order: ClientOrder }): void;
  /** Resolves when the session is up. */
  ready(): Promise<void>;
  onReport(listener: (report: Report) => void): void;
  close(): Promise<void>;
}

/** Prices as decimal text; absent for a market order. */
export interface ClientOrder {
  readonly id: string;
  readonly account: string;
  readonly symbol: string;
  readonly mic: string;
  readonly side: 'buy' | 'sell';
  readonly effect: 'open' | 'close';
  readonly quantity: number;
  readonly price?: string;
}

/** What an execution report or a cancel reject said. */
export interface Report {
  readonly type: '8' | '9' | 'j';
  readonly id: string;
  /** Empty for anything but an execution report. */
  readonly execId: string;
  readonly execType: string;
  readonly status: string;
  readonly symbol: string;
  readonly side: string;
  readonly lastQuantity: number;
  readonly lastPrice: string;
  /** Over all fills of the order so far. */
  readonly averagePrice: string;
  readonly cumQuantity: number;
  readonly leavesQuantity: number;
  readonly text: string;
}

export interface DemoClientOptions {
  readonly name: string;
  readonly senderCompId: string;
  readonly targetCompId: string;
  readonly port: number;
  readonly logger: Logger;
  /** Business time, for TransactTime. */
  readonly now: () => Instant;
  /** The client's own record of what it was told, one line of JSON a report. */
  readonly record: string;
  /** File of the session's numbers. */
  readonly numbers: string;
}

const DICTIONARY = compileDictionary(FIX44);

export function demoClient(options: DemoClientOptions): DemoClient {
  const store = clientStore(options.numbers);
  const listeners: ((report: Report) => void)[] = [];
  const waiting: (() => void)[] = [];
  const session = new Session({
    dictionary: DICTIONARY,
    senderCompId: options.senderCompId,
    targetCompId: options.targetCompId,
    store,
    heartbeatSeconds: 10,
    logger: options.logger,
    application: {
      onApplication(message, seq) {
        const report = readReport(message);
        fs.appendFileSync(options.record, `${JSON.stringify(report)}\n`, { mode: 0o600 });
        store.taken(seq);
        for (const listener of listeners) listener(report);
      },
      onLogon() {
        for (const resolve of waiting.splice(0)) resolve();
      },
    },
  });
  const initiator = connect({ host: '127.0.0.1', port: options.port, session, retryMillisMax: 500, logger: options.logger });

  const side = (order: ClientOrder) => (order.side === 'buy' ? '1' : '2');
  const when = () => formatFix(options.now());
  return {
    name: options.name,
    send(order) {
      store.send(session, 'D', (w) => {
        w.text(Tag.ClOrdID, order.id).text(Tag.Account, order.account);
        w.text(Tag.HandlInst, '1').text(Tag.Symbol, order.symbol).text(Tag.SecurityExchange, order.mic);
        w.text(Tag.Side, side(order)).text(Tag.TransactTime, when()).int(Tag.OrderQty, order.quantity);
        w.text(Tag.OrdType, order.price === undefined ? '1' : '2');
        if (order.price !== undefined) w.text(Tag.Price, order.price);
        w.text(Tag.Currency, 'USD')
          .text(Tag.TimeInForce, '0')
          .text(Tag.PositionEffect, order.effect === 'open' ? 'O' : 'C');
      });
    },
    replace({ id, original, order }) {
      store.send(session, 'G', (w) => {
        w.text(Tag.OrigClOrdID, original).text(Tag.ClOrdID, id).text(Tag.Account, order.account).text(Tag.HandlInst, '1');
        w.text(Tag.Symbol, order.symbol).text(Tag.SecurityExchange, order.mic).text(Tag.Side, side(order));
        w.text(Tag.TransactTime, when())
          .int(Tag.OrderQty, order.quantity)
          .text(Tag.OrdType, order.price === undefined ? '1' : '2');
        if (order.price !== undefined) w.text(Tag.Price, order.price);
        w.text(Tag.Currency, 'USD').text(Tag.TimeInForce, '0');
      });
    },
    cancel({ id, original, order }) {
      store.send(session, 'F', (w) => {
        w.text(Tag.OrigClOrdID, original).text(Tag.ClOrdID, id).text(Tag.Account, order.account);
        w.text(Tag.Symbol, order.symbol).text(Tag.SecurityExchange, order.mic).text(Tag.Side, side(order));
        w.text(Tag.TransactTime, when()).int(Tag.OrderQty, order.quantity);
      });
    },
    ready: () => (session.isUp ? Promise.resolve() : new Promise((resolve) => waiting.push(resolve))),
    onReport: (listener) => void listeners.push(listener),
    close: () => initiator.close(),
  };
}

function readReport(message: FixMessage): Report {
  const type = message.text(Tag.MsgType) as Report['type'];
  return {
    type,
    id: message.text(Tag.ClOrdID) ?? '',
    execId: message.text(Tag.ExecID) ?? '',
    execType: message.text(Tag.ExecType) ?? '',
    status: message.text(Tag.OrdStatus) ?? '',
    symbol: message.text(Tag.Symbol) ?? '',
    side: message.text(Tag.Side) ?? '',
    lastQuantity: message.int(Tag.LastQty) ?? 0,
    lastPrice: message.text(Tag.LastPx) ?? '',
    averagePrice: message.text(Tag.AvgPx) ?? '',
    cumQuantity: message.int(Tag.CumQty) ?? 0,
    leavesQuantity: message.int(Tag.LeavesQty) ?? 0,
    text: message.text(Tag.Text) ?? '',
  };
}

/** FIX UTCTimestamp with milliseconds. */
function formatFix(instant: Instant): string {
  return formatInstant(instant).slice(0, 23).replaceAll('-', '').replace('T', '-');
}
