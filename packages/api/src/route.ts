import type { Bilingual, TSchema } from '@meridian/base';

export type Method = 'GET' | 'POST' | 'PUT' | 'DELETE';

/** One route of the public interface. `server` serves exactly these; the console's client is typed by them. */
export interface Route {
  readonly method: Method;
  /** Parameters in braces: "/v1/orders/{order}". */
  readonly path: string;
  readonly summary: Bilingual;
  /** The action that policies decide on; null where nobody need have signed in. */
  readonly action: string | null;
  readonly tag: string;
  readonly params?: TSchema;
  readonly query?: TSchema;
  readonly body?: TSchema;
  readonly answer: TSchema;
  /** 200 by default; 201 made, 202 an operation or an approval that waits. */
  readonly status?: 200 | 201 | 202 | 204;
  /** PUT and DELETE of versioned things ask for If-Match and answer an ETag. */
  readonly versioned?: true;
  /** Other media type than JSON, for downloads. */
  readonly media?: string;
}

export const route = <const R extends Route>(route: R): R => route;
