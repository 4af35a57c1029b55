import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Browser, BrowserContext, Page, Response } from 'playwright-core';
import { openPage, type PageOptions } from '../browser.ts';
import type { RunningDemo } from './house.ts';

/** Somebody who has entered the house through its sign-in page. */
export interface Visitor {
  readonly page: Page;
  /** Errors of the page and refusals of its policy that nobody provoked. */
  readonly faults: readonly string[];
  /** Opens an address and waits until no panel is loading any more. */
  open(path: string): Promise<void>;
  /** Asks the interface as this page would: its cookie, its CSRF token. For what no button offers. */
  ask(method: string, path: string, body?: object): Promise<{ readonly status: number; readonly body: unknown }>;
  close(): Promise<void>;
}

/** Enters people; each signs in once by the page, later pages of theirs carry the session on. */
export interface Doorway {
  /** Null: somebody who has not signed in. */
  enter(user: string | null, dressed?: PageOptions): Promise<Visitor>;
  /** A new session for somebody who may be here already. */
  enterAnew(user: string, dressed?: PageOptions): Promise<Visitor>;
}

type Cookies = Awaited<ReturnType<BrowserContext['cookies']>>;

export function doorway(browser: Browser, demo: RunningDemo): Doorway {
  const kept = new Map<string, Cookies>();

  async function enterAnew(user: string, dressed?: PageOptions): Promise<Visitor> {
    const watched = await openPage(browser, dressed);
    const { page } = watched;
    const entered = visitor(page, watched.faults, demo);
    await page.goto(demo.origin);
    await page.locator('input[name=user]').fill(user);
    await page.locator('input[name=password]').fill(demo.password(user));
    await page.locator('form button[type=submit]').click();
    await page.locator('.shell').waitFor();
    kept.set(user, await page.context().cookies());
    return entered;
  }

  return {
    enterAnew,
    async enter(user, dressed) {
      const cookies = user === null ? [] : kept.get(user);
      if (user !== null && cookies === undefined) return enterAnew(user, dressed);
      const { page, faults } = await openPage(browser, dressed);
      await page.context().addCookies(cookies ?? []);
      return visitor(page, faults, demo);
    },
  };
}

function visitor(page: Page, faults: readonly string[], demo: RunningDemo): Visitor {
  const provoked: string[] = [];
  page.on('response', (response: Response) => {
    // A refusal is an answer: the browser writes it to the console as an error, and the page says it in words.
    if (response.status() >= 400 && response.status() < 500) provoked.push(String(response.status()));
  });
  const isRefusal = (fault: string) => {
    const status = /status of (4\d\d)/.exec(fault)?.[1];
    return status !== undefined && provoked.includes(status);
  };
  return {
    page,
    get faults() {
      return faults.filter((fault) => !isRefusal(fault));
    },
    async open(path) {
      await page.goto(demo.origin + path);
      await page.locator('.shell .panel, .shell .empty, .sign-in input').first().waitFor();
      await settled(page);
    },
    ask: (method, path, body) => ask(page, demo.origin, method, path, body),
    close: () => page.context().close(),
  };
}

/** Waits until what the page asked for first is there: no panel says that it is loading, fonts are in. */
export async function settled(page: Page): Promise<void> {
  await until(page, `document.querySelector('.shell output.empty') === null && document.fonts.status === 'loaded'`);
}

/** Waits until a condition holds in the page. Asked from outside: its policy lets nothing be evaluated within. */
export async function until(page: Page, condition: string, tries = 200): Promise<void> {
  for (let i = 0; i < tries; i += 1) {
    if (await page.evaluate<boolean>(condition)) return;
    await page.waitForTimeout(50);
  }
  assert.fail(`never came: ${condition}`);
}

async function ask(page: Page, origin: string, method: string, path: string, body?: object) {
  const { request } = page.context();
  const session = (await (await request.get(`${origin}/v1/session`)).json()) as { csrf: string };
  const headers = {
    origin,
    'x-csrf-token': session.csrf,
    'idempotency-key': crypto.randomUUID(),
    'sec-fetch-site': 'same-origin',
  };
  const answer = await request.fetch(origin + path, { method, headers, ...(body === undefined ? {} : { data: body }) });
  const text = await answer.text();
  return { status: answer.status(), body: text === '' ? null : (JSON.parse(text) as unknown) };
}

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];

/** What axe finds against WCAG 2.0, 2.1 and 2.2, levels A and AA. */
export async function findings(page: Page): Promise<string[]> {
  // Evaluated, not added as a script: the page's policy allows no script of ours.
  await page.evaluate(axe);
  const found = await page.evaluate<{ id: string; nodes: { html: string; failureSummary: string }[] }[]>(
    `axe.run(document, { runOnly: ${JSON.stringify(RULES)} }).then((result) => result.violations)`,
  );
  return found.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.html} ${node.failureSummary}`));
}
