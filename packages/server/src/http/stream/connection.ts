import { ClientMessage, type ServerMessage, VIEWS, type ViewName } from '@meridian/api';
import { canonicalJson, declareProblems, isProblem, jsonText, type Problem, parseJson } from '@meridian/base';
import type { Principal } from '@meridian/security';
import { Value } from 'typebox/value';
import type { LiveView } from './live-view.ts';
import { RANGE_MAX, Viewport } from './viewport.ts';

const { problem } = declareProblems({
  STREAM_MESSAGE_REFUSED: {
    status: 400,
    title: { zh: '流消息无法接受', en: 'Stream message refused' },
    detail: { zh: '消息不符合协议：{reason}', en: 'The message is not of the protocol: {reason}' },
    remedy: { zh: '见 /v1/asyncapi.json', en: 'See /v1/asyncapi.json' },
  },
  STREAM_NOT_ALLOWED: {
    status: 403,
    title: { zh: '无权订阅', en: 'Subscription not allowed' },
    detail: { zh: '当前职责不可订阅视图 {view}', en: 'Your duties do not allow the view {view}' },
    remedy: { zh: '以有权限的职责登录', en: 'Sign in with a duty that allows it' },
  },
});

/** A message of a reader, in characters; more is no message of this protocol. */
export const MESSAGE_CHARS_MAX = 8_192;
/** Subscriptions of one reader. */
export const SUBSCRIPTIONS_MAX = 64;
/** Messages of one reader per second; beyond it the line is cut. */
const MESSAGES_PER_SECOND_MAX = 400;
/** A reader that is behind by so many bytes gets nothing new until it has caught up. */
const BEHIND_BYTES_MAX = 512 << 10;
/** A browser draws every 16.7 ms: what waits here longer than a few of them is seen a frame later. */
export const WINDOW_MS_MIN = 5;
export const WINDOW_MS_MAX = 1_000;

/** The line to a reader: what a WebSocket offers of itself. */
export interface Line {
  readonly bufferedAmount: number;
  send(text: string): void;
  close(code: number, reason: string): void;
}

export interface ConnectionOptions {
  readonly line: Line;
  readonly views: ReadonlyMap<ViewName, LiveView>;
  /** Asked anew for every message and every second: whoever is signed out or lost a duty is cut off. */
  readonly principal: () => Principal | undefined;
  readonly mayRead: (principal: Principal, action: string) => boolean;
  readonly counts?: (principal: Principal) => { readonly approvals: number; readonly alerts: number };
  readonly language: 'zh' | 'en';
  readonly trace: string;
  /** Milliseconds, monotonic. */
  readonly clock: () => number;
}

/**
 * One reader of the stream. Messages go out in windows of 5 ms; a reader that is behind gets wider ones, up to a second,
 * and never a queue: what changed meanwhile is told once, as it stands then.
 */
export class Connection {
  readonly #o: ConnectionOptions;
  readonly #viewports = new Map<number, Viewport>();
  #windowMs = WINDOW_MS_MIN;
  #nextFlush = 0;
  #second = 0;
  #inSecond = 0;

  constructor(options: ConnectionOptions) {
    this.#o = options;
  }

  get viewports(): Iterable<Viewport> {
    return this.#viewports.values();
  }

  receive(text: string): void {
    if (this.#isFlood()) {
      this.#o.line.close(1008, 'too many messages');
      return;
    }
    const principal = this.#principal();
    if (principal === undefined) return;
    let id: number | null = null;
    try {
      const message = parsed(text);
      id = message.id;
      this.#take(message, principal);
    } catch (error) {
      if (!isProblem(error)) throw error;
      this.#refuse(id, error);
    }
  }

