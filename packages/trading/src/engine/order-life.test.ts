import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Command, type CommandBody, NO_PRICE, type NumberedEvent, rejectionCode } from '@meridian/messages';
import { ORDERS_LIVE_MAX } from './bounds.ts';
import { openStage, price, Rehearsal, STAGE, stageFacts } from './rehearsal.ts';

let inSeq = 0;
let execs = 0;

function order(clOrdId: string, over: Partial<CommandBody<'new-order'>> = {}): Command {
  const body = {
    session: STAGE.client,
    inSeq: ++inSeq,
    account: STAGE.mainland,
    listing: STAGE.spy,
    side: 1,
    effect: 1,
    type: 2,
    tif: 0,
  };
  return { name: 'new-order', body: { ...body, quantity: 500, price: 1_675_000, fault: 0, clOrdId, ...over } };
}
const replace = (clOrdId: string, origClOrdId: string, quantity: number, at = 1_675_000): Command => ({
  name: 'replace-order',
  body: { session: STAGE.client, inSeq: ++inSeq, quantity, price: at, fault: 0, clOrdId, origClOrdId },
});
const cancel = (clOrdId: string, origClOrdId: string): Command => ({
  name: 'cancel-order',
  body: { session: STAGE.client, inSeq: ++inSeq, fault: 0, clOrdId, origClOrdId },
});

function venue(clOrdId: string, execType: string, over: Partial<CommandBody<'venue-report'>> = {}): Command {
  const body = {
    session: STAGE.venue,
    inSeq: ++execs,
    status: 0x30,
    lastQuantity: 0,
    lastPrice: 0,
    cumQuantity: 0,
    leavesQuantity: 0,
  };
  const texts = { clOrdId, origClOrdId: '', execId: `X${execs}`, execRefId: '', venueOrderId: 'V' };
  return {
    name: 'venue-report',
    body: { ...body, execType: execType.charCodeAt(0), transactTime: 0, reason: 65_535, ...texts, ...over },
  };
}
const trade = (clOrdId: string, lastQuantity: number, lastPrice = 1_675_000, execId = `X${execs + 1}`): Command =>
  venue(clOrdId, 'F', { lastQuantity, lastPrice, execId });

const reports = (events: readonly NumberedEvent[]) =>
  Rehearsal.of(events, 'order-report').map(
    (r) =>
      `${String.fromCharCode(r.execType)}${String.fromCharCode(r.status)} ${r.clOrdId}<${r.origClOrdId} ${r.quantity}/${r.cumQuantity}/${r.leavesQuantity}`,
  );
const child = (events: readonly NumberedEvent[]): string => Rehearsal.of(events, 'hedge-order')[0]?.clOrdId ?? '';
const refusal = (events: readonly NumberedEvent[]) => rejectionCode(Rehearsal.of(events, 'cancel-rejected')[0]?.rejection ?? 0);

/** A stage with one acknowledged order, and its child's ClOrdID. */
function working(over: Partial<CommandBody<'new-order'>> = {}): { stage: Rehearsal; id: string } {
  const stage = openStage();
  const id = child(stage.apply(order('C1', over)));
  stage.apply(venue(id, '0'));
  return { stage, id };
}

test('[TC-6] mirror: the client is told new when the venue acknowledged, and filled by what the child was filled', () => {
  const stage = openStage();
  const entered = stage.apply(order('C1'));
  assert.deepEqual(reports(entered), ['AA C1< 500/0/500']);
  const id = child(entered);
  assert.match(id, /^[0-9A-Z]{12}$/);
  assert.deepEqual(reports(stage.apply(venue(id, '0'))), ['00 C1< 500/0/500']);
  const filled = stage.apply(trade(id, 200, 1_674_900));
  const [fill] = Rehearsal.of(filled, 'client-fill');
  const [hedge] = Rehearsal.of(filled, 'hedge-fill');
  assert.deepEqual(
    [fill?.quantity, fill?.price, fill?.status, fill?.leavesQuantity, fill?.rateSet],
    [200, 1_674_900, 0x31, 300, 1],
  );
  // ⌈200 × 167.49 × 6.11958444 × 20.5 %⌉ fen, and the order keeps what 300 at its limit need.
  assert.equal(fill?.hold, 4_202_374);
  assert.equal(hedge?.quantity, 200);
  assert.equal(stage.node.client.cells.used[STAGE.subMargin], 4_202_374 + 6_303_937);
});

