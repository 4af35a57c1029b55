import fs from 'node:fs';
import path from 'node:path';
import { type Bilingual, closed, Problem, type Static, Type, validateConfig } from '@meridian/base';
import { type DataFolder, readWhole } from './data-folder.ts';
import type { Site } from './http/site.ts';

/**
 * Sign-in by the firm's own identity provider. `issuer` is the provider exactly as it names itself, over TLS unless it runs on
 * this very machine; `origins` are further ones where it keeps keys and tokens. The client's secret, where the provider asks for
 * one, stands in a file of its own (a path from the data folder) or in an environment variable: never here.
 */
const OidcSection = closed({
  issuer: Type.String({
    pattern: '^(https://[A-Za-z0-9.-]+|http://(127\\.0\\.0\\.1|localhost))(:\\d{1,5})?(/[A-Za-z0-9._~/-]*)?$',
    maxLength: 400,
  }),
  clientId: Type.String({ minLength: 1, maxLength: 200 }),
  /** What people call it: "Sign in with …". */
  name: closed({ zh: Type.String({ minLength: 1, maxLength: 40 }), en: Type.String({ minLength: 1, maxLength: 40 }) }),
  secretFile: Type.Optional(Type.String({ minLength: 1, maxLength: 400 })),
  secretVariable: Type.Optional(Type.String({ pattern: '^[A-Z][A-Z0-9_]{0,63}$' })),
  origins: Type.Optional(Type.Array(Type.String({ pattern: '^https://[A-Za-z0-9.-]+(:\\d{1,5})?$' }), { maxItems: 8 })),
});

/**
 * By which name the house is asked from other machines, `site.json` of the data folder. Without the file it answers this
 * machine only. `key` and `certificate` name PEM files where the door itself speaks TLS; without them a proxy does, and its
 * addresses are `trustedProxies`. `oidc` lets people sign in by the firm's identity provider.
 */
const SiteFile = closed({
  origin: Type.String({ pattern: '^https://[a-z0-9.-]+(:\\d{1,5})?$', maxLength: 200 }),
  key: Type.Optional(Type.String({ minLength: 1, maxLength: 400 })),
  certificate: Type.Optional(Type.String({ minLength: 1, maxLength: 400 })),
  trustedProxies: Type.Optional(Type.Array(Type.String({ pattern: '^[0-9a-fA-F.:/]{2,64}$' }), { maxItems: 32 })),
  oidc: Type.Optional(OidcSection),
});

/** Where the provider sends browsers back to, below the site's origin: register exactly this address there. */
const RETURN_PATH = '/sign-in/return';

/** Sign-in by the firm's provider, as the house is configured for it. */
export interface Federation {
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret?: string;
  readonly redirectUri: string;
  readonly name: Bilingual;
  readonly origins: readonly string[];
}

export interface SiteSettings {
  readonly site: Site;
  readonly trustedProxies: readonly string[];
  readonly federation?: Federation;
}

/** @throws Problem CONFIG_INVALID | FILE_UNREADABLE */
export function readSite(folder: DataFolder): SiteSettings {
  const stored = readWhole<unknown>(path.join(folder.root, 'site.json'));
  if (stored === undefined) return { site: {}, trustedProxies: [] };
  const { origin, key, certificate, trustedProxies = [], oidc } = validateConfig(SiteFile, stored);
  const read = (file: string) => fs.readFileSync(path.resolve(folder.root, file), 'utf8');
  const tls = key === undefined || certificate === undefined ? {} : { tls: { key: read(key), cert: read(certificate) } };
  const federation = oidc === undefined ? {} : { federation: federationOf(folder, origin, oidc) };
  return { site: { origin, ...tls }, trustedProxies, ...federation };
}

function federationOf(folder: DataFolder, origin: string, section: Static<typeof OidcSection>): Federation {
  const { issuer, clientId, name, origins = [] } = section;
  const secret = secretOf(folder, section);
  const known = { issuer, clientId, name, origins, redirectUri: `${origin}${RETURN_PATH}` };
  return secret === undefined ? known : { ...known, clientSecret: secret };
}

/** What is refused is named, what was read is not. @throws Problem CONFIG_INVALID */
function secretOf(folder: DataFolder, { secretFile, secretVariable }: Static<typeof OidcSection>): string | undefined {
  if (secretFile === undefined && secretVariable === undefined) return undefined;
  const at = secretFile === undefined ? '/oidc/secretVariable' : '/oidc/secretFile';
  const refuse = (reason: string) => new Problem('CONFIG_INVALID', { path: at, reason });
  if (secretFile !== undefined && secretVariable !== undefined)
    throw refuse('secretVariable is given as well: name one of them');
  let text: string | undefined;
  try {
    text =
      secretFile === undefined
        ? process.env[secretVariable as string]
        : fs.readFileSync(path.resolve(folder.root, secretFile), 'utf8');
  } catch {
    throw refuse('the file cannot be read');
  }
  const secret = text?.trim() ?? '';
  if (secret === '' || secret.length > 1_000) throw refuse('there is no secret of 1 to 1000 characters');
  return secret;
}
