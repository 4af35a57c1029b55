import { canonicalJson, invariant } from '@meridian/base';
import type { EventSink, StateMachine } from '@meridian/log';
import { COMMAND_HEADER_BYTES, PPM, readCommandHeader } from '@meridian/messages';
import {
  type Book,
  listingOf,
  type MasterRisk,
  masterOf,
  measure,
  newBook,
  newMaster,
  positionOf,
  restoreBook,
  revalue,
  revalueAll,
  type SavedBook,
  saveBook,
} from './book.ts';
import {
  INPUT_TYPE,
  type InputBody,
  type InputName,
  inputLayouts,
  MARGIN_SIGNAL_TYPE,
  MarginSignal,
  PriceInput,
} from './input.ts';

/** State 2 and 3 of {@link CallInput}; 1 is raised. */
const CALL_RAISED = 1;
const CALL_BREACHED = 3;

interface Saved {
  readonly book: SavedBook;
  readonly next: SavedBook | null;
  readonly rates: readonly [string, number][];
}

const NAME_OF = new Map<number, InputName>(Object.entries(INPUT_TYPE).map(([name, type]) => [type, name as InputName]));

/**
 * The real-time fold (实时盯市): equity, margin ratio and exposure of every client, underlying, market and the firm, worked
 * out anew for whom a price or a fill touches. Deterministic: no clock, no I/O. RC-c, RC-i, RC-k, RC-o.
 */
export class RiskFold implements StateMachine {
  #book: Book = newBook();
  /** The book being told between `rebase` and `rebased`. */
  #next: Book | undefined;
  /** Told, not yet in force. */
  #rates = new Map<string, number>();

  /** What stands now. For reading only. */
  get book(): Book {
    return this.#book;
  }

  /** A rebase was begun and not finished: its teller died. The old book stands until another one is told. */
  get rebasing(): boolean {
    return this.#next !== undefined;
  }

  apply(view: DataView, offset: number, _seq: number, out: EventSink): void {
    const { type, time } = readCommandHeader(view, offset);
    if (type === INPUT_TYPE.price) {
      const at = offset + COMMAND_HEADER_BYTES;
      const listing = view.getUint32(at + PriceInput.at.listing, true);
      this.#price(listing, view.getFloat64(at + PriceInput.at.price, true), time, out);
      return;
    }
    const name = NAME_OF.get(type);
    invariant(name !== undefined, () => `unknown risk input ${type}`);
    const body = inputLayouts[name].read(view, offset + COMMAND_HEADER_BYTES);
    if (name === 'fill') this.#fill(body as InputBody<'fill'>, time, out);
    else if (name === 'rate') this.#rates.set((body as InputBody<'rate'>).currency, (body as InputBody<'rate'>).rate);
    else if (name === 'rates') this.#ratesInForce(body as InputBody<'rates'>, time, out);
    else if (name === 'rebase') this.#begin();
    else if (name === 'rebased') this.#turnOver(time, out);
    else this.#tell(name, body);
  }

