import type { Instant } from '@meridian/base';
import type { OutBuffer } from './writer.ts';

/** Why a session's connection was closed. Logged, never sent. */
export type CloseReason =
  | 'logged-out'
  | 'logout-timeout'
  | 'logon-timeout'
  | 'logon-refused'
  | 'logon-unexpected'
  | 'heartbeat-timeout'
  | 'sequence-too-low'
  | 'sequence-missing'
  | 'outbound-overflow'
  | 'inbound-overflow'
  | 'resend-overflow'
  | 'slow-consumer'
  | 'peer-closed'
  | 'transport-error'
  | 'stopped';

/** What a session may do to its connection. Bytes appended to `out` are sent by `flush`, at once or within the turn. */
export interface SessionLink {
  readonly out: OutBuffer;
  flush(): void;
  /** Bytes flushed that the peer has not yet taken. */
  buffered(): number;
  /** Sends what is in `out`, then closes. The session has already given the connection up. */
  close(reason: CloseReason): void;
}

/** Liveness time. SendingTime is wall time; intervals are measured on a clock that never steps. */
export interface SessionClock {
  wall(): Instant;
  /** Milliseconds from an arbitrary start. */
  monotonic(): number;
}

export const systemClock: SessionClock = {
  wall: () => Date.now() * 1000,
  monotonic: () => performance.now(),
};
