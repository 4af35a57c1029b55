import type { AccountCommand, CommandBodyOf, CommandKind } from '@meridian/accounts';
import { type Instant, parseInstant } from '@meridian/base';
import { type DemoParty, GEARED, LISTINGS, OVERSEAS, PARTIES, STEADY, type Ticker } from './cast.ts';
import type { ClientOrder, DemoClient } from './client.ts';

/** One thing that somebody does at a business instant, with the line that announces it. */
export interface Scene {
  readonly at: Instant;
  readonly name: string;
  /** The market it needs; a demo without it leaves the scene out. */
  readonly mic?: string;
  readonly zh: string;
  readonly en: string;
  play(stage: Stage): Promise<void>;
}

/** What a scene may touch: the clients' FIX sessions, and the account centre for the bank and the back office. */
export interface Stage {
  /** The FIX session of a client with a market's node; undefined where the demo runs without that market. */
  client(party: DemoParty, mic: string): DemoClient | undefined;
  execute(command: AccountCommand): Promise<void>;
}

const order = (
  party: DemoParty,
  symbol: Ticker,
  id: string,
  more: Pick<ClientOrder, 'side' | 'effect' | 'quantity'> & { price?: string },
): ClientOrder => ({
  id,
  account: party.accountCode,
  symbol,
  mic: LISTINGS[symbol].mic,
  ...more,
});

function buys(at: string, party: DemoParty, symbol: Ticker, id: string, quantity: number, price?: string): Scene {
  return sends(
    at,
    party,
    order(party, symbol, id, { side: 'buy', effect: 'open', quantity, ...(price === undefined ? {} : { price }) }),
  );
}

function closes(at: string, party: DemoParty, symbol: Ticker, id: string, quantity: number, price?: string): Scene {
  return sends(
    at,
    party,
    order(party, symbol, id, { side: 'sell', effect: 'close', quantity, ...(price === undefined ? {} : { price }) }),
  );
}

function sends(at: string, party: DemoParty, typed: ClientOrder): Scene {
  const price =
    typed.price === undefined ? { zh: '市价', en: 'at market' } : { zh: `限价 ${typed.price}`, en: `limit ${typed.price}` };
  const verb = typed.effect === 'open' ? { zh: '买入开仓', en: 'buys to open' } : { zh: '卖出平仓', en: 'sells to close' };
  return {
    at: parseInstant(at),
    name: typed.id,
    mic: typed.mic,
    zh: `${party.name.zh} ${verb.zh} ${typed.symbol} ${typed.quantity} 股 ${price.zh}`,
    en: `${party.name.en} ${verb.en} ${typed.quantity} ${typed.symbol} ${price.en}`,
    play: async (stage) => stage.client(party, typed.mic)?.send(typed),
  };
}

function books<K extends CommandKind>(
  at: string,
  name: string,
  zh: string,
  en: string,
  kind: K,
  body: CommandBodyOf<K>,
): Scene {
  const instant = parseInstant(at);
  const command = {
    kind,
    id: `demo:${name}`,
    at: instant,
    maker: 'operations',
    checker: 'operations checker',
    body,
  } as AccountCommand;
  return { at: instant, name, zh, en, play: (stage) => stage.execute(command) };
}

const IBM_LIMIT = order(STEADY, 'IBM', 'C-2', { side: 'buy', effect: 'open', quantity: 3_000, price: '181.90' });
const FAR = order(STEADY, 'SPY', 'C-6', { side: 'buy', effect: 'open', quantity: 500, price: '166.00' });

