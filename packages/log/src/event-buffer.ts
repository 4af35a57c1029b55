import { invariant } from '@meridian/base';
import { EVENT_BYTES_MAX, EVENT_HEADER_BYTES, type Event, writeEvent } from '@meridian/messages';
import { EVENT_BODY_BYTES_MAX, type EventSink } from './state-machine.ts';

const ROOM_BYTES = Math.max(EVENT_BYTES_MAX, EVENT_HEADER_BYTES + EVENT_BODY_BYTES_MAX);
const FIRST_BYTES = 64 << 10;
/** What the commands of one batch may say; beyond it the machine is broken. */
const EVENTS_BYTES_MAX = 1 << 30;

/** Hot path: no allocation but for growth. Collects the events of one batch, numbered and stamped. */
export class EventBuffer implements EventSink {
  bytes: Uint8Array = new Uint8Array(FIRST_BYTES);
  view: DataView = new DataView(this.bytes.buffer);
  length = 0;
  count = 0;
  nextK = 0;
  #seq = 0;
  #time = 0;
  #type = -1;

  /** The events to come are those of this command. */
  command(seq: number, time: number): void {
    this.#seq = seq;
    this.#time = time;
    this.nextK = 0;
  }

  begin(type: number): number {
    invariant(this.#type === -1, 'an event is written before the next begins');
    if (this.bytes.length - this.length < ROOM_BYTES) this.#grow();
    this.#type = type;
    return this.length + EVENT_HEADER_BYTES;
  }

  /** The frame's header, as `writeEventHeader` writes it, in place. */
  end(offset: number): void {
    const start = this.length;
    const length = offset - start;
    invariant(this.#type !== -1 && length >= EVENT_HEADER_BYTES && length <= ROOM_BYTES, 'an event ends behind its body');
    const view = this.view;
    view.setUint32(start, length, true);
    view.setUint16(start + 4, this.#type, true);
    view.setUint16(start + 6, 1, true);
    view.setFloat64(start + 8, this.#time, true);
    view.setFloat64(start + 16, this.#seq, true);
    view.setUint32(start + 24, this.nextK, true);
    view.setUint32(start + 28, 0, true);
    this.#taken(offset);
  }

  emit(event: Event): void {
    invariant(this.#type === -1, 'an event is written before the next begins');
    if (this.bytes.length - this.length < ROOM_BYTES) this.#grow();
    this.#taken(writeEvent(this.view, this.length, event, this.#seq, this.nextK, this.#time));
  }

  /** Whether the command left no event half written. */
  get whole(): boolean {
    return this.#type === -1;
  }

  clear(): void {
    this.length = 0;
    this.count = 0;
  }

  #taken(end: number): void {
    this.length = end;
    this.count++;
    this.nextK++;
    this.#type = -1;
  }

  #grow(): void {
    invariant(this.bytes.length < EVENTS_BYTES_MAX, 'the events of one batch stay below 1 GiB');
    const grown = new Uint8Array(this.bytes.length * 2);
    grown.set(this.bytes.subarray(0, this.length));
    this.bytes = grown;
    this.view = new DataView(grown.buffer);
  }
}
