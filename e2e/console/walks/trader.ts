import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Page } from 'playwright-core';
import { firstOf } from '../screens.ts';
import type { Setting } from '../setting.ts';

/** Fills the ticket that lies open: listing, account, size and limit. */
export async function fillTicket(page: Page, order: { listing: string; account?: string; quantity: string; price: string }) {
  const dialog = page.locator('.dialog');
  const [listing, account] = [dialog.getByRole('combobox').nth(0), dialog.getByRole('combobox').nth(1)];
  await listing.fill(order.listing);
  await page.getByRole('option').first().click();
  if (order.account !== undefined) {
    await account.fill(order.account);
    await page.getByRole('option').first().click();
  }
  await dialog.getByLabel('Quantity, shares').fill(order.quantity);
  await dialog.getByLabel(/^Limit price/).fill(order.price);
}

/** A limit far enough below the last price to rest, near enough for the collar. */
export async function restingPrice(page: Page): Promise<string> {
  const note = await page
    .locator('.dialog')
    .getByText(/Last [\d.,]+/)
    .first()
    .textContent();
  const last = Number(/Last ([\d.,]+)/.exec(note ?? '')?.[1]?.replaceAll(',', ''));
  assert.ok(last > 0, `no last price in "${note}"`);
  return (last * 0.985).toFixed(2);
}

export function walkAsTrader({ skip, at }: Setting): void {
  test('[RC-i] trader: a refused order says why and what would pass; the ticket finds the size that fits and sends it', {
    skip,
  }, async () => {
    const { door } = at();
    const trader = await door.enter('trader', { language: 'en' });
    const { page } = trader;
    await trader.open('/overview');
    await page.locator('.ribbon-lanes button').first().waitFor();
    await page.locator('.rail').getByRole('link', { name: 'Orders' }).click();

    const refused = await firstOf(trader, '/v1/orders?limit=200', ({ clOrdId }) => clOrdId === 'C-4');
    const row = page.locator('.grid-row:not([hidden])', { hasText: '40,000' }).first();
    await row.locator('.grid-cell').first().dblclick();
    const panel = page.locator('.order-panel .rejection');
    await panel.waitFor();
    const said = await panel.innerText();
    assert.match(said, /LEASE_STATIC/);
    const { wouldPass } = refused['rejection'] as { wouldPass: string };
    assert.match(said.replaceAll(',', ''), new RegExp(wouldPass));
    assert.ok(page.url().includes(`order=${refused['market']}-${refused['order']}`));

    await page.keyboard.press('F9');
    await page.locator('.dialog .ticket').waitFor();
    await fillTicket(page, { listing: 'SPY', account: 'FUND-C', quantity: '40000', price: '1' });
    await page
      .locator('.dialog')
      .getByLabel(/^Limit price/)
      .fill(await restingPrice(page));
    await page.locator('.dialog .rejection', { hasText: 'LEASE_STATIC' }).waitFor();
    const fits = page.locator('.dialog').getByRole('button', { name: /^Use [\d,]+ shares$/ });
    const size = /[\d,]+/.exec(await fits.innerText())?.[0] ?? '';
    const send = page.locator('.dialog').getByRole('button', { name: /^Send/ });
    assert.equal(await send.isDisabled(), true);
    await fits.click();
    await page.locator('.dialog').getByText('Would be accepted').waitFor();
    await send.click();
    await page
      .locator('.dialog')
      .getByText(/Order accepted|Order received/)
      .waitFor();
    await page.locator('.dialog').getByRole('button', { name: 'See the order' }).click();
    await page.locator('.order-panel').getByText(`${size}`).first().waitFor();
    const own = page.locator('.grid-row:not([hidden])[aria-selected=true]', { hasText: size });
    await own.filter({ hasText: 'Working' }).waitFor();

    await page
      .locator('.order-panel')
      .getByRole('button', { name: /^Cancel/ })
      .click();
    await own.filter({ hasText: 'Cancelled' }).waitFor();
    assert.deepEqual(trader.faults, []);
    await trader.close();
  });
}
