import type { openPage } from '../../e2e/browser.ts';

export type Page = Awaited<ReturnType<typeof openPage>>['page'];

/** What the page says of itself; the script runs there, past the page's own policy. */
export const inPage = <T>(page: Page, script: string): Promise<T> => page.evaluate<T>(script);

/** How the page's clock stands to CLOCK_MONOTONIC: add `offset` to its milliseconds. Off by `error` at most. */
export interface PageClock {
  readonly offset: number;
  readonly error: number;
}

const ASKED = 200;

/** By the quickest of many questions. */
export async function clockOf(page: Page): Promise<PageClock> {
  let best: PageClock = { offset: 0, error: Number.POSITIVE_INFINITY };
  for (let i = 0; i < ASKED; i++) {
    const asked = Number(process.hrtime.bigint()) / 1e6;
    const there = await inPage<number>(page, 'performance.now()');
    const told = Number(process.hrtime.bigint()) / 1e6;
    const error = (told - asked) / 2;
    if (error < best.error) best = { offset: asked + error - there, error };
  }
  return best;
}

/** What was seen, in order: an order, what it is filled, and the index of the frame that drew it. */
export interface Seen {
  readonly shown: readonly (readonly [order: number, filled: number, frame: number])[];
  /** Of each frame, page milliseconds: when its main-thread work was done, and when the next frame began. */
  readonly done: readonly number[];
  readonly next: readonly number[];
}

/** Columns of the blotter: filled, and the order's number. */
const FILLED = 8;
const ORDER = 11;

/**
 * Notes what changes and when it is painted. The grid changes within an animation frame, the bare text ahead of one; either way a
 * message posted within the frame comes after its style, layout and paint, and the next frame begins when that one has been handed on.
 */
export function watch(page: Page, what: 'grid' | 'text'): Promise<void> {
  const grid = `records => {
      const rows = new Set();
      for (const { target } of records) {
        const cell = target.parentElement;
        const at = cell?.ariaColIndex;
        if (at === '${FILLED + 1}' || at === '${ORDER + 1}') rows.add(cell.parentElement);
      }
      const told = [...rows].map((row) => [row.children[${ORDER}].textContent, row.children[${FILLED}].textContent]);
      if (told.length > 0) note(told);
    }`;
  const text = `() => note(document.querySelector('#said').firstChild.data)`;
  return inPage(
    page,
    `(() => {
      const frames = [], done = [], next = [];
      let told = [];
      const channel = new MessageChannel();
      channel.port1.onmessage = () => { done.push(performance.now()); };
      const drawing = () => {
        frames.push(told);
        told = [];
        channel.port2.postMessage(0);
        requestAnimationFrame(() => { next.push(performance.now()); });
      };
      const note = (what) => {
        told.push(what);
        if (told.length === 1) ${what === 'grid' ? 'queueMicrotask' : 'requestAnimationFrame'}(drawing);
      };
      const observer = new MutationObserver(${what === 'grid' ? grid : text});
      observer.observe(document.querySelector('${what === 'grid' ? '.grid-canvas' : '#said'}'), { characterData: true, subtree: true });
      const number = (text) => Number(String(text).replaceAll(',', ''));
      globalThis.seen = () => {
        observer.disconnect();
        const shown = [];
        for (const [frame, each] of frames.entries()) {
          const pairs = ${
            what === 'grid'
              ? 'each.flat()'
              : `each.flatMap((text) => { const { cols } = JSON.parse(text); return cols.order.map((order, i) => [order, cols.filled[i]]); })`
          };
          for (const [order, filled] of pairs) shown.push([number(order), number(filled), frame]);
        }
        return { shown, done, next };
      };
    })()`,
  );
}

/**
 * Milliseconds that awaited fills waited until a frame showed as much. One that never was is an infinite wait.
 * @throws Error when most of them never were: then the probe looked at the wrong cells
 */
export function waited(
  awaited: readonly (readonly [order: number, filled: number, at: number])[],
  { shown, done, next }: Seen,
  { offset }: PageClock,
) {
  const byOrder = new Map<number, (readonly [filled: number, frame: number])[]>();
  for (const [order, filled, frame] of shown) {
    const known = byOrder.get(order);
    if (known === undefined) byOrder.set(order, [[filled, frame]]);
    else known.push([filled, frame]);
  }
  const ends = { pixel: [] as number[], drawn: [] as number[] };
  for (const [order, filled, at] of awaited) {
    const frame = byOrder.get(order)?.find(([said]) => said >= filled)?.[1];
    const end = (times: readonly number[]) =>
      frame === undefined ? Number.POSITIVE_INFINITY : (times[frame] as number) + offset - at;
    ends.pixel.push(end(next));
    ends.drawn.push(end(done));
  }
  const missed = ends.pixel.filter((each) => each === Number.POSITIVE_INFINITY).length;
  if (missed * 2 > awaited.length) throw new Error(`${missed} of ${awaited.length} fills were never seen`);
  ends.pixel.sort((a, b) => a - b);
  ends.drawn.sort((a, b) => a - b);
  const at = (sorted: readonly number[], part: number) =>
    sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] as number;
  return {
    p50: at(ends.pixel, 0.5),
    p99: at(ends.pixel, 0.99),
    drawn50: at(ends.drawn, 0.5),
    drawn99: at(ends.drawn, 0.99),
  };
}

/** Frames in so many seconds, as the page's own animation frames count them. */
export async function scroll(page: Page, seconds: number, slowMs: number) {
  return inPage<{ fps: number; slow: number; blank: number }>(
    page,
    `new Promise((resolve) => {
      const begun = performance.now();
      let frames = 0, slow = 0, blank = 0, last = begun;
      const look = () => {
        const now = performance.now();
        frames += 1;
        if (now - last > ${slowMs}) slow += 1;
        if (document.querySelector('.grid-row.absent:not([hidden])') !== null) blank += 1;
        last = now;
        if (now - begun < ${seconds * 1_000}) requestAnimationFrame(look);
        else resolve({ fps: (frames * 1_000) / (now - begun), slow, blank });
      };
      requestAnimationFrame(look);
    })`,
  );
}
