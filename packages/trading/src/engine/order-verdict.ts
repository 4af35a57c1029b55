import { REJECTION, type RejectionCode } from '@meridian/messages';
import { CELLS_PER_ORDER, ORDER_VALUE_MAX, ORDERS_LIVE_MAX } from './bounds.ts';
import type { ClientState, Verdict } from './client-state.ts';
import { checkIntent, checkRouteRate, leftIn } from './hedge-intent.ts';
import { type Intent, newIntent } from './hedge-port.ts';
import type { HedgeState } from './hedge-state.ts';
import type { MarketNode } from './market-node.ts';
import { needFor } from './need.ts';
import {
  arrivedIn,
  Candidate,
  checkAccount,
  checkArrival,
  checkCell,
  checkCollar,
  checkExposure,
  checkLeast,
  checkListing,
  checkLists,
  checkLot,
  checkMost,
  checkPermitted,
  checkPhase,
  checkProjected,
  checkRate,
  checkRateSet,
  checkReference,
  checkRestriction,
  checkRoom,
  checkShape,
  checkShort,
  checkTick,
  checkValue,
  closes,
  countHoldPrice,
  minorPerValue,
  rateTo,
} from './order-check.ts';
import { LEG_CLOSE_LONG, LEG_OPEN_LONG } from './position-table.ts';
import { TradingAccounts } from './trading-account.ts';

/**
 * The pre-trade verdict (盘前核验): what the node would answer to an order now. It runs the functions that decide for real
 * and changes nothing: no count, no hold, no record. RC-i
 */

/** The order's terms in the engine's numbers. */
export interface OrderTerms {
  readonly account: number;
  readonly listing: number;
  readonly side: number;
  readonly effect: number;
  readonly type: number;
  readonly tif: number;
  readonly quantity: number;
  readonly price: number;
}

/** One rule's reading. `passed` null: it cannot be judged before an earlier one passes. Numbers as in a refusal. */
export interface RuleReading {
  readonly rule: RejectionCode;
  readonly node: 'client' | 'hedge';
  readonly passed: boolean | null;
  readonly cell: number;
  readonly limit: number;
  readonly used: number;
  readonly requested: number;
  readonly wouldPass: number;
}

export interface EngineVerdict {
  /** What the order would be refused with, as in a report; 0 accepted. */
  readonly refusal: Readonly<Pick<Verdict, 'rejection' | 'cell' | 'limit' | 'used' | 'requested' | 'wouldPass'>>;
  readonly rules: readonly RuleReading[];
  /** The greatest quantity that would be accepted now, other terms equal; 0 none. */
  readonly wouldPass: number;
  /** Minor units of the listing's currency at the price holds are counted at; −1 without a price. */
  readonly notional: number;
  /** Initial margin and fee buffer in minor units of the settlement currency, 0 for what closes; −1 without a price or a rate. */
  readonly margin: number;
}

interface Admission {
  readonly fault: number;
  readonly allowNew: boolean;
  readonly types: number;
}

const candidate = new Candidate();
const intent: Intent = newIntent();

/** `fault`: what the door would refuse it with; `time`: business time of the answer, not before the node's. */
export function judgeOrder(node: MarketNode, terms: OrderTerms, fault: number, time: number): EngineVerdict {
  const { client: s } = node;
  const c = candidate;
  Object.assign(c, terms);
  c.time = Math.max(time, s.time);
  c.leg = 0;
  c.working = 0;
  c.order = -1;
  size(c, terms.quantity);
  const phase = s.day.phaseAt(c.time, s.orders.liveCount > 0);
  const admission = { fault, allowNew: phase.allowNew, types: phase.types };
  const accepted = refuses(node, c, admission) === 0;
  const { rejection, cell, limit, used, requested, wouldPass } = s.verdict;
  const refusal = { rejection, cell, limit, used, requested, wouldPass };
  const most = largest(node, c, admission, accepted ? terms.quantity : 0);
  size(c, terms.quantity);
  const rules = new Reading(node, c).all(admission);
  return { refusal, rules, wouldPass: most, ...worth(s, c) };
}

function size(c: Candidate, quantity: number): void {
  c.quantity = quantity;
  c.leaves = quantity;
}

