/** Writes openapi.json and asyncapi.json as the schemas say now: run it after changing a route, and read the difference. */
import { writeFileSync } from 'node:fs';
import { asyncapi, openapi, ROUTES } from '../src/index.ts';

const write = (name: string, document: object) =>
  writeFileSync(new URL(`../${name}.json`, import.meta.url), `${JSON.stringify(document, null, 2)}\n`);
write('openapi', openapi(ROUTES));
write('asyncapi', asyncapi());
