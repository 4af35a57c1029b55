/**
 * Runs a directory of acceptance definitions: `npm run acceptance -w @meridian/fix -- DIR [--port P]`.
 * Without a port it starts acceptors of its own and runs the definitions side by side; with one it runs them one after
 * the other against whoever listens there. Exit 1 when a definition fails, 2 for wrong usage.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { echoAcceptor } from './echo.ts';
import { runDefinition } from './runner.ts';

const SIDE_BY_SIDE = 8;

const { values, positionals } = parseArgs({ options: { port: { type: 'string' } }, allowPositionals: true });
const [directory] = positionals;
const given = values.port === undefined ? undefined : Number(values.port);
if (directory === undefined || (given !== undefined && !Number.isInteger(given))) {
  console.error('usage: npm run acceptance -w @meridian/fix -- DIR [--port P]');
  process.exit(2);
}

const folder = resolve(process.env['INIT_CWD'] ?? '.', directory);
const files = readdirSync(folder)
  .filter((name) => name.endsWith('.def'))
  .sort();
const faults = new Map<string, string | undefined>();
const queue = [...files];

async function work(): Promise<void> {
  const own = given === undefined ? await echoAcceptor({ port: 0 }) : undefined;
  for (let name = queue.shift(); name !== undefined; name = queue.shift()) {
    const text = readFileSync(join(folder, name), 'latin1');
    faults.set(name, await runDefinition(text, own?.port ?? (given as number)).catch((error: Error) => error.message));
  }
  await own?.close();
}

await Promise.all(Array.from({ length: given === undefined ? SIDE_BY_SIDE : 1 }, work));
for (const name of files) console.log(faults.get(name) === undefined ? `pass ${name}` : `FAIL ${name}: ${faults.get(name)}`);
const passed = files.filter((name) => faults.get(name) === undefined).length;
console.log(`${passed} of ${files.length} pass`);
process.exitCode = passed === files.length && files.length > 0 ? 0 : 1;
