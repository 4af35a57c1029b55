import { compileDictionary, FIX44, listen, MemorySessionStore, Session, Tag } from '@meridian/fix';

/** The FIX session by itself: an order is read, answered by a report and nothing else. Prints its port. */
const [senderCompId = '', targetCompId = ''] = process.argv.slice(2);
const PRICE_DIGITS = 6;
const store = new MemorySessionStore();
let orders = 0;

const session = new Session({
  ...{ dictionary: compileDictionary(FIX44), senderCompId, targetCompId, store },
  application: {
    onApplication(message, seq, session) {
      const account = message.text(Tag.Account) ?? '';
      const clOrdId = message.text(Tag.ClOrdID) ?? '';
      const symbol = message.text(Tag.Symbol) ?? '';
      const exchange = message.text(Tag.SecurityExchange) ?? '';
      const side = message.char(Tag.Side);
      const effect = message.char(Tag.PositionEffect);
      const quantity = message.decimal(Tag.OrderQty, 0) ?? 0;
      const type = message.char(Tag.OrdType);
      const price = message.decimal(Tag.Price, PRICE_DIGITS) ?? 0;
      const tif = message.char(Tag.TimeInForce);
      const at = session.clock.wall();
      const number = `${++orders}`;
      store.advanceIn(seq + 1);
      store.allocate('8', (given) =>
        session.sendApplication(given, '8', (writer) => {
          writer.text(Tag.OrderID, number).text(Tag.ClOrdID, clOrdId).text(Tag.ExecID, number);
          writer.char(Tag.ExecType, 0x30).char(Tag.OrdStatus, 0x30).text(Tag.Account, account);
          writer
            .text(Tag.Symbol, symbol)
            .text(Tag.SecurityExchange, exchange)
            .char(Tag.Side, side)
            .char(Tag.PositionEffect, effect);
          writer.int(Tag.OrderQty, quantity).char(Tag.OrdType, type).decimal(Tag.Price, price, PRICE_DIGITS);
          writer.char(Tag.TimeInForce, tif).int(Tag.LeavesQty, quantity).int(Tag.CumQty, 0).int(Tag.AvgPx, 0);
          writer.timestamp(Tag.TransactTime, at);
        }),
      );
    },
  },
});

const acceptor = await listen({ port: 0, sessions: [session] });
process.stdout.write(`${JSON.stringify({ port: acceptor.port })}\n`);
