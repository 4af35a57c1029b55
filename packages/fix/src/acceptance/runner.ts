import { connect, type Socket } from 'node:net';
import { type Action, cutMessage, difference, outgoingMessage, readDefinition } from './definition.ts';

/** How long an expected message or disconnection may take; the slowest definition waits for 14.4 s of silence. */
const EXPECT_MILLIS = 25_000;

/** The tester's end of one connection. */
interface Connection {
  send(bytes: Buffer): void;
  /** The next message, or 'closed'. @throws Error at the time limit or for malformed bytes. */
  next(): Promise<string>;
  drop(): void;
}

/** Runs one definition against the acceptor at a port; undefined when it holds, else the line and what was wrong. */
export async function runDefinition(text: string, port: number, host = '127.0.0.1'): Promise<string | undefined> {
  const connections = new Map<number, Connection>();
  try {
    for (const action of readDefinition(text)) {
      const fault = await perform(action, connections, () => dial(port, host));
      if (fault !== undefined) return `line ${action.line}: ${fault.replaceAll('\x01', '|')}`;
    }
    return undefined;
  } finally {
    for (const connection of connections.values()) connection.drop();
  }
}

async function perform(
  action: Action,
  connections: Map<number, Connection>,
  open: () => Promise<Connection>,
): Promise<string | undefined> {
  if (action.kind === 'connect') {
    connections.get(action.connection)?.drop();
    connections.set(action.connection, await open());
    return undefined;
  }
  const connection = connections.get(action.connection);
  if (connection === undefined) return 'not connected';
  if (action.kind === 'disconnect') connection.drop();
  else if (action.kind === 'send') connection.send(outgoingMessage(action.message, Date.now()));
  else {
    let received: string;
    try {
      received = await connection.next();
    } catch (error) {
      return (error as Error).message;
    }
    if (action.kind === 'expect-disconnect')
      return received === 'closed' ? undefined : `expected the end, received ${received}`;
    if (received === 'closed') return 'expected a message, the acceptor disconnected';
    if (action.kind === 'expect') return difference(action.message, received);
  }
  return undefined;
}

async function dial(port: number, host: string): Promise<Connection> {
  const socket: Socket = connect({ port, host, noDelay: true });
  let stream = '';
  let closed = false;
  let wake = () => {};
  socket.on('data', (chunk: Buffer) => {
    stream += chunk.toString('latin1');
    wake();
  });
  socket.on('error', () => {});
  socket.on('close', () => {
    closed = true;
    wake();
  });
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve);
    socket.once('error', reject);
  });
  return {
    send: (bytes) => socket.write(bytes),
    drop: () => socket.destroy(),
    next: async () => {
      const limit = AbortSignal.timeout(EXPECT_MILLIS);
      for (;;) {
        const cut = cutMessage(stream);
        if (cut !== undefined) {
          stream = cut.rest;
          return cut.message;
        }
        if (closed) return 'closed';
        if (limit.aborted) throw new Error(`nothing arrived within ${EXPECT_MILLIS / 1000} s`);
        await new Promise<void>((resolve) => {
          wake = resolve;
          limit.addEventListener('abort', () => resolve(), { once: true });
        });
      }
    },
  };
}
