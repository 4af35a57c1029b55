/**
 * Hot path: walks the fields of a message once against the dictionary's tables, without allocation.
 */
import { type Dictionary, Format, isMember, type Members, packText, TAGS_MAX, type Values } from './dictionary/dictionary.ts';
import type { FixMessage } from './message.ts';
import { isDecimal, isMonthYear, isNatural, readDate, readInteger, readTime, readTimestamp } from './value.ts';

/** SessionRejectReason (373) with the text (58) that goes with it. */
export const RejectReason = {
  invalidTag: 0,
  requiredTagMissing: 1,
  tagNotDefined: 2,
  noValue: 4,
  incorrectValue: 5,
  incorrectFormat: 6,
  compIdProblem: 9,
  sendingTimeProblem: 10,
  invalidMsgType: 11,
  tagRepeated: 13,
  outOfOrder: 14,
  groupOutOfOrder: 15,
  groupCount: 16,
} as const;
export type RejectReason = (typeof RejectReason)[keyof typeof RejectReason];

export const REJECT_TEXT: Readonly<Record<RejectReason, string>> = {
  0: 'Invalid tag number',
  1: 'Required tag missing',
  2: 'Tag not defined for this message type',
  4: 'Tag specified without a value',
  5: 'Value is incorrect (out of range) for this tag',
  6: 'Incorrect data format for value',
  9: 'CompID problem',
  10: 'SendingTime accuracy problem',
  11: 'Invalid MsgType',
  13: 'Tag appears more than once',
  14: 'Tag specified out of required order',
  15: 'Repeating group fields out of order',
  16: 'Incorrect NumInGroup count for repeating group',
};

/** No fault. */
export const VALID = -1;
export type Verdict = RejectReason | typeof VALID;

/** Groups inside groups; FIX 4.4 has three. */
const DEPTH_MAX = 4;
const USER_DEFINED_FROM = 5000;
const packedBoolean = { yes: packText('Y'), no: packText('N') };

export class Validator {
  /** The tag (371) a fault is about; 0 where it is about none. */
  faultTag = 0;
  readonly #dictionary: Dictionary;
  readonly #acceptUserDefined: boolean;
  /** Per depth: the stamp of the entry in which a tag was last seen. */
  readonly #seen = new Int32Array(TAGS_MAX * (DEPTH_MAX + 1));
  #stamp = 0;
  /** Field after the group that was walked last. */
  #after = 0;

  constructor(dictionary: Dictionary, acceptUserDefined = false) {
    this.#dictionary = dictionary;
    this.#acceptUserDefined = acceptUserDefined;
  }

  /** Whether MsgType is one of the dictionary's. */
  knows(message: FixMessage): boolean {
    return this.#dictionary.messages.has(message.type);
  }

  /**
   * Checks a message: known type; header before body before trailer; every tag known, defined for the type, once, with
   * a value of its format and its enumeration; groups as long as they say, each entry opened by the group's first
   * field; required fields present in message and entries. The first fault in the order of the fields wins, missing
   * fields come last. Members of one group entry may come in any order behind the first.
   */
  check(message: FixMessage): Verdict {
    this.faultTag = 0;
    const definition = this.#dictionary.messages.get(message.type);
    if (definition === undefined) return RejectReason.invalidMsgType;
    const { header, trailer } = this.#dictionary;
    const stamp = this.#nextStamp();
    let part: Members = header;
    let i = 0;
    while (i < message.count) {
      const tag = message.tags[i] as number;
      if (!isMember(part, tag)) {
        if (part === header && (isMember(definition.body, tag) || !isMember(trailer, tag))) part = definition.body;
        if (part === definition.body && isMember(trailer, tag)) part = trailer;
        if (part !== header && isMember(header, tag) && !isMember(definition.body, tag))
          return this.#fault(RejectReason.outOfOrder, tag);
        if (part === trailer && isMember(definition.body, tag)) return this.#fault(RejectReason.outOfOrder, tag);
      }
      const userDefined = tag >= USER_DEFINED_FROM && this.#acceptUserDefined;
      const verdict = userDefined ? this.#checkPresent(message, i, tag) : this.#checkField(message, i, tag, part);
      if (verdict !== VALID) return verdict;
      i = (i + 1) | 0;
      if (userDefined) continue;
      if (this.#seen[tag] === stamp) return this.#fault(RejectReason.tagRepeated, tag);
      this.#seen[tag] = stamp;
      const group = part.groups.size === 0 ? undefined : part.groups.get(tag);
      if (group !== undefined) {
        const inGroup = this.#checkGroup(message, i, group, 1);
        if (inGroup !== VALID) return inGroup;
        i = this.#after;
      }
    }
    const missing = this.#missing(header, 0, stamp);
    return missing === VALID ? this.#missing(definition.body, 0, stamp) : missing;
  }

  #checkField(message: FixMessage, i: number, tag: number, part: Members): Verdict {
    const format = tag > 0 && tag < TAGS_MAX ? (this.#dictionary.formats[tag] as number) : Format.undefined;
    if (format === Format.undefined) return this.#fault(RejectReason.invalidTag, tag);
    const present = this.#checkPresent(message, i, tag);
    if (present !== VALID) return present;
    if (!isMember(part, tag)) return this.#fault(RejectReason.tagNotDefined, tag);
    const from = message.from[i] as number;
    const to = message.to[i] as number;
    if (!hasFormat(message.bytes, from, to, format)) return this.#fault(RejectReason.incorrectFormat, tag);
    const values = this.#dictionary.values[tag];
    if (values !== undefined && !permits(values, message, i, format)) return this.#fault(RejectReason.incorrectValue, tag);
    return VALID;
  }

  #checkPresent(message: FixMessage, i: number, tag: number): Verdict {
    return message.from[i] === message.to[i] ? this.#fault(RejectReason.noValue, tag) : VALID;
  }

