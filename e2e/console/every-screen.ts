import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import type { Page } from 'playwright-core';
import { facesOf, subjectsOf } from './screens.ts';
import type { Setting } from './setting.ts';
import { findings, settled } from './visitor.ts';

const WIDTHS = [1366, 1440, 1920];
const SCREENS = new URL('../../packages/console/src/screens/', import.meta.url).pathname;

/** The address of every screen, as the console's folders declare them. */
function declaredPaths(): string[] {
  const sources = globSync('*/index.ts', { cwd: SCREENS }).map((file) => readFileSync(SCREENS + file, 'utf8'));
  return sources.flatMap((source) => [...source.matchAll(/\bpath: '([^']+)'/g)].map(([, path]) => path as string));
}

/** Every screen in both languages and themes: axe, the page's policy, and nothing pushed off or cut at three widths. */
export function everyScreen({ skip, at }: Setting): void {
  for (const language of ['zh', 'en'] as const) {
    for (const theme of ['dark', 'light'] as const) {
      test(`every screen keeps WCAG 2.2 AA and its frame at ${WIDTHS.join(', ')} px: ${language}, ${theme}`, {
        skip,
      }, async () => {
        const { door } = at();
        const auditor = await door.enter('auditor');
        const faces = facesOf(await subjectsOf(auditor));
        await auditor.close();
        const wrong: string[] = [];
        for (const face of faces) {
          const visitor = await door.enter(face.user, { language, theme });
          try {
            await visitor.open(face.path);
            await face.act?.(visitor.page);
            await settled(visitor.page);
            for (const each of await findings(visitor.page)) wrong.push(`${face.name}: ${each}`);
            // The theme moves nothing: one is enough to measure.
            for (const width of theme === 'dark' ? WIDTHS : [])
              for (const each of await pushedOff(visitor.page, width)) wrong.push(`${face.name} at ${width}: ${each}`);
            for (const fault of visitor.faults) wrong.push(`${face.name}: ${fault}`);
          } catch (error) {
            wrong.push(`${face.name}: ${error instanceof Error ? error.message : String(error)}`);
          }
          await visitor.close();
        }
        assert.deepEqual(wrong, []);
      });
    }
  }

  test('every screen that the console declares is among those looked at', { skip }, async () => {
    const auditor = await at().door.enter('auditor');
    const looked = new Set(facesOf(await subjectsOf(auditor)).map((face) => face.screen));
    assert.deepEqual(
      declaredPaths().filter((path) => !looked.has(path)),
      [],
    );
    await auditor.close();
  });
}

/** What does not fit: the page scrolling sideways, the frame's parts outside, heads cut without saying so, columns squeezed to nothing. */
async function pushedOff(page: Page, width: number): Promise<string[]> {
  await page.setViewportSize({ width, height: 800 });
  await page.waitForTimeout(100);
  return page.evaluate<string[]>(`(() => {
    const wrong = [];
    const words = (each) => each.className + ' "' + each.textContent.trim().slice(0, 40) + '"';
    if (document.documentElement.scrollWidth > innerWidth) wrong.push('the page scrolls sideways');
    for (const each of document.querySelectorAll('.top > *, .status > *, .panel-head > *, .dialog')) {
      const box = each.getBoundingClientRect();
      if (box.width > 0 && (box.right > innerWidth + 0.5 || box.left < -0.5)) wrong.push('outside: ' + words(each));
    }
    const kill = document.querySelector('.top .kill');
    if (kill !== null && kill.getBoundingClientRect().width < 60) wrong.push('the kill switch is squeezed');
    for (const each of document.querySelectorAll('.table th, .plain-table th, .grid-head [role=columnheader], .panel-title, .rail a')) {
      const style = getComputedStyle(each);
      if (each.textContent.trim() === '' || style.display === 'none') continue;
      if (each.clientWidth < 12) wrong.push('squeezed to nothing: ' + words(each));
      else if (each.scrollWidth > each.clientWidth + 1 && style.textOverflow !== 'ellipsis' && style.overflow !== 'visible')
        wrong.push('cut: ' + words(each));
    }
    const heads = [...document.querySelectorAll('.panel-head')].flatMap((head) => {
      const parts = [...head.children].map((each) => each.getBoundingClientRect()).filter((box) => box.width > 0);
      return parts.flatMap((box, i) => parts.slice(i + 1).filter((next) => next.left < box.right - 1 && next.top < box.bottom - 1 && box.top < next.bottom - 1).map(() => 'overlapping in: ' + words(head)));
    });
    return [...wrong, ...heads];
  })()`);
}
