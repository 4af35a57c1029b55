import { createRoute, lazyRouteComponent, type SearchSchemaInput } from '@tanstack/react-router';
import type { ComponentType } from 'react';
import type { Bilingual } from '../i18n/text.ts';
import { rootRoute } from './root.ts';

/** What the shell knows of a screen: where it is, what it is called, how it is reached, who may see it. */
export interface ScreenFacts {
  /** Its address: `/orders`, `/orders/$order`. Every object has one and it never changes. */
  readonly path: string;
  readonly title: Bilingual;
  /** The word on the rail, at most two Chinese or eight Latin letters. Without one the screen is reached through another. */
  readonly rail?: Bilingual;
  /** The function code of the palette: `ORD`. Never moved once shipped. */
  readonly code?: string;
  /** The second key of `g x`. Never moved once shipped. */
  readonly go?: string;
  /** The action that the session must hold, as the house names it: `order.read`. */
  readonly action: string;
}

/** Reads a screen's search parameters from an address. Anybody may type anything there: keep what is known, drop the rest. */
export type SearchReader<S> = (raw: Record<string, unknown>) => S;

/** What a link to a screen may say of its search: any part, or none. Reading it, the page has all of `S`. */
export type SearchGiven<S> = { readonly [K in keyof S]?: S[K] | undefined };

/**
 * Declares a screen. The page itself is loaded when first visited.
 * @example
 * export const orders = defineScreen(
 *   { path: '/orders', title: { zh: '委托', en: 'Orders' }, rail: { zh: '委托', en: 'Orders' }, code: 'ORD', go: 'o', action: 'order.read' },
 *   (raw) => ({ filter: textParam(raw['filter']), order: textParam(raw['order']) }),
 *   () => import('./page.tsx'),
 * );
 */
export function defineScreen<const P extends string, S extends object>(
  facts: ScreenFacts & { readonly path: P },
  search: SearchReader<S>,
  load: () => Promise<{ readonly default: ComponentType }>,
) {
  const route = createRoute({
    getParentRoute: () => rootRoute,
    path: facts.path as P,
    validateSearch: (raw: SearchGiven<S> & SearchSchemaInput): S => search(raw as Record<string, unknown>),
    component: lazyRouteComponent(load),
    staticData: { screen: facts },
  });
  return { facts: facts as ScreenFacts, route };
}

declare module '@tanstack/react-router' {
  interface StaticDataRouteOption {
    readonly screen?: ScreenFacts;
  }
}

/** A search parameter that is a short text, or absent. */
export function textParam(raw: unknown, max = 200): string | undefined {
  if (typeof raw === 'number') return String(raw);
  return typeof raw === 'string' && raw !== '' && raw.length <= max ? raw : undefined;
}

/** A search parameter that is one of a few words, or the first of them. */
export function choiceParam<const C extends readonly [string, ...string[]]>(raw: unknown, choices: C): C[number] {
  return choices.find((each) => each === raw) ?? choices[0];
}
