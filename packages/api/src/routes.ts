import type { Static, TSchema } from '@meridian/base';
import { ACCOUNT_ROUTES } from './account.ts';
import { CLEARING_ROUTES } from './clearing.ts';
import { CONTRACT_ROUTES } from './contract.ts';
import { GOVERNANCE_ROUTES } from './governance.ts';
import { LEDGER_ROUTES } from './ledger.ts';
import { LIMIT_ROUTES } from './limit.ts';
import { MODEL_ROUTES } from './model.ts';
import { ORDER_ROUTES } from './order.ts';
import { OVERVIEW_ROUTES } from './overview.ts';
import { REPORT_ROUTES } from './report.ts';
import type { Route } from './route.ts';
import { SESSION_ROUTES } from './session.ts';
import { TRACE_ROUTES } from './trace.ts';

/** Every route of the public interface, once. */
export const ROUTES = [
  ...SESSION_ROUTES,
  ...OVERVIEW_ROUTES,
  ...ORDER_ROUTES,
  ...ACCOUNT_ROUTES,
  ...CONTRACT_ROUTES,
  ...LIMIT_ROUTES,
  ...CLEARING_ROUTES,
  ...REPORT_ROUTES,
  ...LEDGER_ROUTES,
  ...TRACE_ROUTES,
  ...GOVERNANCE_ROUTES,
  ...MODEL_ROUTES,
] as const;
type Declared = (typeof ROUTES)[number];
/** Of each route by itself: over a union of them, every method would be paired with every path. */
type NameOf<R> = R extends Route ? `${R['method']} ${R['path']}` : never;
/** "GET /v1/orders": the name of a route. */
export type RouteName = NameOf<Declared>;
export type RouteOf<N extends RouteName> = Extract<
  Declared,
  N extends `${infer M} ${infer P}` ? { method: M; path: P } : never
>;
type Part<R, K extends string> = R extends { readonly [k in K]: infer S extends TSchema } ? Static<S> : undefined;

/** What a route takes and answers, as TypeScript types: server handlers and the console's client are written against them. */
export type ParamsOf<N extends RouteName> = Part<RouteOf<N>, 'params'>;
export type QueryOf<N extends RouteName> = Part<RouteOf<N>, 'query'>;
export type BodyOf<N extends RouteName> = Part<RouteOf<N>, 'body'>;
export type AnswerOf<N extends RouteName> = Part<RouteOf<N>, 'answer'>;
