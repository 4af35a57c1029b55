import './rooms.ts';
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { isProblem } from '@meridian/base';
import { type DataFolder, dataFolder } from './data-folder.ts';
import { readSite } from './site-file.ts';

let folder: DataFolder;
before(() => {
  folder = dataFolder(fs.mkdtempSync(path.join(os.tmpdir(), 'meridian-site-')));
});
after(() => {
  delete process.env['MERIDIAN_TEST_OIDC'];
  fs.rmSync(folder.root, { recursive: true, force: true });
});

const read = (site: unknown) => {
  fs.writeFileSync(path.join(folder.root, 'site.json'), JSON.stringify(site));
  return readSite(folder);
};
const ORIGIN = 'https://desk.example';
const OIDC = { issuer: 'https://login.example/firm', clientId: 'meridian', name: { zh: '本单位', en: 'the firm' } };

test('[DS-7] the firm’s provider is configured in site.json; it sends people back below the site’s own origin', () => {
  assert.equal(read({ origin: ORIGIN }).federation, undefined);
  assert.deepEqual(read({ origin: ORIGIN, oidc: OIDC }).federation, {
    ...{ ...OIDC, origins: [], redirectUri: 'https://desk.example/sign-in/return' },
  });
  fs.writeFileSync(path.join(folder.root, 'client.secret'), 'granite lantern\n');
  const bySecretFile = read({ origin: ORIGIN, oidc: { ...OIDC, secretFile: 'client.secret' } });
  assert.equal(bySecretFile.federation?.clientSecret, 'granite lantern');
  process.env['MERIDIAN_TEST_OIDC'] = 'orchard';
  const byVariable = read({ origin: ORIGIN, oidc: { ...OIDC, secretVariable: 'MERIDIAN_TEST_OIDC' } });
  assert.equal(byVariable.federation?.clientSecret, 'orchard');
});

test('[DS-7] a provider that is not well described is refused by the setting’s name, and no secret is told', () => {
  fs.writeFileSync(path.join(folder.root, 'empty.secret'), '\n');
  fs.writeFileSync(path.join(folder.root, 'long.secret'), 'granite'.repeat(200));
  for (const [oidc, at] of [
    [{ ...OIDC, issuer: 'http://login.example' }, '/oidc/issuer'],
    [{ ...OIDC, issuer: 'https://login.example/?x=1' }, '/oidc/issuer'],
    [{ ...OIDC, issuer: 'https://user:word@login.example' }, '/oidc/issuer'],
    [{ ...OIDC, clientId: '' }, '/oidc/clientId'],
    [{ ...OIDC, name: { en: 'the firm' } }, '/oidc/name'],
    [{ ...OIDC, clientSecret: 'granite' }, '/oidc'],
    [{ ...OIDC, redirectUri: 'https://evil.example' }, '/oidc'],
    [{ ...OIDC, origins: ['http://10.0.0.1'] }, '/oidc/origins/0'],
    [{ ...OIDC, secretVariable: 'path' }, '/oidc/secretVariable'],
    [{ ...OIDC, secretVariable: 'MERIDIAN_TEST_NOT_THERE' }, '/oidc/secretVariable'],
    [{ ...OIDC, secretFile: 'not-there' }, '/oidc/secretFile'],
    [{ ...OIDC, secretFile: 'empty.secret' }, '/oidc/secretFile'],
    [{ ...OIDC, secretFile: 'long.secret' }, '/oidc/secretFile'],
    [{ ...OIDC, secretFile: 'client.secret', secretVariable: 'MERIDIAN_TEST_OIDC' }, '/oidc/secretFile'],
  ] as const)
    assert.throws(
      () => read({ origin: ORIGIN, oidc }),
      (error: Error) => {
        assert.ok(isProblem(error, 'CONFIG_INVALID'));
        assert.ok(String(error.params['path']).startsWith(at), `${JSON.stringify(oidc)}: ${error.message}`);
        return !error.message.includes('granite');
      },
    );
});
