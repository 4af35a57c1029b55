import './declarations.ts';

export { type Acceptor, type AcceptorOptions, type AcceptorTls, listen } from './acceptor.ts';
export { Decoded, Decoder, type Garble, MESSAGE_BYTES_MAX } from './decoder.ts';
export { compileDictionary, type Dictionary, packText } from './dictionary/dictionary.ts';
export { FIX44 } from './dictionary/fix44.ts';
export * as Tag from './dictionary/tags.ts';
export { GroupReader, groupReader } from './group.ts';
export { connect, type Initiator, type InitiatorOptions, type InitiatorTls } from './initiator.ts';
export { type CloseReason, type SessionClock, type SessionLink, systemClock } from './link.ts';
export { MemorySessionStore } from './memory-store.ts';
export { FIELDS_MAX, FixMessage } from './message.ts';
export { FieldRecord } from './record.ts';
export { Session } from './session.ts';
export type { LogonRefusal, SessionApplication, SessionOptions } from './session-options.ts';
export type { ResendItem, SessionStore, WriteFields } from './session-store.ts';
export { REJECT_TEXT, RejectReason, VALID, Validator, type Verdict } from './validator.ts';
export { type FieldWriter, MessageWriter, OutBuffer } from './writer.ts';