  /** Sends what is new, when the window is over. `paceMs`: no window is shorter, so many readers are there. */
  flush(now: number, at: string, paceMs = WINDOW_MS_MIN): void {
    if (now < this.#nextFlush) return;
    const { bufferedAmount } = this.#o.line;
    this.#windowMs =
      bufferedAmount > BEHIND_BYTES_MAX / 4
        ? Math.min(WINDOW_MS_MAX, this.#windowMs * 2)
        : Math.max(WINDOW_MS_MIN, this.#windowMs / 2);
    // A tick that comes a little early must not cost a whole window.
    this.#nextFlush = now + Math.max(this.#windowMs, paceMs) - 1;
    if (bufferedAmount > BEHIND_BYTES_MAX) return;
    for (const viewport of this.#viewports.values()) {
      const message = viewport.flush(at);
      if (message !== undefined) this.#send(message);
    }
  }

  /** Once a second: proof of life; whoever may no longer read is cut off. */
  beat(beat: ServerMessage): void {
    const principal = this.#principal();
    if (principal === undefined) return;
    for (const { id, view, reader } of [...this.#viewports.values()]) {
      if (sees(reader) === sees(principal) && this.#o.mayRead(principal, VIEWS[view.name].action)) continue;
      this.#drop(id);
      this.#refuse(id, problem('STREAM_NOT_ALLOWED', { view: view.name }));
    }
    const own = beat.op === 'beat' && this.#o.counts !== undefined ? { ...beat, ...this.#o.counts(principal) } : beat;
    if (this.#o.line.bufferedAmount <= BEHIND_BYTES_MAX) this.#send(own);
  }

  close(): void {
    for (const id of [...this.#viewports.keys()]) this.#drop(id);
  }

  #take(message: ClientMessage, principal: Principal): void {
    switch (message.op) {
      case 'sub':
        this.#subscribe(message, principal);
        break;
      case 'range':
        this.#viewport(message.id).move(message.v, message.range);
        this.#nextFlush = 0;
        break;
      case 'ack':
        this.#viewports.get(message.id)?.acknowledge(message.n);
        break;
      case 'unsub':
        this.#drop(message.id);
    }
  }

  #subscribe(message: Extract<ClientMessage, { op: 'sub' }>, principal: Principal): void {
    const name = message.view as ViewName;
    const view = this.#o.views.get(name);
    if (view === undefined || !Object.hasOwn(VIEWS, name)) throw refused('no such view');
    if (!this.#o.mayRead(principal, VIEWS[name].action)) throw problem('STREAM_NOT_ALLOWED', { view: name });
    const known: readonly string[] = VIEWS[name].columns;
    const asked = [...message.columns, ...(message.filter ?? []).map(({ column }) => column)];
    if (message.sort !== undefined) asked.push(message.sort.column);
    const stranger = asked.find((column) => !known.includes(column));
    if (stranger !== undefined) throw refused('no such column');
    if (message.range[1] - message.range[0] > RANGE_MAX) throw refused(`a range of more than ${RANGE_MAX} rows`);
    this.#drop(message.id);
    if (this.#viewports.size >= SUBSCRIPTIONS_MAX) throw refused(`more than ${SUBSCRIPTIONS_MAX} subscriptions`);
    const { sort, filter, ...request } = message;
    this.#viewports.set(
      message.id,
      new Viewport(view, principal, {
        ...request,
        ...(sort === undefined ? {} : { sort }),
        ...(filter === undefined ? {} : { filter }),
      }),
    );
    this.#nextFlush = 0;
  }

  #principal(): Principal | undefined {
    const principal = this.#o.principal();
    if (principal === undefined) this.#o.line.close(4401, 'signed out');
    return principal;
  }

  #viewport(id: number): Viewport {
    const viewport = this.#viewports.get(id);
    if (viewport === undefined) throw refused(`no subscription ${id}`);
    return viewport;
  }

  #drop(id: number): void {
    this.#viewports.get(id)?.close();
    this.#viewports.delete(id);
  }

  #isFlood(): boolean {
    const second = Math.floor(this.#o.clock() / 1_000);
    if (second !== this.#second) [this.#second, this.#inSecond] = [second, 0];
    this.#inSecond++;
    return this.#inSecond > MESSAGES_PER_SECOND_MAX;
  }

  #refuse(id: number | null, error: Problem): void {
    this.#send({ op: 'error', id, problem: { ...error.document(this.#o.language), trace: this.#o.trace } });
  }

  #send(message: ServerMessage): void {
    this.#o.line.send(jsonText(message));
  }
}

/** What decides which rows somebody sees. */
const sees = ({ duties, clients, entities, jurisdiction }: Principal) =>
  canonicalJson({ duties, clients, entities, jurisdiction });

const refused = (reason: string) => problem('STREAM_MESSAGE_REFUSED', { reason: reason.slice(0, 100) });

function parsed(text: string): ClientMessage {
  const value = parseJson(text, { charsMax: MESSAGE_CHARS_MAX, depthMax: 6 });
  if (!Value.Check(ClientMessage, value)) throw refused(String([...Value.Errors(ClientMessage, value)][0]?.message ?? 'shape'));
  return value as ClientMessage;
}
