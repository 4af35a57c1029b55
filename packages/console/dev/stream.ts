import type { ClientMessage, ServerMessage } from '@meridian/api';
import type { Scalar } from '../src/data/protocol.ts';
import { businessMicros, dice } from './house.ts';

const ROWS = 50_000;
const BATCH_MS = 50;
const symbols = [
  ['SAP.DE', 'EUR', 242],
  ['SIE.DE', 'EUR', 228.9],
  ['AIR.PA', 'EUR', 203.1],
  ['ASML.AS', 'EUR', 884.2],
  ['MC.PA', 'EUR', 611.4],
  ['00700.HK', 'HKD', 612.5],
  ['09988.HK', 'HKD', 148.3],
  ['600519.SH', 'CNY', 1463.02],
] as const;
const states = ['new', 'partially-filled', 'filled', 'filled', 'new', 'rejected'] as const;

type Row = Record<string, Scalar>;

/** The order board of the development page: rows from a seed, and updates at a rate. The newest stands first. */
export class Board {
  readonly rows: Row[] = [];
  readonly #random = dice(7);

  constructor(count = ROWS) {
    for (let i = 0; i < count; i += 1) this.add(count - i);
  }

  add(place: number): void {
    const pick = this.#random;
    const [symbol, currency, price] = symbols[Math.floor(pick() * symbols.length)] as (typeof symbols)[number];
    const quantity = (1 + Math.floor(pick() * 90)) * 100;
    const state = states[Math.floor(pick() * states.length)] as string;
    const filled = state === 'filled' ? quantity : state === 'partially-filled' ? Math.round(quantity * pick()) : 0;
    this.rows.push({
      market: 'XETR',
      order: String(8_362_337 + place),
      at: new Date((businessMicros() - (ROWS - place) * 1_530_000) / 1000).toISOString(),
      state,
      clientToken: `C-${String(100 + Math.floor(pick() * 40)).padStart(5, '0')}`,
      accountCode: `TRS-26-${1000 + Math.floor(pick() * 8999)}`,
      symbol,
      side: pick() < 0.6 ? 'buy' : 'sell',
      effect: 'open',
      quantity: String(quantity),
      price: (price * (0.99 + pick() * 0.02)).toFixed(2),
      currency,
      filled: String(filled),
      leaves: String(quantity - filled),
      averagePrice: null,
      hedgedPpm: filled === 0 ? null : Math.round(920_000 + pick() * 80_000),
      type: 'limit',
      timeInForce: 'day',
      seq: 8_362_337 + place,
      reason: state === 'rejected' ? 'CONCENTRATION' : null,
    });
  }

  /** Changes `count` rows, half of them among the first 55; gives their indexes. */
  change(count: number): Set<number> {
    const changed = new Set<number>();
    for (let i = 0; i < count; i += 1) {
      const at = Math.floor(this.#random() * (i % 2 === 0 ? 55 : this.rows.length));
      const row = this.rows[at] as Row;
      row['price'] = (Number(row['price']) * (0.999 + this.#random() * 0.002)).toFixed(2);
      row['at'] = new Date(businessMicros() / 1000).toISOString();
      changed.add(at);
    }
    return changed;
  }
}

interface Sub {
  v: number;
  n: number;
  range: readonly [number, number];
  columns: readonly string[];
}

/** A WebSocket that answers itself: the viewport protocol over the board. */
export class HouseSocket extends EventTarget {
  static ratePerSecond = 2000;
  readonly #board = new Board();
  readonly #subs = new Map<number, Sub>();
  readonly #timers: ReturnType<typeof setInterval>[] = [];
  #seq = 8_412_337;

  constructor(_url: string) {
    super();
    setTimeout(() => {
      this.dispatchEvent(new Event('open'));
      this.#timers.push(
        setInterval(() => this.#tick(), BATCH_MS),
        setInterval(() => this.#beat(), 1000),
      );
      this.#beat();
    }, 0);
  }

  send(textOf: string): void {
    const message = JSON.parse(textOf) as ClientMessage;
    if (message.op === 'sub') {
      if (message.view !== 'orders') return;
      this.#subs.set(message.id, { v: message.v, n: 0, range: message.range, columns: message.columns });
      this.#snap(message.id);
    } else if (message.op === 'range') {
      const sub = this.#subs.get(message.id);
      if (sub === undefined) return;
      sub.v = message.v;
      sub.range = message.range;
      this.#snap(message.id);
    } else if (message.op === 'unsub') this.#subs.delete(message.id);
  }

  close(): void {
    for (const timer of this.#timers) clearInterval(timer);
  }

  #say(message: ServerMessage): void {
    const data = JSON.stringify(message);
    setTimeout(() => this.dispatchEvent(new MessageEvent('message', { data })), 0);
  }

  #stamp(sub: Sub) {
    sub.n += 1;
    return {
      v: sub.v,
      n: sub.n,
      seq: this.#seq,
      at: new Date(businessMicros() / 1000).toISOString(),
      total: this.#board.rows.length,
    };
  }

  #snap(id: number): void {
    const sub = this.#subs.get(id) as Sub;
    const rows = this.#board.rows.slice(...sub.range);
    const cols = Object.fromEntries(sub.columns.map((name) => [name, rows.map((row) => row[name] ?? null)]));
    this.#say({ op: 'snap', id, ...this.#stamp(sub), from: sub.range[0], keys: rows.map((row) => String(row['order'])), cols });
  }

  #tick(): void {
    const changed = this.#board.change((HouseSocket.ratePerSecond * BATCH_MS) / 1000);
    this.#seq += changed.size;
    for (const [id, sub] of this.#subs) {
      const rows = [...changed].filter((at) => at >= sub.range[0] && at < sub.range[1]);
      if (rows.length === 0) continue;
      const cols = Object.fromEntries(
        ['price', 'at'].map((name) => [name, rows.map((at) => this.#board.rows[at]?.[name] ?? null)]),
      );
      this.#say({ op: 'upd', id, ...this.#stamp(sub), rows: rows.map((at) => at - sub.range[0]), cols });
    }
  }

  #beat(): void {
    this.#say({
      op: 'beat',
      at: new Date().toISOString(),
      businessTime: new Date(businessMicros() / 1000).toISOString(),
      seq: { XHKG: this.#seq, XNYS: 5_120_884, XTKS: 2_004_119, XETR: 3_377_460, XSHG: 6_918_002 },
      lagMs: 11,
      ratePerSecond: HouseSocket.ratePerSecond,
      conflation: 33,
      approvals: 4,
      alerts: 3,
    });
  }
}