/** The two sessions, hour by hour (UTC). Prices and their moves are the recorded market's; only the orders are ours. */
const SCRIPT: readonly Scene[] = [
  buys('2013-10-07T13:15:00Z', OVERSEAS, 'SPY', 'B-1', 500),
  buys('2013-10-07T13:36:00Z', OVERSEAS, 'SPY', 'B-2', 2_000),
  buys('2013-10-07T13:41:00Z', STEADY, 'SPY', 'C-1', 1_500),
  sends('2013-10-07T13:52:00Z', STEADY, IBM_LIMIT),
  {
    at: parseInstant('2013-10-07T14:02:00Z'),
    name: 'C-3',
    mic: 'XNYS',
    zh: '境内基金丙 改单 IBM 3000 股 至限价 182.60',
    en: 'Mainland fund C replaces its IBM order: 3000 at limit 182.60',
    play: async (stage) =>
      stage.client(STEADY, 'XNYS')?.replace({ id: 'C-3', original: 'C-2', order: { ...IBM_LIMIT, price: '182.60' } }),
  },
  buys('2013-10-07T14:10:00Z', STEADY, 'SPY', 'C-4', 40_000, '168.20'),
  buys('2013-10-07T14:12:00Z', STEADY, 'SPY', 'C-5', 1_000, '168.305'),
  sends('2013-10-07T14:20:00Z', STEADY, FAR),
  buys('2013-10-07T14:28:00Z', GEARED, 'SPY', 'A-1', 5_000, '168.40'),
  buys('2013-10-07T14:29:00Z', GEARED, 'IBM', 'A-2', 4_500, '183.40'),
  buys('2013-10-07T14:30:00Z', GEARED, 'SPY', 'A-3', 4_400, '168.40'),
  buys('2013-10-07T14:31:00Z', GEARED, 'IBM', 'A-4', 4_200, '183.40'),
  {
    at: parseInstant('2013-10-07T15:10:00Z'),
    name: 'C-7',
    mic: 'ARCX',
    zh: '境内基金丙 撤单 SPY',
    en: 'Mainland fund C cancels its SPY order',
    play: async (stage) => stage.client(STEADY, 'ARCX')?.cancel({ id: 'C-7', original: 'C-6', order: FAR }),
  },
  buys('2013-10-07T18:00:00Z', OVERSEAS, 'IBM', 'B-3', 1_000),
  books(
    '2013-10-08T01:40:00Z',
    'cure',
    '境内基金甲 补缴追保款 600,000 元（银行国庆后首日开门）',
    'Mainland fund A pays 600,000 CNY to meet its call, the first banking day after the holiday',
    'deposit',
    {
      sub: 12,
      currency: 'CNY',
      amount: '60000000',
      businessDate: '2013-10-08' as never,
      bankReference: 'CALL-A-1',
    },
  ),
  books(
    '2013-10-08T02:10:00Z',
    'transfer',
    '境内基金甲 同一主账户内调拨 200,000 元',
    'Mainland fund A moves 200,000 CNY between its sub accounts',
    'transfer',
    {
      from: 12,
      to: 11,
      currency: 'CNY',
      amount: '20000000',
      businessDate: '2013-10-08' as never,
    },
  ),
  books(
    '2013-10-08T02:30:00Z',
    'withdrawal',
    '境外基金乙 申请出金 20,000 美元',
    'Overseas fund B asks for 20,000 USD',
    'withdraw',
    {
      sub: 21,
      currency: 'USD',
      amount: '2000000',
      businessDate: '2013-10-08' as never,
    },
  ),
  books('2013-10-08T12:00:00Z', 'withdrawal-paid', '出金已付', 'The withdrawal is paid', 'withdraw-settle', {
    withdrawal: 'demo:withdrawal',
    result: 'paid',
    businessDate: '2013-10-08' as never,
  }),
  closes('2013-10-08T14:05:00Z', GEARED, 'IBM', 'A-5', 4_400, '180.20'),
  closes('2013-10-08T14:40:00Z', OVERSEAS, 'SPY', 'B-4', 1_000),
  buys('2013-10-08T15:20:00Z', STEADY, 'SPY', 'C-8', 800),
  closes('2013-10-08T17:30:00Z', STEADY, 'IBM', 'C-9', 1_000, '179.20'),
];

/** The scenes that a demo of these markets plays. */
export function scriptOf(markets: readonly string[]): Scene[] {
  return SCRIPT.filter((scene) => scene.mic === undefined || markets.includes(scene.mic));
}

/** Everybody's sessions with every market. */
export function sessionsOf(markets: readonly string[]): { readonly party: DemoParty; readonly mic: string }[] {
  return PARTIES.flatMap((party) => markets.map((mic) => ({ party, mic })));
}