/** Every check in the order of a real one, the trading account's behind them. Leaves the reason in the node's verdict. */
function refuses(node: MarketNode, c: Candidate, { fault, allowNew, types }: Admission): number {
  const { client: s, hedge: h } = node;
  s.verdict.clear();
  const rejection =
    fault ||
    checkAccount(s, c) ||
    checkArrival(s, c, allowNew, types) ||
    checkExposure(s, c) ||
    (node.placement === 'co-located' ? checkIntent(h, intentOf(s, c), c.leg, c.time) : 0);
  if (rejection !== 0 && s.verdict.rejection !== rejection) s.verdict.refuse(rejection);
  return rejection;
}

function intentOf(s: ClientState, c: Candidate): Intent {
  // No order has this number: the child would be a new one.
  intent.intent = -1;
  intent.route = s.accounts.route[c.account] as number;
  intent.listing = c.listing;
  intent.side = c.side;
  intent.quantity = c.quantity;
  intent.price = c.price;
  return intent;
}

/** More units never pass where fewer do not, so halving finds the most whole lots that do. `passes` is known to. */
function largest(node: MarketNode, c: Candidate, admission: Admission, passes: number): number {
  const { client: s } = node;
  if (checkAccount(s, c) !== 0 || checkListing(s, c) !== 0) return 0;
  const lot = s.listings.lot[c.listing] as number;
  let low = Math.floor(passes / lot);
  let high = Math.floor(Math.min(s.listings.quantityMax[c.listing] as number, ORDER_VALUE_MAX) / lot);
  const fits = (lots: number): boolean => {
    size(c, lots * lot);
    return refuses(node, c, admission) === 0;
  };
  if (low === 0 && !fits(1)) return 0;
  low = Math.max(low, 1);
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (fits(middle)) low = middle;
    else high = middle - 1;
  }
  return low * lot;
}

function worth(s: ClientState, c: Candidate): { readonly notional: number; readonly margin: number } {
  s.verdict.clear();
  const none = { notional: -1, margin: -1 };
  if (checkAccount(s, c) !== 0 || checkListing(s, c) !== 0) return none;
  if (checkReference(s, c) === REJECTION.PRICE_ABSENT) return none;
  countHoldPrice(c);
  const value = Math.abs(c.quantity * c.holdPrice);
  const notional = Math.min(Math.ceil(value * minorPerValue(s, c.listing)), Number.MAX_SAFE_INTEGER);
  if (closes(c.leg)) return { notional, margin: 0 };
  const money = s.accounts.currency[c.account] as number;
  const rate = rateTo(s, c.listing, money);
  if (rate === 0 || value > Number.MAX_SAFE_INTEGER) return { notional, margin: -1 };
  const need = needFor(value, rate, s.accounts.needPpm[c.account] as number, s.currencies.digits[money] as number);
  return { notional, margin: Math.min(need, Number.MAX_SAFE_INTEGER) };
}

/** Reads every rule, those behind a failing one too, by the very functions that decide. */
class Reading {
  readonly #node: MarketNode;
  readonly #s: ClientState;
  readonly #c: Candidate;
  readonly #rules: RuleReading[] = [];

  constructor(node: MarketNode, c: Candidate) {
    this.#node = node;
    this.#s = node.client;
    this.#c = c;
  }

  all(admission: Admission): readonly RuleReading[] {
    const known = this.#named(admission);
    const shaped = known && this.#say('ORDER_MALFORMED', checkShape(this.#c));
    if (!shaped) {
      if (!known) this.#open('ORDER_MALFORMED');
      this.#open('MARKET_CLOSED', 'HALTED', 'REDUCE_ONLY', 'NOT_PERMITTED', 'LISTED_OUT', 'PRICE_ABSENT', 'PRICE_STALE');
      this.#open('OUTSIDE_COLLAR', 'OFF_TICK', 'QUANTITY_REFUSED', 'OFF_LOT', 'NOTIONAL_TOO_LARGE', 'THROTTLED');
      this.#open('POSITION_LIMIT', 'RATE_ABSENT', 'LEASE_STATIC', 'CAPACITY');
      return this.#rules;
    }
    this.#permission(admission);
    const priced = this.#price();
    this.#size(priced);
    this.#rate();
    const room = this.#position();
    this.#cells(priced);
    const { orders } = this.#s;
    this.#say('CAPACITY', room || checkRoom(this.#s), ORDERS_LIVE_MAX, orders.liveCount, 1);
    if (this.#node.placement === 'co-located') this.#hedge(this.#node.hedge);
    return this.#rules;
  }

  /** A rule that its check refused (with the verdict's numbers) or passed (with the numbers given). @returns whether it passed. */
  #say(rule: RejectionCode, rejection: number, limit = 0, used = 0, requested = 0, cell = 0): boolean {
    const { verdict } = this.#s;
    const passed = rejection !== REJECTION[rule];
    const node = 'client';
    if (passed || verdict.rejection !== rejection)
      this.#rules.push({ rule, node, passed, cell, limit, used, requested, wouldPass: 0 });
    else {
      const { cell: at, limit: of, used: taken, requested: asked, wouldPass } = verdict;
      this.#rules.push({ rule, node, passed, cell: at, limit: of, used: taken, requested: asked, wouldPass });
    }
    verdict.clear();
    return passed;
  }

