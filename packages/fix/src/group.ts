/** Hot path: walks the entries of a repeating group in place; made once per group, not per message. */
import { type Instant, invariant } from '@meridian/base';
import { type Dictionary, isMember, type Members, packText } from './dictionary/dictionary.ts';
import type { FixMessage } from './message.ts';

/**
 * Reads the entries of one repeating group of one message type.
 * @example
 * const entries = groupReader(dictionary, 'X', [Tag.NoMDEntries]);
 * entries.open(message);
 * while (entries.next()) book.set(entries.char(Tag.MDEntryType), entries.decimal(Tag.MDEntryPx, 4));
 */
export class GroupReader {
  readonly #countTag: number;
  readonly #members: Members;
  #message: FixMessage | undefined;
  #first = 0;
  #last = 0;
  #limit = 0;

  constructor(countTag: number, members: Members) {
    this.#countTag = countTag;
    this.#members = members;
  }

  /** Starts over at a message's group; with `within`, at the group inside that reader's present entry. Gives the stated count. */
  open(message: FixMessage, within?: GroupReader): number {
    this.#message = message;
    const from = within === undefined ? 0 : within.#first;
    this.#limit = within === undefined ? message.count : within.#last;
    const at = within === undefined ? message.field(this.#countTag) : message.fieldWithin(this.#countTag, from, this.#limit);
    this.#first = at < 0 ? this.#limit : at + 1;
    this.#last = this.#first;
    return at < 0 ? 0 : message.intAt(at);
  }

  /** Goes to the next entry; false behind the last. */
  next(): boolean {
    const message = this.#message;
    if (message === undefined || this.#last >= this.#limit) return false;
    this.#first = this.#last;
    if (message.tags[this.#first] !== this.#members.first) return false;
    let i = this.#first + 1;
    while (i < this.#limit && message.tags[i] !== this.#members.first && belongs(this.#members, message.tags[i] as number)) i++;
    this.#last = i;
    return true;
  }

  /** The field's number in the message, or -1 when the entry has none. */
  field(tag: number): number {
    return this.#message === undefined ? -1 : this.#message.fieldWithin(tag, this.#first, this.#last);
  }

  text(tag: number): string | undefined {
    const i = this.field(tag);
    return i < 0 ? undefined : (this.#message as FixMessage).textAt(i);
  }

  int(tag: number): number | undefined {
    const i = this.field(tag);
    return i < 0 ? undefined : (this.#message as FixMessage).intAt(i);
  }

  decimal(tag: number, digits: number): number | undefined {
    const i = this.field(tag);
    return i < 0 ? undefined : (this.#message as FixMessage).decimalAt(i, digits);
  }

  char(tag: number): number {
    const i = this.field(tag);
    return i < 0 ? -1 : (this.#message as FixMessage).charAt(i);
  }

  timestamp(tag: number): Instant | undefined {
    const i = this.field(tag);
    return i < 0 ? undefined : (this.#message as FixMessage).timestampAt(i);
  }
}

/** A reader for the group at `path`, the count tags from the outermost group inwards. */
export function groupReader(dictionary: Dictionary, type: string, path: readonly number[]): GroupReader {
  let members = dictionary.messages.get(packText(type))?.body;
  for (const tag of path) members = members?.groups.get(tag);
  invariant(members !== undefined && path.length > 0, `message ${type} has no group ${path.join('/')}`);
  return new GroupReader(path.at(-1) as number, members);
}

function belongs(members: Members, tag: number): boolean {
  if (isMember(members, tag)) return true;
  for (const inner of members.groups.values()) if (belongs(inner, tag)) return true;
  return false;
}
