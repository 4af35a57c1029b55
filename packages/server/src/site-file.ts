import fs from 'node:fs';
import path from 'node:path';
import { closed, Type, validateConfig } from '@meridian/base';
import { type DataFolder, readWhole } from './data-folder.ts';
import type { Site } from './http/site.ts';

/**
 * By which name the house is asked from other machines, `site.json` of the data folder. Without the file it answers this
 * machine only. `key` and `certificate` name PEM files where the door itself speaks TLS; without them a proxy does, and its
 * addresses are `trustedProxies`.
 */
const SiteFile = closed({
  origin: Type.String({ pattern: '^https://[a-z0-9.-]+(:\\d{1,5})?$', maxLength: 200 }),
  key: Type.Optional(Type.String({ minLength: 1, maxLength: 400 })),
  certificate: Type.Optional(Type.String({ minLength: 1, maxLength: 400 })),
  trustedProxies: Type.Optional(Type.Array(Type.String({ pattern: '^[0-9a-fA-F.:/]{2,64}$' }), { maxItems: 32 })),
});

/** @throws Problem CONFIG_INVALID | FILE_UNREADABLE */
export function readSite(folder: DataFolder): { readonly site: Site; readonly trustedProxies: readonly string[] } {
  const stored = readWhole<unknown>(path.join(folder.root, 'site.json'));
  if (stored === undefined) return { site: {}, trustedProxies: [] };
  const { origin, key, certificate, trustedProxies = [] } = validateConfig(SiteFile, stored);
  const read = (file: string) => fs.readFileSync(path.resolve(folder.root, file), 'utf8');
  const tls = key === undefined || certificate === undefined ? {} : { tls: { key: read(key), cert: read(certificate) } };
  return { site: { origin, ...tls }, trustedProxies };
}
