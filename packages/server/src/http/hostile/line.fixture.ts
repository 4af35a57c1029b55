import { randomBytes } from 'node:crypto';
import net from 'node:net';

/** One frame that came from the other side. */
export interface Frame {
  readonly opcode: number;
  readonly payload: Buffer;
}

/** A WebSocket's end in bytes: whatever a hostile client may send can be sent. */
export interface Line {
  /** 101 when the line stands. */
  readonly status: number;
  /** What was answered, up to the end of its body. */
  readonly answer: string;
  /** A text message, as a well-behaved client frames it. */
  say(message: unknown): void;
  frame(opcode: number, payload: Buffer | string, over?: { readonly first?: number; readonly isMasked?: boolean }): void;
  bytes(bytes: Buffer): void;
  /** The next frame; undefined when the line has ended. */
  next(): Promise<Frame | undefined>;
  end(): void;
}

export const handshake = (host: string, more: Readonly<Record<string, string>> = {}): Record<string, string> => ({
  ...{ host, connection: 'Upgrade', upgrade: 'websocket', 'sec-websocket-version': '13' },
  'sec-websocket-key': randomBytes(16).toString('base64'),
  ...more,
});

const SILENT_MS_MAX = 10_000;

export function openLine(port: number, headers: Readonly<Record<string, string>>, target = '/v1/stream'): Promise<Line> {
  return new Promise((resolve) => {
    const socket = net.connect(port, '127.0.0.1');
    const frames: Frame[] = [];
    let held: Buffer = Buffer.alloc(0);
    let answer: string | undefined;
    let isOver = false;
    let wake: () => void = () => {};
    const line = (): Line => ({
      status: Number(/^HTTP\/1\.1 (\d{3})/.exec(answer ?? '')?.[1] ?? 0),
      answer: answer ?? '',
      say: (message) => send(0x1, typeof message === 'string' ? message : JSON.stringify(message)),
      frame: send,
      bytes: (bytes) => void socket.write(bytes),
      async next() {
        while (frames.length === 0 && !isOver)
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
        return frames.shift();
      },
      end: () => socket.destroy(),
    });
    function send(opcode: number, content: Buffer | string, over: { first?: number; isMasked?: boolean } = {}): void {
      const { first = 0x80 | opcode, isMasked = true } = over;
      const payload = typeof content === 'string' ? Buffer.from(content) : content;
      const key = randomBytes(4);
      const size = payload.length;
      const bit = isMasked ? 0x80 : 0;
      const head =
        size < 126
          ? Buffer.from([first, bit | size])
          : size < 65_536
            ? Buffer.from([first, bit | 126, size >> 8, size & 255])
            : Buffer.from([first, bit | 127, 0, 0, 0, 0, size >>> 24, (size >> 16) & 255, (size >> 8) & 255, size & 255]);
      const body = isMasked ? payload.map((byte, i) => byte ^ (key[i & 3] as number)) : payload;
      socket.write(Buffer.concat([head, ...(isMasked ? [key] : []), body]));
    }
    function read(): void {
      if (answer === undefined) {
        const end = held.indexOf('\r\n\r\n');
        if (end < 0) return;
        const head = held.subarray(0, end).toString('latin1');
        const length = Number(/\r\ncontent-length: (\d+)/i.exec(head)?.[1] ?? 0);
        if (held.length < end + 4 + length) return;
        answer = held.subarray(0, end + 4 + length).toString('utf8');
        held = held.subarray(end + 4 + length);
        resolve(line());
      }
      for (let frame = firstFrame(held); frame !== undefined; frame = firstFrame(held)) {
        held = held.subarray(frame.bytes);
        frames.push(frame);
        wake();
      }
    }
    socket.setTimeout(SILENT_MS_MAX, () => socket.destroy());
    socket.on('connect', () => {
      const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
      socket.write(`GET ${target} HTTP/1.1\r\n${lines.join('')}\r\n`, 'latin1');
    });
    socket.on('data', (bytes: Buffer) => {
      held = Buffer.concat([held, bytes]);
      read();
    });
    socket.on('error', () => {});
    socket.on('close', () => {
      isOver = true;
      wake();
      if (answer === undefined) resolve(line());
    });
  });
}

function firstFrame(bytes: Buffer): (Frame & { readonly bytes: number }) | undefined {
  if (bytes.length < 2) return undefined;
  const short = (bytes[1] as number) & 127;
  const skip = short < 126 ? 2 : short === 126 ? 4 : 10;
  if (bytes.length < skip) return undefined;
  const size = short < 126 ? short : short === 126 ? bytes.readUInt16BE(2) : Number(bytes.readBigUInt64BE(2));
  if (bytes.length < skip + size) return undefined;
  return { opcode: (bytes[0] as number) & 15, payload: Buffer.from(bytes.subarray(skip, skip + size)), bytes: skip + size };
}
