import type { Session } from '@meridian/api';
import { queryOptions, useQuery, useQueryClient } from '@tanstack/react-query';
import { call } from './call.ts';
import { setCsrfToken } from './http.ts';
import { refusalOf } from './problem.ts';

export type { Session };

let held = false;

/** While held, the session is not read anew when the window is looked at again: something told once is on the screen. */
export function holdSession(hold: boolean): void {
  held = hold;
}

/** The session, or null when nobody is signed in. */
export const sessionQuery = queryOptions({
  queryKey: ['GET /v1/session'],
  staleTime: 60_000,
  refetchOnWindowFocus: () => !held,
  refetchOnReconnect: () => !held,
  queryFn: async ({ signal }): Promise<Session | null> => {
    try {
      const { body } = await call('GET /v1/session', { signal });
      setCsrfToken(body.csrf);
      return body;
    } catch (error) {
      if (refusalOf(error)?.status === 401) return null;
      throw error;
    }
  },
});

/** Keeps an answered session: what signing in, a second factor or a new password give. */
export function useKeepSession(): (session: Session) => void {
  const client = useQueryClient();
  return (session) => {
    setCsrfToken(session.csrf);
    client.setQueryData(sessionQuery.queryKey, session);
  };
}

/** The session inside the shell, where there always is one. */
export function useSession(): Session {
  const { data } = useQuery(sessionQuery);
  if (data === undefined || data === null) throw new Error('the shell is shown without a session');
  return data;
}

/** Whether the signed-in user may at all do this; the house decides again on each request. */
export function useMay(action: string): boolean {
  return useSession().allowed.includes(action);
}

/** Ends the session here and at the house. */
export function useSignOut(): () => Promise<void> {
  const client = useQueryClient();
  return async () => {
    await call('DELETE /v1/session').catch(() => undefined);
    setCsrfToken(null);
    // The frame follows this very query: it is told, not thrown away with what the user had read.
    client.setQueryData(sessionQuery.queryKey, null);
    client.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== sessionQuery.queryKey[0] });
    client.getMutationCache().clear();
  };
}
