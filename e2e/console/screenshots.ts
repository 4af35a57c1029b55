import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { launchBrowser, noBrowser, type PageOptions } from '../browser.ts';
import { buildConsole, startDemo } from './house.ts';
import { packed } from './picture.ts';
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
/** They lead to another screen, whose picture there is. */
const LEADING = ['home', 'document'];

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
    for (const face of faces) {
      if (LEADING.includes(face.name) || (wanted.length > 0 && !wanted.includes(face.name))) continue;
      const visitor = await door.enter(face.user, options);
      await visitor.open(face.path);
      await face.act?.(visitor.page);
      await settled(visitor.page);
      // The first beat of the line comes within a second.
      await visitor.page.waitForTimeout(1_300);
      writeFileSync(path.join(folder, `${face.name}.${dress}.png`), packed(await visitor.page.screenshot()));
      for (const fault of visitor.faults) process.stderr.write(`${face.name} ${dress}: ${fault}\n`);
      process.stdout.write(`${face.name}.${dress}.png\n`);
      await visitor.close();
    }
  }
} finally {
  await browser.close();
  await demo.close();
}
