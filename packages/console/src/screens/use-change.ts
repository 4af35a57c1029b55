import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type ReactNode, useRef } from 'react';
import { refusalOf } from '../data/problem.ts';
import { notify } from '../parts/toast.tsx';

export interface Change<A> {
  readonly run: (ask: A) => void;
  readonly running: boolean;
  readonly error: Error | null;
  readonly reset: () => void;
}

/**
 * One change of the house. The idempotency key stays the same until the house has answered, so that trying again after
 * silence cannot do the thing twice. `refreshes` names the routes whose answers are asked anew.
 */
export function useChange<A, T>(
  work: (ask: A, idempotencyKey: string) => Promise<T>,
  refreshes: readonly string[],
  done: (answer: T) => ReactNode,
): Change<A> {
  const queries = useQueryClient();
  const key = useRef<string>(undefined);
  const mutation = useMutation({
    mutationFn: (ask: A) => {
      key.current ??= crypto.randomUUID();
      return work(ask, key.current);
    },
    onSuccess: (answer) => {
      key.current = undefined;
      notify('done', done(answer));
      for (const name of refreshes) void queries.invalidateQueries({ queryKey: [name] });
    },
    onError: (error) => {
      // Refused: nothing was done, and what is sent next is another request.
      if (refusalOf(error)?.status !== 0) key.current = undefined;
    },
  });
  return {
    run: (ask) => mutation.mutate(ask),
    running: mutation.isPending,
    error: mutation.error,
    reset() {
      key.current = undefined;
      mutation.reset();
    },
  };
}