  #open(...rules: readonly RejectionCode[]): void {
    for (const rule of rules)
      this.#rules.push({
        ...{ rule, node: 'client', passed: null },
        ...{ cell: 0, limit: 0, used: 0, requested: 0, wouldPass: 0 },
      });
  }

  #named({ fault }: Admission): boolean {
    const [s, c] = [this.#s, this.#c];
    s.verdict.clear();
    this.#say('BACKLOG', fault);
    if (!this.#say('ORDER_ACCOUNT_UNKNOWN', checkAccount(s, c))) {
      this.#open('ORDER_LISTING_UNKNOWN', 'ORDER_CURRENCY_MISMATCH');
      return false;
    }
    const listing = checkListing(s, c);
    const known = this.#say('ORDER_LISTING_UNKNOWN', listing);
    if (known) this.#say('ORDER_CURRENCY_MISMATCH', listing);
    else this.#open('ORDER_CURRENCY_MISMATCH');
    return known;
  }

  #permission({ allowNew, types }: Admission): void {
    const [s, c] = [this.#s, this.#c];
    this.#say('MARKET_CLOSED', checkPhase(c, allowNew, types));
    const restriction = checkRestriction(s, c);
    if (this.#say('HALTED', restriction)) this.#say('REDUCE_ONLY', restriction);
    else this.#open('REDUCE_ONLY');
    this.#say('NOT_PERMITTED', checkPermitted(s, c));
    this.#say('LISTED_OUT', checkLists(s, c));
  }

  /** @returns whether there is a price to count by. */
  #price(): boolean {
    const [s, c] = [this.#s, this.#c];
    const reference = checkReference(s, c);
    const priced = this.#say('PRICE_ABSENT', reference);
    const age = c.time - (s.listings.sourceTime[c.listing] as number);
    const tick = (): boolean => this.#say('OFF_TICK', checkTick(s, c), s.listings.tickAt(c.listing, c.price), 0, c.price);
    if (!priced) {
      this.#open('PRICE_STALE', 'OUTSIDE_COLLAR');
      if (c.type === LIMIT) tick();
      return false;
    }
    this.#say('PRICE_STALE', reference, s.listings.priceAgeMax[c.listing] as number, age);
    if (c.type === LIMIT) {
      const bound = c.price >= c.reference ? c.reference + c.reach : c.reference - c.reach;
      this.#say('OUTSIDE_COLLAR', checkCollar(s, c), bound, 0, c.price);
      tick();
    }
    countHoldPrice(c);
    return true;
  }

  #size(priced: boolean): void {
    const [s, c] = [this.#s, this.#c];
    const lot = s.listings.lot[c.listing] as number;
    this.#say('QUANTITY_REFUSED', checkLeast(s, c) || checkMost(s, c), s.listings.quantityMax[c.listing], 0, c.quantity);
    this.#say('OFF_LOT', checkLot(s, c), lot, 0, c.quantity);
    if (!priced) {
      this.#open('NOTIONAL_TOO_LARGE');
      return;
    }
    const perUnit = minorPerValue(s, c.listing);
    const most = Math.floor(Math.min(s.listings.valueMax[c.listing] as number, ORDER_VALUE_MAX) * perUnit);
    const asked = Math.min(Math.ceil(c.quantity * Math.abs(c.holdPrice) * perUnit), Number.MAX_SAFE_INTEGER);
    this.#say('NOTIONAL_TOO_LARGE', checkValue(s, c), most, 0, asked);
  }

  #rate(): void {
    const [s, c] = [this.#s, this.#c];
    const most = s.accounts.orderRateMax[c.account] as number;
    this.#say('THROTTLED', checkRate(s, c), most, arrivedIn(s, c.account, c.time), 1);
  }

  /** @returns CAPACITY when the table of positions has no room, else 0. */
  #position(): number {
    const [s, c] = [this.#s, this.#c];
    if (c.side === SHORT) this.#say('SHORT_REFUSED', checkShort(s, c));
    const refused = checkProjected(s, c);
    const { positions: p } = s;
    const row = c.position;
    const at = (column: Float64Array): number => (row < 0 ? 0 : (column[row] as number));
    if (closes(c.leg)) {
      const long = c.leg === LEG_CLOSE_LONG;
      const closing = at(long ? p.closingLong : p.closingShort);
      this.#say('CLOSE_EXCEEDS_POSITION', refused, at(long ? p.long : p.short) - closing, closing, c.leaves);
    } else {
      const long = c.leg === LEG_OPEN_LONG;
      const used = long ? at(p.long) + at(p.openingLong) : at(p.short) + at(p.openingShort);
      this.#say('POSITION_LIMIT', refused, s.accounts.positionMax[c.account] as number, used, c.leaves);
    }
    return refused === REJECTION.CAPACITY ? refused : 0;
  }

  #cells(priced: boolean): void {
    const [s, c] = [this.#s, this.#c];
    const { accounts, cells } = s;
    this.#say('RATE_ABSENT', checkRateSet(s, c));
    if (closes(c.leg)) return;
    const count = accounts.cellCount[c.account] as number;
    for (let n = 0; n < count; n++) {
      if (!priced) {
        this.#open('LEASE_STATIC');
        continue;
      }
      const refused = checkCell(s, c, n);
      const cell = accounts.cells[c.account * CELLS_PER_ORDER + n] as number;
      const slice = (cells.granted[cell] as number) - (cells.returned[cell] as number);
      const rule = refused === REJECTION.RATE_ABSENT ? 'RATE_ABSENT' : 'LEASE_STATIC';
      const need = refused === 0 ? (s.need[n] as number) : 0;
      this.#say(rule, refused, slice, cells.used[cell], need, cell);
    }
  }

  /** What the trading account that would send the child adds. */
  #hedge(h: HedgeState): void {
    const [s, c] = [this.#s, this.#c];
    const m = intentOf(s, c);
    const say = (rule: RejectionCode, passed: boolean, limit = 0, used = 0, requested = 0): void =>
      void this.#rules.push({
        rule,
        node: 'hedge',
        passed,
        cell: 0,
        limit,
        used,
        requested,
        wouldPass: passed ? 0 : Math.max(0, limit - used),
      });
    const refused = checkIntent(h, m, c.leg, c.time);
    if (refused === REJECTION.NOT_PERMITTED || refused === REJECTION.SHORT_REFUSED || refused === REJECTION.CAPACITY) {
      say(NAMES.get(refused) as RejectionCode, false);
      return;
    }
    const position = h.accounts.positions.find(h.routes.tradingAccount[m.route] as number, m.listing);
    if (TradingAccounts.needsStock(c.leg)) {
      const sellable = position < 0 ? 0 : h.accounts.sellable(position, c.leg);
      say('SELLABLE_EXCEEDED', position >= 0 && c.quantity <= sellable, sellable, 0, c.quantity);
    }
    say('WASH_TRADE', position < 0 || h.accounts.checkWash(h.children, position, m.side, m.price) === 0);
    const most = h.routes.orderRateMax[m.route] as number;
    if (most < UNLIMITED) say('THROTTLED', checkRouteRate(h, m.route, c.time) === 0, most, leftIn(h, m.route, c.time), 1);
  }
}

const NAMES: ReadonlyMap<number, RejectionCode> = new Map(
  (['NOT_PERMITTED', 'SHORT_REFUSED', 'CAPACITY'] as const).map((code) => [REJECTION[code], code]),
);
/** FIX 40 limit, FIX 54 sell short. */
const LIMIT = 2;
const SHORT = 5;
/** A route without a rate of its own. */
const UNLIMITED = 0xffff_ffff;
