import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { launchBrowser, noBrowser, openPage, serveFolder } from './browser.ts';

/** The console's shell, grid and ribbon in a real browser, over the made-up house of packages/console/dev. */

const room = fileURLToPath(new URL('../packages/console', import.meta.url));
const vite = fileURLToPath(new URL('../node_modules/vite/bin/vite.js', import.meta.url));
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const built = mkdtempSync(join(tmpdir(), 'meridian-parts-'));
const skip = noBrowser;
let browser: Browser;
let served: { readonly url: string; readonly close: () => void };

before(async () => {
  if (skip !== false) return;
  execFileSync(process.execPath, [vite, 'build', '--config', 'dev/vite.config.ts', '--outDir', built, '--logLevel', 'error'], {
    cwd: room,
  });
  served = await serveFolder(built);
  browser = await launchBrowser();
});
after(async () => {
  await browser?.close();
  served?.close();
  rmSync(built, { recursive: true, force: true });
});

async function shown(options: Parameters<typeof openPage>[1] = {}) {
  const watched = await openPage(browser, options);
  await watched.page.goto(served.url);
  await watched.page.locator('.grid-row:not([hidden]) .grid-cell').first().waitFor();
  return watched;
}

/** What the page says of itself; the script runs there. */
const inPage = <T>(page: Page, script: string) => page.evaluate<T>(script);

/** Waits until a condition holds there. Asked from outside: the page's policy lets nothing be evaluated within. */
async function until(page: Page, condition: string): Promise<void> {
  for (let tries = 0; tries < 200; tries += 1) {
    if (await inPage<boolean>(page, condition)) return;
    await page.waitForTimeout(50);
  }
  assert.fail(`never came: ${condition}`);
}

for (const theme of ['dark', 'light'] as const) {
  for (const language of ['zh', 'en'] as const) {
    test(`axe finds nothing in the shell and its parts: ${theme}, ${language}`, { skip }, async () => {
      const { page } = await shown({ theme, language });
      // Evaluated, not added as a script: the page's policy allows no script of ours.
      await page.evaluate(axe);
      const found = await inPage<{ id: string; nodes: { html: string; failureSummary: string }[] }[]>(
        page,
        `axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'] }).then((result) => result.violations)`,
      );
      assert.deepEqual(
        found.map(({ id, nodes }) => `${id}: ${nodes.map((node) => `${node.html} ${node.failureSummary}`).join('\n')}`),
        [],
      );
      await page.context().close();
    });
  }
}

test('the page keeps the house’s policy: nothing inline, nothing refused, no error', { skip }, async () => {
  const { page, faults } = await shown();
  await page.keyboard.press('Control+k');
  await page.getByRole('combobox').waitFor();
  await page.keyboard.press('Escape');
  await page.locator('.top .user').click();
  await page.getByRole('menuitem').first().waitFor();
  assert.deepEqual(
    faults.filter((fault) => !fault.includes('404')),
    [],
  );
  await page.context().close();
});

/** How many pixels of the chart's canvas have a colour of the theme, within what smoothing leaves of it. */
const inked = (token: string) => `(() => {
  const paper = document.querySelector('.chart canvas');
  const probe = document.createElement('canvas').getContext('2d');
  probe.fillStyle = getComputedStyle(document.documentElement).getPropertyValue('${token}');
  probe.fillRect(0, 0, 1, 1);
  const [r, g, b] = probe.getImageData(0, 0, 1, 1).data;
  const { data } = paper.getContext('2d').getImageData(0, 0, paper.width, paper.height);
  let found = 0;
  for (let i = 0; i < data.length; i += 4)
    if (data[i + 3] > 200 && Math.abs(data[i] - r) + Math.abs(data[i + 1] - g) + Math.abs(data[i + 2] - b) < 12) found++;
  return found;
})()`;

