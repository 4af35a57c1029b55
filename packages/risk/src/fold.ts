import { canonicalJson, invariant } from '@meridian/base';
import type { EventSink, StateMachine } from '@meridian/log';
import { COMMAND_HEADER_BYTES, NODE_FX_SCALE, NODE_PRICE_SCALE, PPM, readCommandHeader } from '@meridian/messages';
import { INPUT_TYPE, inputLayouts, MARGIN_SIGNAL_TYPE, MarginSignal } from './input.ts';

/**
 * The real-time fold (实时盯市): equity, margin ratio and exposure of every client, underlying, market and the firm,
 * recomputed for whom a price or a fill touches. Deterministic: doubles in a fixed order, no clock. RC-c, RC-i, RC-k, RC-o.
 *
 * Equity of a master = client money + Σ(quantity × price × FX − cost) − fees of fills not booked yet; its requirement =
 * Σ|quantity × price × FX| × margin rate. Minor units of the base currency.
 */
export interface MasterRisk {
  readonly master: number;
  readonly client: number;
  readonly currency: string;
  readonly callPpm: number;
  readonly targetPpm: number;
  readonly amountMin: number;
  cash: number;
  equity: number;
  requirement: number;
  /** Σ|notional|. */
  exposure: number;
  callOpen: boolean;
}

interface AccountRisk {
  readonly master: number;
  readonly marginPpm: number;
  readonly commissionPpm: number;
}

interface ListingRisk {
  readonly listing: number;
  readonly issuer: number;
  readonly market: string;
  readonly currency: string;
  price: number;
}

export interface PositionRisk {
  readonly account: number;
  readonly listing: number;
  quantity: number;
  cost: number;
  fees: number;
}

interface State {
  masters: MasterRisk[];
  accounts: [number, AccountRisk][];
  listings: ListingRisk[];
  rates: [string, number][];
  positions: PositionRisk[];
}

/** No price has arrived yet. */
const UNPRICED = Number.MIN_SAFE_INTEGER;

export class RiskFold implements StateMachine {
  #masters = new Map<number, MasterRisk>();
  #accounts = new Map<number, AccountRisk>();
  #listings = new Map<number, ListingRisk>();
  #rates = new Map<string, number>();
  #positions = new Map<string, PositionRisk>();
  /** Keys of positions by listing and by master: whom a price touches, and what a master's sums run over. */
  #ofListing = new Map<number, PositionRisk[]>();
  #ofMaster = new Map<number, PositionRisk[]>();

  apply(view: DataView, offset: number, _seq: number, out: EventSink): void {
    const { type } = readCommandHeader(view, offset);
    const body = offset + COMMAND_HEADER_BYTES;
    switch (type) {
      case INPUT_TYPE.price: {
        const { listing, price } = inputLayouts.price.read(view, body);
        return this.#price(listing, price, out);
      }
      case INPUT_TYPE.fill: {
        const { account, listing, quantity, price } = inputLayouts.fill.read(view, body);
        return this.#fill(account, listing, quantity, price, out);
      }
      case INPUT_TYPE.position: {
        const { account, listing, quantity, cost, fees } = inputLayouts.position.read(view, body);
        const position = this.#position(account, listing);
        position.quantity = quantity;
        position.cost = cost;
        position.fees = fees;
        return this.#measure(this.#masterOf(account), out);
      }
      case INPUT_TYPE.cash: {
        const { master, amount } = inputLayouts.cash.read(view, body);
        this.#master(master).cash = amount;
        return this.#measure(this.#master(master), out);
      }
      case INPUT_TYPE.rebase:
        return this.#forget();
      case INPUT_TYPE.rate: {
        const { from, to, rate } = inputLayouts.rate.read(view, body);
        this.#rates.set(`${from}${to}`, rate / NODE_FX_SCALE);
        for (const master of this.#masters.values()) this.#measure(master, out);
        return;
      }
      case INPUT_TYPE.call: {
        const { master, open } = inputLayouts.call.read(view, body);
        this.#master(master).callOpen = open === 1;
        return;
      }
      default:
        return this.#define(type, view, body);
    }
  }

  #define(type: number, view: DataView, body: number): void {
    if (type === INPUT_TYPE.master) {
      const terms = inputLayouts.master.read(view, body);
      const known = this.#masters.get(terms.master);
      const figures = known ?? { cash: 0, equity: 0, requirement: 0, exposure: 0, callOpen: false };
      this.#masters.set(terms.master, { ...figures, ...terms });
    } else if (type === INPUT_TYPE.account) {
      const { account, ...terms } = inputLayouts.account.read(view, body);
      this.#accounts.set(account, terms);
    } else {
      invariant(type === INPUT_TYPE.listing, () => `unknown risk input ${type}`);
      const terms = inputLayouts.listing.read(view, body);
      this.#listings.set(terms.listing, { ...terms, price: this.#listings.get(terms.listing)?.price ?? UNPRICED });
    }
  }