  #begin(): void {
    this.#next = newBook();
    this.#rates.clear();
  }

  /** One figure of the new book. */
  #tell(name: InputName, body: unknown): void {
    const book = this.#next;
    invariant(book !== undefined, () => `${name} outside a rebase`);
    if (name === 'master') {
      const terms = body as InputBody<'master'>;
      book.masters.set(terms.master, newMaster(terms));
    } else if (name === 'account') {
      const terms = body as InputBody<'account'>;
      book.accounts.set(terms.account, terms);
    } else if (name === 'listing') {
      const terms = body as InputBody<'listing'>;
      const price = this.#book.listings.get(terms.listing)?.price;
      book.listings.set(terms.listing, { ...terms, price, positions: [], masters: [] });
    } else if (name === 'cash') {
      const row = body as InputBody<'cash'>;
      masterOf(book, row.master).money.push({ ...row, toBase: Number.NaN });
    } else if (name === 'position') {
      const { account, listing, quantity, cost, fees } = body as InputBody<'position'>;
      Object.assign(positionOf(book, account, listing), { quantity, cost, fees });
    } else if (name === 'place') {
      const { market, seq, k } = body as InputBody<'place'>;
      book.places.set(market, { seq, k });
    } else {
      const call = body as InputBody<'call'>;
      book.calls.set(call.master, call);
    }
  }

  #turnOver(time: number, out: EventSink): void {
    const next = this.#next;
    invariant(next !== undefined, 'a rebase ends that never began');
    for (const master of next.masters.values())
      takeCall(master, this.#book.masters.get(master.master), next.calls.get(master.master));
    this.#book = next;
    this.#next = undefined;
    revalueAll(next);
    for (const master of next.masters.values()) this.#judge(master, time, out);
  }

  #ratesInForce({ rateSet, publishedAt }: InputBody<'rates'>, time: number, out: EventSink): void {
    const rates = { rateSet, publishedAt, perBase: this.#rates };
    this.#rates = new Map();
    if (this.#next !== undefined) {
      this.#next.rates = rates;
      return;
    }
    this.#book.rates = rates;
    revalueAll(this.#book);
    for (const master of this.#book.masters.values()) this.#judge(master, time, out);
  }

  #price(listing: number, price: number, time: number, out: EventSink): void {
    if (this.#next !== undefined) {
      listingOf(this.#next, listing).price = price;
      return;
    }
    const known = listingOf(this.#book, listing);
    if (known.price === price) return;
    known.price = price;
    for (const master of known.masters) this.#judge(master, time, out);
  }

  #fill({ market, seq, k, ...fill }: InputBody<'fill'>, time: number, out: EventSink): void {
    invariant(this.#next === undefined, 'a fill inside a rebase');
    const place = this.#book.places.get(market);
    if (place !== undefined && (seq < place.seq || (seq === place.seq && k <= place.k))) return;
    this.#book.places.set(market, { seq, k });
    const position = positionOf(this.#book, fill.account, fill.listing);
    revalue(this.#book, position);
    position.quantity += fill.quantity;
    position.cost += fill.cost;
    position.fees += fill.fees;
    this.#judge(masterOf(this.#book, position.account.master), time, out);
  }

  /** A call is raised below the line, once, and again only after the target was reached in between. RC-j, RC-l */
  #judge(master: MasterRisk, time: number, out: EventSink): void {
    measure(master);
    const amount = Math.ceil((master.requirement * master.targetPpm) / PPM - master.equity);
    if (master.callOpen) {
      if (amount > 0) return;
      master.callOpen = false;
      signal(2, master, 0, out);
    } else if (
      master.equity * PPM < master.requirement * master.callPpm &&
      amount >= master.amountMin &&
      time > master.callAt
    ) {
      master.callOpen = true;
      master.callAt = time;
      signal(1, master, amount, out);
    }
  }

  save(): Uint8Array {
    const next = this.#next === undefined ? null : saveBook(this.#next);
    const saved: Saved = { book: saveBook(this.#book), next, rates: [...this.#rates] };
    return new TextEncoder().encode(canonicalJson(saved));
  }

  restore(bytes: Uint8Array): void {
    const saved = JSON.parse(new TextDecoder().decode(bytes)) as Saved;
    this.#book = restoreBook(saved.book, true);
    this.#next = saved.next === null ? undefined : restoreBook(saved.next, false);
    this.#rates = new Map(saved.rates);
  }
}

/**
 * Whether a call is open is the books' to say, but for one thing: a call that this fold has raised and the books have not
 * heard of yet stays open, and a breached one stays as it was found.
 */
function takeCall(master: MasterRisk, before: MasterRisk | undefined, call: InputBody<'call'> | undefined): void {
  const bookedCallAt = call?.raisedAt ?? 0;
  master.bookedCallAt = bookedCallAt;
  master.callAt = Math.max(bookedCallAt, before?.callAt ?? 0);
  if (before?.callOpen === true && before.callAt > bookedCallAt) master.callOpen = true;
  else if (call?.state === CALL_BREACHED) master.callOpen = before?.callOpen ?? true;
  else master.callOpen = call?.state === CALL_RAISED;
}

function signal(kind: number, master: MasterRisk, amount: number, out: EventSink): void {
  const at = out.begin(MARGIN_SIGNAL_TYPE);
  const { master: id, client, currency } = master;
  const figures = { equity: Math.floor(master.equity), requirement: Math.ceil(master.requirement), amount };
  out.end(MarginSignal.write(out.view, at, { kind, master: id, client, currency, ...figures }));
}