test('replace: pending reports show the original, the new terms hold from the venue’s word, the old id is over', () => {
  const { stage, id } = working();
  stage.apply(trade(id, 100));
  const asked = stage.apply(replace('C2', 'C1', 300, 1_675_100));
  assert.deepEqual(reports(asked), ['EE C2<C1 500/100/400']);
  const changed = child(asked);
  assert.equal(refusal(stage.apply(cancel('C3', 'C1'))), 'ORDER_BUSY');
  assert.deepEqual(reports(stage.apply(venue(changed, '5'))), ['51 C2<C1 300/100/200']);
  assert.equal(refusal(stage.apply(replace('C4', 'C2', 100))), 'REPLACE_BELOW_FILLED');
  assert.equal(refusal(stage.apply(replace('C5', 'C2', 350))), 'OFF_LOT');
  assert.deepEqual(reports(stage.apply(cancel('C6', 'C2'))), ['66 C6<C2 300/100/200']);
});

test('replace needs only the difference, and what a refused one took comes back', () => {
  const { stage } = working();
  const { cells } = stage.node.client;
  const before = cells.used[STAGE.subMargin] as number;
  stage.apply({ name: 'recall-lease', body: { cell: STAGE.subMargin, keepFree: 3_000_000 } });
  const asked = stage.apply(replace('C2', 'C1', 600));
  assert.deepEqual(reports(asked), ['EE C2<C1 500/0/500']);
  assert.ok((cells.used[STAGE.subMargin] as number) > before);
  assert.equal(refusal(stage.apply(replace('C3', 'C1', 900))), 'ORDER_BUSY');
  const body = {
    session: STAGE.venue,
    inSeq: ++execs,
    status: 0x30,
    responseTo: 2,
    reason: 99,
    clOrdId: child(asked),
    origClOrdId: '',
  };
  const refused = stage.apply({ name: 'venue-cancel-reject', body });
  assert.equal(refusal(refused), 'VENUE_REFUSED');
  assert.equal(cells.used[STAGE.subMargin], before);
  assert.equal(refusal(stage.apply(replace('C4', 'C1', 900))), 'LEASE_STATIC');
});

test('a fill that crosses a cancel counts; filled first, the cancel is answered too late', () => {
  const { stage, id } = working();
  const asked = stage.apply(cancel('C2', 'C1'));
  const [crossed] = Rehearsal.of(stage.apply(trade(id, 100)), 'client-fill');
  assert.deepEqual([crossed?.quantity, crossed?.status], [100, 0x36]);
  const [last] = Rehearsal.of(stage.apply(trade(id, 400)), 'client-fill');
  assert.deepEqual([last?.leavesQuantity, last?.status], [0, 0x32]);
  const body = {
    session: STAGE.venue,
    inSeq: ++execs,
    status: 0x32,
    responseTo: 1,
    reason: 0,
    clOrdId: child(asked),
    origClOrdId: '',
  };
  assert.equal(refusal(stage.apply({ name: 'venue-cancel-reject', body })), 'ORDER_CLOSED');
  assert.equal(refusal(stage.apply(cancel('C3', 'C1'))), 'ORDER_CLOSED');
  assert.equal(refusal(stage.apply(cancel('C4', 'NEVER'))), 'ORDER_UNKNOWN');
});

test('[TC-6] a late fill is never dropped: the hedge has it, the client does not, a person is asked', () => {
  const { stage, id } = working();
  const asked = stage.apply(cancel('C2', 'C1'));
  assert.deepEqual(reports(stage.apply(venue(child(asked), '4', { origClOrdId: id }))), ['44 C2<C1 500/0/0']);
  const late = stage.apply(trade(id, 300));
  assert.equal(Rehearsal.of(late, 'client-fill').length, 0);
  assert.deepEqual(
    Rehearsal.of(late, 'exception-raised').map((e) => [e.kind, e.quantity]),
    [[1, 300]],
  );
  const { positions } = stage.node.hedge.accounts;
  assert.equal(positions.long[positions.find(1, STAGE.spy)], 300);
  assert.equal(stage.node.client.cells.used[STAGE.subMargin], 0);
});

