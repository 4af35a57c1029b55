import type { Beat, ClientMessage, ServerMessage, Snapshot, Update, ViewportAsk } from './protocol.ts';
import { SUBSCRIPTIONS_MAX } from './protocol.ts';

/** As much of a WebSocket as the stream needs. */
export interface Socket {
  send(text: string): void;
  close(): void;
  listen(heard: { readonly open: () => void; readonly message: (text: string) => void; readonly close: () => void }): void;
}

/** What the stream needs of the world: tests give their own. Times are milliseconds of a monotonic clock. */
export interface StreamWorld {
  readonly connect: () => Socket;
  readonly now: () => number;
  readonly later: (run: () => void, ms: number) => () => void;
  /** Runs once, with the next frame: what was sent since the last one is drawn together. */
  readonly nextFrame: (run: () => void) => void;
  /** 0 ≤ x < 1: spreads reconnections of many consoles. */
  readonly random: () => number;
}

export type LineState = 'connecting' | 'open' | 'silent' | 'closed';

/** What a subscription is told. */
export interface Listener {
  onSnapshot(message: Snapshot): void;
  onUpdate(message: Update): void;
  onProblem(problem: Extract<ServerMessage, { op: 'error' }>['problem']): void;
}

/** One panel's hold on the stream. */
export interface Subscription {
  /** Moves the window; messages about the old one are dropped from now on. */
  move(range: readonly [number, number]): void;
  /** Asks anew: other columns, sort or filter. */
  ask(ask: ViewportAsk): void;
  end(): void;
  /**
   * Until when, on the world's clock, what this subscription last told holds: a quiet row of a line that speaks has not changed.
   * Null until the window as it now is has been answered, and while the line is down.
   */
  readonly vouchedAt: number | null;
}

/** No message for this long means that the line is broken: a beat comes every second. */
const SILENCE_MS = 5000;
const RETRY_MIN_MS = 250;
const RETRY_MAX_MS = 10_000;

interface Held {
  ask: ViewportAsk;
  v: number;
  /** Whether anything was heard of the window as it was last asked for. */
  answered: boolean;
  readonly listener: Listener;
}

/**
 * The one line to the house, /v1/stream. It opens with the first subscription or listener, sends every subscription again
 * after a break (each is a viewport: the snapshot that answers is the resumption), acknowledges what was drawn so that the house
 * can widen its window for a slow reader, and drops messages of viewports already left.
 */
export class Stream {
  readonly #world: StreamWorld;
  readonly #held = new Map<number, Held>();
  readonly #lineListeners = new Set<() => void>();
  readonly #drawn = new Map<number, { v: number; n: number }>();
  #socket: Socket | null = null;
  #state: LineState = 'closed';
  #beat: Beat | null = null;
  #lastHeard = 0;
  #heard = false;
  #tries = 0;
  #version = 0;
  #framed = false;
  #stopTimer: () => void = () => {};

  constructor(world: StreamWorld) {
    this.#world = world;
  }

  get state(): LineState {
    return this.#state;
  }

  /** When anything was last heard, on the world's monotonic clock; null before the first word. What is shown is as old as this. */
  get lastHeard(): number | null {
    return this.#heard ? this.#lastHeard : null;
  }

  /** The last beat: lag, rate, conflation, sequence per market. */
  get beat(): Beat | null {
    return this.#beat;
  }

  /** Tells of each beat and each change of the line's state. Keeps the line open. */
  listen(listener: () => void): () => void {
    this.#lineListeners.add(listener);
    this.#open();
    return () => {
      this.#lineListeners.delete(listener);
      this.#closeWhenIdle();
    };
  }

