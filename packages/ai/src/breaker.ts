/** Faults in a row before the model is left alone. */
export const FAULTS_MAX = 3;
/** First pause; doubled after every failed probe, up to the last. */
export const PAUSE_MS_MIN = 2_000;
export const PAUSE_MS_MAX = 300_000;

/** Keeps a faulty model from being asked again and again (熔断). Closed → open → one probe → closed or open for longer. */
export interface Breaker {
  /** Whether the model may be asked now; in half-open state one caller at a time is let through. */
  admit(): boolean;
  succeeded(): void;
  failed(): void;
  readonly state: 'closed' | 'open' | 'half-open';
}

/** @param now monotonic milliseconds */
export function openBreaker(now: () => number): Breaker {
  let [faults, pauseMs, openUntil, probing] = [0, PAUSE_MS_MIN, 0, false];
  let isClosed = true;
  const state = () => (isClosed ? 'closed' : probing || now() >= openUntil ? 'half-open' : 'open');
  return {
    admit() {
      if (isClosed) return true;
      if (probing || now() < openUntil) return false;
      probing = true;
      return true;
    },
    succeeded() {
      [faults, pauseMs, probing, isClosed] = [0, PAUSE_MS_MIN, false, true];
    },
    failed() {
      faults++;
      if (isClosed && faults < FAULTS_MAX) return;
      if (!isClosed && !probing) return;
      if (!isClosed) pauseMs = Math.min(PAUSE_MS_MAX, pauseMs * 2);
      [isClosed, probing] = [false, false];
      openUntil = now() + pauseMs;
    },
    get state() {
      return state();
    },
  };
}
