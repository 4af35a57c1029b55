import { CSPProvider } from '@base-ui/react/csp-provider';
import { QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { makeQueryClient } from './data/query-client.ts';
import { makeRouter } from './router/router.tsx';

const queries = makeQueryClient();
const router = makeRouter(queries);

export function App() {
  return (
    // The policy of the page allows no <style> element: none is ever made.
    <CSPProvider disableStyleElements>
      <QueryClientProvider client={queries}>
        <RouterProvider router={router} />
      </QueryClientProvider>
    </CSPProvider>
  );
}
