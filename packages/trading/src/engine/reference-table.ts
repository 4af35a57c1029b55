import { type Currency, currency, minorDigits } from '@meridian/base';
import { type CommandBody, NO_PRICE } from '@meridian/messages';
import { CELLS_PER_ORDER, CURRENCIES_MAX, DENSE_ID_MAX } from './bounds.ts';
import { finish, HashIndex, mix, widen } from './column.ts';
import type { SnapshotReader, SnapshotWriter } from './snapshot.ts';

/**
 * Hot path: struct of arrays. What the door told the node about listings, accounts, routes, currencies. Row = dense id;
 * row 0 stays unknown for ever.
 */

function room(table: { readonly known: Uint8Array }, id: number, strides = {}): void {
  if (id >= table.known.length) widen(table, Math.max(id + 1, table.known.length * 2), strides);
}

/** Currencies as dense numbers from 1, in the order they were first named, and the rate between any two. */
export class CurrencyTable {
  codes: string[] = [''];
  /** NODE_FX_SCALE, row-major from × to; 0 where no set in force has it. */
  rate = new Float64Array(CURRENCIES_MAX * CURRENCIES_MAX);
  digits = new Uint8Array(CURRENCIES_MAX);
  rateSet = 0;

  /** The number of a code; 0 for a code that is no currency or finds no room. */
  admit(code: string): number {
    const known = this.codes.indexOf(code);
    if (known > 0) return known;
    if (this.codes.length === CURRENCIES_MAX) return 0;
    let admitted: Currency;
    try {
      admitted = currency(code);
    } catch {
      return 0;
    }
    this.digits[this.codes.length] = minorDigits(admitted);
    this.rate[this.codes.length * CURRENCIES_MAX + this.codes.length] = 1e8;
    return this.codes.push(code) - 1;
  }

  /** The set replaces the one before it: a pair it does not name has no rate. */
  apply(body: CommandBody<'apply-rate-set'>): boolean {
    for (const { from, to } of body.rates) if (this.admit(from) === 0 || this.admit(to) === 0) return false;
    this.rate.fill(0);
    for (let c = 1; c < this.codes.length; c++) this.rate[c * CURRENCIES_MAX + c] = 1e8;
    for (const { from, to, rate } of body.rates)
      if (from !== to) this.rate[this.codes.indexOf(from) * CURRENCIES_MAX + this.codes.indexOf(to)] = rate;
    this.rateSet = body.rateSet;
    return true;
  }

  save(to: SnapshotWriter): void {
    to.json({ codes: this.codes, rateSet: this.rateSet, rate: [...this.rate], digits: [...this.digits] });
  }

  restore(from: SnapshotReader): void {
    const saved = from.json() as { codes: string[]; rateSet: number; rate: number[]; digits: number[] };
    this.codes = saved.codes;
    this.rateSet = saved.rateSet;
    this.rate = Float64Array.from(saved.rate);
    this.digits = Uint8Array.from(saved.digits);
  }
}

/** Bands of a tick table per listing. */
const BANDS = 64;
const LISTING_STRIDES = {};

export class ListingTable {
  known = new Uint8Array(16);
  issuer = new Uint32Array(16);
  currency = new Uint8Array(16);
  lot = new Float64Array(16);
  collarPpm = new Float64Array(16);
  quantityMax = new Float64Array(16);
  /** NODE_PRICE_SCALE × units, so that a check needs no division: notionalMax ÷ 10^digits × 10^4. */
  valueMax = new Float64Array(16);
  notionalMax = new Float64Array(16);
  priceAgeMax = new Float64Array(16);
  shortAllowed = new Uint8Array(16);
  /** Tick of a listing with one band; 0 when it has several. */
  tick = new Float64Array(16);
  /** Where its bands begin in {@link bandFrom}, and how many. */
  band = new Int32Array(16);
  bands = new Uint8Array(16);
  bid = new Float64Array(16);
  ask = new Float64Array(16);
  last = new Float64Array(16);
  sourceTime = new Float64Array(16);
  /** 0 none, 1 reduce only, 2 halt. */
  restriction = new Uint8Array(16);
  /** Permission by the firm's entry, 255 where there is none; and how many entries name groups or clients. */
  firmList = new Uint8Array(16);
  scopedLists = new Uint32Array(16);
  count = 1;

  readonly bandTable = { known: new Uint8Array(16), from: new Float64Array(16), tick: new Float64Array(16) };
  bandCount = 0;

