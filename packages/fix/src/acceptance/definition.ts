/** One line of an acceptance definition. Connections are numbered from 1. */
export type Action =
  | { readonly kind: 'connect' | 'disconnect' | 'expect-disconnect'; readonly connection: number; readonly line: number }
  | { readonly kind: 'send' | 'expect'; readonly connection: number; readonly line: number; readonly message: string };

/**
 * Reads a definition: `iCONNECT`, `iDISCONNECT`, `eDISCONNECT`, `I<message>` to send, `E<message>` to expect, `#`
 * comment; `i2,…`, `E2,…` name a connection.
 * @throws SyntaxError naming the line.
 */
export function readDefinition(text: string): Action[] {
  const actions: Action[] = [];
  for (const [index, raw] of text.split(/\r?\n/).entries()) {
    const row = raw.trimStart();
    if (row.trim() === '' || row.startsWith('#')) continue;
    const [, mark = '', number, rest = ''] = /^([iIeE])(?:(\d+),)?(.*)$/s.exec(row) ?? [];
    const at = { connection: Number(number ?? 1), line: index + 1 };
    if (mark === 'I') actions.push({ kind: 'send', ...at, message: rest });
    else if (mark === 'E') actions.push({ kind: 'expect', ...at, message: rest.trimEnd() });
    else if (mark === 'i' && rest.trim() === 'CONNECT') actions.push({ kind: 'connect', ...at });
    else if (mark === 'i' && rest.trim() === 'DISCONNECT') actions.push({ kind: 'disconnect', ...at });
    else if (mark === 'e' && rest.trim() === 'DISCONNECT') actions.push({ kind: 'expect-disconnect', ...at });
    else throw new SyntaxError(`line ${index + 1} is no action of a definition`);
  }
  return actions;
}

/** `<TIME>`, `<TIME+n>`, `<TIME-n>` become UTC seconds; BodyLength and CheckSum are filled in where they are absent. */
export function outgoingMessage(template: string, nowMillis: number): Buffer {
  const body = template.replace(/<TIME([+-]\d+)?>/g, (_, shift: string | undefined) =>
    utc(nowMillis + Number(shift ?? 0) * 1000),
  );
  let fields = body.split('\x01').filter((field) => field !== '');
  if (!fields.some((field) => field.startsWith('9='))) {
    const counted = fields.slice(1).filter((field) => !field.startsWith('10='));
    const length = counted.reduce((sum, field) => sum + Buffer.byteLength(field, 'latin1') + 1, 0);
    fields = [fields[0] as string, `9=${length}`, ...fields.slice(1)];
  }
  let text = fields.map((field) => `${field}\x01`).join('');
  if (!fields.some((field) => field.startsWith('10='))) text += `10=${checksum(text)}\x01`;
  return Buffer.from(text, 'latin1');
}

/** Sum of all bytes modulo 256, three digits. */
export function checksum(text: string): string {
  let sum = 0;
  for (let i = 0; i < text.length; i++) sum += text.charCodeAt(i);
  return String(sum % 256).padStart(3, '0');
}

/** Cuts the first message off a received stream; undefined while it is incomplete. @throws Error for wrong BodyLength or CheckSum. */
export function cutMessage(stream: string): { message: string; rest: string } | undefined {
  const [begin = '', length, rest] = stream.split('\x01', 3);
  if (rest === undefined) return undefined;
  if (!begin.startsWith('8=') || length === undefined || !/^9=\d+$/.test(length)) throw new Error('received no FIX message');
  const body = begin.length + length.length + 2 + Number(length.slice(2));
  const end = body + 7;
  if (stream.length < end) return undefined;
  const trailer = stream.slice(body, end);
  if (trailer !== `10=${checksum(stream.slice(0, body))}\x01`)
    throw new Error('received a message with a wrong BodyLength or CheckSum');
  return { message: stream.slice(0, end), rest: stream.slice(end) };
}

/** What differs between an expected and a received message, as sets of fields; undefined when nothing does. */
export function difference(expected: string, received: string): string | undefined {
  const want = comparable(expected);
  const got = comparable(received);
  const missing = want.filter((field) => !got.includes(field));
  const surplus = got.filter((field) => !want.includes(field));
  if (missing.length === 0 && surplus.length === 0 && want.length === got.length) return undefined;
  return `expected ${missing.join(' ') || '(nothing else)'}, received ${surplus.join(' ') || '(nothing else)'}`;
}

/** BodyLength and CheckSum are proven on receipt; of times only the form counts. */
function comparable(message: string): string[] {
  return message
    .split('\x01')
    .filter((field) => field !== '' && !/^(9|10)=/.test(field))
    .map((field) => field.replace(/^(52|60|122)=(\d{8}-\d\d:\d\d:\d\d(\.\d+)?|<TIME>)$/, '$1=time'));
}

function utc(millis: number): string {
  return new Date(millis).toISOString().slice(0, 19).replaceAll('-', '').replace('T', '-');
}
