/** What silence calls for. */
export type Due = 'heartbeat' | 'test-request' | 'timeout' | undefined;

/**
 * Watches both directions of a connection. Heartbeat after an interval without sending, TestRequest after 1.2 without
 * receiving, the end after 2.4. While a TestRequest is unanswered no Heartbeat is due: the request itself shows that we
 * live. Traffic is only flagged when it happens and timed at the next look, so that it costs the hot path nothing.
 */
export class KeepAlive {
  /** 0 means no heartbeats. */
  intervalMillis = 0;
  /** Bytes came in since the last look. */
  heard = false;
  #heardAt = 0;
  #sentAt = 0;
  #asked = false;

  start(now: number): void {
    this.heard = false;
    this.#asked = false;
    this.#heardAt = now;
    this.#sentAt = now;
  }

  /** `sent`: something was sent since the last look. */
  look(now: number, sent: boolean): void {
    if (this.heard) {
      this.heard = false;
      this.#asked = false;
      this.#heardAt = now;
    }
    if (sent) this.#sentAt = now;
  }

  due(now: number): Due {
    const interval = this.intervalMillis;
    if (interval === 0) return undefined;
    const silent = now - this.#heardAt;
    if (silent >= 2.4 * interval) return 'timeout';
    if (this.#asked) return undefined;
    if (silent >= 1.2 * interval) {
      this.#asked = true;
      return 'test-request';
    }
    if (now - this.#sentAt < interval) return undefined;
    this.#sentAt = now;
    return 'heartbeat';
  }
}