  /** @returns whether the fact was taken. */
  define(body: CommandBody<'define-listing'>, currencies: CurrencyTable): boolean {
    const row = body.listing;
    const money = currencies.admit(body.currency);
    if (row >= DENSE_ID_MAX || money === 0 || body.lot < 1) return false;
    for (let i = 1; i < body.ticks.length; i++) if (body.ticks[i]!.from <= body.ticks[i - 1]!.from) return false;
    room(this, row, LISTING_STRIDES);
    if (this.known[row] === 0) {
      this.known[row] = 1;
      this.bid[row] = NO_PRICE;
      this.ask[row] = NO_PRICE;
      this.last[row] = NO_PRICE;
      this.firmList[row] = 255;
    }
    this.count = Math.max(this.count, row + 1);
    this.issuer[row] = body.issuer;
    this.currency[row] = money;
    this.lot[row] = body.lot;
    this.collarPpm[row] = body.collarPpm;
    this.quantityMax[row] = body.quantityMax;
    this.notionalMax[row] = body.notionalMax;
    this.valueMax[row] = (body.notionalMax / 10 ** (currencies.digits[money] as number)) * 10_000;
    this.priceAgeMax[row] = body.priceAgeMax;
    this.shortAllowed[row] = body.shortAllowed ? 1 : 0;
    this.#bands(row, body.ticks);
    return true;
  }

  #bands(row: number, ticks: CommandBody<'define-listing'>['ticks']): void {
    // Redefined bands are appended: a table that changes daily stays small, and a row never points into another's.
    this.band[row] = this.bandCount;
    this.bands[row] = ticks.length;
    this.tick[row] = ticks.length === 1 ? ticks[0]!.tick : 0;
    for (const { from, tick } of ticks) {
      room(this.bandTable, this.bandCount);
      this.bandTable.from[this.bandCount] = from;
      this.bandTable.tick[this.bandCount++] = tick;
    }
  }

  /** The tick at a price; 0 below the lowest band: no price is valid there. */
  tickAt(row: number, price: number): number {
    const only = this.tick[row] as number;
    const first = this.band[row] as number;
    if (only > 0 && price >= (this.bandTable.from[first] as number)) return only;
    for (let i = first + (this.bands[row] as number) - 1; i >= first; i--)
      if (price >= (this.bandTable.from[i] as number)) return this.bandTable.tick[i] as number;
    return 0;
  }

  save(to: SnapshotWriter): void {
    to.table(this, this.count);
    to.table(this.bandTable, this.bandCount);
  }

  restore(from: SnapshotReader): void {
    this.count = from.table(this);
    this.bandCount = from.table(this.bandTable);
  }
}

/** How many bands one listing may have: the schema's bound. */
export const TICK_BANDS_MAX = BANDS;

const ACCOUNT_STRIDES = { cells: CELLS_PER_ORDER };

/** Business accounts (业务账户). UA-3. */
export class AccountTable {
  known = new Uint8Array(16);
  client = new Uint32Array(16);
  group = new Uint32Array(16);
  /** 0 local, 1 composite, 2 quanto. */
  basis = new Uint8Array(16);
  currency = new Uint8Array(16);
  /** Initial margin and fee buffer together, PPM. */
  needPpm = new Float64Array(16);
  permission = new Uint8Array(16);
  positionMax = new Float64Array(16);
  orderRateMax = new Float64Array(16);
  route = new Uint32Array(16);
  cellCount = new Uint8Array(16);
  cells = new Uint32Array(16 * CELLS_PER_ORDER);
  restriction = new Uint8Array(16);
  /** Orders and replaces that arrived in the running second of business time. */
  second = new Float64Array(16);
  arrived = new Uint32Array(16);
  count = 1;

  define(body: CommandBody<'define-account'>, currencies: CurrencyTable): boolean {
    const row = body.account;
    const money = currencies.admit(body.settlementCurrency);
    if (row >= DENSE_ID_MAX || body.client >= DENSE_ID_MAX || body.route >= DENSE_ID_MAX || money === 0) return false;
    if (currencies.digits[money] !== body.minorDigits) return false;
    if (body.cells.some((cell) => cell >= DENSE_ID_MAX) || new Set(body.cells).size !== body.cells.length) return false;
    // An open order holds its cells by their place in this list: it may be extended, never rearranged.
    if (row < this.known.length && this.known[row] === 1)
      for (let i = 0; i < (this.cellCount[row] as number); i++)
        if (body.cells[i] !== this.cells[row * CELLS_PER_ORDER + i]) return false;
    room(this, row, ACCOUNT_STRIDES);
    this.known[row] = 1;
    this.count = Math.max(this.count, row + 1);
    this.client[row] = body.client;
    this.group[row] = body.group;
    this.basis[row] = body.basis === 'local' ? 0 : body.basis === 'composite' ? 1 : 2;
    this.currency[row] = money;
    this.needPpm[row] = body.marginPpm + body.feeBufferPpm;
    this.permission[row] = body.permission;
    this.positionMax[row] = body.positionMax;
    this.orderRateMax[row] = body.orderRateMax;
    this.route[row] = body.route;
    this.cellCount[row] = body.cells.length;
    this.cells.set(body.cells, row * CELLS_PER_ORDER);
    return true;
  }

  save(to: SnapshotWriter): void {
    to.table(this, this.count, ACCOUNT_STRIDES);
  }

  restore(from: SnapshotReader): void {
    this.count = from.table(this, ACCOUNT_STRIDES);
  }
}

