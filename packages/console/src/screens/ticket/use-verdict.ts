import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { call } from '../../data/call.ts';
import type { Entry } from './draft.ts';

/** How long typing must rest before the house is asked. */
const REST_MS = 150;
/** The book moves on under an open ticket: asked again this often. */
const AGAIN_MS = 2000;

/** What the node would answer to an order now: asked as one types, and again while the ticket stands open. */
export function useVerdict(entry: Entry | undefined) {
  // The client-made id is no part of the question.
  const question = entry === undefined ? undefined : JSON.stringify({ ...entry, clOrdId: 'verdict' });
  const asked = useRested(question);
  const query = useQuery({
    queryKey: ['POST /v1/orders/check', asked ?? null],
    enabled: asked !== undefined,
    refetchInterval: AGAIN_MS,
    staleTime: 0,
    gcTime: 10_000,
    retry: false,
    placeholderData: keepPreviousData,
    queryFn: async ({ signal }) =>
      (await call('POST /v1/orders/check', { body: JSON.parse(asked as string) as Entry, signal })).body,
  });
  const verdict = question === undefined ? undefined : query.data;
  /** The verdict speaks of exactly what stands in the fields. */
  const fresh = verdict !== undefined && question === asked && !query.isPlaceholderData && !query.isError;
  return { verdict, fresh, error: question === undefined ? null : query.error, refetch: query.refetch };
}

function useRested(value: string | undefined): string | undefined {
  const [rested, setRested] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setRested(value), REST_MS);
    return () => clearTimeout(timer);
  }, [value]);
  return rested;
}
