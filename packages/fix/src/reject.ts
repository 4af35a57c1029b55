import type { FixMessage } from './message.ts';
import type { WriteFields } from './session-store.ts';
import { REJECT_TEXT, RejectReason } from './validator.ts';

/** [tag it came in, tag it goes back in]: on behalf of ↔ deliver to. */
const ROUTES: readonly (readonly [number, number])[] = [
  [115, 128],
  [116, 129],
  [144, 145],
  [128, 115],
  [129, 116],
  [145, 144],
];

/** The routing fields of an answer to a message; empty ones are left out. */
function routeBack(message: FixMessage): [number, string][] {
  const route: [number, string][] = [];
  for (const [came, back] of ROUTES) {
    const value = message.text(came);
    if (value !== undefined && value !== '') route.push([back, value]);
  }
  return route;
}

/** The fields of a Reject: what is wrong and with which tag, sent back the way the message came. Keeps nothing of the message. */
export function rejectOf(message: FixMessage, seq: number, reason: RejectReason, tag: number): WriteFields {
  const type = message.textAt(0);
  const route = routeBack(message);
  const tagged = tag !== 0 || reason === RejectReason.invalidTag;
  return (writer) => {
    for (const [routeTag, value] of route) writer.text(routeTag, value);
    writer.int(45, seq);
    if (tagged) writer.int(371, tag);
    if (type !== '') writer.text(372, type);
    writer.int(373, reason).text(58, REJECT_TEXT[reason]);
  };
}
