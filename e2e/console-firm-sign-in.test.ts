import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface, type Interface } from 'node:readline';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Browser } from 'playwright-core';
import { launchBrowser, noBrowser, openPage } from './browser.ts';
import { buildConsole } from './console/house.ts';

/** The firm's sign-in as somebody meets it: the console, the house's door and a provider of another site, in a real browser. */

const HOUSE = fileURLToPath(new URL('../packages/server/src/http/routes/federation-house.fixture.ts', import.meta.url));
const BUILT = fileURLToPath(new URL('../packages/console/dist', import.meta.url));
const skip = noBrowser;
let house: ChildProcess;
let lines: Interface;
let browser: Browser;
let at: { readonly origin: string; readonly issuer: string };

before(async () => {
  if (skip !== false) return;
  buildConsole();
  house = spawn(process.execPath, [HOUSE, BUILT], { stdio: ['pipe', 'pipe', 'inherit'] });
  lines = createInterface({ input: house.stdout as NodeJS.ReadableStream });
  const [line] = (await once(lines, 'line')) as [string];
  at = JSON.parse(line) as typeof at;
  browser = await launchBrowser();
});
after(async () => {
  await browser?.close();
  if (house === undefined) return;
  house.stdin?.end();
  await once(house, 'exit');
});

test('[DS-7] one button leads to the firm’s provider and back to the page that was wanted, signed in', { skip }, async () => {
  const { page } = await openPage(browser, { language: 'en' });
  await page.goto(`${at.origin}/settings`);
  const [asked] = await Promise.all([
    page.waitForRequest((request) => request.url().startsWith(`${at.issuer}/door?`)),
    page.getByRole('button', { name: 'Sign in with the firm' }).click(),
  ]);
  assert.match(asked.url(), /code_challenge_method=S256/);
  await page.waitForResponse((response) => response.request().method() === 'PUT' && response.status() === 200);
  await page.locator('.sign-in').waitFor({ state: 'detached' });
  assert.equal(page.url(), `${at.origin}/settings`, 'no code is left in the address');
  const user = await page.evaluate(`fetch('/v1/session').then((answer) => answer.json()).then(({ user }) => user)`);
  assert.equal(user, 'compliance');
  const cookies = await page.context().cookies(at.origin);
  assert.deepEqual(
    cookies.map(({ name, httpOnly, sameSite }) => ({ name, httpOnly, sameSite })),
    [{ name: 'meridian', httpOnly: true, sameSite: 'Strict' }],
  );
  await page.context().close();
});

test('[DS-7] an answer that somebody else began, and a person nobody knows here, are refused in words', { skip }, async () => {
  const { page } = await openPage(browser, { language: 'zh' });
  await page.goto(`${at.origin}/sign-in/return?code=made-up&state=${'x'.repeat(43)}`);
  await page.getByText('单点登录已失效').waitFor();
  assert.equal(page.url(), `${at.origin}/`);

  const heard = once(lines, 'line');
  house.stdin?.write('nobody\n');
  await heard;
  await page.getByRole('button', { name: '以本单位账号登录' }).click();
  await page.getByText('此身份没有可用的用户').waitFor();
  assert.equal(await page.locator('input[name=password]').count(), 1, 'the password still serves');
  await page.context().close();
});