test('a chart is drawn in the colours of the theme, anew when it changes, and as wide as its place', { skip }, async () => {
  const { page, faults } = await shown({ theme: 'dark', language: 'en' });
  await page.locator('.chart canvas').waitFor();
  // Two discs of four pixels' radius hold about a hundred.
  await until(page, `${inked('--accent')} > 80`);
  assert.ok((await inPage<number>(page, inked('--text'))) > 20, 'diamonds and dashes');
  const dark = await inPage<string>(page, `document.querySelector('.chart canvas').toDataURL()`);
  await page.locator('.status').getByRole('button', { name: /Theme/ }).click();
  await until(page, `document.documentElement.dataset.theme === 'light' && ${inked('--accent')} > 80`);
  assert.notEqual(await inPage(page, `document.querySelector('.chart canvas').toDataURL()`), dark);
  const fits = `(({ clientWidth, scrollWidth }, canvas) => clientWidth === scrollWidth && canvas.clientWidth === clientWidth)(
    document.querySelector('.chart-plot'), document.querySelector('.chart canvas'))`;
  await until(page, fits);
  const width = await inPage<number>(page, `document.querySelector('.chart-plot').clientWidth`);
  await inPage(page, `document.querySelector('.chart').style.width = '240px'`);
  await until(page, `document.querySelector('.chart-plot').clientWidth < ${width} && ${fits}`);
  await until(page, `${inked('--accent')} > 80`);
  assert.deepEqual(
    await page.locator('.chart-legend li').allInnerTexts(),
    ['model', 'rule', 'as often as said'],
    'the last that is drawn is named first',
  );
  assert.deepEqual(
    faults.filter((fault) => !fault.includes('404')),
    [],
  );
  await page.context().close();
});

for (const width of [1366, 1440, 1920]) {
  for (const language of ['zh', 'en'] as const) {
    test(`nothing of the frame is pushed off at ${width} px, ${language}: the kill switch least of all`, { skip }, async () => {
      const { page } = await shown({ width, height: 800, language });
      const kill = await page.locator('.kill').boundingBox();
      assert.ok(kill !== null && kill.x >= 0 && kill.x + kill.width <= width && kill.width > 60, JSON.stringify(kill));
      const over = await inPage<string[]>(
        page,
        `[...document.querySelectorAll('.top > *, .status > *')]
          .filter((each) => each.getBoundingClientRect().right > innerWidth + 0.5 || (each.scrollWidth > each.clientWidth + 1 && getComputedStyle(each).display !== 'inline'))
          .map((each) => each.className + ' ' + each.textContent)`,
      );
      assert.deepEqual(over, []);
      await page.context().close();
    });
  }
}

test('50,000 rows scroll over a bounded number of elements, and each shows its own row', { skip }, async (t) => {
  const { page } = await shown();
  assert.equal(await page.getByRole('grid').getAttribute('aria-rowcount'), '50001');
  const scrolled = await inPage<{ frames: number; slow: number; rows: number; wrong: string[] }>(
    page,
    `(async () => {
      const scroller = document.querySelector('.grid-scroll');
      const canvas = document.querySelector('.grid-canvas');
      const frame = () => new Promise((done) => requestAnimationFrame(done));
      let frames = 0, slow = 0, last = performance.now();
      const began = last;
      while (performance.now() - began < 3000) {
        scroller.scrollTop += 60;
        await frame();
        const now = performance.now();
        if (now - last > 50) slow += 1;
        last = now;
        frames += 1;
      }
      const wrong = [];
      for (const row of [0, 49_950, 12_345, 777]) {
        scroller.scrollTop = row * 20;
        // One frame to ask, the answer of the house, one frame to draw.
        for (let i = 0; i < 30; i += 1) await frame();
        for (const each of canvas.querySelectorAll('.grid-row:not([hidden])')) {
          const index = Number(each.getAttribute('aria-rowindex')) - 2;
          const seq = each.children[10].textContent;
          if (Number(seq) !== 8_412_337 - index) wrong.push(index + ' shows ' + seq);
        }
      }
      return { frames, slow, rows: canvas.childElementCount, wrong };
    })()`,
  );
  t.diagnostic(`scrolling: ${Math.round(scrolled.frames / 3)} frames/s, ${scrolled.slow} frames above 50 ms`);
  assert.deepEqual(scrolled.wrong, []);
  assert.ok(scrolled.rows < 100, `${scrolled.rows} row elements`);
  await page.context().close();
});

test('a narrow grid gives up a column, keeps what is chosen, and cuts the growing one to its share with the whole text as title', {
  skip,
}, async () => {
  const { page } = await shown({ width: 1366, height: 800 });
  const heads = page.locator('.grid-head [role=columnheader]');
  assert.deepEqual([await heads.count(), (await heads.allTextContents()).includes('对冲 %')], [11, false]);
  const rejected = page.locator('.grid-row:not([hidden])', { hasText: '拒绝' }).first();
  await rejected.locator('.grid-cell').first().click();
  const remark = rejected.locator('.grid-cell').last();
  const cut = () =>
    inPage<{ over: boolean; title: string; text: string; colcount: string }>(
      page,
      `(() => {
        const cell = [...document.querySelectorAll('.grid-row.selected .grid-cell')].at(-1);
        const grid = document.querySelector('[role=grid]');
        return { over: cell.scrollWidth > cell.clientWidth, title: cell.title, text: cell.textContent, colcount: grid.ariaColCount };
      })()`,
    );
  // A click is drawn with the next frame.
  await until(page, `document.querySelector('.grid-row.selected') !== null`);
  const narrow = await cut();
  assert.deepEqual([narrow.over, narrow.title, narrow.colcount], [true, await remark.textContent(), '11']);
  await page.setViewportSize({ width: 1920, height: 800 });
  await until(page, `document.querySelectorAll('.grid-head [role=columnheader]').length === 12`);
  await until(page, `document.querySelectorAll('.grid-row.selected .grid-cell').length === 12`);
  const wide = await cut();
  assert.deepEqual([wide.over, wide.title, wide.colcount], [false, narrow.title, '12']);
  await page.context().close();
});

