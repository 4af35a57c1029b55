import { type Command, encodeCommand } from '@meridian/messages';
import type { EventSink, StateMachine } from './state-machine.ts';

/**
 * The smallest machine worth testing a log with: it counts session numbers per session. `session-in` says one event
 * with the session's sum, every fifth command says a second one naming the first, `time` says nothing.
 */
export function createTally(): StateMachine & { readonly sums: ReadonlyMap<number, number> } {
  const sums = new Map<number, number>();
  let commands = 0;
  return {
    sums,
    apply(view, offset, seq, out) {
      commands++;
      if (view.getUint16(offset + 4, true) !== 9) return;
      const session = view.getUint32(offset + 16, true);
      const sum = (sums.get(session) ?? 0) + view.getFloat64(offset + 20, true);
      sums.set(session, sum);
      say(out, 1, session, sum);
      if (seq % 5 === 0) say(out, 2, out.nextK - 1, commands);
    },
    save() {
      const members = [...sums].sort(([a], [b]) => a - b);
      const bytes = new Uint8Array(8 + members.length * 16);
      const view = new DataView(bytes.buffer);
      view.setFloat64(0, commands, true);
      for (const [index, [session, sum]] of members.entries()) {
        view.setFloat64(8 + index * 16, session, true);
        view.setFloat64(16 + index * 16, sum, true);
      }
      return bytes;
    },
    restore(bytes) {
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
      sums.clear();
      commands = view.getFloat64(0, true);
      for (let at = 8; at < bytes.length; at += 16) sums.set(view.getFloat64(at, true), view.getFloat64(at + 8, true));
    },
  };
}

function say(out: EventSink, type: number, a: number, b: number): void {
  const at = out.begin(type);
  out.view.setFloat64(at, a, true);
  out.view.setFloat64(at + 8, b, true);
  out.end(at + 16);
}

const encode = (command: Command, time: number) => encodeCommand(command, time);

/** The n-th command of a test's load, n from 1: mostly sums, now and then only time. */
export function tallyCommand(n: number): Uint8Array {
  if (n % 7 === 0) return encode({ name: 'time', body: {} }, n);
  return encode({ name: 'session-in', body: { session: 1 + (n % 13), inSeq: n } }, n);
}
