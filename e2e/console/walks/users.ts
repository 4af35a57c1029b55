import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Setting } from '../setting.ts';
import { carriedOut, decide, waitingFor } from './risk.ts';

export function walkAsAdministrator({ skip, at }: Setting): void {
  test('[DS-10] administrator: a new user is asked for by one and approved by another', { skip }, async () => {
    const { door } = at();
    const maker = await door.enter('administrator', { language: 'en' });
    const { page } = maker;
    await maker.open('/users');
    await page.getByLabel('User name').fill('second-trader');
    await page.locator('aside').getByRole('checkbox', { name: 'trader' }).check();
    await page.locator('aside').getByLabel('Entities').fill('1 2');
    await page.locator('aside').getByLabel('Reason').fill('the desk grows');
    await page.getByRole('button', { name: 'Send for approval' }).click();
    await page.locator('.notice.done').waitFor();

    const approval = await waitingFor(maker, ({ mine, target }) => mine === true && target === 'second-trader');
    await maker.open(`/approvals?approval=${approval}`);
    await page.getByText('You are the maker: another person decides').waitFor();
    const own = await maker.ask('POST', `/v1/approvals/${approval}/decision`, { verdict: 'approve', reason: 'mine' });
    assert.ok(own.status >= 400 && own.status < 500, `the maker's own approval was answered ${own.status}`);
    const checker = await door.enter('security', { language: 'en' });
    await decide(checker, approval, 'Approve');
    await carriedOut(checker, approval);
    await maker.open('/users');
    await page.getByRole('table', { name: 'Users' }).getByText('second-trader').waitFor();
    assert.deepEqual([...maker.faults, ...checker.faults], []);
    await maker.close();
    await checker.close();
  });

  test('[DS-3] security officer: ending the sessions of a user signs that page out at once', { skip }, async () => {
    const { door } = at();
    const officer = await door.enter('security', { language: 'en' });
    const gone = await door.enterAnew('clearing-2', { language: 'en' });
    await gone.open('/overview');
    await officer.open('/users?user=clearing-2');
    await officer.page.getByRole('button', { name: 'End all sessions' }).click();
    const ended = Date.now();
    await officer.page.getByRole('button', { name: 'End all sessions?' }).click();
    await gone.page.locator('.sign-in').waitFor();
    assert.ok(Date.now() - ended < 5_000, `${Date.now() - ended} ms`);
    await officer.page.getByText('All sessions of clearing-2 were ended').waitFor();
    assert.equal((await gone.page.request.get(`${at().demo.origin}/v1/session`)).status(), 401);
    await officer.close();
    await gone.close();
  });
}
