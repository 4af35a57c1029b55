import type { QueryClient } from '@tanstack/react-query';
import { createRouter } from '@tanstack/react-router';
import { screens } from '../screens/index.ts';
import { Frame } from '../shell/frame.tsx';
import { PageFailed, PageMissing, PageWaiting } from '../shell/page-states.tsx';
import { rootRoute } from './root.ts';

type RouteOf<S> = S extends { readonly route: infer R } ? R : never;
type Routes<T extends readonly unknown[]> = { -readonly [K in keyof T]: RouteOf<T[K]> };

rootRoute.update({ component: Frame, notFoundComponent: PageMissing, errorComponent: PageFailed });
const tree = rootRoute.addChildren(screens.map((screen) => screen.route) as unknown as Routes<typeof screens>);

export function makeRouter(queries: QueryClient) {
  return createRouter({
    routeTree: tree,
    context: { queries },
    defaultPreload: 'intent',
    defaultPreloadStaleTime: 0,
    defaultPendingMs: 150,
    defaultPendingComponent: PageWaiting,
    defaultErrorComponent: PageFailed,
    scrollRestoration: false,
  });
}

declare module '@tanstack/react-router' {
  interface Register {
    readonly router: ReturnType<typeof makeRouter>;
  }
}
