import type { Socket } from 'node:net';
import type { CloseReason, SessionLink } from './link.ts';
import { OutBuffer } from './writer.ts';

/** Bytes a peer may leave unread before it is disconnected; what it missed it asks for after its next logon. */
export const UNREAD_BYTES_MAX = 8 << 20;
/** How long a closed connection may take to send its last bytes. */
const LINGER_MILLIS = 1_000;
/** A resend pauses only above this many bytes. */
const LARGE_WRITE = 1 << 16;

export interface SocketLinkOptions {
  readonly unreadBytesMax: number;
  /** The socket copies what is written (TLS encrypts it later): its buffer may not be used again. */
  readonly copies: boolean;
  readonly onSlow: () => void;
  /** A large write was taken at once: the stream, which tells of a drain only after it had to wait, stays silent. */
  readonly onTaken: () => void;
}

/**
 * A session's connection over a socket. Everything that is flushed within one turn leaves in one write.
 */
export function socketLink(socket: Socket, options: SocketLinkOptions): SessionLink {
  const out = new OutBuffer();
  let scheduled = false;
  let closed = false;

  const write = () => {
    scheduled = false;
    if (out.length === 0 || socket.destroyed) {
      out.length = 0;
      return;
    }
    socket.write(out.bytes.subarray(0, out.length));
    // Bytes the kernel took at once may be overwritten; bytes that wait belong to the socket until it has sent them.
    if (options.copies || socket.writableLength > 0) out.bytes = Buffer.allocUnsafeSlow(Math.min(out.bytes.length, 1 << 20));
    if (out.length >= LARGE_WRITE && socket.writableLength === 0) setImmediate(options.onTaken);
    out.length = 0;
    if (socket.writableLength > options.unreadBytesMax) options.onSlow();
  };

  return {
    out,
    flush() {
      if (scheduled || closed || out.length === 0) return;
      scheduled = true;
      queueMicrotask(write);
    },
    buffered: () => socket.writableLength + out.length,
    close(_reason: CloseReason) {
      if (closed) return;
      closed = true;
      write();
      socket.end();
      const linger = setTimeout(() => socket.destroy(), LINGER_MILLIS);
      linger.unref();
      socket.once('close', () => clearTimeout(linger));
    },
  };
}
