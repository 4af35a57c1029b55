import { QueryClient } from '@tanstack/react-query';
import { whenSignedOut } from './http.ts';
import { refusalOf } from './problem.ts';
import { sessionQuery } from './session.ts';

/**
 * What was asked and answered (never ticks: those live in the stream). A refusal is final and shown; only silence is tried
 * again, and only for reading: a change is retried by the user, with the same idempotency key.
 */
export function makeQueryClient(): QueryClient {
  const client = new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: 5_000,
        refetchOnWindowFocus: true,
        retry: (count, error) => refusalOf(error)?.status === 0 && count < 3,
        retryDelay: (count) => Math.min(1000 * 2 ** count, 8000),
      },
      mutations: { retry: false },
    },
  });
  whenSignedOut(() => client.setQueryData(sessionQuery.queryKey, null));
  return client;
}
