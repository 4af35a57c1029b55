import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { scratchDatabase } from '@meridian/store';
import { launchBrowser, noBrowser, openPage } from '../e2e/browser.ts';
import { MIGRATIONS } from '../packages/server/src/migrations.ts';
import { clockOf, inPage, type Page, type Seen, scroll, waited, watch } from './console/probe.ts';
import { type Figure, median, print } from './figure.ts';
import { type Program, start } from './program.ts';

/**
 * The blotter of a trader: 50,000 orders, 2,000 events a second, in a real browser, signed in at a real door. What is told is the
 * time from just before the board takes an event to the frame after the one that drew it; beside it, the same changes over a bare
 * WebSocket into a text node. Then the same blotter being scrolled, beside an empty page. Rounds alternate, ratios are taken within a
 * round and their median is told.
 */
const ROUNDS = 5;
const FEED_SECONDS = 8;
/** Of each feed, until the page has settled. */
const SETTLE_MS = 2_000;
const SCROLL_SECONDS = 10;
const EMPTY_SECONDS = 3;
const SLOW_FRAME_MS = 50;
/** Newest orders that half of the fills are of: all in sight, with some to spare for those that come meanwhile. */
const ROWS_FED = 32;
const BUNDLE_KB_MAX = 190;
const ROW = '.grid-row:not([hidden]) .grid-cell';

interface House {
  readonly program: Program;
  readonly port: number;
  readonly barePort: number;
  readonly user: string;
  readonly password: string;
}

interface Latency {
  readonly p50: number;
  readonly p99: number;
  /** Main thread done with the frame that shows it, without the wait for the next one. */
  readonly drawn50: number;
  readonly drawn99: number;
}

interface Smooth {
  readonly fps: number;
  readonly slow: number;
  /** Frames in which a row in sight had not come yet. */
  readonly blank: number;
}

interface Round {
  readonly console: Latency;
  readonly bare: Latency;
  readonly scroll: Smooth;
  readonly empty: Smooth;
}

export async function run(): Promise<Figure[]> {
  if (noBrowser !== false) return [skipped(noBrowser)];
  const room = fileURLToPath(new URL('../packages/console', import.meta.url));
  const built = mkdtempSync(join(tmpdir(), 'meridian-bench-console-'));
  execFileSync('vite', ['build', '--outDir', built, '--emptyOutDir', '--logLevel', 'error'], { cwd: room });
  const scratch = await scratchDatabase(MIGRATIONS);
  const keys = mkdtempSync(join(scratch.dataDir, 'keys-'));
  const program = start(process.execPath, [
    fileURLToPath(new URL('console/house.ts', import.meta.url)),
    built,
    scratch.postgres.url,
    keys,
  ]);
  const browser = await launchBrowser();
  try {
    const house: House = { program, ...(await program.next<Omit<House, 'program'>>()) };
    // As narrow as the blotter still shows the number of an order beside what is seen through: by it the probe knows a row.
    const { page } = await openPage(browser, { language: 'zh', width: 1_536 });
    const scripts = await signIn(page, house);
    const { page: other } = await openPage(browser);
    const rounds: Round[] = [];
    for (let round = -1; round < ROUNDS; round++) {
      const measured = await measure(house, page, other, round + 1);
      if (round >= 0) rounds.push(measured);
    }
    return figures(rounds, bundle(built, scripts));
  } finally {
    await browser.close();
    await program.stop();
    await scratch.remove();
    rmSync(built, { recursive: true, force: true });
  }
}

const originOf = ({ port }: House) => `http://127.0.0.1:${port}`;

