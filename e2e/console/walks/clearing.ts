import assert from 'node:assert/strict';
import { test } from 'node:test';
import { firstOf } from '../screens.ts';
import type { Setting } from '../setting.ts';

export function walkAsClearing({ skip, at }: Setting): void {
  test('[CL-d] clearing: a published batch shows its steps, inputs, journals and reports; a mail is sent again', {
    skip,
  }, async () => {
    const { door } = at();
    const clerk = await door.enter('clearing', { language: 'en' });
    const { page } = clerk;
    const batch = await firstOf(clerk, '/v1/batches', ({ state, market }) => state === 'published' && market !== '-');
    const id = String(batch['batch']);
    await clerk.open('/batches');
    await page.getByRole('table', { name: 'Batches' }).locator('tr', { hasText: id }).click();
    await page.getByText('It is published; the live attempt stands at the left').waitFor();
    const detail = (await clerk.ask('GET', `/v1/batches/${id}`)).body as { steps: { title: { en: string } }[] };
    const shown = await page.locator('.batch-main').innerText();
    for (const step of detail.steps) assert.ok(shown.includes(step.title.en), `step ${step.title.en}`);
    await page.getByRole('tab', { name: /^Inputs/ }).click();
    await page
      .getByRole('tabpanel')
      .getByText(/[0-9a-f]{12}/)
      .first()
      .waitFor();

    await page.getByRole('link', { name: 'Reports', exact: true }).last().click();
    const link = page.getByRole('table', { name: 'Reports' }).getByRole('link').first();
    const [download] = await Promise.all([page.waitForEvent('download'), link.click()]);
    assert.ok((await download.path()) !== null);

    await clerk.open('/reports?face=mails');
    await page
      .getByRole('button', { name: /^Send again/ })
      .first()
      .click();
    await page.getByText('Queued again').waitFor();
    assert.deepEqual(clerk.faults, []);
    await clerk.close();
  });

  test('[CL-e] clearing: running a published batch again says first what it would touch', { skip }, async () => {
    const { door } = at();
    const clerk = await door.enter('clearing', { language: 'en' });
    const batch = await firstOf(clerk, '/v1/batches', ({ state, market }) => state === 'published' && market !== '-');
    await clerk.open(`/batches/${batch['batch']}`);
    const rerun = clerk.page.locator('.rerun');
    await rerun.getByText(/^It is published: when done the new result replaces the old one/).waitFor();
    assert.equal(await rerun.getByRole('button', { name: 'Run' }).isDisabled(), true);
    await rerun.getByLabel(/^Reason/).fill('a late correction of the custodian');
    await rerun.getByRole('button', { name: 'Run' }).click();
    await rerun.locator('.problem, .operation').first().waitFor();
    await clerk.close();
  });
}
