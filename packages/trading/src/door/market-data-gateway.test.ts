import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { compileDictionary, FIX44, type FieldWriter, listen, Session, type SessionStore } from '@meridian/fix';
import { eachEvent, START } from '@meridian/log';
import { type EventBody, readEvent } from '@meridian/messages';
import { MarketNode } from '../engine/market-node.ts';
import { price, STAGE, stageFacts } from '../engine/rehearsal.ts';
import { createMarketDataGateway } from './market-data-gateway.ts';
import { openNodeLog } from './node-log.ts';

const dictionary = compileDictionary(FIX44);
const SECOND = 1_000_000;

interface Entry {
  readonly type: '0' | '1' | '2' | '5';
  readonly px: string;
  readonly at: number;
}

function timeOf(at: number): string {
  return new Date(at / 1000).toISOString().slice(11, 23);
}

test('[TC-5] what passes the gate becomes a reference price, at most ten a second; prints that close a day are offered as marks', async (t) => {
  const dir = await mkdtemp(join(tmpdir(), 'market-data-'));
  let nextOut = 1;
  let asked = Promise.withResolvers<void>();
  const store: SessionStore = {
    nextIn: () => 1,
    allocate: (_type, done) => done(nextOut++),
    advanceIn() {},
    reset(done) {
      nextOut = 1;
      done();
    },
    resend: (_begin, _end, _item, done) => done(),
  };
  const venue = new Session({
    ...{ dictionary, senderCompId: 'VENUE', targetCompId: 'HOUSE-MD', store, resetOnLogon: true },
    application: { onApplication: () => asked.resolve() },
  });
  const acceptor = await listen({ port: 0, sessions: [venue] });
  const log = await openNodeLog(
    new MarketNode('ARCX'),
    { now: () => 0 },
    { dir, syncPolicy: 'page-cache', segmentBytes: 4 << 20 },
  );
  for (const fact of stageFacts()) log.tell(fact);
  log.moveTo(STAGE.open + SECOND);
  const closes: unknown[] = [];
  const gateway = createMarketDataGateway(
    log,
    {
      compId: 'HOUSE-MD',
      venueCompId: 'VENUE',
      host: '127.0.0.1',
      port: acceptor.port,
      instruments: [
        {
          listing: STAGE.spy,
          symbol: 'SPY',
          mic: 'ARCX',
          venues: new Set(['ARCX']),
          onGrid: (p) => p % 1_000_000 === 0,
          signed: false,
        },
      ],
      rules: {
        sessionAt: () =>
          ({ date: '2013-10-07', open: STAGE.open, close: STAGE.close, breakStart: null, breakEnd: null }) as never,
        ageMax: 60 * SECOND,
        jumpBasisPoints: 1_000,
        jumpConfirmations: 3,
      },
      onClosing: (candidate) => closes.push(candidate),
    },
    dictionary,
    { debug() {}, info() {}, warn() {}, error() {}, child: () => ({}) as never },
  );
  const initiator = gateway.connect();
  t.after(async () => {
    await initiator.close();
    await acceptor.close();
    await log.sequencer.close();
    await rm(dir, { recursive: true, force: true });
  });
  await asked.promise;
  asked = Promise.withResolvers();

  function send(entries: readonly Entry[], symbol = 'SPY'): number {
    const seq = nextOut++;
    venue.sendApplication(seq, 'X', (w: FieldWriter) => {
      w.text(262, 'R1').int(268, entries.length);
      for (const { type, px, at } of entries) {
        w.char(279, 0x31).text(269, type).text(55, symbol).text(207, 'ARCX').text(270, px).int(271, 100);
        w.text(272, '20131007').text(273, timeOf(at));
      }
    });
    return seq;
  }
  const at = STAGE.open;
  const quote = (bid: string, ask: string, time: number) => [
    { type: '0', px: bid, at: time } as const,
    { type: '1', px: ask, at: time } as const,
  ];
  send(quote('167.5', '167.52', at));
  send(quote('167.51', '167.53', at + 50_000));
  send(quote('167.52', '167.54', at + 100_000));
  send(quote('167.6', '167.5', at + 200_000));
  send(quote('167.505', '167.52', at + 300_000));
  send(quote('267.5', '267.52', at + 400_000));
  send([{ type: '2', px: '167.53', at: at + 450_000 }]);
  send(quote('167.5', '167.52', at + 500_000), 'IBM');
  send(quote('167.53', '167.55', at + 600_000));
  await gateway.reached(send([{ type: '5', px: '167.42', at: at + 700_000 }]));

  const seq = await new Promise<number>((resolve) => log.tell(price(at + SECOND), resolve));
  await log.sequencer.committed(seq);
  const set: EventBody<'price-set'>[] = [];
  for await (const batch of log.sequencer.tail(START)) {
    eachEvent(batch, (view, offset) => {
      const event = readEvent(view, offset);
      if (event.name === 'price-set') set.push(event.body);
    });
    if (batch.lastSeq >= seq) break;
  }
  assert.deepEqual(
    set.map((p) => [p.bid, p.ask, p.sourceTime - at]),
    [
      [1_675_000, 1_675_200, 0],
      [1_675_200, 1_675_400, 100_000],
      [1_675_300, 1_675_500, 600_000],
      [1_675_000, 1_675_200, SECOND],
    ],
  );
  assert.equal(set[2]?.last, 1_675_300);
  assert.deepEqual(Object.fromEntries(gateway.refused), { CROSSED: 1, OFF_GRID: 1, JUMP: 1, UNKNOWN_SYMBOL: 2 });
  const close = { listing: STAGE.spy, kind: 'closing-print', price: 1_674_200, sourceTime: at + 700_000 };
  assert.deepEqual(closes, [close]);
  const mid = { listing: STAGE.spy, kind: 'last-mid', price: 1_675_400, sourceTime: at + 600_000 };
  assert.deepEqual(gateway.candidates(), [mid, close]);

  // Whoever waits for a message of a connection that breaks is not left waiting: the next one counts anew.
  const never = gateway.reached(1_000_000);
  venue.logout('venue closes');
  await never;
});
