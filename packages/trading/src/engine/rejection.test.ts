import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Command, type CommandBody, NO_PRICE, REJECTION, type RejectionCode, rejectionCode } from '@meridian/messages';
import { grant, openStage, price, Rehearsal, STAGE, stageDay } from './rehearsal.ts';

let ids = 0;

function order(over: Partial<CommandBody<'new-order'>> = {}): Command {
  const body: CommandBody<'new-order'> = {
    session: STAGE.client,
    inSeq: ++ids,
    account: STAGE.mainland,
    listing: STAGE.spy,
    side: 1,
    effect: 1,
    type: 2,
    tif: 0,
    quantity: 300,
    price: 1_675_000,
    fault: 0,
    clOrdId: `R${ids}`,
  };
  return { name: 'new-order', body: { ...body, ...over } };
}

/** Sends the order; it must be refused so, and change nothing a later order could feel. */
function refused(stage: Rehearsal, over: Partial<CommandBody<'new-order'>>, code: RejectionCode) {
  const used = [...stage.node.client.cells.used];
  const events = stage.apply(order(over));
  const [report] = Rehearsal.of(events, 'order-report');
  assert.ok(report);
  assert.equal(rejectionCode(report.rejection), code);
  assert.equal(report.execType, 0x38);
  assert.equal(Rehearsal.of(events, 'hedge-intent').length, 0);
  assert.deepEqual([...stage.node.client.cells.used], used);
  return report;
}

/** Sends the order; it must be accepted. */
function passes(stage: Rehearsal, over: Partial<CommandBody<'new-order'>> = {}) {
  const events = stage.apply(order(over));
  const [report] = Rehearsal.of(events, 'order-report');
  assert.equal(report?.execType, 0x41, rejectionCode(report?.rejection ?? 0) ?? 'refused');
  const [child] = Rehearsal.of(events, 'hedge-order');
  assert.ok(child);
  return { report, child };
}

const restrict = (scope: CommandBody<'restrict'>['scope'], scopeId: number, mode: number): Command => ({
  name: 'restrict',
  body: { scope, scopeId, mode },
});

let execs = 0;

/** The venue fills the child. */
function fill(stage: Rehearsal, clOrdId: string, quantity: number, at: number) {
  const body = {
    session: STAGE.venue,
    inSeq: ++execs,
    execType: 0x46,
    status: 0x31,
    lastQuantity: quantity,
    lastPrice: at,
    cumQuantity: quantity,
    leavesQuantity: 0,
    transactTime: stage.time,
    reason: 65_535,
    clOrdId,
    origClOrdId: '',
    execId: `X${execs}`,
    execRefId: '',
    venueOrderId: 'V1',
  };
  return stage.apply({ name: 'venue-report', body });
}

test('[RC-b] an unknown account, and one that is not named on the session, is refused', () => {
  const stage = openStage();
  for (const account of [0, 77, 4_000_000_000]) refused(stage, { account }, 'ORDER_ACCOUNT_UNKNOWN');
  stage.apply({ name: 'define-session', body: { session: 9, role: 'client', accounts: [STAGE.overseas] } });
  refused(stage, { session: 9 }, 'ORDER_ACCOUNT_UNKNOWN');
  refused(stage, { session: 77 }, 'ORDER_ACCOUNT_UNKNOWN');
  passes(stage);
});

test('an unknown listing is refused', () => {
  const stage = openStage();
  for (const listing of [0, 3, 4_000_000_000]) refused(stage, { listing }, 'ORDER_LISTING_UNKNOWN');
});

test('[TC-7] a local contract in another currency than its underlying is refused', () => {
  const stage = openStage();
  const account = {
    account: 5,
    client: 2,
    group: 1,
    master: 2,
    sub: 2,
    entity: 2,
    basis: 'local' as const,
    marginPpm: 1,
    feeBufferPpm: 0,
    permission: 1,
    positionMax: 1_000,
    orderRateMax: 10,
    cells: [],
    route: 1,
    settlementCurrency: 'CNY',
    minorDigits: 2,
  };
  stage.apply({ name: 'define-account', body: account });
  stage.apply({ name: 'define-session', body: { session: 9, role: 'client', accounts: [5] } });
  refused(stage, { session: 9, account: 5 }, 'ORDER_CURRENCY_MISMATCH');
});

