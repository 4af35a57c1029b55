// A QuickFIX acceptor that answers each order with ExecType New and checks nothing but its dictionary.
//
//   executor PORT SENDER TARGET DICTIONARY
//
// Memory store, no log; prints its port once it listens.
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <sstream>
#include <string>
#include <unistd.h>

#include <quickfix/Application.h>
#include <quickfix/MessageCracker.h>
#include <quickfix/MessageStore.h>
#include <quickfix/SessionSettings.h>
#include <quickfix/SocketAcceptor.h>
#include <quickfix/fix44/ExecutionReport.h>
#include <quickfix/fix44/NewOrderSingle.h>

class Executor : public FIX::Application, public FIX::MessageCracker {
  void onCreate(const FIX::SessionID &) override {}
  void onLogon(const FIX::SessionID &) override {}
  void onLogout(const FIX::SessionID &) override {}
  void toAdmin(FIX::Message &, const FIX::SessionID &) override {}
  void toApp(FIX::Message &, const FIX::SessionID &) throw(FIX::DoNotSend) override {}
  void fromAdmin(const FIX::Message &, const FIX::SessionID &)
      throw(FIX::FieldNotFound, FIX::IncorrectDataFormat, FIX::IncorrectTagValue, FIX::RejectLogon) override {}
  void fromApp(const FIX::Message &message, const FIX::SessionID &session)
      throw(FIX::FieldNotFound, FIX::IncorrectDataFormat, FIX::IncorrectTagValue, FIX::UnsupportedMessageType) override {
    crack(message, session);
  }

  void onMessage(const FIX44::NewOrderSingle &order, const FIX::SessionID &session) override {
    FIX::ClOrdID id;
    FIX::Account account;
    FIX::Symbol symbol;
    FIX::SecurityExchange exchange;
    FIX::Side side;
    FIX::PositionEffect effect;
    FIX::OrdType type;
    FIX::TimeInForce tif;
    FIX::OrderQty quantity;
    FIX::Price price;
    order.get(id);
    order.get(account);
    order.get(symbol);
    order.get(exchange);
    order.get(side);
    order.get(effect);
    order.get(type);
    order.get(tif);
    order.get(quantity);
    order.get(price);
    const std::string number = std::to_string(++orders);
    FIX44::ExecutionReport report{FIX::OrderID(number), FIX::ExecID(number), FIX::ExecType(FIX::ExecType_NEW),
                                  FIX::OrdStatus(FIX::OrdStatus_NEW), side, FIX::LeavesQty(quantity), FIX::CumQty(0),
                                  FIX::AvgPx(0)};
    report.set(id);
    report.set(account);
    report.set(symbol);
    report.set(exchange);
    report.set(effect);
    report.set(quantity);
    report.set(type);
    report.set(price);
    report.set(tif);
    report.set(FIX::TransactTime());
    FIX::Session::sendToTarget(report, session);
  }

  unsigned long orders = 0;
};

int main(int argc, char **argv) {
  if (argc != 5) return 2;
  std::stringstream text;
  text << "[DEFAULT]\nConnectionType=acceptor\nStartTime=00:00:00\nEndTime=00:00:00\nSocketNodelay=Y\nUseDataDictionary=Y\n"
       << "DataDictionary=" << argv[4] << "\nSocketAcceptPort=" << argv[1] << "\n[SESSION]\nBeginString=FIX.4.4\nSenderCompID="
       << argv[2] << "\nTargetCompID=" << argv[3] << "\n";
  try {
    Executor executor;
    FIX::SessionSettings settings(text);
    FIX::MemoryStoreFactory store;
    FIX::SocketAcceptor acceptor(executor, store, settings);
    acceptor.start();
    std::printf("{\"port\":%s}\n", argv[1]);
    std::fflush(stdout);
    for (;;) pause();
  } catch (const std::exception &error) {
    std::fprintf(stderr, "executor: %s\n", error.what());
    return 1;
  }
}
