import { useSyncExternalStore } from 'react';
import type { Beat } from './protocol.ts';
import { type LineState, type Socket, Stream } from './stream.ts';

/** The console's one line to the house. */
export const line = new Stream({
  connect: webSocket,
  now: () => performance.now(),
  later: (run, ms) => {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
  nextFrame: (run) => void requestAnimationFrame(run),
  random: Math.random,
});

function webSocket(): Socket {
  const socket = new WebSocket(`${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/v1/stream`);
  return {
    send: (text) => socket.send(text),
    close: () => socket.close(),
    listen: ({ open, message, close }) => {
      socket.addEventListener('open', open);
      socket.addEventListener('message', (event) => message(String(event.data)));
      socket.addEventListener('close', close);
    },
  };
}

const listen = (listener: () => void) => line.listen(listener);

/** The last beat of the house, once a second; null before the first. */
export function useBeat(): Beat | null {
  return useSyncExternalStore(listen, () => line.beat);
}

export function useLineState(): LineState {
  return useSyncExternalStore(listen, () => line.state);
}
