import { invariant } from '@meridian/base';

/** A dictionary as `generate.ts` writes it: see there for how members are written. */
export interface DictionaryTables {
  readonly beginString: string;
  readonly header: string;
  readonly trailer: string;
  /** "D NewOrderSingle app members…" */
  readonly messages: readonly string[];
  /** "54 CHAR 1 2 …": tag, type, permitted values. */
  readonly fields: readonly string[];
}

/** Standard tags lie below this; tags from 5000 on are user-defined, those between are unassigned. */
export const TAGS_MAX = 1024;

/** What the validator checks of a value, by kind of field type. */
export const Format = {
  undefined: 0,
  text: 1,
  integer: 2,
  /** Sequence numbers, lengths and counts: digits only. */
  natural: 3,
  decimal: 4,
  character: 5,
  boolean: 6,
  timestamp: 7,
  time: 8,
  date: 9,
  monthYear: 10,
  country: 11,
  currency: 12,
  valueList: 13,
} as const;

const formatOf: Readonly<Record<string, number>> = {
  STRING: Format.text,
  DATA: Format.text,
  EXCHANGE: Format.text,
  CHAR: Format.character,
  BOOLEAN: Format.boolean,
  INT: Format.integer,
  SEQNUM: Format.natural,
  LENGTH: Format.natural,
  NUMINGROUP: Format.natural,
  FLOAT: Format.decimal,
  AMT: Format.decimal,
  PRICE: Format.decimal,
  PRICEOFFSET: Format.decimal,
  PERCENTAGE: Format.decimal,
  QTY: Format.decimal,
  UTCTIMESTAMP: Format.timestamp,
  UTCTIMEONLY: Format.time,
  UTCDATEONLY: Format.date,
  LOCALMKTDATE: Format.date,
  MONTHYEAR: Format.monthYear,
  COUNTRY: Format.country,
  CURRENCY: Format.currency,
  MULTIPLEVALUESTRING: Format.valueList,
};

/** The fields of a message body, of the header, or of one entry of a repeating group. */
export interface Members {
  /** The field that opens an entry of a group. */
  readonly first: number;
  /** One bit per tag, groups' count fields included, fields inside groups not. */
  readonly bits: Int32Array;
  readonly required: Int32Array;
  readonly groups: ReadonlyMap<number, Members>;
}

export interface MessageDefinition {
  readonly type: string;
  readonly name: string;
  readonly admin: boolean;
  readonly body: Members;
}

/** Permitted values of an enumerated field: single characters as bits, short values packed, long ones as text. */
export interface Values {
  readonly characters: Int32Array;
  readonly packed: ReadonlySet<number>;
  readonly long: ReadonlySet<string>;
}

/** A dictionary compiled into the tables the validator walks. Immutable; one serves all sessions of a process. */
export interface Dictionary {
  readonly beginString: string;
  readonly header: Members;
  readonly trailer: Members;
  /** By {@link packText} of the MsgType. */
  readonly messages: ReadonlyMap<number, MessageDefinition>;
  readonly formats: Uint8Array;
  readonly values: readonly (Values | undefined)[];
}

export function compileDictionary(tables: DictionaryTables): Dictionary {
  const formats = new Uint8Array(TAGS_MAX);
  const values: (Values | undefined)[] = new Array(TAGS_MAX).fill(undefined);
  for (const line of tables.fields) {
    const [number = '', type = '', ...permitted] = line.split(' ');
    const format = formatOf[type];
    const tag = Number(number);
    invariant(format !== undefined && tag > 0 && tag < TAGS_MAX, `field ${number} has the unknown type ${type}`);
    formats[tag] = format;
    if (permitted.length > 0 && format !== Format.boolean) values[tag] = compileValues(permitted);
  }
  const messages = new Map<number, MessageDefinition>();
  for (const line of tables.messages) {
    const [type = '', name = '', category, ...rest] = line.split(' ');
    messages.set(packText(type), { type, name, admin: category === 'admin', body: compileMembers(rest.join(' ')) });
  }
  return {
    beginString: tables.beginString,
    header: compileMembers(tables.header),
    trailer: compileMembers(tables.trailer),
    messages,
    formats,
    values,
  };
}

/** Up to four bytes as one int32: message types and short values compare as numbers. Longer text ⇒ 0, as empty text. */
export function packText(text: string): number {
  if (text.length > 4) return 0;
  let packed = 0;
  for (let i = 0; i < text.length; i++) packed = (packed << 8) | text.charCodeAt(i);
  return packed;
}

function compileValues(permitted: readonly string[]): Values {
  const characters = new Int32Array(8);
  for (const value of permitted) {
    const code = value.charCodeAt(0);
    if (value.length === 1 && code < 256) characters[code >> 5] = (characters[code >> 5] as number) | (1 << (code & 31));
  }
  return {
    characters,
    packed: new Set(permitted.filter((value) => value.length <= 4).map(packText)),
    long: new Set(permitted.filter((value) => value.length > 4)),
  };
}

function compileMembers(text: string): Members {
  const tokens = text.match(/\d+!?|[()]/g) ?? [];
  let at = 0;
  const members = (): Members => {
    const bits = new Int32Array(TAGS_MAX / 32);
    const required: number[] = [];
    const groups = new Map<number, Members>();
    const first = Number.parseInt(tokens[at] ?? '0', 10);
    while (at < tokens.length && tokens[at] !== ')') {
      const token = tokens[at++] as string;
      const tag = Number.parseInt(token, 10);
      bits[tag >> 5] = (bits[tag >> 5] as number) | (1 << (tag & 31));
      if (token.endsWith('!')) required.push(tag);
      if (tokens[at] === '(') {
        at++;
        groups.set(tag, members());
        at++;
      }
    }
    return { first, bits, required: Int32Array.from(required), groups };
  };
  return members();
}

/** Whether a tag is a member. Tags outside the standard range never are. */
export function isMember(members: Members, tag: number): boolean {
  return tag > 0 && tag < TAGS_MAX && ((members.bits[tag >> 5] as number) & (1 << (tag & 31))) !== 0;
}
