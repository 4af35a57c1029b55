import type { AnswerOf } from '@meridian/api';
import { type Bilingual, formatInstant, type Instant, Problem } from '@meridian/base';
import type { Oidc, Principal, SessionView, SignedIn, UserDirectory } from '@meridian/security';
import type { Database } from '@meridian/store';
import type { Endpoints } from '../endpoint.ts';
import { problem } from '../problems.ts';
import { userFacts } from '../user-facts.ts';

/** What the session's routes stand on. */
export interface SessionHouse {
  readonly database: Database;
  readonly directory: UserDirectory;
  readonly environment: 'demo' | 'production';
  businessNow(): Instant;
  /** Sign-in by the firm's own provider, and what people call it; absent where none is configured. */
  readonly federation?: { readonly oidc: Oidc; readonly name: Bilingual } | undefined;
  /** What the policies let somebody do to anything at all. */
  allowed(principal: Principal): readonly string[];
}

type SessionRoutes = Extract<keyof Endpoints, `${string} /v1/session${string}`>;
type Session = AnswerOf<'GET /v1/session'>;

const PENDING: Readonly<Record<SessionView['stage'], Session['pending']>> = {
  ...{ open: 'none', 'second-factor': 'second-factor', enrol: 'enrol', 'change-password': 'change-password' },
};

export function sessionEndpoints(house: SessionHouse): Pick<Endpoints, SessionRoutes> {
  const { directory } = house;

  async function shown(view: SessionView, principal: Principal | undefined): Promise<Session> {
    const user = await directory.user(view.user);
    const facts = (await userFacts(house.database, view.user)).get(view.user);
    if (user === undefined || facts === undefined) throw problem('NOT_SIGNED_IN');
    const isOpen = view.stage === 'open' && principal !== undefined;
    return {
      ...{ user: view.user, title: { ...user.title }, duties: [...user.duties], jurisdiction: view.jurisdiction },
      clients: user.clients.map(String),
      entities: user.entities.map(String),
      allowed: isOpen ? [...house.allowed(principal)] : [],
      ...{ strong: view.strong, pending: PENDING[view.stage], factors: [...facts.factors] },
      ...{ csrf: directory.csrfToken(view.id), expires: formatInstant(view.expiresAt) },
      ...{ environment: house.environment, businessTime: formatInstant(house.businessNow()) },
    };
  }

  /** A step of signing in: the cookie's secret is new, the one before it dead. */
  async function stepped({ token, session }: SignedIn) {
    return { body: await shown(session, await directory.authenticate(token)), token };
  }

  const tokenOf = ({ token }: { readonly token?: string | undefined }): string => {
    if (token === undefined) throw problem('NOT_SIGNED_IN');
    return token;
  };
  const federated = (): Oidc => {
    if (house.federation === undefined) throw new Problem('OIDC_OFF');
    return house.federation.oidc;
  };
  const nothing = { secret: '', uri: '', recovery: [], options: {} };

  return {
    'POST /v1/session': {
      handle: async ({ body: { user, password, jurisdiction }, ip, token }) => {
        const said = jurisdiction === undefined ? {} : { jurisdiction };
        const earlier = token === undefined ? {} : { earlier: token };
        return stepped(await directory.signIn({ user, password, address: ip, ...said, ...earlier }));
      },
    },
    'GET /v1/session/federation': {
      handle: async () => ({ body: { name: house.federation === undefined ? null : { ...house.federation.name } } }),
    },
    'POST /v1/session/federation': {
      handle: async () => {
        const { url, browser } = await federated().begin();
        return { body: { url }, browser };
      },
    },
    // The provider sends the browser to a page of ours, and the page brings the answer here: nothing is changed by an address
    // that somebody is led to, and a page elsewhere cannot finish what it began.
    'PUT /v1/session/federation': {
      handle: async ({ body: { query, jurisdiction }, ip, token, browser }) => {
        const said = jurisdiction === undefined ? {} : { jurisdiction };
        const earlier = token === undefined ? {} : { earlier: token };
        const signedIn = await federated().finish(query, browser ?? '', { address: ip, ...said, ...earlier });
        return { ...(await stepped(signedIn)), browser: null };
      },
    },
    'GET /v1/session': {
      handle: async (asking) => {
        const token = tokenOf(asking);
        const view = await directory.session(token);
        if (view === undefined) throw problem('NOT_SIGNED_IN');
        return { body: await shown(view, await directory.authenticate(token)) };
      },
    },
    'DELETE /v1/session': {
      handle: async (asking) => {
        await directory.signOut(tokenOf(asking));
        return { body: {}, token: null };
      },
    },
    'POST /v1/session/second-factor': {
      handle: async (asking) => {
        const { kind, code = '', credential } = asking.body;
        const proof =
          kind === 'webauthn'
            ? ({ kind: 'passkey', response: (credential ?? {}) as never } as const)
            : ({ kind, code } as const);
        return stepped(await directory.secondFactor(tokenOf(asking), proof));
      },
    },
    'POST /v1/session/challenge': {
      handle: async (asking) => ({
        body: { ...nothing, options: { ...(await directory.askPasskey(tokenOf(asking))) } },
      }),
    },
    'POST /v1/session/password': {
      handle: async (asking) => stepped(await directory.changePassword(tokenOf(asking), asking.body.current, asking.body.next)),
    },
    'POST /v1/session/totp': {
      handle: async (asking) => ({ body: { ...nothing, ...(await directory.beginTotp(tokenOf(asking))) } }),
    },
    'PUT /v1/session/totp': {
      handle: async (asking) => enrolled(await directory.confirmTotp(tokenOf(asking), asking.body.code)),
    },
    'POST /v1/session/keys': {
      handle: async (asking) => ({
        body: { ...nothing, options: { ...(await directory.beginPasskey(tokenOf(asking))) } as Record<string, unknown> },
      }),
    },
    'PUT /v1/session/keys': {
      handle: async (asking) =>
        enrolled(await directory.confirmPasskey(tokenOf(asking), asking.body.credential as never, 'security key')),
    },
    'GET /v1/sessions': {
      handle: async ({ principal }) => ({
        body: (await directory.listSessions(principal.user)).slice(0, 100).map((view) => ({
          ...{ session: view.id, since: formatInstant(view.since), lastSeen: formatInstant(view.seenAt) },
          ...{ jurisdiction: view.jurisdiction, strong: view.strong, current: view.id === principal.session },
        })),
      }),
    },
    'DELETE /v1/sessions/{session}': {
      resource: async ({ principal, params }) => {
        const own = await directory.listSessions(principal.user);
        return own.some(({ id }) => id === params.session)
          ? { kind: 'session', id: params.session, user: principal.user }
          : undefined;
      },
      handle: async ({ principal, params }) => {
        await directory.revokeSession(params.session, { user: principal.user, duty: principal.duties[0] ?? 'system' });
        return { body: {} };
      },
    },
  };

  async function enrolled({ signedIn, recoveryCodes }: Awaited<ReturnType<UserDirectory['confirmTotp']>>) {
    const { body, token } = await stepped(signedIn);
    return { body: { ...body, ...(recoveryCodes === undefined ? {} : { recovery: [...recoveryCodes] }) }, token };
  }
}