test('bust and correction change fill, position and holds by execution id', () => {
  const { stage, id } = working();
  stage.apply(trade(id, 200, 1_675_000, 'FIRST'));
  stage.apply(trade(id, 300, 1_675_000, 'SECOND'));
  const { client, hedge } = stage.node;
  const corrected = Rehearsal.of(
    stage.apply(venue(id, 'G', { execRefId: 'FIRST', lastQuantity: 200, lastPrice: 1_674_000 })),
    'client-fill',
  );
  assert.deepEqual(
    corrected.map((f) => [f.execType, f.price, f.cumValue]),
    [[0x47, 1_674_000, 200 * 1_674_000 + 300 * 1_675_000]],
  );
  const busted = Rehearsal.of(stage.apply(venue(id, 'H', { execRefId: `X${execs}` })), 'client-fill');
  assert.deepEqual(
    busted.map((f) => [f.execType, f.quantity, f.cumQuantity, f.leavesQuantity, f.status, f.hold]),
    [[0x48, 200, 300, 0, 0x34, 0]],
  );
  assert.equal(client.positions.long[client.positions.find(1, STAGE.spy)], 300);
  assert.equal(hedge.accounts.positions.long[hedge.accounts.positions.find(1, STAGE.spy)], 300);
  assert.equal(client.cells.used[STAGE.subMargin], 6_303_937);
  const again = stage.apply(venue(id, 'H', { execRefId: 'FIRST' }));
  assert.deepEqual(
    Rehearsal.of(again, 'exception-raised').map((e) => e.kind),
    [3],
  );
});

test('the same execution id is believed once; with another body it raises an exception', () => {
  const { stage, id } = working();
  const report = trade(id, 100, 1_675_000, 'ONCE');
  stage.apply(report);
  assert.deepEqual(stage.apply(report), []);
  const other = stage.apply(trade(id, 200, 1_675_000, 'ONCE'));
  assert.deepEqual(
    other.map((e) => [e.name, (e.body as { kind: number }).kind]),
    [['exception-raised', 4]],
  );
  const foreign = stage.apply(trade('ABCDEFGHIJKL', 100));
  assert.deepEqual(
    Rehearsal.of(foreign, 'exception-raised').map((e) => e.kind),
    [2],
  );
});

test('the venue’s refusal reaches the client and frees everything', () => {
  const stage = openStage();
  const id = child(stage.apply(order('C1')));
  const [report] = Rehearsal.of(stage.apply(venue(id, '8')), 'order-report');
  assert.deepEqual([report?.execType, rejectionCode(report?.rejection ?? 0)], [0x38, 'VENUE_REFUSED']);
  assert.equal(stage.node.client.cells.used[STAGE.subMargin], 0);
});

test('at the bound of live orders a new one is refused and its id may try again', () => {
  const stage = openStage();
  stage.node.client.orders.rows.live = ORDERS_LIVE_MAX;
  const [report] = Rehearsal.of(stage.apply(order('C1')), 'order-report');
  assert.equal(rejectionCode(report?.rejection ?? 0), 'CAPACITY');
  stage.node.client.orders.rows.live = 0;
  assert.deepEqual(reports(stage.apply(order('C1'))), ['AA C1< 500/0/500']);
});

test('[TC-5] [CL-b] at the close children are cancelled, orders expire, and the cut comes once all is quiet', () => {
  const { stage, id } = working();
  stage.time = STAGE.close;
  const closing = stage.apply({ name: 'time', body: {} });
  assert.deepEqual(
    Rehearsal.of(closing, 'phase-changed').map((p) => [p.kind, p.phase]),
    [[2, 'closing']],
  );
  const [asked] = Rehearsal.of(closing, 'hedge-order');
  assert.deepEqual([asked?.action, asked?.origClOrdId], [3, id]);
  // The last fill crossed the close on the wire: it still belongs to the day.
  assert.equal(Rehearsal.of(stage.apply(trade(id, 100)), 'client-fill').length, 1);
  const quiet = stage.apply(venue(asked?.clOrdId ?? '', '4'));
  assert.deepEqual(reports(quiet), ['CC C1< 500/100/0']);
  assert.deepEqual(
    Rehearsal.of(quiet, 'phase-changed').map((p) => [p.kind, p.date]),
    [[3, '2013-10-07']],
  );
});

