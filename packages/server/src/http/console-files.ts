import fs from 'node:fs';
import path from 'node:path';
import fastifyStatic from '@fastify/static';
import type { Shell } from './shell.ts';

/** Names that carry a hash of their content: they never change. */
const HASHED = /-[A-Za-z0-9_-]{8,}\.[a-z0-9]+$/;

/**
 * The console's files as they were built, and its one page for every address that is none of ours: the page finds its own
 * way. Only files that were there at start are served; no path leads anywhere else.
 */
export function consoleFiles({ app, missing }: Shell, root: string): void {
  const isBuilt = fs.existsSync(path.join(root, 'index.html'));
  const files = new Set(
    isBuilt
      ? fs
          .readdirSync(root, { recursive: true, withFileTypes: true })
          .filter((entry) => entry.isFile())
          .map((entry) => `/${path.relative(root, path.join(entry.parentPath, entry.name)).split(path.sep).join('/')}`)
      : [],
  );
  if (isBuilt) void app.register(fastifyStatic, { root, serve: false, cacheControl: false, etag: true, index: false });
  app.get('/*', async (request, reply) => {
    const asked = request.url.split('?', 1)[0] as string;
    if (files.has(asked) && asked !== '/index.html') {
      const isForever = HASHED.test(asked);
      return reply
        .header('cache-control', isForever ? 'public, max-age=31536000, immutable' : 'no-cache')
        .sendFile(asked.slice(1));
    }
    // Addresses of the interface and of files are never the page's.
    if (/^\/(v1|assets)(\/|$)/.test(asked) || /\.[a-z0-9]{1,8}$/i.test(asked)) throw missing(request);
    if (!isBuilt) return reply.code(503).type('text/html; charset=utf-8').send(NOT_BUILT);
    return reply.sendFile('index.html');
  });
}

const NOT_BUILT = `<!doctype html><html lang="zh-CN"><meta charset="utf-8"><title>Meridian 子午</title>
<h1>控制台尚未构建 · The console is not built</h1>
<p>运行 <code>npm run build --workspace packages/console</code> 后重新启动。接口可用：<a href="/v1/openapi.json">/v1/openapi.json</a></p>
<p>Run <code>npm run build --workspace packages/console</code> and start again. The interface is there: <a href="/v1/openapi.json">/v1/openapi.json</a></p>
</html>
`;
