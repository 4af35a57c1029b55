/** Virtual time and in-memory connections: two real session ends meet seeded faults without sockets or clocks. */
import { Decoder } from '../decoder.ts';
import type { SessionClock, SessionLink } from '../link.ts';
import { OutBuffer } from '../writer.ts';

export interface World {
  readonly clock: SessionClock;
  now(): number;
  /** Runs something `delay` milliseconds of virtual time from now. */
  after(delay: number, run: () => void): void;
  /** Runs what is due up to a time. */
  runTo(time: number): void;
  /** Uniform in [0, below), an integer. */
  random(below: number): number;
}

/** 2013-10-07T13:30:00Z in milliseconds. */
const EPOCH = 1_381_152_600_000;

export function world(seed: number): World {
  const due: { at: number; order: number; run: () => void }[] = [];
  let now = 0;
  let order = 0;
  let state = (seed ^ 0x9e3779b9) >>> 0;
  return {
    clock: { wall: () => (EPOCH + now) * 1000, monotonic: () => now },
    now: () => now,
    after(delay, run) {
      const entry = { at: now + delay, order: order++, run };
      let place = due.length;
      while (place > 0 && (due[place - 1] as typeof entry).at > entry.at) place--;
      due.splice(place, 0, entry);
    },
    runTo(time) {
      for (let next = due[0]; next !== undefined && next.at <= time; next = due[0]) {
        due.shift();
        now = next.at;
        next.run();
      }
      now = time;
    },
    random(below) {
      // mulberry32
      state = (state + 0x6d2b79f5) >>> 0;
      let t = Math.imul(state ^ (state >>> 15), state | 1);
      t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
      return ((t ^ (t >>> 14)) >>> 0) % below;
    },
  };
}

/** One side of a connection, as its session and its transport see it. */
export interface End {
  readonly link: SessionLink;
  readonly decoder: Decoder;
  onBytes: (chunk: Uint8Array) => void;
  onClosed: () => void;
}

export interface Wire {
  readonly a: End;
  readonly b: End;
  /** The connection breaks: what is under way is lost. */
  cut(): void;
}

export interface WireOptions {
  /** Bytes between two damaged bytes; 0 damages none. A message then holds at most one, which its CheckSum shows. */
  readonly damageEvery: number;
}

/** A connection that delivers bytes in order, in random pieces, after random delays. */
export function wire(at: World, options: WireOptions): Wire {
  let open = true;
  const end = (other: () => End): End => {
    const out = new OutBuffer(512);
    let arrival = 0;
    let sent = 0;
    let closing = false;
    const later = (run: () => void) => {
      arrival = Math.max(arrival, at.now() + at.random(20));
      at.after(arrival - at.now(), () => {
        if (open) run();
      });
    };
    const flush = () => {
      if (out.length === 0 || closing) return;
      const bytes = Uint8Array.from(out.bytes.subarray(0, out.length));
      out.length = 0;
      for (let from = 0; from < bytes.length; ) {
        const to = Math.min(bytes.length, from + 1 + at.random(300));
        const piece = bytes.subarray(from, to);
        sent += piece.length;
        if (options.damageEvery > 0 && sent > options.damageEvery) {
          sent = 0;
          const place = at.random(piece.length);
          piece[place] = ((piece[place] as number) + 1) & 255;
        }
        later(() => other().onBytes(piece));
        from = to;
      }
    };
    return {
      link: {
        out,
        flush,
        buffered: () => 0,
        close() {
          flush();
          closing = true;
          later(() => {
            open = false;
            other().onClosed();
          });
        },
      },
      decoder: new Decoder(),
      onBytes: () => {},
      onClosed: () => {},
    };
  };
  const a: End = end(() => b);
  const b: End = end(() => a);
  return {
    a,
    b,
    cut() {
      if (!open) return;
      open = false;
      a.onClosed();
      b.onClosed();
    },
  };
}
