import '../src/styles/tokens.css';
import '../src/styles/base.css';
import '../src/styles/parts.css';
import '../src/styles/shell.css';
import '../src/styles/grid.css';
import '../src/styles/ribbon.css';
import './page.css';
import { QueryClientProvider, useQuery } from '@tanstack/react-query';
import { createRouter, RouterProvider } from '@tanstack/react-router';
import { createRoot } from 'react-dom/client';
import { makeQueryClient } from '../src/data/query-client.ts';
import { sessionQuery } from '../src/data/session.ts';
import { loadPreferences, setPreferences } from '../src/preferences.ts';
import { rootRoute } from '../src/router/root.ts';
import { Shell } from '../src/shell/shell.tsx';
import { answer } from './house.ts';
import { Parts } from './page.tsx';
import { HouseSocket } from './stream.ts';

window.fetch = answer;
window.WebSocket = HouseSocket as unknown as typeof WebSocket;
loadPreferences(localStorage, location.search, navigator.languages);
const asked = new URLSearchParams(location.search);
if (asked.get('theme') === 'light') setPreferences({ theme: 'light' });

function Frame() {
  return useQuery(sessionQuery).data == null ? null : <Shell page={<Parts />} />;
}

rootRoute.update({ component: Frame, notFoundComponent: Frame });
const queries = makeQueryClient();
const router = createRouter({ routeTree: rootRoute, context: { queries } });
createRoot(document.getElementById('root') as HTMLElement).render(
  <QueryClientProvider client={queries}>
    <RouterProvider router={router as never} />
  </QueryClientProvider>,
);