test('the grid is walked by keyboard, rows are spanned and copied as tab-separated values', { skip }, async () => {
  const { page } = await shown();
  await page.locator('.grid-row:not([hidden]) .grid-cell').first().click();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowRight');
  await until(page, `document.activeElement.closest('[role=row]')?.getAttribute('aria-rowindex') === '3'`);
  assert.equal(await inPage(page, `document.activeElement.getAttribute('aria-colindex')`), '2');
  assert.equal(await page.locator('.grid-row.selected').count(), 1);
  await page.keyboard.press('Shift+ArrowDown');
  await page.keyboard.press('c');
  const copied = await inPage<string>(page, 'navigator.clipboard.readText()');
  const lines = copied.split('\n').map((line) => line.split('\t'));
  assert.equal(lines.length, 3);
  assert.deepEqual(lines[0]?.slice(0, 3), ['北京时间', '状态', '客户']);
  assert.deepEqual(
    lines.map((line) => line.length),
    [12, 12, 12],
  );
  await page.keyboard.press('Control+End');
  // The last row was not here when the key was pressed: the focus waits on the grid and goes to the cell when it comes.
  await until(page, `document.activeElement.closest('[role=row]')?.getAttribute('aria-rowindex') === '50001'`);
  assert.equal(await page.locator('.grid-cell[tabindex="0"]').count(), 1);
  await page.context().close();
});

test('keys open what they promise, Esc closes it, and Shift+F12 must be held', { skip }, async () => {
  const { page } = await shown();
  await page.keyboard.press('?');
  await page.getByRole('dialog').waitFor();
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  await page.keyboard.press('Shift+F12');
  assert.equal(await page.getByRole('dialog').count(), 0);
  await page.keyboard.down('Shift');
  await page.keyboard.down('F12');
  await page.getByRole('dialog').waitFor();
  await page.keyboard.up('F12');
  await page.keyboard.up('Shift');
  await page.getByRole('dialog').getByRole('textbox').first().fill('演练');
  await page.getByRole('button', { name: '预演' }).click();
  assert.match((await page.locator('.kill-count').textContent()) ?? '', /62 笔在途委托、118 笔对冲子单/);
  const engage = page.getByRole('dialog').getByRole('button', { name: '停机', exact: true });
  assert.equal(await engage.isDisabled(), true);
  // The word is the user's own: the house's name for the whole firm is not asked of a Chinese desk.
  await page.getByRole('dialog').getByRole('textbox').last().fill('全公司');
  assert.equal(await engage.isDisabled(), false);
  await page.context().close();
});

test('every lane of the ribbon is reached by keyboard with a visible ring, and its facts stand in a table', {
  skip,
}, async () => {
  const { page } = await shown();
  await page.locator('.ribbon-lanes button').first().focus();
  await page.keyboard.press('Tab');
  const ring = await inPage<{ name: string; width: string }>(
    page,
    `({ name: document.activeElement.querySelector('b').textContent, width: getComputedStyle(document.activeElement).outlineWidth })`,
  );
  assert.deepEqual(ring, { name: '香港', width: '2px' });
  const rows = await page.locator('.ribbon table tbody tr').allTextContents();
  assert.equal(rows.length, 5);
  assert.match(rows[1] ?? '', /香港.*09:30–12:00, 13:00–16:00.*失败，截止 18:30.*2 笔成交缺少对手方回报/);
  await page.context().close();
});

test('the language is turned in place, and the address says so', { skip }, async () => {
  const { page } = await shown();
  await page.getByRole('button', { name: /English/ }).click();
  await until(page, `document.documentElement.lang === 'en' && location.search.includes('lang=en')`);
  assert.equal(await page.locator('.kill').textContent(), 'Kill switch…');
  await page.context().close();
});
