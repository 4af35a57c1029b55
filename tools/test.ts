/** Runs every test file of the repository, or those whose path contains an argument; ends with "N passed, N failed". */
import { globSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { run } from 'node:test';

const root = new URL('..', import.meta.url).pathname;
const wanted = process.argv.slice(2);
const files = globSync(['packages/*/src/**/*.test.ts', 'tools/**/*.test.ts', 'e2e/**/*.test.ts'], { cwd: root })
  .filter((file) => wanted.length === 0 || wanted.some((part) => file.includes(part)))
  .sort();

let passed = 0;
let failed = 0;
const skipped: string[] = [];
const failures: string[] = [];
const started = Date.now();

async function runFiles(some: readonly string[], concurrency: number): Promise<void> {
  if (some.length === 0) return;
  const stream = run({ files: some.map((file) => root + file), concurrency, timeout: 900_000 });
  stream.on('test:pass', (test) => {
    if (isGroup(test.details)) return;
    if (test.skip !== undefined && test.skip !== false)
      skipped.push(`${test.name}${typeof test.skip === 'string' && test.skip !== '' ? ` — ${test.skip}` : ''}`);
    else passed += 1;
  });
  stream.on('test:fail', (test) => {
    if (isGroup(test.details) && !String(test.details.error?.message).includes('test failed')) return;
    failed += 1;
    const error = test.details.error;
    const cause =
      error.cause instanceof Error ? (error.cause.stack ?? error.cause.message) : String(error.cause ?? error.message);
    const where = test.file === undefined ? '' : `${test.file.replace(root, '')}: `;
    failures.push(`${where}${test.name}\n${cause}`);
    process.stdout.write(`not ok ${where}${test.name}\n`);
  });
  stream.on('test:stderr', (data) => process.stderr.write(data.message));
  stream.on('test:stdout', (data) => {
    if (process.env['VERBOSE'] !== undefined) process.stdout.write(data.message);
  });
  stream.resume();
  await new Promise((resolve) => stream.on('close', resolve).on('end', resolve));
}

/** A suite or a file that only groups tests counts through its tests; one that fails on its own counts itself. */
function isGroup(details: { readonly type?: string | undefined }): boolean {
  return details.type === 'suite';
}

/** Rooms beside each other; then, one after another, what starts whole houses: each gets the machine that a house asks for. */
const isHouse = (file: string) => file.startsWith('e2e/');
await runFiles(
  files.filter((file) => !isHouse(file)),
  Math.max(2, availableParallelism()),
);
await runFiles(files.filter(isHouse), 1);

for (const failure of failures) process.stdout.write(`\n— ${failure}\n`);
if (skipped.length > 0) process.stdout.write(`\nskipped:\n${skipped.map((line) => `  ${line}`).join('\n')}\n`);
process.stdout.write(`\n${files.length} files in ${Math.round((Date.now() - started) / 1000)} s\n`);
process.stdout.write(`${passed} passed, ${failed} failed\n`);
process.exit(failed > 0 || passed === 0 ? 1 : 0);
