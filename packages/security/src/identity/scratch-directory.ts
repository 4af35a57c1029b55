import '../declarations.ts';
import fs from 'node:fs';
import path from 'node:path';
import { type Instant, MICROS_PER_SECOND } from '@meridian/base';
import { type ScratchDatabase, scratchDatabase } from '@meridian/store';
import { type AuditLog, openAuditLog } from '../audit.ts';
import type { UserDuty } from '../duty.ts';
import { openUserDirectory, type UserDirectory, type UserDirectoryOptions } from './directory.ts';
import { loadIdentityKeys } from './identity-keys.ts';
import { openPasswordHasher, type PasswordHasher } from './password.ts';
import type { SignedIn } from './session.ts';
import type { By } from './user.ts';

/** A directory over a real database with a clock that tests move. For tests. */
export interface ScratchDirectory {
  readonly scratch: ScratchDatabase;
  readonly directory: UserDirectory;
  readonly hasher: PasswordHasher;
  readonly audit: AuditLog;
  readonly keys: string;
  /** Another process over the same database and keys. */
  another(options?: Partial<UserDirectoryOptions>): UserDirectory;
  /** Moves the wall clock. */
  wait(seconds: number): void;
  now(): Instant;
  /** Moves the monotonic clock past the directory's next look at the epoch. */
  letEpochPass(): void;
  /** A user with a password that stands. */
  add(name: string, duties: readonly UserDuty[], more?: Partial<{ jurisdictions: string[]; clients: bigint[] }>): Promise<void>;
  signIn(name: string, more?: { readonly address?: string; readonly password?: string }): Promise<SignedIn>;
  remove(): Promise<void>;
}

export const PASSWORD = 'granite lantern 42 orchard';
export const TWO: By = { maker: 'administrator', checker: 'administrator-2' };
export const OPERATOR: By = { maker: 'operator' };
export const HOME = '192.0.2.7';

const START = Date.UTC(2026, 0, 5, 1, 0, 0) * 1_000;

export async function scratchDirectory(options: Partial<UserDirectoryOptions> = {}): Promise<ScratchDirectory> {
  const scratch = await scratchDatabase([path.join(import.meta.dirname, '..', '..', 'migrations')]);
  const keys = fs.mkdtempSync(path.join(scratch.dataDir, 'keys-'));
  const audit = openAuditLog(scratch.database, keys);
  let [at, elapsed] = [START, 0];
  const clock = { now: () => at };
  // Cheap hashes: what is proved here is who is asked, not how hard.
  const hasher = openPasswordHasher({ pepper: loadIdentityKeys(keys).pepper, memoryKib: 64, passes: 1 });
  const open = (more: Partial<UserDirectoryOptions> = {}) =>
    openUserDirectory({
      ...{ database: scratch.database, audit, keys, clock, hasher, elapsedMs: () => elapsed },
      ...{ policy: { secondFactor: 'optional' as const }, ...options, ...more },
    });
  const directory = open();
  return {
    ...{ scratch, directory, hasher, audit, keys, another: open },
    wait(seconds) {
      at += seconds * MICROS_PER_SECOND;
    },
    now: () => at,
    letEpochPass() {
      elapsed += 500;
    },
    async add(name, duties, more = {}) {
      await directory.create(
        {
          ...{ name, title: { zh: '用户', en: 'user' }, duties, jurisdictions: ['CN'], entities: [1n] },
          clients: duties.includes('client') ? [7n] : [],
          ...more,
        },
        TWO,
        { password: PASSWORD },
      );
    },
    signIn: (user, { address = HOME, password = PASSWORD } = {}) => directory.signIn({ user, password, address }),
    remove: () => scratch.remove(),
  };
}
