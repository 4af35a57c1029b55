import { isProblem, type Logger } from '@meridian/base';
import { packText } from './dictionary/dictionary.ts';
import { Incoming } from './incoming.ts';
import type { CloseReason } from './link.ts';
import { FixMessage } from './message.ts';
import type { Outgoing } from './outgoing.ts';
import { type Heard, profileFault } from './profile.ts';
import { rejectOf } from './reject.ts';
import type { Resender } from './resend.ts';
import type { Session } from './session.ts';
import type { SessionApplication, SessionOptions } from './session-options.ts';
import type { SessionStore } from './session-store.ts';
import { RejectReason, VALID, Validator, type Verdict } from './validator.ts';

const HEARTBEAT = packText('0');
const TEST_REQUEST = packText('1');
const REJECT = packText('3');
const SEQUENCE_RESET = packText('4');
const LOGON = packText('A');

/** How a message that breaks the protocol ends the conversation. */
export interface Ends {
  /** The session still listens. */
  isReading(): boolean;
  /** An orderly end: Logout, and the peer's answer. */
  logout(): void;
  /** Logout, then the end of the connection without waiting. */
  end(reason: CloseReason, text: string): void;
  close(reason: CloseReason): void;
}

/**
 * Takes the peer's messages in the order of their numbers: each once, none passed over. What comes ahead of a gap is held
 * and the gap asked for; what comes again is judged and dropped; what is malformed is rejected and its number counted. The
 * next number is durable with the store. It knows nothing of how a session is opened and closed: that is the session's.
 * FIX 4.4 volume 2, "Session Protocol", message recovery.
 */
export class InSequence {
  /** Wall time when the present chunk came in: good enough to judge the peer's clock by. */
  wall = 0;
  readonly validator: Validator;
  readonly #session: Session;
  readonly #ends: Ends;
  readonly #options: SessionOptions;
  readonly #store: SessionStore;
  readonly #application: SessionApplication;
  readonly #outgoing: Outgoing;
  readonly #resender: Resender;
  readonly #held: Incoming;
  readonly #heard: Heard;
  readonly #logger: Logger;
  /** For messages that were held: made when the first gap opens. */
  #heldMessage: FixMessage | undefined;
  #progressAt = 0;
  #progress = 0;

