import { invariant, type Logger, silentLogger } from '@meridian/base';
import { Decoded, type Decoder } from './decoder.ts';
import { packText } from './dictionary/dictionary.ts';
import { type Ends, InSequence } from './in-sequence.ts';
import { KeepAlive } from './keep-alive.ts';
import { type CloseReason, type SessionClock, type SessionLink, systemClock } from './link.ts';
import type { FixMessage } from './message.ts';
import { Outgoing } from './outgoing.ts';
import { hasBegin, sequenceOf } from './profile.ts';
import { Resender } from './resend.ts';
import type { LogonRefusal, SessionApplication, SessionOptions } from './session-options.ts';
import type { SessionStore, WriteFields } from './session-store.ts';
import { RejectReason, VALID } from './validator.ts';
import { type FieldWriter, MessageWriter } from './writer.ts';

type State = 'down' | 'logon-sent' | 'resetting' | 'up' | 'logout-sent';

const RESEND_REQUEST = packText('2');
const SEQUENCE_RESET = packText('4');
const LOGOUT = packText('5');
const LOGON = packText('A');

const HEARTBEAT_SECONDS_MAX = 3600;
/** Bytes that may wait while the store makes a reset durable. */
const RESETTING_BYTES_MAX = 1 << 20;

/**
 * One FIX session with one peer, over as many connections as it takes. Bytes, the tick of a clock and the owner's
 * messages come in; bytes and {@link SessionApplication} calls go out. Rules: FIX 4.4 volume 2, "Session Protocol".
 */
export class Session {
  readonly senderCompId: string;
  readonly targetCompId: string;
  readonly clock: SessionClock;
  readonly #options: SessionOptions;
  readonly #store: SessionStore;
  readonly #application: SessionApplication;
  readonly #outgoing: Outgoing;
  readonly #resender: Resender;
  readonly #inSequence: InSequence;
  readonly #begin: Buffer;
  readonly #logger: Logger;
  readonly #keepAlive = new KeepAlive();
  #link: SessionLink | undefined;
  #decoder: Decoder | undefined;
  #state: State = 'down';
  #pumping = false;
  #stateSince = 0;