/** Signs in by the form, and opens the pages that people begin with. @returns the scripts and styles that each of them loads */
async function signIn(page: Page, house: House): Promise<readonly ReadonlySet<string>[]> {
  await page.goto(`${originOf(house)}/orders`);
  await page.locator('input[name=user]').fill(house.user);
  await page.locator('input[name=password]').fill(house.password);
  await page.locator('button[type=submit]').click();
  await page.locator(ROW).first().waitFor();
  await page.mouse.move(0, 0);
  const loaded: Set<string>[] = [];
  page.on('response', (response) => {
    if (/\/assets\/.*\.(js|css)$/.test(response.url())) loaded.at(-1)?.add(new URL(response.url()).pathname);
  });
  for (const path of ['/overview', '/orders']) {
    loaded.push(new Set());
    await page.goto(`${originOf(house)}${path}`);
    await page.waitForLoadState('networkidle');
    await page.waitForTimeout(1_000);
  }
  loaded.push(new Set());
  return loaded.slice(0, 2);
}

async function openBlotter(page: Page, house: House): Promise<number> {
  await page.goto(`${originOf(house)}/orders`);
  await page.locator(ROW).first().waitFor();
  await page.waitForTimeout(500);
  return inPage<number>(
    page,
    `Math.floor((document.querySelector('.grid-scroll').clientHeight - document.querySelector('.grid-head').offsetHeight) / document.querySelector('.grid-row').offsetHeight)`,
  );
}

/** Each part once, beginning with another one each round. */
async function measure(house: House, page: Page, other: Page, first: number): Promise<Round> {
  const told: { -readonly [Part in keyof Round]?: Round[Part] } = {};
  const parts: readonly (() => Promise<void>)[] = [
    async () => {
      // A pointer that rests on the grid would hold its rows in place, and new orders off the screen.
      await page.mouse.move(0, 0);
      const inSight = await openBlotter(page, house);
      if (inSight < ROWS_FED) throw new Error(`${inSight} rows in sight, ${ROWS_FED} needed`);
      told.console = await latency(page, house, 'feed');
    },
    async () => {
      await openBlotter(page, house);
      told.scroll = await scrolled(page, house);
    },
    async () => {
      await other.goto(`http://127.0.0.1:${house.barePort}/`);
      told.bare = await latency(other, house, 'bare');
    },
    async () => {
      await other.goto('about:blank');
      told.empty = await scroll(other, EMPTY_SECONDS, SLOW_FRAME_MS);
    },
  ];
  for (let n = 0; n < parts.length; n++) {
    await (parts[(n + first) % parts.length] as () => Promise<void>)();
    await page.goto('about:blank');
    await other.goto('about:blank');
  }
  return told as Round;
}

interface Fed {
  readonly awaited: readonly (readonly [order: number, filled: number, at: number])[];
  readonly lateMs: number;
}

async function latency(page: Page, house: House, verb: 'feed' | 'bare'): Promise<Latency> {
  const clock = await clockOf(page);
  await watch(page, verb === 'feed' ? 'grid' : 'text');
  const { awaited } = await house.program.ask<Fed>(`${verb} ${FEED_SECONDS} ${ROWS_FED}`);
  await page.waitForTimeout(500);
  const seen = await inPage<Seen>(page, 'globalThis.seen()');
  const settled = (awaited[0]?.[2] ?? 0) + SETTLE_MS;
  return waited(
    awaited.filter(([, , at]) => at >= settled),
    seen,
    clock,
  );
}

/** The wheel, turned as fast as frames come, with the feed running. */
async function scrolled(page: Page, house: House): Promise<Smooth> {
  const feeding = house.program.ask<Fed>(`feed ${SCROLL_SECONDS + 1} ${ROWS_FED}`);
  await page.mouse.move(400, 400);
  await page.waitForTimeout(500);
  const counted = scroll(page, SCROLL_SECONDS, SLOW_FRAME_MS);
  const end = performance.now() + SCROLL_SECONDS * 1_000;
  while (performance.now() < end) {
    await page.mouse.wheel(0, 120);
    await page.waitForTimeout(16);
  }
  await feeding;
  return counted;
}

interface Bundle {
  readonly scripts: number;
  readonly styles: number;
}

