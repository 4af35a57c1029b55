import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FOUND_AT } from '@meridian/api';
import { type AnyRoute, createMemoryHistory, createRouter } from '@tanstack/react-router';
import { makeQueryClient } from '../../data/query-client.ts';
import { rootRoute } from '../../router/root.ts';
import { screens } from '../../screens/index.ts';

const NAMES: Readonly<Record<keyof typeof FOUND_AT, string>> = {
  order: 'ARCX/777001',
  contract: '41',
  client: '7',
  account: '7',
  batch: 'US-2013-10-07',
  journal: '815',
  document: 'US-2013-10-07~1~statement~2~html',
  user: 'watcher-9',
  model: 'night-model',
};
const router = createRouter({
  routeTree: rootRoute.addChildren(screens.map(({ route }) => route) as never) as unknown as AnyRoute,
  context: { queries: makeQueryClient() },
  history: createMemoryHistory(),
});

test('[DS-7] every address that the palette is given is one that the console declares, and its screen reads what it names', () => {
  for (const [kind, before] of Object.entries(FOUND_AT)) {
    const name = NAMES[kind as keyof typeof NAMES];
    const [pathname = '', query = ''] = (before + name).split('?');
    const [, params, foundRoute] = router.getMatchedRoutes(pathname);
    assert.ok(foundRoute !== undefined, `${kind}: no screen at ${pathname}`);
    const read = foundRoute.options.validateSearch as unknown as (raw: object) => object;
    const search = read(Object.fromEntries(new URLSearchParams(query)));
    const said = [...Object.values(params), ...Object.values(search)].join('/');
    assert.ok(said.endsWith(name), `${kind}: ${pathname} reads ${said} of ${name}`);
  }
});
