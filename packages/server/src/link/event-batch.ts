import { type NumberedEvent, readEvent } from '@meridian/messages';

/** The events of one message of a node's tail: what it committed together, or a part of it. */
export function readEvents(bytes: Uint8Array): NumberedEvent[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const events: NumberedEvent[] = [];
  for (let offset = 0; offset < bytes.length; ) {
    const event = readEvent(view, offset);
    events.push(event);
    offset += event.header.length;
  }
  return events;
}