  constructor(options: SessionOptions) {
    this.#options = options;
    this.senderCompId = options.senderCompId;
    this.targetCompId = options.targetCompId;
    this.clock = options.clock ?? systemClock;
    this.#store = options.store;
    this.#application = options.application;
    this.#logger = options.logger ?? silentLogger;
    this.#begin = Buffer.from(options.dictionary.beginString, 'latin1');
    const writer = new MessageWriter(options.dictionary.beginString, options.senderCompId, options.targetCompId);
    this.#outgoing = new Outgoing(options.store, writer, this.clock, () => this.#close('outbound-overflow'));
    this.#resender = new Resender(options.store, this.#outgoing);
    const ends: Ends = {
      isReading: () => this.#decoder !== undefined && this.#state !== 'resetting',
      logout: () => this.logout(),
      end: (reason, text) => this.#end(reason, text),
      close: (reason) => this.#close(reason),
    };
    const parts = { outgoing: this.#outgoing, resender: this.#resender, logger: this.#logger };
    this.#inSequence = new InSequence(this, ends, options, parts);
  }

  /** Logged on, in both directions. */
  get isUp(): boolean {
    return this.#state === 'up';
  }

  get isConnected(): boolean {
    return this.#link !== undefined;
  }

  /** The next inbound number in sequence. */
  get nextIn(): number {
    return this.#inSequence.expected;
  }

  /** Initiator: opens the session over a new connection by sending a Logon. */
  connect(link: SessionLink, decoder: Decoder): void {
    invariant(!this.isConnected, 'a session has one connection at a time');
    this.#open(link, decoder, 'logon-sent');
    const reset = this.#options.resetOnLogon === true;
    const heartbeat = this.#options.heartbeatSeconds ?? 30;
    this.#keepAlive.intervalMillis = heartbeat * 1000;
    const logon = () =>
      this.#outgoing.admin('A', (writer) => {
        writer.int(98, 0).int(108, heartbeat);
        if (reset) writer.flag(141, true);
      });
    if (reset) this.#reset('logon-sent', logon);
    else logon();
    this.#link?.flush();
  }

  /** Acceptor: opens the session with the Logon that stands in the decoder; undefined when it is accepted. */
  accept(link: SessionLink, decoder: Decoder): LogonRefusal | undefined {
    const message = decoder.message;
    const refusal = this.#refuses(message);
    if (refusal !== undefined) return refusal;
    const seq = sequenceOf(message);
    const heartbeat = message.int(108) as number;
    const resetFlag = message.flag(141);
    const possDup = message.flag(43);
    const logon = () => this.#logonAccepted(seq, possDup, heartbeat, resetFlag);
    this.#open(link, decoder, 'up');
    if (resetFlag || this.#options.resetOnLogon === true) this.#reset('up', logon);
    else logon();
    this.#link?.flush();
    return undefined;
  }

  /** Bytes from the peer. Those of a connection the session has given up are dropped. */
  received(link: SessionLink, chunk: Uint8Array): void {
    const decoder = this.#decoder;
    if (decoder === undefined || this.#link !== link) return;
    invariant(!this.#pumping, 'a link delivers bytes in a later turn, never out of a flush');
    decoder.push(chunk);
    this.#keepAlive.heard = true;
    this.#inSequence.wall = this.clock.wall();
    this.pump();
  }

  /** Goes on with bytes the decoder already has: those behind the Logon of an accepted connection. */
  pump(): void {
    const decoder = this.#decoder;
    if (decoder === undefined || this.#pumping) return;
    this.#pumping = true;
    try {
      this.#read(decoder);
    } finally {
      this.#pumping = false;
    }
    this.#link?.flush();
  }

  #read(decoder: Decoder): void {
    while (this.#decoder === decoder) {
      if (this.#state === 'resetting') {
        if (decoder.waiting > RESETTING_BYTES_MAX) this.#close('inbound-overflow');
        break;
      }
      const decoded = decoder.next();
      if (decoded === Decoded.more) break;
      if (decoded === Decoded.garbled)
        this.#logger.warn('fix message garbled', { reason: decoder.garble, seq: this.#inSequence.expected });
      else this.#receive(decoder.message);
    }
  }

  /** The peer has taken what was buffered. */
  drained(): void {
    this.#resender.drained();
    this.#link?.flush();
  }

  /** The transport reports that a connection is gone, unless the session has given it up before. */
  disconnected(link: SessionLink, reason: CloseReason = 'peer-closed'): void {
    if (this.#link === link) this.#down(reason);
  }

  #down(reason: CloseReason): void {
    this.#link = undefined;
    this.#decoder = undefined;
    this.#state = 'down';
    this.#outgoing.closed();
    this.#resender.closed();
    this.#inSequence.clear();
    this.#logger.info('fix session closed', { reason, seq: this.#inSequence.expected });
    this.#application.onLogout?.(this, reason);
  }

  /**
   * Sends an application message under the number its owner gave it. Call it for every number in ascending order,
   * connected or not: what cannot be sent now is asked for by the peer later, and then read from the store.
   */
  sendApplication(seq: number, type: string, write: WriteFields): void {
    this.#outgoing.application(seq, type, write);
  }

  /** Starts an orderly end. Application messages after it wait for the next logon. */
  logout(text?: string): void {
    if (this.#state !== 'up') return;
    this.#state = 'logout-sent';
    this.#stateSince = this.clock.monotonic();
    this.#outgoing.admin('5', (writer) => withText(writer, text));
    this.#link?.flush();
  }

  /** Ends without ceremony. */
  close(reason: CloseReason = 'stopped'): void {
    this.#close(reason);
  }

  /** Liveness: to be called several times a second, with or without traffic. */
  tick(): void {
    if (this.#link === undefined) return;
    const now = this.clock.monotonic();
    this.#keepAlive.look(now, this.#outgoing.sent);
    this.#outgoing.sent = false;
    const opening = this.#state === 'logon-sent' || this.#state === 'resetting';
    if (opening && now - this.#stateSince >= (this.#options.logonTimeoutSeconds ?? 10) * 1000) this.#close('logon-timeout');
    else if (this.#state === 'logout-sent' && now - this.#stateSince >= (this.#options.logoutTimeoutSeconds ?? 2) * 1000)
      this.#close('logout-timeout');
    else if (this.#state === 'up') this.#keepAliveNow(now);
    this.#link?.flush();
  }

  #keepAliveNow(now: number): void {
    const due = this.#keepAlive.due(now);
    if (due === 'timeout') {
      this.#close('heartbeat-timeout');
      return;
    }
    if (due === 'test-request') this.#outgoing.admin('1', (writer) => writer.text(112, 'TEST'));
    else if (due === 'heartbeat') this.#outgoing.admin('0');
    this.#inSequence.askAgain(now);
  }

  #open(link: SessionLink, decoder: Decoder, state: State): void {
    const now = this.clock.monotonic();
    this.#link = link;
    this.#decoder = decoder;
    this.#state = state;
    this.#keepAlive.start(now);
    this.#stateSince = now;
    this.#outgoing.open(link);
    this.#resender.open(link);
  }

  #refuses(message: FixMessage): LogonRefusal | undefined {
    if (this.#link !== undefined) return 'already-logged-on';
    if (message.type !== LOGON) return 'not-a-logon';
    if (!hasBegin(message, this.#begin)) return 'begin-string';
    if (this.#inSequence.validator.check(message) !== VALID || sequenceOf(message) < 1) return 'invalid';
    this.#inSequence.wall = this.clock.wall();
    if (this.#inSequence.profileFault(message) !== VALID) return 'profile';
    if (message.int(98) !== 0) return 'encryption';
    if (!isInterval(message.int(108))) return 'heartbeat';
    if (message.flag(141) && (this.#options.acceptResets === false || sequenceOf(message) !== 1)) return 'reset';
    return undefined;
  }

  #logonAccepted(seq: number, possDup: boolean, heartbeat: number, resetFlag: boolean): void {
    const { expected } = this.#inSequence;
    if (seq < expected && !possDup) {
      this.#end('sequence-too-low', `MsgSeqNum too low, expecting ${expected} but received ${seq}`);
      return;
    }
    this.#keepAlive.intervalMillis = heartbeat * 1000;
    this.#outgoing.admin('A', (writer) => {
      writer.int(98, 0).int(108, heartbeat);
      if (resetFlag) writer.flag(141, true);
    });
    this.#loggedOn(seq);
  }

  #loggedOn(seq: number): void {
    this.#state = 'up';
    this.#logger.info('fix session logged on', { seq });
    this.#inSequence.count(seq);
    this.#outgoing.established();
    this.#application.onLogon?.(this);
  }

  /** Both numbers to 1, durably; nothing is read from the peer meanwhile. */
  #reset(then: State, go: () => void): void {
    const decoder = this.#decoder;
    this.#state = 'resetting';
    this.#outgoing.renumber();
    this.#resender.renumber();
    let returned = false;
    this.#store.reset(() => {
      if (this.#decoder !== decoder || decoder === undefined) return;
      this.#outgoing.renumber();
      this.#inSequence.renumber();
      this.#state = then;
      go();
      if (returned) this.pump();
    });
    returned = true;
  }

  #receive(message: FixMessage): void {
    const seq = sequenceOf(message);
    if (!hasBegin(message, this.#begin)) this.#wrongBeginString(message, seq);
    else if (this.#state === 'logon-sent') this.#logonAnswered(message, seq);
    else if (message.type === LOGOUT) this.#logoutReceived(seq);
    else if (seq < 0) this.#end('sequence-missing', 'MsgSeqNum missing or malformed');
    else if (message.type === RESEND_REQUEST) this.#inSequence.resendRequested(message, seq);
    else if (message.type === SEQUENCE_RESET && !message.flag(123)) this.#inSequence.sequenceReset(message, seq);
    else if (message.type === LOGON && message.flag(141)) this.#resetRequested(message, seq);
    else this.#inSequence.take(message, seq);
    this.#inSequence.proceed();
  }

  #logonAnswered(message: FixMessage, seq: number): void {
    if (message.type !== LOGON) {
      this.#close('logon-refused');
      return;
    }
    const fault =
      this.#inSequence.validator.check(message) === VALID
        ? this.#inSequence.profileFault(message)
        : RejectReason.incorrectValue;
    const unasked = message.flag(141) && this.#options.resetOnLogon !== true;
    if (fault !== VALID || unasked || seq < 1 || !isInterval(message.int(108))) {
      this.#close('logon-refused');
      return;
    }
    const { expected } = this.#inSequence;
    if (seq < expected && !message.flag(43)) {
      this.#end('sequence-too-low', `MsgSeqNum too low, expecting ${expected} but received ${seq}`);
      return;
    }
    this.#keepAlive.intervalMillis = (message.int(108) as number) * 1000;
    this.#loggedOn(seq);
  }

  /** A peer may reset the numbers while logged on (141=Y with number 1). */
  #resetRequested(message: FixMessage, seq: number): void {
    const sound = this.#inSequence.validator.check(message) === VALID && this.#inSequence.profileFault(message) === VALID;
    const heartbeat = sound ? (message.int(108) as number) : 0;
    if (!sound || !isInterval(heartbeat) || seq !== 1 || this.#options.acceptResets === false || this.#state !== 'up') {
      this.#inSequence.take(message, seq);
      return;
    }
    this.#reset('up', () => {
      this.#keepAlive.intervalMillis = heartbeat * 1000;
      this.#outgoing.admin('A', (writer) => writer.int(98, 0).int(108, heartbeat).flag(141, true));
      this.#inSequence.consume();
      this.#outgoing.established();
    });
  }

  #wrongBeginString(message: FixMessage, seq: number): void {
    if (message.type === LOGOUT || this.#state === 'logon-sent') this.#close('logged-out');
    else {
      if (seq === this.#inSequence.expected) this.#inSequence.consume();
      this.logout('Incorrect BeginString');
    }
  }

  #logoutReceived(seq: number): void {
    if (seq === this.#inSequence.expected) this.#inSequence.consume();
    if (this.#state === 'logout-sent') this.#close('logged-out');
    else this.#end('logged-out');
  }

  /** Logout, then the end of the connection without waiting for an answer. */
  #end(reason: CloseReason, text?: string): void {
    if (this.#state === 'logout-sent') {
      this.#close(reason);
      return;
    }
    this.#state = 'logout-sent';
    this.#stateSince = this.clock.monotonic();
    this.#decoder = undefined;
    this.#outgoing.admin(
      '5',
      (writer) => withText(writer, text),
      () => this.#close(reason),
    );
  }

  #close(reason: CloseReason): void {
    const link = this.#link;
    if (link === undefined) return;
    link.close(reason);
    this.#down(reason);
  }
}

function isInterval(seconds: number | undefined): boolean {
  return seconds !== undefined && seconds >= 0 && seconds <= HEARTBEAT_SECONDS_MAX;
}

function withText(writer: FieldWriter, text: string | undefined): void {
  if (text !== undefined) writer.text(58, text);
}