test('side, effect, type, validity and limit must make an order', () => {
  const stage = openStage();
  const bad = [
    { side: 0 },
    { side: 2, effect: 1 },
    { side: 5, effect: 2 },
    { effect: 0 },
    { type: 0 },
    { type: 3 },
    { tif: 255 },
  ];
  for (const over of bad) refused(stage, over, 'ORDER_MALFORMED');
  refused(stage, { price: NO_PRICE }, 'ORDER_MALFORMED');
  refused(stage, { type: 1 }, 'ORDER_MALFORMED');
  refused(stage, { clOrdId: 'x'.repeat(48) }, 'ORDER_MALFORMED');
  passes(stage, { type: 1, price: NO_PRICE });
  passes(stage, { clOrdId: 'x'.repeat(47) });
});

test('a fault found at the door is the answer', () => {
  const stage = openStage();
  refused(stage, { fault: REJECTION.BACKLOG }, 'BACKLOG');
  refused(stage, { fault: REJECTION.ORDER_CURRENCY_MISMATCH }, 'ORDER_CURRENCY_MISMATCH');
});

test('[TC-5] orders are taken only while a phase allows them and their type', () => {
  const stage = openStage();
  const early = new Rehearsal();
  early.apply({ name: 'engine-version', body: { version: 1 } });
  stage.time = STAGE.close;
  refused(stage, {}, 'MARKET_CLOSED');
  const day = stageDay(1);
  stage.apply({ name: 'trading-day', body: { ...day, phases: [{ ...day.phases[0]!, types: [2] }] } });
  refused(stage, {}, 'MARKET_CLOSED');
  stage.time = day.open;
  stage.apply(price(stage.time));
  refused(stage, { type: 1, price: NO_PRICE }, 'MARKET_CLOSED');
  passes(stage);
});

test('[RC-j] a halt of firm, market, client, account or listing stops every order, closing ones too', () => {
  for (const [scope, id] of [
    ['firm', 1],
    ['market', 1],
    ['client', 1],
    ['account', 1],
    ['listing', 1],
  ] as const) {
    const stage = openStage();
    stage.apply(restrict(scope, id, 2));
    refused(stage, {}, 'HALTED');
    refused(stage, { side: 2, effect: 2 }, 'HALTED');
    stage.apply(restrict(scope, id, 0));
    passes(stage);
  }
});

test('[RC-l] a halt takes back what works in its scope, children first', () => {
  const stage = openStage();
  const { child } = passes(stage);
  passes(stage, { account: STAGE.overseas });
  const events = stage.apply(restrict('client', 1, 2));
  const cancels = Rehearsal.of(events, 'hedge-order');
  assert.deepEqual(
    cancels.map((c) => [c.action, c.origClOrdId]),
    [[3, child.clOrdId]],
  );
});

test('[RC-j] reduce only lets closing orders pass', () => {
  const stage = openStage();
  const { child } = passes(stage);
  fill(stage, child.clOrdId, 300, 1_675_000);
  stage.apply(restrict('account', 1, 1));
  refused(stage, {}, 'REDUCE_ONLY');
  passes(stage, { side: 2, effect: 2 });
});

test('[RC-b] trading permission: none, close only', () => {
  const stage = openStage();
  const redefine = (permission: number): void => {
    stage.node.client.accounts.permission[STAGE.mainland] = permission;
  };
  redefine(0);
  refused(stage, {}, 'NOT_PERMITTED');
  redefine(2);
  refused(stage, {}, 'NOT_PERMITTED');
  redefine(1);
  const { child } = passes(stage);
  fill(stage, child.clOrdId, 300, 1_675_000);
  redefine(2);
  passes(stage, { side: 2, effect: 2 });
});

