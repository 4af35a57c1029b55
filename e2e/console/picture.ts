import { crc32, deflateSync, inflateSync } from 'node:zlib';

const HEAD = 8;

/** The same picture, packed smaller: flat areas and repeated letters deflate best as they are, not as differences. PNG, ISO/IEC 15948. */
export function packed(png: Buffer): Buffer {
  const parts: Buffer[] = [];
  const pixels: Buffer[] = [];
  for (let at = HEAD; at < png.length; ) {
    const length = png.readUInt32BE(at);
    const type = png.toString('latin1', at + 4, at + 8);
    if (type === 'IDAT') pixels.push(png.subarray(at + 8, at + 8 + length));
    else {
      if (type === 'IEND')
        parts.push(chunk('IDAT', deflateSync(unfiltered(inflateSync(Buffer.concat(pixels)), png), { level: 9, memLevel: 9 })));
      parts.push(png.subarray(at, at + 12 + length));
    }
    at += 12 + length;
  }
  return Buffer.concat([png.subarray(0, HEAD), ...parts]);
}

function chunk(type: string, body: Buffer): Buffer {
  const named = Buffer.concat([Buffer.from(type, 'latin1'), body]);
  const [length, check] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(body.length);
  check.writeUInt32BE(crc32(named));
  return Buffer.concat([length, named, check]);
}

/** Rows without their differences to neighbours, each behind a zero that says so. */
function unfiltered(rows: Buffer, png: Buffer): Buffer {
  const height = png.readUInt32BE(20);
  const bytes = png[25] === 6 ? 4 : 3;
  const width = png.readUInt32BE(16) * bytes;
  const made = Buffer.alloc(rows.length);
  for (let y = 0; y < height; y += 1) {
    const from = y * (width + 1);
    const filter = rows[from] as number;
    for (let x = 0; x < width; x += 1) {
      const at = from + 1 + x;
      const left = x < bytes ? 0 : (made[at - bytes] as number);
      const above = y === 0 ? 0 : (made[at - width - 1] as number);
      const corner = y === 0 || x < bytes ? 0 : (made[at - width - 1 - bytes] as number);
      made[at] = (rows[at] as number) + predicted(filter, left, above, corner);
    }
  }
  return made;
}

function predicted(filter: number, left: number, above: number, corner: number): number {
  if (filter === 0) return 0;
  if (filter === 1) return left;
  if (filter === 2) return above;
  if (filter === 3) return (left + above) >> 1;
  const [a, b, c] = [Math.abs(above - corner), Math.abs(left - corner), Math.abs(left + above - 2 * corner)];
  return a <= b && a <= c ? left : b <= c ? above : corner;
}
