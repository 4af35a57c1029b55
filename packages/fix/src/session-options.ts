import type { Logger } from '@meridian/base';
import type { Dictionary } from './dictionary/dictionary.ts';
import type { CloseReason, SessionClock } from './link.ts';
import type { FixMessage } from './message.ts';
import type { Session } from './session.ts';
import type { SessionStore } from './session-store.ts';

/** What a session does for its owner's application. */
export interface SessionApplication {
  /**
   * An application message in sequence, once. The message is valid until the call returns. A Problem of a field, thrown
   * by one of the message's readers, is answered with a Reject; so read what you need before you act.
   */
  onApplication(message: FixMessage, seq: number, session: Session): void;
  onLogon?(session: Session): void;
  /** The connection is gone. */
  onLogout?(session: Session, reason: CloseReason): void;
  /** The peer rejected a message of ours at session level (35=3). */
  onReject?(message: FixMessage, session: Session): void;
}

export interface SessionOptions {
  readonly dictionary: Dictionary;
  /** Ours: 49 of what we send. */
  readonly senderCompId: string;
  /** The peer's: 49 of what we receive. */
  readonly targetCompId: string;
  readonly store: SessionStore;
  readonly application: SessionApplication;
  /** The initiator's proposal; an acceptor takes what its peer proposes. Default 30; 0 means no heartbeats. */
  readonly heartbeatSeconds?: number;
  /** Both sequence numbers start at 1 with each logon. Default false. */
  readonly resetOnLogon?: boolean;
  /** Whether the peer may reset the numbers by ResetSeqNumFlag (141=Y). Default true. */
  readonly acceptResets?: boolean;
  /** `light`: of application messages only type, parties and times are checked; readers still check values. Default full. */
  readonly validation?: 'full' | 'light';
  /** Lets tags from 5000 on pass unchecked. Default false: unknown means reject. */
  readonly acceptUserDefined?: boolean;
  /** How far the peer's SendingTime may be from our clock, in seconds. Default 120. */
  readonly sendingTimeToleranceSeconds?: number;
  /** How long an initiator waits for the answer to its Logon. Default 10. */
  readonly logonTimeoutSeconds?: number;
  /** How long the answer to our Logout is waited for. Default 2. */
  readonly logoutTimeoutSeconds?: number;
  /** Numbers per ResendRequest; 0 asks for all at once (16=0). Default 0. */
  readonly resendRequestSize?: number;
  /** After how many seconds without progress a gap is asked for again. Default 10. */
  readonly resendTimeoutSeconds?: number;
  /** Messages, and their bytes, that are kept while a gap before them is open. Defaults 10,000 and 16 MiB. */
  readonly heldMessagesMax?: number;
  readonly heldBytesMax?: number;
  readonly clock?: SessionClock;
  readonly logger?: Logger;
}

/** Why a Logon was not accepted. The peer is not told. */
export type LogonRefusal =
  | 'already-logged-on'
  | 'not-a-logon'
  | 'begin-string'
  | 'invalid'
  | 'profile'
  | 'encryption'
  | 'heartbeat'
  | 'reset';