test('[RC-a] lists: the strictest matching entry holds, and a listing on no list is not tradable', () => {
  const stage = openStage();
  const entry = (scope: 'firm' | 'group' | 'client', scopeId: number, permission: number, listing: number = STAGE.spy) =>
    stage.apply({ name: 'list-entry', body: { listing, scope, scopeId, permission } });
  entry('client', 1, 0);
  refused(stage, {}, 'LISTED_OUT');
  passes(stage, { account: STAGE.overseas });
  entry('client', 1, 2);
  refused(stage, {}, 'LISTED_OUT');
  entry('client', 1, 1);
  passes(stage);
  entry('group', 1, 0);
  refused(stage, { account: STAGE.overseas }, 'LISTED_OUT');
  stage.apply({
    name: 'define-listing',
    body: {
      listing: 3,
      security: 3,
      issuer: 3,
      mic: 'ARCX',
      symbol: 'GLD',
      currency: 'USD',
      lot: 1,
      ticks: [{ from: 0, tick: 1 }],
      collarPpm: 0,
      quantityMax: 1,
      notionalMax: 1,
      priceAgeMax: 1,
      shortAllowed: false,
    },
  });
  refused(stage, { listing: 3 }, 'LISTED_OUT');
});

test('no reference price, or one older than the listing allows, refuses the order', () => {
  const stage = openStage();
  stage.node.client.listings.bid[STAGE.spy] = NO_PRICE;
  refused(stage, {}, 'PRICE_ABSENT');
  stage.apply(price(stage.time));
  stage.time += 60_000_001;
  const stale = refused(stage, {}, 'PRICE_STALE');
  assert.deepEqual([stale.limit, stale.used], [60_000_000, 60_000_001]);
  stage.apply(price(stage.time));
  passes(stage);
});

test('[TC-5] a limit beyond the collar or off the tick is refused with the price that passes', () => {
  const stage = openStage();
  const above = refused(stage, { price: 1_900_000 }, 'OUTSIDE_COLLAR');
  const below = refused(stage, { price: 1_400_000 }, 'OUTSIDE_COLLAR');
  refused(stage, { price: -1_675_000 }, 'OUTSIDE_COLLAR');
  const buy = refused(stage, { price: 1_675_050 }, 'OFF_TICK');
  assert.equal(buy.wouldPass, 1_675_000);
  for (const report of [above, below, buy]) passes(stage, { price: report.wouldPass });
});

test('[TC-5] lot, size and value of one order are refused with the size that passes', () => {
  const stage = openStage();
  const lot = refused(stage, { quantity: 350 }, 'OFF_LOT');
  assert.equal(lot.wouldPass, 300);
  assert.equal(refused(stage, { quantity: 50 }, 'OFF_LOT').wouldPass, 100);
  refused(stage, { quantity: 0 }, 'QUANTITY_REFUSED');
  refused(stage, { quantity: -300 }, 'QUANTITY_REFUSED');
  assert.equal(refused(stage, { quantity: 100_100 }, 'QUANTITY_REFUSED').wouldPass, 100_000);
  // 10 million dollars an order at 167.50: 59,701 units, 597 lots.
  const value = refused(stage, { quantity: 60_000 }, 'NOTIONAL_TOO_LARGE');
  assert.deepEqual([value.limit, value.requested, value.wouldPass], [1_000_000_000, 1_005_000_000, 59_700]);
  passes(stage, { quantity: lot.wouldPass });
  refused(stage, { quantity: value.wouldPass }, 'POSITION_LIMIT');
});

test('an account sends no more orders a second of business time than it may', () => {
  const stage = openStage();
  stage.node.client.accounts.orderRateMax[STAGE.mainland] = 3;
  for (let i = 0; i < 3; i++) passes(stage);
  const report = refused(stage, {}, 'THROTTLED');
  assert.equal(report.limit, 3);
  stage.time += 1_000_000;
  passes(stage);
});

