import { after, before } from 'node:test';
import type { Browser } from 'playwright-core';
import { launchBrowser, noBrowser } from './browser.ts';
import { everyScreen } from './console/every-screen.ts';
import { buildConsole, type RunningDemo, startDemo } from './console/house.ts';
import type { Setting } from './console/setting.ts';
import { type Doorway, doorway } from './console/visitor.ts';
import { walkAsClearing } from './console/walks/clearing.ts';
import { walkAsClient } from './console/walks/client.ts';
import { walkAsControl } from './console/walks/control.ts';
import { walkAsRisk } from './console/walks/risk.ts';
import { walkWithSecurityKey } from './console/walks/security-key.ts';
import { walkAsTrader } from './console/walks/trader.ts';
import { walkAsAdministrator } from './console/walks/users.ts';

/** Each duty's daily work through the screens of a running house, and every screen looked at in both languages and themes. */

const skip = noBrowser;

let demo: RunningDemo;
let browser: Browser;
let door: Doorway;

before(async () => {
  if (skip !== false) return;
  buildConsole();
  demo = await startDemo();
  browser = await launchBrowser();
  door = doorway(browser, demo);
});
after(async () => {
  await browser?.close();
  await demo?.close();
});

const setting: Setting = { skip, at: () => ({ demo, door }) };
walkAsTrader(setting);
walkAsClient(setting);
walkAsRisk(setting);
walkAsClearing(setting);
walkAsControl(setting);
walkAsAdministrator(setting);
walkWithSecurityKey(setting);
everyScreen(setting);