test('[CL-b] a venue that says nothing holds the cut up no longer than the grace', () => {
  const { stage } = working();
  stage.time = STAGE.close;
  stage.apply({ name: 'time', body: {} });
  stage.time += 60_000_000;
  const forced = stage.apply({ name: 'time', body: {} });
  assert.deepEqual(reports(forced), ['CC C1< 500/0/0']);
  assert.deepEqual(
    Rehearsal.of(forced, 'exception-raised').map((e) => e.kind),
    [5],
  );
  assert.deepEqual(
    Rehearsal.of(forced, 'phase-changed').map((p) => p.kind),
    [3],
  );
});

test('a booking takes what fills before the cut hold, once', () => {
  const { stage, id } = working();
  stage.apply(trade(id, 500));
  const { cells } = stage.node.client;
  const held = cells.used[STAGE.subMargin] as number;
  const book = (booking: string, amount: number): Command => ({
    name: 'book-lease',
    body: { booking, cells: [{ cell: STAGE.subMargin, amount }] },
  });
  assert.deepEqual(
    Rehearsal.of(stage.apply(book('EARLY', held)), 'exception-raised').map((e) => e.kind),
    [6],
  );
  stage.time = STAGE.close;
  stage.apply({ name: 'time', body: {} });
  stage.apply(book('B1', held));
  assert.deepEqual([cells.used[STAGE.subMargin], cells.returned[STAGE.subMargin]], [0, held]);
  stage.apply(book('B1', held));
  assert.deepEqual([cells.used[STAGE.subMargin], cells.returned[STAGE.subMargin]], [0, held]);
});

test('[TC-6] client node and hedge node over two logs say to their clients and venue what the co-located pair says', () => {
  const one = new Rehearsal();
  const client = new Rehearsal('ARCX', 'client');
  const hedge = new Rehearsal('ARCX', 'hedge');
  const sent: string[][] = [[], []];
  const told: string[][] = [[], []];
  const note = (into: 0 | 1, events: readonly NumberedEvent[]) => {
    for (const { name, body } of events) {
      if (name === 'hedge-order') sent[into]?.push(`${body.action} ${body.side} ${body.quantity} ${body.price}`);
      if (name === 'order-report')
        told[into]?.push(`${body.execType} ${body.status} ${body.clOrdId} ${body.leavesQuantity} ${body.outSeq}`);
      if (name === 'client-fill') told[into]?.push(`${body.execType} ${body.quantity} ${body.hold} ${body.outSeq}`);
    }
  };
  const ids = new Map<string, string>();
  let apartId = '';
  let oneId = '';
  const apart = (command: Command, to: Rehearsal): void => {
    const events = to.apply(command);
    note(1, events);
    for (const { name, body } of events) {
      if (name === 'hedge-intent') apart({ name: 'hedge-intent', body }, hedge);
      if (name === 'execution') apart({ name: 'execution', body }, client);
      if (name === 'hedge-order') apartId = body.clOrdId;
    }
  };
  const both = (command: Command, toHedge = false): void => {
    const events = one.apply(command);
    note(0, events);
    for (const { name, body } of events) if (name === 'hedge-order') oneId = body.clOrdId;
    if (toHedge && command.name === 'venue-report')
      apart({ ...command, body: { ...command.body, clOrdId: ids.get(command.body.clOrdId) ?? '' } }, hedge);
    else apart(command, client);
    ids.set(oneId, apartId);
  };
  for (const fact of stageFacts()) {
    one.apply(fact);
    client.apply(fact);
    hedge.apply(fact);
  }
  for (const stage of [one, client, hedge]) stage.time = STAGE.open;
  both(price(STAGE.open));
  both(order('C1'));
  both(venue(oneId, '0'), true);
  both(trade(oneId, 200, 1_675_000, 'F1'), true);
  both(order('C2', { type: 1, price: NO_PRICE, account: STAGE.overseas }));
  both(venue(oneId, '8'), true);
  both(replace('C3', 'C1', 400));
  both(venue(oneId, '5'), true);
  both(venue(oneId, 'H', { execRefId: 'F1' }), true);
  both(cancel('C4', 'C3'));
  both(venue(oneId, '4'), true);
  assert.deepEqual(told[1], told[0]);
  assert.deepEqual(sent[1], sent[0]);
  assert.equal(told[0]?.length, 10);
  assert.equal(hedge.node.client.accounts.count, 1, 'the hedge node knows no account');
  assert.equal(client.node.hedge.children.rows.count, 0, 'the client node knows no child');
});