/** KB (1,000 bytes) of what the heaviest of the first pages needs, each file gzip level 9. */
function bundle(built: string, pages: readonly ReadonlySet<string>[]): Bundle {
  const size = (file: string) => gzipSync(readFileSync(join(built, file)), { level: 9 }).length / 1_000;
  const sum = (kind: string) =>
    Math.max(
      ...pages.map((loaded) =>
        [...loaded].filter((file) => file.endsWith(kind)).reduce((total, file) => total + size(file), 0),
      ),
    );
  return { scripts: sum('.js'), styles: sum('.css') };
}

const FROM = '50,000 orders, 2,000 events/s, half of them on rows in sight; from just before the board takes an event to ';

function figures(rounds: readonly Round[], { scripts, styles }: Bundle): Figure[] {
  const of = <T>(pick: (round: Round) => T) => rounds.map(pick);
  const delay = (name: string, ours: (latency: Latency) => number, bar: number | null, end: string) =>
    beside(
      {
        name: `console, event to pixel, ${name}`,
        unit: 'ms',
        bar: bar === null ? 'none' : `≤ ${bar}`,
        note: `${FROM}${end}; ${BARE}`,
      },
      ...([
        of((round) => ours(round.console)),
        of((round) => ours(round.bare)),
        (mine: number) => (bar === null ? null : mine <= bar),
      ] as const),
    );
  const slow = median(of((round) => round.scroll.slow));
  const blank = median(of((round) => round.scroll.blank));
  return [
    delay('p50', ({ p50 }) => p50, 30, 'the frame after the one that drew it'),
    delay('p99', ({ p99 }) => p99, 80, 'the frame after the one that drew it'),
    delay('drawn p50', ({ drawn50 }) => drawn50, null, 'the end of the frame that drew it'),
    delay('drawn p99', ({ drawn99 }) => drawn99, null, 'the end of the frame that drew it'),
    beside(
      {
        ...{ name: 'console, frames while scrolling', unit: '1/s', bar: '≥ 60' },
        note: `wheel, ${SCROLL_SECONDS} s, under the same feed; in ${blank} frames a row drawn had not come yet; peer: an empty page`,
      },
      ...([of((round) => round.scroll.fps), of((round) => round.empty.fps), (mine: number) => Math.round(mine) >= 60] as const),
    ),
    {
      ...{ name: `console, frames above ${SLOW_FRAME_MS} ms while scrolling`, unit: '', ours: slow, peer: null, ratio: null },
      ...{ bar: '≤ 0', holds: slow <= 0, rounds: rounds.length, note: `of ${SCROLL_SECONDS} s` },
    },
    {
      ...{ name: 'console, initial JavaScript', unit: 'KB gz', ours: rounded(scripts), peer: null, ratio: null },
      ...{ bar: `≤ ${BUNDLE_KB_MAX}`, holds: scripts <= BUNDLE_KB_MAX, rounds: 1 },
      note: `all scripts that overview or blotter load, whichever has more, gzip −9; styles ${rounded(styles)} KB`,
    },
  ];
}

const BARE = 'peer: the same changes, unwindowed, over a bare WebSocket into a text node';

function beside(
  head: Pick<Figure, 'name' | 'unit' | 'bar' | 'note'>,
  ours: readonly number[],
  peers: readonly number[],
  holds: (mine: number) => boolean | null,
): Figure {
  const mine = median(ours);
  const ratio = median(ours.map((value, round) => value / (peers[round] as number)));
  return {
    ...head,
    ours: rounded(mine),
    peer: rounded(median(peers)),
    ratio: rounded(ratio),
    holds: holds(mine),
    rounds: ours.length,
  };
}

function skipped(why: string): Figure {
  const name = 'console, event to pixel';
  return {
    ...{ name, unit: 'ms', ours: null, peer: null, ratio: null, bar: 'none', holds: null, rounds: 0 },
    note: `skipped: ${why}`,
  };
}

const rounded = (value: number): number => Math.round(value * 100) / 100;

if (import.meta.main) print(await run());
