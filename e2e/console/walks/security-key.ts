import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CDPSession, Page } from 'playwright-core';
import { firstOf } from '../screens.ts';
import type { Setting } from '../setting.ts';
import type { Doorway } from '../visitor.ts';

/** Users whom no other walk needs: whoever has enrolled a factor signs in with it from then on. */
const CANDIDATES = ['security-2', 'administrator-2'];

/** A security key of Chromium's own, plugged into a page: CTAP2 over USB, touched by itself. */
async function plugKeyInto(page: Page): Promise<{ readonly cdp: CDPSession; readonly authenticatorId: string }> {
  const cdp = await page.context().newCDPSession(page);
  await cdp.send('WebAuthn.enable');
  const { authenticatorId } = await cdp.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      ...{ protocol: 'ctap2', transport: 'usb', hasResidentKey: false },
      ...{ hasUserVerification: true, isUserVerified: true, automaticPresenceSimulation: true },
    },
  });
  return { cdp, authenticatorId };
}

/** The first of the candidates whom a password alone lets in: on a house that has run before, some have a key. */
async function withoutFactor(door: Doorway): Promise<string> {
  const administrator = await door.enter('administrator', { language: 'en' });
  const { user } = await firstOf(
    administrator,
    '/v1/users',
    (each) => CANDIDATES.includes(String(each['user'])) && (each['factors'] as readonly string[]).length === 0,
  );
  await administrator.close();
  return String(user);
}

export function walkWithSecurityKey({ skip, at }: Setting): void {
  test('[DS-3] security key: enrolled in one’s own settings, it is asked for at the next sign-in and opens the house', {
    skip,
  }, async () => {
    const { demo, door } = at();
    const user = await withoutFactor(door);
    const holder = await door.enterAnew(user, { language: 'en' });
    const { page } = holder;
    const { cdp, authenticatorId } = await plugKeyInto(page);
    const kept = async () => (await cdp.send('WebAuthn.getCredentials', { authenticatorId })).credentials;

    await holder.open('/settings');
    await page.getByRole('button', { name: 'Enrol a security key' }).click();
    const codes = page.locator('.secret');
    await codes.waitFor();
    // NIST SP 800-63B: look-up secrets, shown once; the house makes ten.
    assert.equal((await codes.innerText()).trim().split(/\s+/).length, 10);
    await page.getByRole('button', { name: 'Kept offline; go on' }).click();
    await page.getByText('The second factor is enrolled').waitFor();
    await page.locator('.settings').getByText('Security key · Recovery code').waitFor();
    const [made] = await kept();
    assert.equal(made?.rpId, 'localhost');

    await page.locator('.top .user').click();
    await page.getByRole('menuitem', { name: 'Sign out' }).click();
    await page.locator('input[name=user]').fill(user);
    await page.locator('input[name=password]').fill(demo.password(user));
    await page.locator('form button[type=submit]').click();
    await page.getByRole('button', { name: 'Use security key' }).waitFor();
    assert.equal(await page.locator('.shell').count(), 0);
    const halfway = await holder.ask('GET', '/v1/house');
    assert.ok(halfway.status === 401 || halfway.status === 403, `half signed in, the house answered ${halfway.status}`);

    await page.getByRole('button', { name: 'Use security key' }).click();
    await page.locator('.shell').waitFor();
    const { body } = await holder.ask('GET', '/v1/session');
    assert.equal((body as { strong: boolean }).strong, true);
    // The key counts its signatures: one to be made, one to sign in.
    const [used] = await kept();
    assert.ok((used?.signCount ?? 0) > (made?.signCount ?? 0), `${made?.signCount} → ${used?.signCount}`);
    assert.deepEqual(holder.faults, []);
    await holder.close();
  });
}
