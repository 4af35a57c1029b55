/** Messages that arrive ahead of a gap, kept by number until their turn, and what of the gap was asked for. */

/** A number that was dealt with on arrival and only has to be counted. */
const done: Buffer = Buffer.alloc(0);

export class Incoming {
  /** The next number in sequence. */
  expected: number;
  /** The highest number a ResendRequest is under way for; the gap is open while `expected` has not passed it. */
  requestedTo = 0;
  /** The highest number seen ahead of the gap. */
  highest = 0;
  readonly #held = new Map<number, Buffer>();
  readonly #messagesMax: number;
  readonly #bytesMax: number;
  #bytes = 0;

  constructor(expected: number, messagesMax: number, bytesMax: number) {
    this.expected = expected;
    this.#messagesMax = messagesMax;
    this.#bytesMax = bytesMax;
  }

  get gapOpen(): boolean {
    return this.expected <= this.requestedTo;
  }

  /**
   * Keeps a copy of a message for later; the first of a number stays. At the bound it is not kept: it will be missing
   * when the gap before it is closed, and asked for then.
   */
  hold(seq: number, bytes: Uint8Array): void {
    if (seq > this.highest) this.highest = seq;
    if (this.#held.has(seq) || this.#held.size >= this.#messagesMax || this.#bytes + bytes.length > this.#bytesMax) return;
    this.#held.set(seq, bytes.length === 0 ? done : Buffer.from(bytes));
    this.#bytes += bytes.length;
  }

  /** Counts a number ahead of the gap whose message was dealt with on arrival. */
  holdDone(seq: number): void {
    this.hold(seq, done);
  }

  /** Takes out the message whose turn it is; empty bytes for one that is only counted. */
  take(): Buffer | undefined {
    const bytes = this.#held.size === 0 ? undefined : this.#held.get(this.expected);
    if (bytes !== undefined) this.#drop(this.expected, bytes);
    return bytes;
  }

  /** Jumps ahead: what was held below is void. */
  jump(expected: number): void {
    this.expected = expected;
    for (const [seq, bytes] of this.#held) if (seq < expected) this.#drop(seq, bytes);
  }

  /** Forgets what is held: after a disconnection the peer resends it, after a reset it is void. */
  clear(): void {
    this.#held.clear();
    this.#bytes = 0;
    this.requestedTo = 0;
    this.highest = 0;
  }

  #drop(seq: number, bytes: Buffer): void {
    this.#held.delete(seq);
    this.#bytes -= bytes.length;
  }
}