/** entity × channel × trading account × custodian, as a node needs it. The text of the trading account stays at the door. */
export class RouteTable {
  known = new Uint8Array(16);
  session = new Uint32Array(16);
  /** Routes of one trading account share its number: the positions and the wash-trade check are the account's. */
  tradingAccount = new Uint32Array(16);
  shortAllowed = new Uint8Array(16);
  /** 4294967295: no rate of its own. */
  orderRateMax = new Uint32Array(16);
  second = new Float64Array(16);
  arrived = new Uint32Array(16);
  count = 1;
  names: string[] = [''];

  define(body: CommandBody<'define-route'>): boolean {
    const row = body.route;
    if (row >= DENSE_ID_MAX || body.session >= DENSE_ID_MAX) return false;
    room(this, row);
    let account = this.names.indexOf(body.tradingAccount);
    if (account < 0) account = this.names.push(body.tradingAccount) - 1;
    this.known[row] = 1;
    this.count = Math.max(this.count, row + 1);
    this.session[row] = body.session;
    this.tradingAccount[row] = account;
    this.shortAllowed[row] = body.shortAllowed ? 1 : 0;
    this.orderRateMax[row] = Math.min(body.orderRateMax ?? 0xffff_ffff, 0xffff_ffff);
    return true;
  }

  save(to: SnapshotWriter): void {
    to.table(this, this.count);
    to.json(this.names);
  }

  restore(from: SnapshotReader): void {
    this.count = from.table(this);
    this.names = from.json() as string[];
  }
}

const SESSION_ROLE = { client: 1, hedge: 2, house: 3 } as const;

/** Sessions, the numbers they come to next, and the accounts that may be named on them. */
export class SessionTable {
  known = new Uint8Array(16);
  /** 1 client, 2 hedge, 3 house. */
  role = new Uint8Array(16);
  nextIn = new Float64Array(16);
  nextOut = new Float64Array(16);
  /** The command that last set both numbers anew: what was sent before it is never sent again. */
  resetAt = new Float64Array(16);
  count = 1;
  readonly accounts = new PairSet();

  define(body: CommandBody<'define-session'>): boolean {
    const row = body.session;
    if (row >= DENSE_ID_MAX || body.accounts.some((account) => account >= DENSE_ID_MAX)) return false;
    room(this, row);
    if (this.known[row] === 0) {
      this.known[row] = 1;
      this.nextIn[row] = 1;
      this.nextOut[row] = 1;
    }
    this.count = Math.max(this.count, row + 1);
    this.role[row] = SESSION_ROLE[body.role];
    this.accounts.withdraw(row);
    for (const account of body.accounts) this.accounts.put(row, account, 1);
    return true;
  }

  has(session: number): boolean {
    return session < this.count && this.known[session] === 1;
  }

  /** A message with this number was consumed. 0: it came by another way than FIX. */
  consumed(session: number, inSeq: number): void {
    if (inSeq >= (this.nextIn[session] as number)) this.nextIn[session] = inSeq + 1;
  }

  /** The number of the next message out. */
  takeOut(session: number): number {
    const out = this.nextOut[session] as number;
    this.nextOut[session] = out + 1;
    return out;
  }

  save(to: SnapshotWriter): void {
    to.table(this, this.count);
    this.accounts.save(to);
  }

  restore(from: SnapshotReader): void {
    this.count = from.table(this);
    this.accounts.restore(from);
  }
}

/** A small value per pair of dense ids: accounts of a session, list entries of a scope. */
export class PairSet {
  readonly #rows = { known: new Uint8Array(16), a: new Uint32Array(16), b: new Uint32Array(16), value: new Uint8Array(16) };
  readonly #index = new HashIndex();
  count = 0;

  find(a: number, b: number): number {
    const hash = finish(mix(mix(0, a), b));
    const { cells, mask } = this.#index;
    for (let at = hash & mask; ; at = (at + 1) & mask) {
      const row = cells[at * 2] as number;
      if (row < 0 || (cells[at * 2 + 1] === hash && this.#rows.a[row] === a && this.#rows.b[row] === b)) return row;
    }
  }

  /** The pair's value; −1 where there is none. */
  get(a: number, b: number): number {
    const row = this.find(a, b);
    return row < 0 || this.#rows.known[row] === 0 ? -1 : (this.#rows.value[row] as number);
  }

  put(a: number, b: number, value: number): void {
    let row = this.find(a, b);
    if (row < 0) {
      row = this.count++;
      room(this.#rows, row);
      this.#rows.a[row] = a;
      this.#rows.b[row] = b;
      this.#index.insert(row, finish(mix(mix(0, a), b)));
    }
    this.#rows.known[row] = 1;
    this.#rows.value[row] = value;
  }

  /** Every pair that begins with `a` has no value any more. */
  withdraw(a: number): void {
    for (let row = 0; row < this.count; row++) if (this.#rows.a[row] === a) this.#rows.known[row] = 0;
  }

  save(to: SnapshotWriter): void {
    to.table(this.#rows, this.count);
  }

  restore(from: SnapshotReader): void {
    this.count = from.table(this.#rows);
    this.#index.clear();
    for (let row = 0; row < this.count; row++)
      this.#index.insert(row, finish(mix(mix(0, this.#rows.a[row] as number), this.#rows.b[row] as number)));
  }
}
