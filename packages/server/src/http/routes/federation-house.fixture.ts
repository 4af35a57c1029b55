import '../../rooms.ts';
import fs from 'node:fs';
import type { AddressInfo } from 'node:net';
import net from 'node:net';
import path from 'node:path';
import { silentLogger } from '@meridian/base';
import { openAuditLog, openAuthorizer, openOidc, openUserDirectory, scratchIssuer } from '@meridian/security';
import { scratchDatabase } from '@meridian/store';
import { MIGRATIONS } from '../../migrations.ts';
import { openHttpDoor } from '../door.ts';
import { STATUS, sampleEndpoints } from '../scratch-door.fixture.ts';
import { sessionEndpoints } from './session.ts';

/**
 * A door with the built console, a directory of one user and a provider that listens, in a process of its own, for a browser:
 * `node federation-house.fixture.ts CONSOLE`. Says `{origin, issuer}` in one line. A line `nobody` on its input makes the provider
 * prove somebody whom no user here stands for, and is said again when it does; the end of its input ends it. What is behind the other routes are samples.
 */

const probe = net.createServer().listen(0, '127.0.0.1');
await new Promise((resolve) => probe.once('listening', resolve));
const { port } = probe.address() as AddressInfo;
await new Promise((resolve) => probe.close(resolve));

// The provider is of another site than the house, as it is in life: 127.0.0.1 and localhost.
const origin = `http://localhost:${port}`;
const redirectUri = `${origin}/sign-in/return`;
const issuer = await scratchIssuer({ clientId: 'meridian', redirectUri, subject: 'subject-1' });
const scratch = await scratchDatabase(MIGRATIONS);
const { database } = scratch;
const keys = fs.mkdtempSync(path.join(scratch.dataDir, 'keys-'));
const audit = openAuditLog(database, keys);
const directory = openUserDirectory({ database, audit, keys, policy: { secondFactor: 'optional' } });
const by = { maker: 'administrator', checker: 'administrator-2' };
const title = { zh: '合规', en: 'Compliance' };
await directory.create(
  { name: 'compliance', title, duties: ['compliance'], jurisdictions: ['CN'], clients: [], entities: [1n] },
  by,
  { password: 'orchard lantern 42 granite' },
);
await directory.linkFederated('compliance', { issuer: issuer.url, subject: 'subject-1' }, by);

const authorizer = openAuthorizer();
const oidc = openOidc({ issuer: issuer.url, clientId: 'meridian', redirectUri, database, audit, directory });
const door = await openHttpDoor({
  ...{ port, directory, authorizer, secondFactor: 'optional', audit, database, logger: silentLogger },
  staticDir: process.argv[2] as string,
  endpoints: {
    ...sampleEndpoints(),
    ...sessionEndpoints({
      ...{ database, directory, environment: 'production', businessNow: () => Date.now() * 1_000 },
      allowed: (principal) => authorizer.allowedActions(principal, { secondFactor: 'optional' }),
      federation: { oidc, name: { zh: '本单位账号', en: 'the firm' } },
    }),
  },
  status: { status: async () => STATUS, ready: async () => true },
});

const rightly = issuer.token;
process.stdin.setEncoding('utf8').on('data', (line: string) => {
  if (!line.includes('nobody')) return;
  issuer.token = (claims) => rightly({ ...claims, sub: 'subject-of-nobody' });
  process.stdout.write('nobody\n');
});
process.stdin.on('end', async () => {
  await door.close();
  await issuer.close();
  await scratch.remove();
});
process.stdout.write(`${JSON.stringify({ origin, issuer: issuer.url })}\n`);
