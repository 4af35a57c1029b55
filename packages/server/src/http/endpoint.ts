import type { AnswerOf, BodyOf, ParamsOf, QueryOf, RouteName } from '@meridian/api';
import type { Instant } from '@meridian/base';
import type { Principal, Resource } from '@meridian/security';

/** What somebody asks of a route, checked against its schemas and decided by the policies. */
export interface Asking<N extends RouteName> {
  readonly params: ParamsOf<N>;
  readonly query: QueryOf<N>;
  readonly body: BodyOf<N>;
  /** Whoever asks; on routes without an action nobody may have signed in yet. */
  readonly principal: Principal;
  readonly language: 'zh' | 'en';
  /** Idempotency-Key of everything that changes: scope is user and route. */
  readonly key: string;
  /** The version that If-Match names, on versioned routes. */
  readonly ifMatch: string | undefined;
  /** Wall time of arrival. */
  readonly at: Instant;
  readonly ip: string;
  /** Names the request in log and audit. */
  readonly trace: string;
  /** The secret of the session's cookie: for the session's own routes. */
  readonly token?: string | undefined;
  /** Which browser began to sign in by the firm's provider. */
  readonly browser?: string | undefined;
}

/** An answer with what HTTP says beside it. */
export interface Reply<N extends RouteName> {
  readonly body: AnswerOf<N>;
  /** Becomes the ETag. */
  readonly version?: string | bigint | number;
  /** A new secret for the session's cookie; null takes the cookie away. */
  readonly token?: string | null;
  /** The same for the cookie of a sign-in on its way. */
  readonly browser?: string | null;
  /** Downloads: media type, file name; the body is then bytes. */
  readonly file?: { readonly media: string; readonly name: string; readonly bytes: Uint8Array };
}

/**
 * One route's work. `resource` says what it acts on, for the policies: a missing thing and a thing of somebody else are
 * answered alike (404). A route that names a thing in its path has one, or the process does not start. A list filters by the principal inside `handle`, where the database's row security holds as well.
 */
export interface Endpoint<N extends RouteName> {
  readonly resource?: (asking: Asking<N>) => Promise<Resource | undefined>;
  readonly handle: (asking: Asking<N>) => Promise<Reply<N>>;
}

export type Endpoints = { readonly [N in RouteName]: Endpoint<N> };
