import fs from 'node:fs';
import path from 'node:path';
import fastifyStatic from '@fastify/static';
import type { Shell } from './shell.ts';

/** A name that is not known is looked for so often. */
const LOOK_AGAIN_MS = 1_000;

/** Names that carry a hash of their content: they never change. */
const HASHED = /-[A-Za-z0-9_-]{8,}\.[a-z0-9]+$/;

/**
 * The console's files as they were built, and its one page for every address that is none of ours: the page finds its own
 * way. Only files that were found there are served; no path leads anywhere else.
 */
export function consoleFiles({ app, missing }: Shell, root: string): void {
  let { files, lookedAt } = { files: filesIn(root), lookedAt: performance.now() };
  const isThere = (asked: string): boolean => {
    if (files.has(asked)) return true;
    // Built again meanwhile: the names are new.
    if (performance.now() - lookedAt < LOOK_AGAIN_MS) return false;
    files = filesIn(root);
    lookedAt = performance.now();
    return files.has(asked);
  };
  void app.register(fastifyStatic, { root, serve: false, cacheControl: false, etag: true, index: false });
  app.get('/*', async (request, reply) => {
    const asked = request.url.split('?', 1)[0] as string;
    // Addresses of the interface are never the page's.
    if (/^\/v1(\/|$)/.test(asked)) throw missing(request);
    if (asked !== '/index.html' && isThere(asked)) {
      const isForever = HASHED.test(asked);
      return reply
        .header('cache-control', isForever ? 'public, max-age=31536000, immutable' : 'no-cache')
        .sendFile(asked.slice(1));
    }
    // A name with an ending is a file that is not there; but an address may end in an object's name that has dots in it.
    const isPage = request.headers.accept?.includes('text/html') === true && /^\/[^/]+\/./.test(asked);
    if (/^\/assets(\/|$)/.test(asked) || (/\.[a-z0-9]{1,8}$/i.test(asked) && !isPage)) throw missing(request);
    if (!isThere('/index.html')) return reply.code(503).type('text/html; charset=utf-8').send(NOT_BUILT);
    return reply.sendFile('index.html');
  });
}

/** Every file by its path below the root; none while there is no such folder. */
function filesIn(root: string): ReadonlySet<string> {
  if (!fs.existsSync(root)) return new Set();
  const entries = fs.readdirSync(root, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return new Set(
    entries.map((entry) => `/${path.relative(root, path.join(entry.parentPath, entry.name)).split(path.sep).join('/')}`),
  );
}

const NOT_BUILT = `<!doctype html><html lang="zh-CN"><meta charset="utf-8"><title>Meridian 子午</title>
<h1>控制台尚未构建 · The console is not built</h1>
<p>运行 <code>npm run build --workspace packages/console</code> 后重新启动。接口可用：<a href="/v1/openapi.json">/v1/openapi.json</a></p>
<p>Run <code>npm run build --workspace packages/console</code> and start again. The interface is there: <a href="/v1/openapi.json">/v1/openapi.json</a></p>
</html>
`;
