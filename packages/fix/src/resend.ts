import type { SessionLink } from './link.ts';
import type { Outgoing } from './outgoing.ts';
import type { SessionStore } from './session-store.ts';

/** Numbers asked of the store at a time. */
const SLICE = 100;
/**
 * Unsent bytes above which a resend waits for the peer to read. With a slice of the longest messages on top it stays
 * below what a peer may leave unread: a resend alone never makes a slow consumer.
 */
const BUFFERED_MAX = 1 << 18;
/** ResendRequests that may wait behind a running one; a peer with more is disconnected. */
const REQUESTS_MAX = 64;

/**
 * Answers ResendRequests: application messages are encoded again from the owner's log; each unbroken run of other
 * numbers becomes one gap fill. A resend ends with what was sent when it was asked for, so that a message waiting for
 * its turn is neither filled nor sent twice.
 */
export class Resender {
  readonly #store: SessionStore;
  readonly #outgoing: Outgoing;
  #link: SessionLink | undefined;
  #requests: { at: number; end: number }[] = [];
  /** First number of the present run without an application message. */
  #run = 0;
  #running = false;
  #epoch = 0;

  constructor(store: SessionStore, outgoing: Outgoing) {
    this.#store = store;
    this.#outgoing = outgoing;
  }

  open(link: SessionLink): void {
    this.#link = link;
  }

  closed(): void {
    this.#link = undefined;
    this.renumber();
  }

  renumber(): void {
    this.#requests = [];
    this.#run = 0;
    this.#running = false;
    this.#epoch++;
  }

  /** `end` 0 means: all. False when too many requests wait. */
  request(begin: number, end: number): boolean {
    const last = this.#outgoing.last;
    const until = end === 0 || end > last ? last : end;
    const at = Math.max(begin, 1);
    if (at > until) return true;
    if (this.#requests.length >= REQUESTS_MAX) return false;
    this.#requests.push({ at, end: until });
    if (!this.#running) this.#advance();
    return true;
  }

  /** The peer has read: goes on where it stopped. */
  drained(): void {
    if (!this.#running && this.#requests.length > 0) this.#advance();
  }

  #advance(): void {
    for (let request = this.#requests[0]; request !== undefined; request = this.#requests[0]) {
      const link = this.#link;
      if (link === undefined || link.buffered() > BUFFERED_MAX) return;
      if (!this.#slice(request)) return;
      link.flush();
    }
  }

  /** Sends one slice; true when the store answered at once. */
  #slice(request: { at: number; end: number }): boolean {
    const { at, end } = request;
    const to = Math.min(end, at + SLICE - 1);
    const epoch = this.#epoch;
    if (this.#run === 0) this.#run = at;
    this.#running = true;
    let returned = false;
    let answered = false;
    this.#store.resend(
      at,
      to,
      (seq, type, sentAt, write) => {
        if (epoch !== this.#epoch) return;
        if (this.#run < seq) this.#outgoing.gapFill(this.#run, seq);
        this.#outgoing.again(seq, type, sentAt, write);
        this.#run = seq + 1;
      },
      () => {
        if (epoch !== this.#epoch) return;
        this.#running = false;
        request.at = to + 1;
        if (request.at > end) {
          if (this.#run <= end) this.#outgoing.gapFill(this.#run, end + 1);
          this.#run = 0;
          this.#requests.shift();
        }
        answered = true;
        if (!returned) return;
        this.#link?.flush();
        this.#advance();
      },
    );
    returned = true;
    return answered;
  }
}
