/**
 * Runs the bench modules, or those named: one line of JSON per figure on stdout, a table of all on stderr at the end.
 * A bench informs: a bar that does not hold says so and the exit is 0; a module that fails is exit 1.
 */
import { existsSync } from 'node:fs';
import { type Figure, print } from '../bench/figure.ts';

const MODULES = ['log', 'fix-wire', 'engine', 'ledger', 'console', 'ai', 'ai-order-path'];

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !MODULES.includes(name));
if (unknown.length > 0) {
  process.stderr.write(`no such bench: ${unknown.join(', ')} (${MODULES.join(', ')})\n`);
  process.exit(2);
}

const figures: Figure[] = [];
let failed = 0;
const begun = Date.now();
for (const name of MODULES.filter((module) => wanted.length === 0 || wanted.includes(module))) {
  process.stderr.write(`${name} …\n`);
  try {
    const file = new URL(`../bench/${name}.ts`, import.meta.url);
    if (!existsSync(file)) throw new Error('there is no such module');
    const { run } = (await import(file.href)) as { run(): Promise<Figure[]> };
    const found = await run();
    print(found);
    figures.push(...found);
  } catch (error) {
    failed += 1;
    process.stderr.write(`${name} failed: ${error instanceof Error ? error.stack : String(error)}\n`);
  }
}
process.stderr.write(`\n${table(figures)}\n\n${verdict()}\n`);
process.exit(failed > 0 ? 1 : 0);

function table(rows: readonly Figure[]): string {
  const head = ['', 'ours', 'peer', 'unit', 'ratio', 'bar', ''];
  const cells = rows.map((row) => [
    row.name,
    spell(row.ours),
    spell(row.peer),
    row.unit,
    row.ratio === null ? '–' : row.ratio.toFixed(2),
    row.bar,
    row.holds === null ? (row.note.startsWith('skipped') ? row.note : '') : row.holds ? 'holds' : 'DOES NOT HOLD',
  ]);
  const widths = head.map((title, n) => Math.max(title.length, ...cells.map((row) => (row[n] as string).length)));
  const right = new Set([1, 2, 4]);
  return [head, ...cells]
    .map((row) =>
      row
        .map((cell, n) => (right.has(n) ? cell.padStart(widths[n]!) : cell.padEnd(widths[n]!)))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

function spell(value: number | null): string {
  if (value === null) return '–';
  return value >= 1_000 ? Math.round(value).toLocaleString('en') : String(Math.round(value * 100) / 100);
}

function verdict(): string {
  const barred = figures.filter((figure) => figure.holds !== null);
  const held = barred.filter((figure) => figure.holds === true).length;
  const seconds = Math.round((Date.now() - begun) / 1_000);
  return `${held} of ${barred.length} bars hold; ${figures.length} figures in ${seconds} s${failed > 0 ? `; ${failed} modules failed` : ''}`;
}