  subscribe(ask: ViewportAsk, listener: Listener): Subscription {
    let id = 1;
    while (this.#held.has(id)) id += 1;
    if (id > SUBSCRIPTIONS_MAX) throw new RangeError(`more than ${SUBSCRIPTIONS_MAX} live panels`);
    const held: Held = { ask, v: 0, answered: false, listener };
    this.#held.set(id, held);
    this.#open();
    this.#send(id, held);
    const vouchedAt = () => (held.answered && this.#state === 'open' ? this.#lastHeard : null);
    return {
      get vouchedAt() {
        return vouchedAt();
      },
      move: (range) => {
        held.ask = { ...held.ask, range };
        held.v = this.#nextVersion();
        held.answered = false;
        this.#say({ op: 'range', id, v: held.v, range: [...range] });
      },
      ask: (next) => {
        held.ask = next;
        this.#send(id, held);
      },
      end: () => {
        if (this.#held.get(id) !== held) return;
        this.#held.delete(id);
        this.#drawn.delete(id);
        this.#say({ op: 'unsub', id });
        this.#closeWhenIdle();
      },
    };
  }

  /** Ends the line and every subscription: signing out. */
  stop(): void {
    this.#held.clear();
    this.#drop('closed');
  }

  /** Versions rise over the whole line, so that an id used again never hears its predecessor. */
  #nextVersion(): number {
    this.#version += 1;
    return this.#version;
  }

  #send(id: number, held: Held): void {
    held.v = this.#nextVersion();
    held.answered = false;
    const { view, columns, range, sort, filter } = held.ask;
    this.#say({
      op: 'sub',
      id,
      view,
      v: held.v,
      range: [...range],
      columns: [...columns],
      ...(sort === undefined ? {} : { sort: { ...sort } }),
      ...(filter === undefined || filter.length === 0 ? {} : { filter: filter.map((each) => ({ ...each })) }),
    });
  }

  /** What is said while the line is down is not kept: after it opens every subscription is sent as it then stands. */
  #say(message: ClientMessage): void {
    if (this.#state === 'open') this.#socket?.send(JSON.stringify(message));
  }

  #open(): void {
    if (this.#socket !== null || this.#state === 'silent') return;
    this.#become('connecting');
    const socket = this.#world.connect();
    this.#socket = socket;
    // A socket that was given up may still speak: it is no longer heard.
    const current = () => this.#socket === socket;
    socket.listen({
      open: () => current() && this.#opened(),
      message: (text) => {
        if (!current()) return;
        this.#lastHeard = this.#world.now();
        this.#heard = true;
        this.#hear(JSON.parse(text) as ServerMessage);
      },
      close: () => current() && this.#broken(),
    });
  }

  #opened(): void {
    this.#tries = 0;
    this.#lastHeard = this.#world.now();
    this.#become('open');
    for (const [id, held] of this.#held) this.#send(id, held);
    this.#watch();
  }

  #hear(message: ServerMessage): void {
    if (message.op === 'beat') {
      this.#beat = message;
      for (const listener of this.#lineListeners) listener();
      return;
    }
    const held = message.id === null ? undefined : this.#held.get(message.id);
    if (held === undefined) return;
    if (message.op === 'error') {
      held.listener.onProblem(message.problem);
      return;
    }
    if (message.v < held.v) return;
    held.answered = true;
    if (message.op === 'snap') held.listener.onSnapshot(message);
    else held.listener.onUpdate(message);
    this.#drawn.set(message.id, { v: message.v, n: message.n });
    this.#acknowledgeWithFrame();
  }

  #acknowledgeWithFrame(): void {
    if (this.#framed) return;
    this.#framed = true;
    this.#world.nextFrame(() => {
      this.#framed = false;
      for (const [id, { v, n }] of this.#drawn) this.#say({ op: 'ack', id, v, n });
      this.#drawn.clear();
    });
  }

  #watch(): void {
    this.#stopTimer();
    this.#stopTimer = this.#world.later(() => {
      if (this.#world.now() - this.#lastHeard >= SILENCE_MS) this.#broken();
      else this.#watch();
    }, 1000);
  }

  #broken(): void {
    this.#drop('silent');
    if (this.#held.size + this.#lineListeners.size === 0) {
      this.#become('closed');
      return;
    }
    const wait = Math.min(RETRY_MIN_MS * 2 ** this.#tries, RETRY_MAX_MS);
    this.#tries += 1;
    this.#stopTimer = this.#world.later(
      () => {
        this.#become('closed');
        this.#open();
      },
      wait * (0.5 + this.#world.random() / 2),
    );
  }

  #drop(state: LineState): void {
    this.#stopTimer();
    const socket = this.#socket;
    this.#socket = null;
    this.#drawn.clear();
    socket?.close();
    this.#become(state);
  }

  #closeWhenIdle(): void {
    if (this.#held.size + this.#lineListeners.size === 0) this.#drop('closed');
  }

  #become(state: LineState): void {
    if (this.#state === state) return;
    this.#state = state;
    for (const listener of this.#lineListeners) listener();
  }
}
