import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Setting } from '../setting.ts';
import { fillTicket, restingPrice } from './trader.ts';

/** What only others of the house may read: nothing of it may reach this client in any answer or on any page. */
const OTHERS = ['FUND-B', 'FUND-C', 'Overseas fund B', 'Mainland fund C', '境外基金乙', '境内基金丙'];

export function walkAsClient({ skip, at }: Setting): void {
  test('[UA-9] client: own money, orders and contracts, an order, a statement; nothing of any other client in any answer', {
    skip,
  }, async () => {
    const { door } = at();
    const client = await door.enter('client', { language: 'en' });
    const { page } = client;
    const answers: Promise<readonly [string, string]>[] = [];
    page.on('response', (response) => {
      if (!response.url().includes('/v1/')) return;
      answers.push(
        response.text().then(
          (body) => [response.url(), body] as const,
          () => [response.url(), ''] as const,
        ),
      );
    });
    const frames: string[] = [];
    page.on('websocket', (socket) => socket.on('framereceived', ({ payload }) => frames.push(String(payload))));
    const shown: string[] = [];
    for (const face of ['funds', 'orders', 'contracts', 'statements']) {
      await client.open(`/overview?face=${face}`);
      shown.push(await page.locator('body').innerText());
    }
    assert.ok(shown.some((words) => words.includes('FUND-A-SWAP')));
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('table', { name: 'Statements' }).getByRole('link').first().click(),
    ]);
    assert.ok((await download.path()) !== null);

    await client.open('/overview?face=orders');
    await page.keyboard.press('F9');
    await page.locator('.dialog .ticket').waitFor();
    await fillTicket(page, { listing: 'IBM', quantity: '100', price: '1' });
    await page
      .locator('.dialog')
      .getByLabel(/^Limit price/)
      .fill(await restingPrice(page));
    await page.locator('.dialog').getByText('Would be accepted').waitFor();
    await page.locator('.dialog').getByRole('button', { name: /^Send/ }).click();
    await page
      .locator('.dialog')
      .getByText(/Order accepted|Order received/)
      .waitFor();
    shown.push(await page.locator('body').innerText());

    for (const [where, said] of [
      ...(await Promise.all(answers)),
      ['stream', frames.join('\n')] as const,
      ['page', shown.join('\n')] as const,
    ])
      for (const other of OTHERS) assert.ok(!said.includes(other), `${other} was told in ${where}`);
    assert.ok(frames.length > 0);
    for (const path of ['/v1/accounts/2', '/v1/accounts/3', '/v1/clients/3/name', '/v1/limits', '/v1/audit', '/v1/users']) {
      const { status } = await client.ask('GET', path);
      assert.ok(status === 403 || status === 404, `${path} was answered ${status}`);
    }
    assert.deepEqual(client.faults, []);
    await client.close();
  });
}