  /** Walks the entries of the group whose count field stands before field `first`. */
  #checkGroup(message: FixMessage, first: number, group: Members, depth: number): Verdict {
    const countTag = message.tags[first - 1] as number;
    const stated = readInteger(message.bytes, message.from[first - 1] as number, message.to[first - 1] as number);
    const opening = group.first;
    let i = first;
    let entries = 0;
    if (
      first < message.count &&
      message.tags[first] !== opening &&
      isMember(group, message.tags[first] as number) &&
      stated > 0
    )
      return this.#fault(RejectReason.groupOutOfOrder, message.tags[first] as number);
    while (i < message.count && message.tags[i] === opening) {
      entries = (entries + 1) | 0;
      const stamp = this.#nextStamp();
      do {
        const tag = message.tags[i] as number;
        const verdict = this.#checkField(message, i, tag, group);
        if (verdict !== VALID) return verdict;
        const slot = depth * TAGS_MAX + tag;
        if (this.#seen[slot] === stamp) return this.#fault(RejectReason.tagRepeated, tag);
        this.#seen[slot] = stamp;
        i = (i + 1) | 0;
        const inner = group.groups.get(tag);
        if (inner !== undefined) {
          if (depth === DEPTH_MAX) return this.#fault(RejectReason.groupOutOfOrder, tag);
          const nested = this.#checkGroup(message, i, inner, depth + 1);
          if (nested !== VALID) return nested;
          i = this.#after;
        }
      } while (i < message.count && message.tags[i] !== opening && isMember(group, message.tags[i] as number));
      const missing = this.#missing(group, depth, stamp);
      if (missing !== VALID) return missing;
    }
    this.#after = i;
    return entries === stated ? VALID : this.#fault(RejectReason.groupCount, countTag);
  }

  #missing(members: Members, depth: number, stamp: number): Verdict {
    const required = members.required;
    for (let k = 0; k < required.length; k = (k + 1) | 0) {
      const tag = required[k] as number;
      // BeginString, BodyLength and CheckSum are proven by the framing.
      const framed = tag >= 8 && tag <= 10;
      if (!framed && this.#seen[depth * TAGS_MAX + tag] !== stamp) return this.#fault(RejectReason.requiredTagMissing, tag);
    }
    return VALID;
  }

  #nextStamp(): number {
    if (this.#stamp === 0x7fff_ffff) {
      this.#seen.fill(0);
      this.#stamp = 0;
    }
    this.#stamp = (this.#stamp + 1) | 0;
    return this.#stamp;
  }

  #fault(reason: RejectReason, tag: number): RejectReason {
    this.faultTag = tag;
    return reason;
  }
}

function hasFormat(bytes: Uint8Array, from: number, to: number, format: number): boolean {
  switch (format) {
    case Format.text:
    case Format.valueList:
      return true;
    case Format.integer:
      return Number.isFinite(readInteger(bytes, from, to));
    case Format.natural:
      return isNatural(bytes, from, to) && to - from <= 15;
    case Format.decimal:
      return isDecimal(bytes, from, to);
    case Format.character:
      return to - from === 1;
    case Format.boolean:
      return to - from === 1 && (bytes[from] === packedBoolean.yes || bytes[from] === packedBoolean.no);
    case Format.timestamp:
      return !Number.isNaN(readTimestamp(bytes, from, to));
    case Format.time:
      return !Number.isNaN(readTime(bytes, from, to));
    case Format.date:
      return !Number.isNaN(readDate(bytes, from, to));
    case Format.monthYear:
      return isMonthYear(bytes, from, to);
    case Format.country:
      return to - from === 2;
    case Format.currency:
      return to - from === 3;
    default:
      return false;
  }
}

function permits(values: Values, message: FixMessage, i: number, format: number): boolean {
  const from = message.from[i] as number;
  const to = message.to[i] as number;
  if (format === Format.valueList)
    return message
      .textAt(i)
      .split(' ')
      .every((value) => permitsText(values, value));
  if (to - from === 1) {
    const code = message.bytes[from] as number;
    return ((values.characters[code >> 5] as number) & (1 << (code & 31))) !== 0;
  }
  return to - from <= 4 ? values.packed.has(message.packed(i)) : values.long.has(message.textAt(i));
}

function permitsText(values: Values, value: string): boolean {
  return value.length <= 4 ? value !== '' && values.packed.has(packText(value)) : values.long.has(value);
}
