import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SHIPPED_MODEL } from '../model.ts';
import { firstOf } from '../screens.ts';
import type { Setting } from '../setting.ts';
import { findings, settled } from '../visitor.ts';

export function walkAsControl({ skip, at }: Setting): void {
  test('[DS-7] compliance: the real name of a client is shown after a warning, and the looking is recorded', {
    skip,
  }, async () => {
    const { door } = at();
    const officer = await door.enter('compliance', { language: 'en' });
    const { page } = officer;
    const account = await firstOf(officer, '/v1/accounts', ({ token }) => token === 'FUND-A');
    await officer.open(`/accounts/${account['master']}`);
    assert.ok(!(await page.locator('body').innerText()).includes('Mainland fund A'));
    await page.getByRole('button', { name: 'Show the real name' }).click();
    await page.getByText(/This is sensitive/).waitFor();
    await page.getByRole('button', { name: 'Look, and record it' }).click();
    await page.getByText('Mainland fund A').waitFor();
    const entry = await firstOf(officer, '/v1/audit', ({ action }) => String(action).includes('name'));
    assert.equal(entry['actor'], 'compliance');
    assert.deepEqual(officer.faults, []);
    await officer.close();
  });

  test('[RC-o] auditor: the chain is proved; a figure is walked from the firm to journal and log entry, every level equal', {
    skip,
  }, async () => {
    const { door } = at();
    const auditor = await door.enter('auditor', { language: 'en' });
    const { page } = auditor;
    await auditor.open('/audit');
    await page.getByRole('button', { name: 'Prove the chain' }).click();
    await page.getByText(/^The chain is whole: [\d,]+ entries/).waitFor();
    await page.getByRole('table', { name: 'Audit log' }).locator('tbody tr').first().click();
    await page.locator('aside .hash').first().waitFor();

    await page.locator('.rail').getByRole('link', { name: 'Through' }).click();
    const walked = ['firm'];
    for (let i = 0; i < 12; i += 1) {
      await settled(page);
      if (/\/(log|ledger)\//.test(page.url())) break;
      await page.locator('.trace-levels tr[aria-current]').waitFor();
      await page.getByText('Every level equals the sum of the level below it').waitFor();
      const before = page.url();
      const row = page.getByRole('table', { name: 'See-through' }).locator('tbody tr a').first();
      if ((await row.count()) === 0) break;
      await row.click();
      await page.waitForURL((url) => url.href !== before);
      walked.push(/\/(?:trace\/)?([a-z]+)\/[^/]+$/.exec(new URL(page.url()).pathname)?.[1] ?? page.url());
    }
    assert.ok(walked.includes('contract') && walked.includes('business'), walked.join(' → '));
    assert.match(page.url(), /\/(log|ledger|journal|fill)\//, walked.join(' → '));

    await page.locator('.log-events li').first().waitFor();

    const journal = await firstOf(auditor, '/v1/ledger/journals');
    await auditor.open(`/ledger/${journal['journal']}`);
    await page.locator('a[href*="/trace/journal/"]').first().click();
    await page.locator('.trace-levels tr[aria-current]').waitFor();
    assert.deepEqual(auditor.faults, []);
    await auditor.close();
  });

  test('[AI-a] model owner and validator: what decides now, and the model that was validated', { skip }, async () => {
    const { door } = at();
    for (const user of ['model-owner', 'model-validator']) {
      const visitor = await door.enter(user, { language: 'en' });
      const { page } = visitor;
      await visitor.open('/models');
      const { mode, champion } = (await visitor.ask('GET', '/v1/ai')).body as {
        readonly mode: 'model' | 'rules' | 'off';
        readonly champion: string | null;
      };
      const byModel = champion === null ? 'the rules: no model is in use' : 'the model';
      const words = { model: byModel, rules: 'the rules', off: 'nothing' }[mode];
      await page.locator('aside').getByText(words, { exact: true }).waitFor();
      await page.getByRole('table', { name: 'Models' }).locator('tbody tr').first().click();
      await page.getByText('Model card').waitFor();
      assert.deepEqual(visitor.faults, []);
      await visitor.close();
    }
  });

  test('[AI-a] model owner: what a validated model said beside what happened, drawn and in figures', { skip }, async () => {
    const { door } = at();
    for (const dressed of [{ language: 'zh', theme: 'dark' } as const, { language: 'en', theme: 'light' } as const]) {
      const owner = await door.enter('model-owner', dressed);
      const { page } = owner;
      await owner.open(`/models?version=${SHIPPED_MODEL}`);
      await page.locator('.chart canvas').waitFor();
      const { reliability } = (await owner.ask('GET', `/v1/models/${SHIPPED_MODEL}`)).body as { reliability: Said };
      assert.deepEqual([reliability.model.length, reliability.rule.length], [10, 10]);
      const shown = page.getByRole('table', {
        name: dressed.language === 'zh' ? '可靠性：预测与实际' : 'Reliability: said and happened',
      });
      const last = await shown.locator('tbody tr').last().locator('td').allInnerTexts();
      const percent = (bin: Bin | undefined) =>
        [bin?.predicted, bin?.observed].map((each) => `${(100 * (each ?? 0)).toFixed(2)}%`);
      assert.deepEqual(last.slice(2), [...percent(reliability.model[9]), ...percent(reliability.rule[9])]);
      await page.locator('.chart').scrollIntoViewIfNeeded();
      assert.deepEqual(await findings(page), []);
      assert.deepEqual(owner.faults, []);
      await owner.close();
    }
  });
}

type Bin = { readonly predicted: number; readonly observed: number };
type Said = Readonly<Record<'model' | 'rule', readonly Bin[]>>;