  #price(listing: number, price: number, out: EventSink): void {
    const known = this.#listings.get(listing);
    invariant(known !== undefined, () => `price of unknown listing ${listing}`);
    known.price = price;
    let last: MasterRisk | undefined;
    for (const { account } of this.#ofListing.get(listing) ?? []) {
      const master = this.#masterOf(account);
      if (master !== last) this.#measure(master, out);
      last = master;
    }
  }

  #fill(account: number, listing: number, quantity: number, price: number, out: EventSink): void {
    const position = this.#position(account, listing);
    const value = quantity * this.#minorPerPrice(account, listing) * price;
    position.quantity += quantity;
    position.cost += value;
    position.fees += (Math.abs(value) * (this.#accounts.get(account) as AccountRisk).commissionPpm) / PPM;
    this.#measure(this.#masterOf(account), out);
  }

  /** Minor units of the master's currency for one unit at node price 1. */
  #minorPerPrice(account: number, listing: number): number {
    const { currency: quote } = this.#listings.get(listing) as ListingRisk;
    const { currency: base } = this.#masterOf(account);
    const fx = quote === base ? 1 : this.#rates.get(`${quote}${base}`);
    invariant(fx !== undefined, () => `no rate from ${quote} to ${base}`);
    return (fx * 100) / NODE_PRICE_SCALE;
  }

  #measure(master: MasterRisk, out: EventSink): void {
    let equity = master.cash;
    let requirement = 0;
    let exposure = 0;
    for (const position of this.#ofMaster.get(master.master) ?? []) {
      const { price } = this.#listings.get(position.listing) as ListingRisk;
      const value =
        price === UNPRICED
          ? position.cost
          : position.quantity * price * this.#minorPerPrice(position.account, position.listing);
      equity += value - position.cost - position.fees;
      exposure += Math.abs(value);
      requirement += (Math.abs(value) * (this.#accounts.get(position.account) as AccountRisk).marginPpm) / PPM;
    }
    master.equity = equity;
    master.requirement = requirement;
    master.exposure = exposure;
    this.#judge(master, out);
  }

  #judge(master: MasterRisk, out: EventSink): void {
    const call = Math.ceil((master.requirement * master.targetPpm) / PPM - master.equity);
    const short = master.equity * PPM < master.requirement * master.callPpm;
    if (!master.callOpen && short && call >= master.amountMin) {
      master.callOpen = true;
      this.#signal(1, master, call, out);
    } else if (master.callOpen && call <= 0) {
      master.callOpen = false;
      this.#signal(2, master, 0, out);
    }
  }

  #signal(kind: number, master: MasterRisk, amount: number, out: EventSink): void {
    const at = out.begin(MARGIN_SIGNAL_TYPE);
    const { master: id, client } = master;
    const figures = { equity: Math.floor(master.equity), requirement: Math.ceil(master.requirement), amount };
    out.end(MarginSignal.write(out.view, at, { kind, master: id, client, ...figures }));
  }

  #master(id: number): MasterRisk {
    const master = this.#masters.get(id);
    invariant(master !== undefined, () => `unknown master ${id}`);
    return master;
  }

  #masterOf(account: number): MasterRisk {
    const known = this.#accounts.get(account);
    invariant(known !== undefined, () => `unknown account ${account}`);
    return this.#master(known.master);
  }

  #position(account: number, listing: number): PositionRisk {
    const key = `${account}/${listing}`;
    const known = this.#positions.get(key);
    if (known !== undefined) return known;
    invariant(this.#listings.has(listing), () => `unknown listing ${listing}`);
    const fresh: PositionRisk = { account, listing, quantity: 0, cost: 0, fees: 0 };
    this.#index(fresh);
    return fresh;
  }

  #index(position: PositionRisk): void {
    this.#positions.set(`${position.account}/${position.listing}`, position);
    append(this.#ofListing, position.listing, position);
    append(this.#ofMaster, this.#masterOf(position.account).master, position);
  }

  #forget(): void {
    this.#positions.clear();
    this.#ofListing.clear();
    this.#ofMaster.clear();
    for (const master of this.#masters.values()) Object.assign(master, { cash: 0, equity: 0, requirement: 0, exposure: 0 });
  }

  masters(): readonly Readonly<MasterRisk>[] {
    return [...this.#masters.values()];
  }

  positions(): readonly Readonly<PositionRisk>[] {
    return [...this.#positions.values()];
  }

  /** Notional of the clients' positions by listing, quote currency minor units, with issuer and market. */
  underlyings(): readonly {
    readonly listing: number;
    readonly issuer: number;
    readonly market: string;
    readonly currency: string;
    readonly long: number;
    readonly short: number;
  }[] {
    return [...this.#listings.values()].map(({ listing, issuer, market, currency, price }) => {
      let long = 0;
      let short = 0;
      for (const { quantity } of this.#ofListing.get(listing) ?? []) {
        const value = price === UNPRICED ? 0 : (quantity * price * 100) / NODE_PRICE_SCALE;
        if (value > 0) long += value;
        else short -= value;
      }
      return { listing, issuer, market, currency, long, short };
    });
  }

  /** Units of `to` for one of `from`; undefined when the fold was never told. */
  rate(from: string, to: string): number | undefined {
    return from === to ? 1 : this.#rates.get(`${from}${to}`);
  }

  save(): Uint8Array {
    const state: State = {
      masters: [...this.#masters.values()],
      accounts: [...this.#accounts],
      listings: [...this.#listings.values()],
      rates: [...this.#rates],
      positions: [...this.#positions.values()],
    };
    return new TextEncoder().encode(canonicalJson(state));
  }

  restore(bytes: Uint8Array): void {
    const state = JSON.parse(new TextDecoder().decode(bytes)) as State;
    this.#masters = new Map(state.masters.map((master) => [master.master, master]));
    this.#accounts = new Map(state.accounts);
    this.#listings = new Map(state.listings.map((listing) => [listing.listing, listing]));
    this.#rates = new Map(state.rates);
    this.#positions.clear();
    this.#ofListing.clear();
    this.#ofMaster.clear();
    for (const position of state.positions) this.#index(position);
  }
}

function append<K>(index: Map<K, PositionRisk[]>, key: K, position: PositionRisk): void {
  const list = index.get(key);
  if (list === undefined) index.set(key, [position]);
  else list.push(position);
}
