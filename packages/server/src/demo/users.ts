import path from 'node:path';
import { type By, DUTIES, generatePassword, type Jurisdiction, type UserDirectory, type UserDuty } from '@meridian/security';
import { type DataFolder, readWhole, writeWhole } from '../data-folder.ts';
import { DUTY_TITLES } from '../duty-title.ts';

/** A user of the demo and how to sign in as it. */
export interface DemoUser {
  readonly name: string;
  readonly duties: readonly UserDuty[];
  readonly password: string;
}

/** Whom the demo's users see. */
export interface DemoUserScope {
  /** Booking entities, for everybody. */
  readonly entities: readonly bigint[];
  /** The client of 'client' and the one of 'client-2'. */
  readonly clients: readonly [bigint, bigint];
  /** Where the firm's people and the clients' sign in; default the mainland. */
  readonly jurisdiction?: Jurisdiction;
}

/** Duties whose work somebody else of the same duty checks, and a second client to see nothing of the first. */
const SECONDS: readonly UserDuty[] = ['risk', 'clearing', 'administrator', 'security', 'client'];

/** The demo is set up by the machine alone, and says so. */
const BY: By = { maker: 'operator', checker: 'demo' };

/** Where the passwords of a demo house stand, readable by its owner only. */
export const demoUsersFile = (folder: DataFolder): string => path.join(folder.demo, 'users.json');

/**
 * One user for each duty, named like it, and a second one where work needs a checker. Passwords are made at the first
 * start and kept in the data folder; a user that is there already is left alone. Runs as often as the house starts.
 * @throws Problem FOLDER_UNUSABLE
 */
export async function ensureDemoUsers(
  directory: UserDirectory,
  folder: DataFolder,
  scope: DemoUserScope,
): Promise<readonly DemoUser[]> {
  const file = demoUsersFile(folder);
  const known = readWhole<readonly DemoUser[]>(file) ?? [];
  const users = [...DUTIES.map((duty) => [duty, duty] as const), ...SECONDS.map((duty) => [`${duty}-2`, duty] as const)].map(
    ([name, duty]): DemoUser => ({
      name,
      duties: [duty],
      password: known.find((user) => user.name === name)?.password ?? generatePassword(),
    }),
  );
  // Before the users: whoever is there has a password that can be looked up, also after a crash in between.
  writeWhole(file, users);
  for (const user of users) {
    const isThere = (await directory.user(user.name)) !== undefined;
    if (!isThere) await create(directory, user, scope);
    // The file was lost: nobody would know the password any more.
    else if (!known.some(({ name }) => name === user.name))
      await directory.resetPassword(user.name, BY, { password: user.password });
  }
  return users;
}

async function create(directory: UserDirectory, user: DemoUser, scope: DemoUserScope): Promise<void> {
  const [duty] = user.duties as readonly [UserDuty];
  const isSecond = user.name !== duty;
  const { zh, en } = DUTY_TITLES[duty];
  const client = scope.clients[isSecond ? 1 : 0];
  await directory.create(
    {
      ...{ name: user.name, duties: user.duties, entities: scope.entities, jurisdictions: [scope.jurisdiction ?? 'CN'] },
      title: isSecond ? { zh: `${zh}（二）`, en: `${en} 2` } : { zh, en },
      clients: duty === 'client' ? [client] : [],
    },
    BY,
    { password: user.password },
  );
}
