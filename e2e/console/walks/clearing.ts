import assert from 'node:assert/strict';
import { test } from 'node:test';
import { firstOf } from '../screens.ts';
import type { Setting } from '../setting.ts';
import type { Visitor } from '../visitor.ts';

interface Job {
  readonly operation: string;
  readonly state: string;
  readonly problem: { readonly type: string } | null;
}

/** How a job ended, and by which problem. */
async function endOf(asker: Visitor, operation: string): Promise<string> {
  for (;;) {
    const { body } = await asker.ask('GET', `/v1/operations/${operation}`);
    const { state, problem } = body as Job;
    if (state !== 'running') return `${state}: ${problem === null ? 'no problem' : JSON.stringify(problem)}`;
    await asker.page.waitForTimeout(100);
  }
}

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

  test('[CL-e] clearing: a published batch offers no other run and says how it is corrected; the house refuses one all the same', {
    skip,
  }, async () => {
    const { door } = at();
    const clerk = await door.enter('clearing', { language: 'en' });
    const batch = await firstOf(clerk, '/v1/batches', ({ state, market }) => state === 'published' && market !== '-');
    const path = `/batches/${batch['batch']}`;
    await clerk.open(path);
    const rerun = clerk.page.locator('.rerun');
    await rerun.getByText(/corrected by reversals, which a second person approves/).waitFor();
    assert.equal(await rerun.getByRole('button').count(), 0);
    const asked = await clerk.ask('POST', `/v1${path}/run`, { fromStep: 1, reason: 'a late correction of the custodian' });
    assert.equal(asked.status, 202, JSON.stringify(asked.body));
    assert.match(await endOf(clerk, (asked.body as Job).operation), /^failed: .*BATCH_ALREADY_PUBLISHED/);
    await rerun.getByRole('link').click();
    await clerk.page.getByRole('table', { name: 'Journals' }).locator('tbody tr').first().waitFor();
    assert.deepEqual(clerk.faults, []);
    await clerk.close();
  });
}
