import { useEffect, useRef, useState } from 'react';

/**
 * Shift and a key held down together for `ms`: for what must not happen by a slip. Says whether it is being held; letting
 * either go, or leaving the window, begins anew.
 */
export function useHold(key: string, ms: number, enabled: boolean, then: () => void): boolean {
  const [holding, setHolding] = useState(false);
  const run = useRef(then);
  useEffect(() => {
    run.current = then;
  });
  useEffect(() => {
    if (!enabled) return;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const stop = () => {
      clearTimeout(timer);
      timer = undefined;
      setHolding(false);
    };
    const down = (event: KeyboardEvent) => {
      if (event.key !== key || !event.shiftKey) return;
      event.preventDefault();
      if (timer !== undefined) return;
      setHolding(true);
      timer = setTimeout(() => {
        stop();
        run.current();
      }, ms);
    };
    const up = (event: KeyboardEvent) => {
      if (event.key === key || event.key === 'Shift') stop();
    };
    addEventListener('keydown', down);
    addEventListener('keyup', up);
    addEventListener('blur', stop);
    return () => {
      stop();
      removeEventListener('keydown', down);
      removeEventListener('keyup', up);
      removeEventListener('blur', stop);
    };
  }, [key, ms, enabled]);
  return holding;
}
