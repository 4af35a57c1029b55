import type { QueryClient } from '@tanstack/react-query';
import { createRootRouteWithContext, retainSearchParams } from '@tanstack/react-router';
import type { Language } from '../i18n/text.ts';

/** What every address may carry. `lang` is kept from page to page once it is there, so that a link shows what its sender saw. */
export interface HouseSearch {
  readonly lang?: Language;
}

/** The root of all addresses. Its component is hung in by router.tsx: screens import this file, the shell imports the screens. */
export const rootRoute = createRootRouteWithContext<{ readonly queries: QueryClient }>()({
  validateSearch: (raw: Record<string, unknown>): HouseSearch =>
    raw['lang'] === 'zh' || raw['lang'] === 'en' ? { lang: raw['lang'] } : {},
  search: { middlewares: [retainSearchParams<HouseSearch>(['lang'])] },
});
