import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { isProblem } from '@meridian/base';
import fc from 'fast-check';
import { type AccountCommand, ledgerVerify, readCells, readLeases } from './index.ts';
import { held } from './limit.ts';
import {
  BUSINESS_DATE,
  clientFill,
  deposit,
  numbered,
  phase,
  type ScratchBooks,
  scratchHouse,
  TRADE_DATE,
  takeIn,
} from './scratch-books.ts';

let books: ScratchBooks;
before(async () => {
  books = await scratchHouse('50000');
  await books.run('day-open', { businessDate: BUSINESS_DATE, sessions: [{ market: 'ARCX', tradeDate: TRADE_DATE }] });
  await takeIn(books.centre, 'ARCX', numbered(1, [phase(1)]));
});
after(() => books?.remove());

const amount = fc.integer({ min: 1, max: 3_000 }).map(String);
const sub = fc.constantFrom(11, 12, 21, 31, 99);
const date = { businessDate: BUSINESS_DATE };
const currency = fc.constantFrom('CNY', 'USD');

const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('deposit' as const), sub, amount, currency }) },
  { weight: 8, arbitrary: fc.record({ do: fc.constant('transfer' as const), sub, to: sub, amount, currency }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('withdraw' as const), sub, amount, currency }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('settle' as const), nth: fc.nat(20), paid: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('reverse' as const), nth: fc.nat(60) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('again' as const), nth: fc.nat(60), changed: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('open-day' as const) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('fill' as const), hold: fc.integer({ min: 0, max: 4_000 }) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('bust' as const), nth: fc.nat(20) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('book' as const),
      nth: fc.nat(20),
      locked: fc.oneof(fc.constant(0), fc.nat(4_000)),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('limit' as const), lim: fc.nat(80_000) }) },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

let serial = 0;
let seq = 1;
const sent: AccountCommand[] = [];
const fills: number[] = [];

/** What a step becomes as a command; undefined when it is no command or has nothing to act on. */
function commandOf(s: Step): AccountCommand | undefined {
  const head = { id: `p${++serial}`, at: serial, maker: 'maker', checker: 'checker' };
  const pick = <T>(of: readonly T[], nth: number): T | undefined => of[nth % Math.max(of.length, 1)];
  switch (s.do) {
    case 'deposit':
      return { ...head, kind: 'deposit', body: deposit(s.sub, s.amount, s.currency) };
    case 'transfer':
      return { ...head, kind: 'transfer', body: { from: s.sub, to: s.to, currency: s.currency, amount: s.amount, ...date } };
    case 'withdraw':
      return { ...head, kind: 'withdraw', body: { sub: s.sub, currency: s.currency, amount: s.amount, ...date } };
    case 'settle': {
      const asked = pick(
        sent.filter(({ kind }) => kind === 'withdraw'),
        s.nth,
      );
      return (
        asked && {
          ...head,
          kind: 'withdraw-settle',
          body: { withdrawal: asked.id, result: s.paid ? 'paid' : 'failed', ...date },
        }
      );
    }
    case 'reverse':
      return { ...head, kind: 'reverse-journal', body: { journal: s.nth + 1, reason: 'test', ...date } };
    case 'again': {
      const earlier = pick(sent, s.nth);
      return earlier && (s.changed ? ({ ...earlier, at: earlier.at + 1 } as AccountCommand) : earlier);
    }
    case 'open-day':
      return { ...head, kind: 'day-open', body: { ...date, sessions: [{ market: 'ARCX', tradeDate: TRADE_DATE }] } };
    case 'limit':
      return {
        ...{ ...head, kind: 'set-limit' },
        body: {
          cell: 2,
          scope: 'sub',
          scopeId: 11,
          measure: 'initial-margin',
          currency: 'CNY',
          issuer: null,
          lim: String(s.lim),
        },
      };
    case 'book': {
      const fill = pick(fills, s.nth);
      if (fill === undefined) return undefined;
      const line = { debit: { entity: 1, code: '2010', sub: 11 }, credit: { entity: 1, code: '2012', sub: 11 } };
      return {
        ...{ ...head, kind: 'publish-batch' },
        body: {
          ...{
            batch: head.id,
            attempt: 1,
            market: 'ARCX',
            ...date,
            contracts: [],
            fills: [{ market: 'ARCX', seq: fill, k: 0 }],
          },
          lines: s.locked === 0 ? [] : [{ rule: 'margin-lock', ...line, currency: 'CNY', amount: String(s.locked) }],
          bookings: [{ market: 'ARCX', cell: 2, amount: String(s.locked), booked: String(s.locked) }],
        },
      };
    }
    default:
      return undefined;
  }
}

