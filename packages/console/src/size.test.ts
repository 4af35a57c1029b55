import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';

/** What somebody's first visit loads, compressed. The budget of the design: 190 kB of script, 12 kB of style. */
const SCRIPT_MAX_KB = 190;
const STYLE_MAX_KB = 12;
/** The chart with its plotter, loaded by who looks at one. */
const CHART = 'src/parts/chart.tsx';
const CHART_MAX_KB = 25;
/** The page that most duties see first. */
const FIRST_PAGE = 'src/screens/overview/page.tsx';

interface Chunk {
  readonly file: string;
  readonly imports?: readonly string[];
  readonly css?: readonly string[];
}

const dist = new URL('../dist/', import.meta.url);
const manifestFile = new URL('manifest.json', dist);
const skip = existsSync(manifestFile) ? false : 'the console is not built: make console';

function kilobytes(files: Iterable<string>): number {
  let bytes = 0;
  for (const file of files) bytes += gzipSync(readFileSync(new URL(file, dist)), { level: 9 }).length;
  return bytes / 1024;
}

test('a first visit loads at most 190 kB of script and 12 kB of style, compressed', { skip }, (t) => {
  const manifest = JSON.parse(readFileSync(manifestFile, 'utf8')) as Record<string, Chunk>;
  const scripts = new Set<string>();
  const styles = new Set<string>();
  const load = (name: string) => {
    const chunk = manifest[name];
    if (chunk === undefined || scripts.has(chunk.file)) return;
    scripts.add(chunk.file);
    for (const style of chunk.css ?? []) styles.add(style);
    for (const each of chunk.imports ?? []) load(each);
  };
  // index.html loads the check for Temporal, which loads the application, which loads the first page.
  for (const entry of ['index.html', 'src/app.tsx', FIRST_PAGE]) load(entry);
  const [script, style] = [kilobytes(scripts), kilobytes(styles)];
  t.diagnostic(`${script.toFixed(1)} kB of script in ${scripts.size} files, ${style.toFixed(1)} kB of style`);
  assert.ok(script > 60, 'the manifest does not lead to the application');
  assert.ok(script <= SCRIPT_MAX_KB, `${script.toFixed(1)} kB of script`);
  assert.ok(style <= STYLE_MAX_KB, `${style.toFixed(1)} kB of style`);

  const chart = manifest[CHART];
  assert.ok(chart !== undefined && !scripts.has(chart.file), 'the chart waits until somebody looks at one');
  const charted = kilobytes([chart.file]);
  t.diagnostic(`${charted.toFixed(1)} kB of chart`);
  assert.ok(charted <= CHART_MAX_KB, `${charted.toFixed(1)} kB of chart`);
});

test('the built page holds nothing inline and loads nothing from elsewhere', { skip }, () => {
  const html = readFileSync(new URL('index.html', dist), 'utf8');
  assert.doesNotMatch(html, /<style|style="|<script(?![^>]*\bsrc=)|https?:\/\//);
});