test('the second arrival of an id gets the first answer, another body is refused', () => {
  const stage = openStage();
  const { report } = passes(stage, { clOrdId: 'SAME' });
  const again = Rehearsal.of(stage.apply(order({ clOrdId: 'SAME' })), 'order-report');
  assert.deepEqual(
    again.map((r) => [r.execType, r.status, r.order, r.rejection]),
    [[0x49, 0x41, report?.order, 0]],
  );
  refused(stage, { clOrdId: 'SAME', quantity: 400 }, 'DUPLICATE_ID');
  passes(stage, { clOrdId: 'SAME', session: STAGE.house });

  const first = refused(stage, { clOrdId: 'BAD', quantity: 350 }, 'OFF_LOT');
  stage.time = STAGE.close - 1;
  const second = refused(stage, { clOrdId: 'BAD', quantity: 350 }, 'OFF_LOT');
  assert.deepEqual({ ...second, outSeq: first.outSeq }, first);
});

test('an id is taken anew on another trading day', () => {
  const stage = openStage();
  refused(stage, { clOrdId: 'DAILY', quantity: 350 }, 'OFF_LOT');
  stage.time = STAGE.close;
  stage.apply({ name: 'time', body: {} });
  const day = stageDay(1);
  stage.apply({ name: 'trading-day', body: day });
  stage.time = day.open;
  stage.apply(price(stage.time));
  passes(stage, { clOrdId: 'DAILY' });
});

test('short selling needs listing, route and borrow', () => {
  const stage = openStage();
  refused(stage, { side: 5, listing: STAGE.ibm, price: 1_840_000 }, 'SHORT_REFUSED');
  passes(stage, { side: 5, quantity: 5_000 });
  const events = stage.apply(order({ side: 5, quantity: 100 }));
  const [, rejected] = Rehearsal.of(events, 'order-report');
  assert.equal(rejectionCode(rejected?.rejection ?? 0), 'SELLABLE_EXCEEDED');
});

test('[UA-3] a close takes no more than the position less what already closes it', () => {
  const stage = openStage();
  assert.equal(refused(stage, { side: 2, effect: 2 }, 'CLOSE_EXCEEDS_POSITION').wouldPass, 0);
  const { child } = passes(stage, { quantity: 500 });
  fill(stage, child.clOrdId, 500, 1_675_000);
  passes(stage, { side: 2, effect: 2, quantity: 200 });
  const report = refused(stage, { side: 2, effect: 2, quantity: 400 }, 'CLOSE_EXCEEDS_POSITION');
  assert.deepEqual([report.limit, report.used, report.requested, report.wouldPass], [300, 200, 400, 300]);
  refused(stage, { side: 2, effect: 2, quantity: 300, account: STAGE.overseas }, 'CLOSE_EXCEEDS_POSITION');
  passes(stage, { side: 2, effect: 2, quantity: report.wouldPass });
});

test('[RC-f] the projected position stays inside its limit, working orders counted', () => {
  const stage = openStage();
  stage.node.client.accounts.positionMax[STAGE.mainland] = 1_050;
  passes(stage, { quantity: 600 });
  const report = refused(stage, { quantity: 500 }, 'POSITION_LIMIT');
  assert.deepEqual([report.limit, report.used, report.requested, report.wouldPass], [1_050, 600, 500, 400]);
  passes(stage, { quantity: report.wouldPass });
});

test('[TC-7] without a rate into the settlement currency a contract cannot be opened', () => {
  const stage = openStage();
  stage.apply({ name: 'apply-rate-set', body: { rateSet: 2, publishedAt: 0, rates: [] } });
  refused(stage, {}, 'RATE_ABSENT');
  passes(stage, { account: STAGE.overseas });
});