async function take(s: Step): Promise<void> {
  if (s.do === 'fill' || s.do === 'bust') {
    const ref = s.do === 'bust' ? fills[s.nth % Math.max(fills.length, 1)] : undefined;
    if (s.do === 'bust' && ref === undefined) return;
    const event = s.do === 'fill' ? clientFill({ hold: s.hold }) : clientFill({ execType: 72, refSeq: ref as number, hold: 0 });
    await takeIn(books.centre, 'ARCX', numbered(++seq, [event]));
    if (s.do === 'fill') fills.push(seq);
    return;
  }
  const command = commandOf(s);
  if (command === undefined) return;
  try {
    const done = await books.centre.execute(command);
    if (s.do === 'again') assert.ok(done.repeated && !s.changed, 'an id is executed once');
    else sent.push(command);
  } catch (error) {
    if (!isProblem(error)) throw error;
  }
}

/** I1 and I2 of the lease protocol, as the centre can see them. */
async function leasesHold(): Promise<void> {
  const [cells, leases] = [await readCells(books.database), await readLeases(books.database)];
  for (const cell of cells) {
    const slices = leases.filter((l) => l.cell === cell.cell);
    const use = slices.reduce((sum, l) => sum + held(l), cell.booked);
    assert.ok(cell.state === 'over-leased' || use <= cell.lim, `cell ${cell.cell}: ${use} of ${cell.lim}`);
    assert.ok(slices.every((l) => held(l) >= 0n));
  }
}

/** A sequence in which every kind passes whatever the seed: what random ones add to it is order and refusal. */
const ONE_OF_EACH: Step[] = [
  { do: 'deposit', sub: 11, amount: '3000', currency: 'CNY' },
  { do: 'transfer', sub: 11, to: 12, amount: '100', currency: 'CNY' },
  { do: 'withdraw', sub: 11, amount: '100', currency: 'CNY' },
  { do: 'settle', nth: 0, paid: true },
  { do: 'limit', lim: 50_000 },
  { do: 'fill', hold: 200 },
  { do: 'book', nth: 0, locked: 0 },
  { do: 'reverse', nth: 1 },
];

test('[UA-4] [UA-5] [UA-6] whatever is asked in whatever order, the books prove true', async (t) => {
  const seed = Number(process.env['SEED'] ?? Date.now() % 2 ** 31);
  t.diagnostic(`seed ${seed}`);
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 8, maxLength: 24 }), fc.boolean(), async (steps, together) => {
      // Events of a market come in their order, beside whatever else is asked at the same time.
      const isEvent = (s: Step) => s.do === 'fill' || s.do === 'bust';
      const inOrder = async (some: readonly Step[]) => {
        for (const s of some) await take(s);
      };
      if (together) await Promise.all([inOrder(steps.filter(isEvent)), ...steps.filter((s) => !isEvent(s)).map(take)]);
      else await inOrder(steps);
      assert.equal((await ledgerVerify(books.database)).fault, null);
      await leasesHold();
    }),
    { seed, numRuns: Number(process.env['RUNS'] ?? 60), endOnFailure: true, examples: [[ONE_OF_EACH, false]] },
  );
  const kinds = new Set(sent.map(({ kind }) => kind));
  for (const kind of ['deposit', 'transfer', 'withdraw', 'withdraw-settle', 'reverse-journal', 'publish-batch', 'set-limit'])
    assert.ok(kinds.has(kind as AccountCommand['kind']), `no ${kind} passed: the sequences prove little`);
});
