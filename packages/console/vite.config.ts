import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

/** Where `vite dev` sends what the console asks of the house; the built console is served by the house itself. */
const house = process.env['MERIDIAN_URL'] ?? 'http://127.0.0.1:8600';

export default defineConfig({
  plugins: [react()],
  server: { proxy: { '/v1': { target: house, ws: true, changeOrigin: false } } },
  build: {
    target: 'esnext',
    // The house answers with `script-src 'self'; style-src 'self'; font-src 'self'`: nothing may be inlined.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    // size.test.ts reads from it what a first visit loads.
    manifest: 'manifest.json',
    rolldownOptions: {
      // `base` declares its problems at load; the console takes single functions from it and must not carry the rest.
      treeshake: { moduleSideEffects: (id: string) => !/packages\/(base|api|catalog)\/src\//.test(id) },
    },
  },
});
