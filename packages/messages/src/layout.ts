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
  const places: string[] = [];
  let width = 0;
  for (const [member] of members) invariant(/^[a-z]\w*$/i.test(member), () => `${name}.${member} is no member name`);
  for (const [member, kind] of fixed) {
    places.push(`${member}: ${width}`);
    width += WIDTH[kind];
  }
  // One literal: an object filled member by member becomes a dictionary, and every offset a look-up for its hot readers.
  const at: Readonly<Record<string, number>> = new Function(`return { ${places.join(', ')} }`)();

  return {
    name,
    fields,
    at: at as { readonly [K in keyof F]: number },
    fixedBytes: width,
    bytesMax: width + texts.length * 256,
    write: compileWrite(name, fixed, texts, at, width),
    read: compileRead(fixed, texts, at, width),
  };
}

type Fixed = readonly (readonly [string, keyof typeof WIDTH])[];
const ACCESS = { u8: 'Uint8', u16: 'Uint16', u32: 'Uint32', f64: 'Float64' } as const;

/**
 * Straight code for one layout, made once: objects come out in one shape and members are no lookups, which is several
 * times as fast as a loop over the members. The source holds nothing but member names and offsets.
 */
function compileRead<F extends Fields>(
  fixed: Fixed,
  texts: readonly string[],
  at: Readonly<Record<string, number>>,
  width: number,
): Layout<F>['read'] {
  const positions = texts.map((_, n) => `const text${n} = readAscii(view, position); position += 1 + text${n}.length;`);
  const members = [
    ...fixed.map(([member, kind]) => `${member}: view.get${ACCESS[kind]}(offset + ${at[member]}, true)`),
    ...texts.map((member, n) => `${member}: text${n}`),
  ];
  const source = `let position = offset + ${width}; ${positions.join(' ')} return { ${members.join(', ')} };`;
  return new Function('readAscii', `return (view, offset) => { ${source} }`)(readAscii);
}

function compileWrite<F extends Fields>(
  name: string,
  fixed: Fixed,
  texts: readonly string[],
  at: Readonly<Record<string, number>>,
  width: number,
): Layout<F>['write'] {
  const lines = fixed.map(([member, kind]) => {
    const high = kind === 'f64' ? Number.MAX_SAFE_INTEGER : 2 ** (WIDTH[kind] * 8) - 1;
    const low = kind === 'f64' ? -high : 0;
    const fits = `Number.isInteger(body.${member}) && body.${member} >= ${low} && body.${member} <= ${high}`;
    return `if (!(${fits})) refuse('${member}', '${kind}', body.${member}); view.set${ACCESS[kind]}(offset + ${at[member]}, body.${member}, true);`;
  });
  const refuse = (member: string, kind: string, value: unknown) => {
    throw new InvariantError(`${name}.${member} cannot hold ${value} as ${kind}`);
  };
  const write = (view: DataView, at: number, text: string, member: string) => writeAscii(view, at, text, name, member);
  const tail = texts.map((member) => `position = writeText(view, position, body.${member}, '${member}');`);
  const source = `${lines.join(' ')} let position = offset + ${width}; ${tail.join(' ')} return position;`;
  return new Function('refuse', 'writeText', `return (view, offset, body) => { ${source} }`)(refuse, write);
}

function writeAscii(view: DataView, at: number, text: string, name: string, member: string): number {
  if (text.length > 255) throw new InvariantError(`${name}.${member} is longer than 255 characters`);
  view.setUint8(at, text.length);
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c < 0x20 || c >= 0x7f) throw new InvariantError(`${name}.${member} is not printable ASCII`);
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