test('[UA-6] [UA-7] [RC-d] an order that fits no slice is refused with the size that passes, and one lot more does not', () => {
  const stage = openStage();
  stage.apply({ name: 'recall-lease', body: { cell: STAGE.subMargin, keepFree: 10_000_000 } });
  const report = refused(stage, { quantity: 10_000 }, 'LEASE_STATIC');
  // 100 units need 2,101,311 fen at 167.50 × 6.11958444 × 20.5 %.
  assert.deepEqual([report.cell, report.limit, report.used, report.wouldPass], [STAGE.subMargin, 10_000_000, 0, 400]);
  refused(stage, { quantity: report.wouldPass + 100 }, 'LEASE_STATIC');
  passes(stage, { quantity: report.wouldPass });
  assert.equal(refused(stage, { quantity: 100 }, 'LEASE_STATIC').wouldPass, 0);
  // The cell of SPY's issuer binds SPY only.
  stage.apply({ name: 'recall-lease', body: { cell: STAGE.spyNotional, keepFree: 0 } });
  assert.equal(refused(stage, { account: STAGE.overseas }, 'LEASE_STATIC').cell, STAGE.spyNotional);
  passes(stage, { account: STAGE.overseas, listing: STAGE.ibm, price: 1_840_000 });
});

test('a cell that was never granted, or never defined, takes nothing', () => {
  const stage = openStage();
  stage.node.client.cells.known[STAGE.subMargin] = 0;
  refused(stage, {}, 'LEASE_STATIC');
  stage.node.client.cells.known[STAGE.subMargin] = 1;
  passes(stage);
});

test('[UA-7] a close needs no slice', () => {
  const stage = openStage();
  const { child } = passes(stage);
  fill(stage, child.clOrdId, 300, 1_675_000);
  for (const c of [STAGE.masterMargin, STAGE.subMargin, STAGE.spyNotional])
    stage.apply({ name: 'recall-lease', body: { cell: c, keepFree: 0 } });
  refused(stage, { quantity: 100 }, 'LEASE_STATIC');
  passes(stage, { side: 2, effect: 2 });
});

test('two clients of one trading account do not trade with one another', () => {
  const stage = openStage();
  const { child } = passes(stage);
  fill(stage, child.clOrdId, 300, 1_675_000);
  passes(stage, { side: 2, effect: 2, price: 1_676_000 });
  const wash = Rehearsal.of(stage.apply(order({ account: STAGE.overseas, price: 1_676_000 })), 'order-report');
  assert.deepEqual(
    wash.map((r) => [r.execType, rejectionCode(r.rejection)]),
    [
      [0x41, undefined],
      [0x38, 'WASH_TRADE'],
    ],
  );
  const market = Rehearsal.of(stage.apply(order({ account: STAGE.overseas, type: 1, price: NO_PRICE })), 'order-report');
  assert.equal(rejectionCode(market[1]?.rejection ?? 0), 'WASH_TRADE');
  passes(stage, { account: STAGE.overseas, price: 1_675_900 });
});

test('a route takes no more children a second than it may', () => {
  const stage = openStage();
  stage.node.hedge.routes.orderRateMax[STAGE.route] = 1;
  passes(stage);
  const reports = Rehearsal.of(stage.apply(order()), 'order-report');
  assert.equal(rejectionCode(reports[1]?.rejection ?? 0), 'THROTTLED');
  assert.equal(stage.node.client.orders.liveCount, 1);
});

test('grants are cumulative: a repeated or older one changes nothing', () => {
  const stage = openStage();
  const { cells } = stage.node.client;
  stage.apply(grant(STAGE.subMargin, 2_000_000_000));
  stage.apply(grant(STAGE.subMargin, 1_000_000_000));
  stage.apply(grant(STAGE.subMargin, 2_000_000_000));
  assert.equal(cells.granted[STAGE.subMargin], 2_000_000_000);
  stage.apply(grant(STAGE.subMargin, 2_500_000_000, 2));
  const [refusedFact] = Rehearsal.of(stage.apply(grant(STAGE.subMargin, 9_000_000_000, 1)), 'fact-applied');
  assert.equal(refusedFact?.id, 0);
  assert.equal(cells.granted[STAGE.subMargin], 2_500_000_000);
});
