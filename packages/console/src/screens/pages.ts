import type { AnswerOf, QueryOf, RouteName } from '@meridian/api';
import { useInfiniteQuery } from '@tanstack/react-query';
import { call } from '../data/call.ts';
import type { Answered } from './answer-panel.tsx';

/** Routes that answer a page of a list. */
export type PageName = {
  [N in RouteName]: AnswerOf<N> extends { readonly items: readonly unknown[]; readonly next: string | null } ? N : never;
}[RouteName];
export type ItemOf<N extends PageName> = AnswerOf<N> extends { readonly items: readonly (infer I)[] } ? I : never;

export interface Pages<I> extends Answered<readonly I[]> {
  /** Asks for the next page; absent at the end of the list. */
  readonly more?: () => void;
  readonly loadingMore: boolean;
  /** The sequence as of which the walk stands. */
  readonly asOf: number | null;
}

interface AnyPage {
  readonly items: readonly unknown[];
  readonly next: string | null;
  readonly asOf: number;
}

const PAGE_ROWS = 200;

/** A list of the house, page after page, asked again every `everyMs`. What was shown stays until the new answer is there. */
export function usePages<N extends PageName>(
  name: N,
  query: Omit<NonNullable<QueryOf<N>>, 'limit' | 'cursor'>,
  everyMs: number,
  enabled = true,
): Pages<ItemOf<N>> {
  const asked = call as unknown as (name: PageName, ask: { query: object; signal: AbortSignal }) => Promise<{ body: AnyPage }>;
  const pages = useInfiniteQuery({
    queryKey: [name, null, query],
    enabled,
    refetchInterval: everyMs,
    placeholderData: (before) => before,
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (last: AnyPage) => last.next ?? undefined,
    queryFn: async ({ signal, pageParam }) => {
      const cursor = pageParam === undefined ? {} : { cursor: pageParam };
      return (await asked(name, { query: { ...query, limit: PAGE_ROWS, ...cursor }, signal })).body;
    },
  });
  const { data, error, dataUpdatedAt, refetch } = pages;
  return {
    data: data?.pages.flatMap((page) => page.items) as ItemOf<N>[] | undefined,
    error,
    dataUpdatedAt,
    refetch: refetch as unknown as Pages<ItemOf<N>>['refetch'],
    loadingMore: pages.isFetchingNextPage,
    asOf: data?.pages[0]?.asOf ?? null,
    ...(pages.hasNextPage ? { more: () => void pages.fetchNextPage() } : {}),
  };
}