  constructor(
    session: Session,
    ends: Ends,
    options: SessionOptions,
    parts: { readonly outgoing: Outgoing; readonly resender: Resender; readonly logger: Logger },
  ) {
    this.#session = session;
    this.#ends = ends;
    this.#options = options;
    this.#store = options.store;
    this.#application = options.application;
    this.#outgoing = parts.outgoing;
    this.#resender = parts.resender;
    this.#logger = parts.logger;
    this.validator = new Validator(options.dictionary, options.acceptUserDefined);
    this.#heard = {
      sender: Buffer.from(options.targetCompId, 'latin1'),
      target: Buffer.from(options.senderCompId, 'latin1'),
      toleranceMicros: (options.sendingTimeToleranceSeconds ?? 120) * 1_000_000,
    };
    this.#held = new Incoming(options.store.nextIn(), options.heldMessagesMax ?? 10_000, options.heldBytesMax ?? 1 << 24);
  }

  /** The next number in sequence. */
  get expected(): number {
    return this.#held.expected;
  }

  /** A connection is gone: the peer resends what was held. */
  clear(): void {
    this.#held.clear();
  }

  /** The numbers begin anew. */
  renumber(): void {
    this.#held.clear();
    this.#held.expected = 1;
  }

  /** Asks once more for a gap that has not moved for the time of a resend. @param now monotonic, milliseconds */
  askAgain(now: number): void {
    const held = this.#held;
    if (!held.gapOpen || held.expected !== this.#progress) {
      this.#progress = held.expected;
      this.#progressAt = now;
    } else if (now - this.#progressAt >= (this.#options.resendTimeoutSeconds ?? 10) * 1000) {
      this.#progressAt = now;
      this.#requestResend(held.requestedTo);
    }
  }

  /** A message with a number; what is in sequence is dealt with, the rest held or dropped. */
  take(message: FixMessage, seq: number): void {
    const { expected } = this.#held;
    if (seq === expected) {
      this.#process(message, seq);
      return;
    }
    const fault = this.profileFault(message);
    if (fault !== VALID) this.#profileProblem(message, seq, fault);
    else if (seq < expected) this.#tooLow(message, seq);
    else {
      this.#held.hold(seq, message.bytes.subarray(message.start, message.end));
      this.#gap(seq);
    }
  }

  /** Takes up what was held behind a gap that is now closed, and asks for the next gap if there is one. */
  proceed(): void {
    const held = this.#held;
    if (held.highest === 0 || !this.#ends.isReading()) return;
    let bytes = held.take();
    while (bytes !== undefined) {
      if (bytes.length === 0) this.consume();
      else {
        this.#heldMessage ??= new FixMessage();
        this.#heldMessage.reread(bytes);
        this.#process(this.#heldMessage, held.expected, true);
      }
      if (!this.#ends.isReading()) return;
      bytes = held.take();
    }
    if (held.expected > held.highest) held.highest = 0;
    else if (!held.gapOpen) this.#requestResend(held.highest);
  }

  /** Whether the peer's parties and times stand in a message. */
  profileFault(message: FixMessage): Verdict {
    return profileFault(message, this.#heard, this.wall);
  }

  /** A message whose number is the expected one. */
  #process(message: FixMessage, seq: number, wasHeld = false): void {
    const definition = this.#options.dictionary.messages.get(message.type);
    const light = this.#options.validation === 'light' && definition?.admin === false;
    const verdict = light ? VALID : this.validator.check(message);
    if (verdict !== VALID) {
      this.consume();
      this.#reject(message, seq, verdict, this.validator.faultTag);
      return;
    }
    const fault = wasHeld ? VALID : this.profileFault(message);
    if (fault !== VALID) {
      this.#profileProblem(message, seq, fault);
      return;
    }
    switch (message.type) {
      case HEARTBEAT:
        this.consume();
        return;
      case TEST_REQUEST: {
        this.consume();
        const id = message.text(112) as string;
        this.#outgoing.admin('0', (writer) => writer.text(112, id));
        return;
      }
      case REJECT:
        this.consume();
        this.#logger.warn('fix message rejected by peer', { seq });
        this.#application.onReject?.(message, this.#session);
        return;
      case SEQUENCE_RESET:
        this.#gapFilled(message, seq);
        return;
      case LOGON:
        this.consume();
        if (!message.flag(43)) this.#ends.end('logon-unexpected', 'Logon while logged on');
        return;
      default:
        this.#deliver(message, seq);
    }
  }

  #deliver(message: FixMessage, seq: number): void {
    this.#held.expected = seq + 1;
    try {
      this.#application.onApplication(message, seq, this.#session);
    } catch (error) {
      const malformed = isProblem(error, 'FIX_FIELD_MALFORMED');
      if (!malformed && !isProblem(error, 'FIX_FIELD_OUT_OF_RANGE')) throw error;
      this.#store.advanceIn(seq + 1);
      const reason = malformed ? RejectReason.incorrectFormat : RejectReason.incorrectValue;
      this.#reject(message, seq, reason, Number(error.params['tag']));
    }
  }

  /** Answered whatever its number: two sides that ask each other would otherwise wait for ever. */
  resendRequested(message: FixMessage, seq: number): void {
    const { expected } = this.#held;
    const verdict = this.validator.check(message);
    if (verdict !== VALID) {
      this.#reject(message, seq, verdict, this.validator.faultTag);
      if (seq === expected) this.consume();
      return;
    }
    const fault = this.profileFault(message);
    if (fault !== VALID) {
      this.#profileProblem(message, seq, fault);
      return;
    }
    if (seq < expected && message.flag(43)) return;
    if (!this.#resender.request(message.int(7) as number, message.int(16) as number)) {
      this.#ends.close('resend-overflow');
      return;
    }
    this.count(seq);
  }

  /** Reset mode: its own number is not looked at; the numbering may only go forward. */
  sequenceReset(message: FixMessage, seq: number): void {
    const verdict = this.validator.check(message);
    const fault = verdict === VALID ? this.profileFault(message) : VALID;
    const next = verdict === VALID ? (message.int(36) as number) : 0;
    if (verdict !== VALID) this.#reject(message, seq, verdict, this.validator.faultTag);
    else if (fault !== VALID) this.#profileProblem(message, seq, fault);
    else if (next < this.#held.expected) this.#reject(message, seq, RejectReason.incorrectValue, 0);
    else this.#jump(next);
  }

  #gapFilled(message: FixMessage, seq: number): void {
    const next = message.int(36) as number;
    if (next > seq) this.#jump(next);
    else {
      this.consume();
      this.#reject(message, seq, RejectReason.incorrectValue, 36);
    }
  }

  #jump(next: number): void {
    this.#held.jump(next);
    this.#store.advanceIn(next);
  }

  /** A number seen before: harmless as a possible duplicate, otherwise the numbering is broken. */
  #tooLow(message: FixMessage, seq: number): void {
    if (!message.flag(43)) {
      this.#ends.end('sequence-too-low', `MsgSeqNum too low, expecting ${this.#held.expected} but received ${seq}`);
      return;
    }
    if (message.type === SEQUENCE_RESET) return;
    if (!message.has(122)) this.#reject(message, seq, RejectReason.requiredTagMissing, 122);
    else if (this.validator.check(message) !== VALID) return;
    else if ((message.timestamp(122) as number) > (message.timestamp(52) as number))
      this.#profileProblem(message, seq, RejectReason.sendingTimeProblem);
  }

  /** Wrong parties or times: Reject, then Logout (FIX 4.4 volume 2, test cases 2k, 2o, 2f). */
  #profileProblem(message: FixMessage, seq: number, fault: Verdict): void {
    if (seq === this.#held.expected) this.consume();
    this.#reject(message, seq, fault as RejectReason, 0);
    this.#ends.logout();
  }

  #reject(message: FixMessage, seq: number, reason: RejectReason, tag: number): void {
    this.#logger.warn('fix message rejected', { seq, msg_type: message.textAt(0).slice(0, 4), reject_reason: reason, tag });
    this.#outgoing.admin('3', rejectOf(message, seq, reason, tag));
  }

  /** Counts the number of a message of the session's own that was dealt with on arrival. */
  count(seq: number): void {
    const { expected } = this.#held;
    if (seq === expected) this.consume();
    else if (seq > expected) {
      this.#held.holdDone(seq);
      this.#gap(seq);
    }
  }

  /** Counts the expected number, durably. */
  consume(): void {
    this.#held.expected += 1;
    this.#store.advanceIn(this.#held.expected);
  }

  #gap(seq: number): void {
    if (!this.#held.gapOpen) this.#requestResend(seq - 1);
  }

  /** One ResendRequest per gap; with a size, the next part follows when this one is filled. */
  #requestResend(to: number): void {
    const { expected } = this.#held;
    const size = this.#options.resendRequestSize ?? 0;
    const last = size === 0 ? to : Math.min(to, expected + size - 1);
    this.#held.requestedTo = last;
    this.#logger.info('fix resend requested', { seq: expected, last });
    this.#outgoing.admin('2', (writer) => writer.int(7, expected).int(16, size === 0 ? 0 : last));
  }
}
