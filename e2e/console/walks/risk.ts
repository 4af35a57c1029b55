import assert from 'node:assert/strict';
import { test } from 'node:test';
import { firstOf } from '../screens.ts';
import type { Setting } from '../setting.ts';
import type { Visitor } from '../visitor.ts';
import { fillTicket, restingPrice } from './trader.ts';

/** The second person decides what waits in the inbox. */
export async function decide(checker: Visitor, approval: string, verdict: 'Approve' | 'Refuse'): Promise<void> {
  const { page } = checker;
  await checker.open(`/approvals?approval=${approval}`);
  await page.getByLabel(/^Reason \(written/).fill('read and compared');
  await page.getByRole('button', { name: new RegExp(`^${verdict}`) }).click();
  await page.locator('.notice.done').waitFor();
}

/** Waits until the request was carried out. */
export async function carriedOut(visitor: Visitor, approval: string): Promise<void> {
  let state: unknown;
  for (let i = 0; i < 100; i += 1) {
    state = ((await visitor.ask('GET', `/v1/approvals/${approval}`)).body as { state: string }).state;
    if (state === 'executed') return;
    await visitor.page.waitForTimeout(100);
  }
  assert.fail(`the request ${approval} stays ${state}`);
}

/** The one request that waits about a target. */
export async function waitingFor(visitor: Visitor, is: (each: Record<string, unknown>) => boolean): Promise<string> {
  return String((await firstOf(visitor, '/v1/approvals?state=waiting', is))['approval']);
}

export function walkAsRisk({ skip, at }: Setting): void {
  test('[RC-d] risk: a limit changes by two people, the maker being none of the checkers', { skip }, async () => {
    const { door } = at();
    const maker = await door.enter('risk', { language: 'en' });
    const { page } = maker;
    const cell = await firstOf(maker, '/v1/limits', ({ label, scope }) => label === 'FUND-C' && scope === 'master');
    const wanted = '2500000.00';
    await maker.open(`/limits?cell=${cell['cell']}`);
    await page.locator('aside').getByLabel('Limit', { exact: true }).fill(wanted);
    await page.locator('aside').getByLabel('Reason').fill('the fund grew');
    await page.getByRole('button', { name: 'Ask for a change' }).click();
    await page.locator('.notice.done').waitFor();

    const approval = await waitingFor(maker, ({ mine, kind }) => mine === true && String(kind).includes('limit'));
    await maker.open(`/approvals?approval=${approval}`);
    await page.getByText('You are the maker: another person decides').waitFor();
    assert.equal(await page.getByRole('button', { name: /^Approve/ }).count(), 0);
    const own = await maker.ask('POST', `/v1/approvals/${approval}/decision`, { verdict: 'approve', reason: 'mine' });
    assert.ok(own.status >= 400 && own.status < 500, `the maker's own approval was answered ${own.status}`);

    const checker = await door.enter('risk-2', { language: 'en' });
    await checker.open(`/approvals?approval=${approval}`);
    assert.match(await checker.page.locator('.decide').innerText(), /2,?500,?000/);
    await decide(checker, approval, 'Approve');
    await carriedOut(checker, approval);
    const after = (await checker.ask('GET', `/v1/limits/${cell['cell']}`)).body as { limit: string };
    assert.equal(after.limit, wanted);
    assert.deepEqual([...maker.faults, ...checker.faults], []);
    await maker.close();
    await checker.close();
  });

  test('[RC-e] risk: the kill switch counts first, stops one client by one person, and lets go by two', { skip }, async () => {
    const { door } = at();
    const maker = await door.enter('risk', { language: 'en' });
    const { page } = maker;
    await maker.open('/overview');
    await page.locator('.top .kill').click();
    const dialog = page.locator('.dialog');
    await dialog.getByLabel('Scope').selectOption('client');
    await dialog.getByLabel('Name').fill('2');
    await dialog.getByLabel('Reason').fill('drill');
    await dialog.getByRole('button', { name: 'Dry run' }).click();
    await dialog.getByText(/Will cancel \d+ working orders/).waitFor();
    const engage = dialog.getByRole('button', { name: 'Stop', exact: true });
    assert.equal(await engage.isDisabled(), true);
    const name = /“(.+)”/.exec(await dialog.getByText(/^Type “/).innerText())?.[1] ?? '';
    await dialog.getByLabel(/^Type “/).fill(name);
    await engage.click();
    await dialog.getByText('Stopped', { exact: true }).waitFor();

    const stopped = await door.enter('client-2', { language: 'en' });
    await stopped.open('/overview?face=orders');
    await stopped.page.keyboard.press('F9');
    await stopped.page.locator('.dialog .ticket').waitFor();
    await fillTicket(stopped.page, { listing: 'SPY', quantity: '100', price: '1' });
    await stopped.page
      .locator('.dialog')
      .getByLabel(/^Limit price/)
      .fill(await restingPrice(stopped.page));
    await stopped.page.locator('.dialog .rejection', { hasText: 'HALTED' }).waitFor();

    await dialog.getByRole('button', { name: 'Ask to resume trading' }).click();
    await dialog.locator('.kill-engaged').getByLabel('Reason').fill('drill over');
    await dialog.locator('.kill-engaged').getByRole('button', { name: 'Ask to resume trading' }).click();
    await page.getByText(/The release waits for approval/).waitFor();
    const approval = await waitingFor(maker, ({ mine, kind }) => mine === true && String(kind).includes('kill'));
    const checker = await door.enter('risk-2', { language: 'en' });
    await decide(checker, approval, 'Approve');
    await carriedOut(checker, approval);
    await stopped.page.locator('.dialog').getByText('Would be accepted').waitFor();
    assert.deepEqual([...maker.faults, ...checker.faults, ...stopped.faults], []);
    for (const visitor of [maker, checker, stopped]) await visitor.close();
  });
}
