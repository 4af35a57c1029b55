import { InvariantError, invariant } from '@meridian/base';

/**
 * A field's binary form, little endian. `f64` holds integers below 2^53 (prices, quantities, amounts, instants,
 * sequence numbers); `ascii` holds 0…255 printable characters, length first.
 */
export type FieldKind = 'u8' | 'u16' | 'u32' | 'f64' | 'ascii';
export type Fields = Readonly<Record<string, FieldKind>>;
export type Body<F extends Fields> = { -readonly [K in keyof F]: F[K] extends 'ascii' ? string : number };

const WIDTH = { u8: 1, u16: 2, u32: 4, f64: 8 } as const;

/**
 * A versioned binary layout: fixed-width members first, at offsets that never change, then the texts.
 * Members are appended in a new version, never moved; hot readers use {@link Layout.at} straight on the view.
 */
export interface Layout<F extends Fields> {
  readonly name: string;
  readonly fields: F;
  /** Byte offset of each fixed-width member from the start of the body; texts are absent. */
  readonly at: { readonly [K in keyof F]: number };
  /** Bytes of the fixed part. Texts start here. */
  readonly fixedBytes: number;
  /** Upper bound of an encoded body. */
  readonly bytesMax: number;
  /** Writes the body at `offset`; returns the offset behind it. */
  write(view: DataView, offset: number, body: Readonly<Body<F>>): number;
  read(view: DataView, offset: number): Body<F>;
}

export function layout<const F extends Fields>(name: string, fields: F): Layout<F> {
  const members = Object.entries(fields);
  const fixed = members.filter(([, kind]) => kind !== 'ascii') as [string, keyof typeof WIDTH][];
  const texts = members.filter(([, kind]) => kind === 'ascii').map(([member]) => member);
  const at: Record<string, number> = {};
  let width = 0;
  for (const [member, kind] of fixed) {
    at[member] = width;
    width += WIDTH[kind];
  }

  return {
    name,
    fields,
    at: at as { readonly [K in keyof F]: number },
    fixedBytes: width,
    bytesMax: width + texts.length * 256,
    write(view, offset, body) {
      const values = body as Record<string, number | string>;
      for (const [member, kind] of fixed)
        writeNumber(view, offset + (at[member] as number), kind, values[member] as number, name, member);
      let position = offset + width;
      for (const member of texts) position = writeAscii(view, position, values[member] as string, name, member);
      return position;
    },
    read(view, offset) {
      const body: Record<string, number | string> = {};
      for (const [member, kind] of fixed) body[member] = readNumber(view, offset + (at[member] as number), kind);
      let position = offset + width;
      for (const member of texts) {
        const text = readAscii(view, position);
        body[member] = text;
        position += 1 + text.length;
      }
      return body as Body<F>;
    },
  };
}

function writeNumber(view: DataView, at: number, kind: keyof typeof WIDTH, value: number, name: string, member: string): void {
  const bound = kind === 'f64' ? Number.MAX_SAFE_INTEGER : 2 ** (WIDTH[kind] * 8) - 1;
  const low = kind === 'f64' ? -bound : 0;
  if (!Number.isInteger(value) || value > bound || value < low) {
    throw new InvariantError(`${name}.${member} cannot hold ${value} as ${kind}`);
  }
  if (kind === 'f64') view.setFloat64(at, value, true);
  else if (kind === 'u32') view.setUint32(at, value, true);
  else if (kind === 'u16') view.setUint16(at, value, true);
  else view.setUint8(at, value);
}

function readNumber(view: DataView, at: number, kind: keyof typeof WIDTH): number {
  if (kind === 'f64') return view.getFloat64(at, true);
  if (kind === 'u32') return view.getUint32(at, true);
  return kind === 'u16' ? view.getUint16(at, true) : view.getUint8(at);
}

function writeAscii(view: DataView, at: number, text: string, name: string, member: string): number {
  invariant(text.length <= 255, () => `${name}.${member} is longer than 255 characters`);
  view.setUint8(at, text.length);
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    invariant(c >= 0x20 && c < 0x7f, () => `${name}.${member} is not printable ASCII`);
    view.setUint8(at + 1 + i, c);
  }
  return at + 1 + text.length;
}

/** The text whose length byte stands at `at`. */
export function readAscii(view: DataView, at: number): string {
  const length = view.getUint8(at);
  let text = '';
  for (let i = 0; i < length; i++) text += String.fromCharCode(view.getUint8(at + 1 + i));
  return text;
}
