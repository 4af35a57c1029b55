import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { launchBrowser, noBrowser, openPage, type PageOptions } from '../browser.ts';
import { buildConsole, startDemo } from './house.ts';
import { facesOf, subjectsOf } from './screens.ts';
import { doorway, settled } from './visitor.ts';

/**
 * Takes the pictures in docs/screens: every screen in Chinese, dark, 1440 wide and in English, light, 1920 wide, of a house that
 * runs. `node e2e/console/screenshots.ts [NAME …]`
 */
const folder = fileURLToPath(new URL('../../docs/screens', import.meta.url));
const DRESSES: Readonly<Record<string, PageOptions>> = {
  'zh-dark-1440': { language: 'zh', theme: 'dark', width: 1440, height: 900 },
  'en-light-1920': { language: 'en', theme: 'light', width: 1920, height: 1080 },
};
const wanted = process.argv.slice(2);

if (noBrowser !== false) throw new Error(noBrowser);
buildConsole();
mkdirSync(folder, { recursive: true });
const demo = await startDemo();
const browser = await launchBrowser();
try {
  const door = doorway(browser, demo);
  const auditor = await door.enter('auditor');
  const faces = facesOf(await subjectsOf(auditor));
  await auditor.close();
  for (const [dress, options] of Object.entries(DRESSES)) {
    if (wanted.length === 0 || wanted.includes('sign-in')) {
      const { page } = await openPage(browser, options);
      await page.goto(demo.origin);
      await page.locator('.sign-in input').first().waitFor();
      await page.screenshot({ path: path.join(folder, `sign-in.${dress}.png`) });
      await page.context().close();
    }
    for (const face of faces) {
      if (wanted.length > 0 && !wanted.includes(face.name)) continue;
      const visitor = await door.enter(face.user, options);
      await visitor.open(face.path);
      await face.act?.(visitor.page);
      await settled(visitor.page);
      await visitor.page.waitForTimeout(600);
      await visitor.page.screenshot({ path: path.join(folder, `${face.name}.${dress}.png`) });
      for (const fault of visitor.faults) process.stderr.write(`${face.name} ${dress}: ${fault}\n`);
      process.stdout.write(`${face.name}.${dress}.png\n`);
      await visitor.close();
    }
  }
} finally {
  await browser.close();
  await demo.close();
}
