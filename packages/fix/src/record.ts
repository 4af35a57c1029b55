import type { Instant } from '@meridian/base';
import type { FixMessage } from './message.ts';
import type { FieldWriter } from './writer.ts';

/** Fields of a message kept as structure, not as bytes on the wire: written anew each time the message is sent. */
export class FieldRecord implements FieldWriter {
  readonly #fields: ((writer: FieldWriter) => void)[] = [];

  /** Keeps the body of a received message, groups included, without the fields in `leave`. */
  static of(message: FixMessage, leave: ReadonlySet<number>): FieldRecord {
    const record = new FieldRecord();
    for (let i = 1; i < message.count; i++) {
      const tag = message.tags[i] as number;
      if (!leave.has(tag)) record.copy(tag, message.bytes, message.from[i] as number, message.to[i] as number);
    }
    return record;
  }

  writeTo(writer: FieldWriter): void {
    for (const write of this.#fields) write(writer);
  }

  text(tag: number, value: string): this {
    return this.#keep((writer) => writer.text(tag, value));
  }

  int(tag: number, value: number): this {
    return this.#keep((writer) => writer.int(tag, value));
  }

  decimal(tag: number, scaled: number, digits: number): this {
    return this.#keep((writer) => writer.decimal(tag, scaled, digits));
  }

  timestamp(tag: number, instant: Instant): this {
    return this.#keep((writer) => writer.timestamp(tag, instant));
  }

  char(tag: number, code: number): this {
    return this.#keep((writer) => writer.char(tag, code));
  }

  flag(tag: number, value: boolean): this {
    return this.#keep((writer) => writer.flag(tag, value));
  }

  data(lengthTag: number, tag: number, value: Uint8Array): this {
    const kept = Uint8Array.from(value);
    return this.#keep((writer) => writer.data(lengthTag, tag, kept));
  }

  copy(tag: number, bytes: Uint8Array, from: number, to: number): this {
    const kept = Uint8Array.prototype.slice.call(bytes, from, to);
    return this.#keep((writer) => writer.copy(tag, kept, 0, kept.length));
  }

  #keep(write: (writer: FieldWriter) => void): this {
    this.#fields.push(write);
    return this;
  }
}
