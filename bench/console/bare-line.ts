import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

/** The least that can be between a server and a page: an unmasked text frame on a raw socket, written into a text node. */
export interface BareLine {
  readonly port: number;
  /** To whoever listens. */
  send(text: string): void;
  close(): void;
}

/** RFC 6455 §1.3. */
const ACCEPT = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
const PAGE = `<!doctype html><meta charset="utf-8"><title>bare</title><p id="said">.</p>
<script>
  const said = document.querySelector('#said').firstChild;
  new WebSocket('ws://' + location.host).onmessage = ({ data }) => { said.data = data; };
</script>`;

export async function openBareLine(): Promise<BareLine> {
  const sockets = new Set<Socket>();
  const server = createServer((_, response) => {
    response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(PAGE);
  });
  server.on('upgrade', (request, socket: Socket) => {
    const accept = createHash('sha1').update(`${request.headers['sec-websocket-key']}${ACCEPT}`).digest('base64');
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
    );
    socket.setNoDelay(true);
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => sockets.delete(socket));
    socket.resume();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    send(text) {
      const frame = framed(Buffer.from(text));
      for (const socket of sockets) socket.write(frame);
    },
    close() {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}

/** A whole text message of up to 64 KiB. */
function framed(payload: Buffer): Buffer {
  const { length } = payload;
  const head = length < 126 ? Buffer.from([0x81, length]) : Buffer.from([0x81, 126, length >> 8, length & 255]);
  return Buffer.concat([head, payload]);
}
