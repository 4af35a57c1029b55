import { Problem } from '@meridian/base';
import {
  type Actor,
  type By,
  DUTIES,
  type FederatedSubject,
  openAuditLog,
  openUserDirectory,
  type UserDirectory,
  type UserDuty,
} from '@meridian/security';
import type { Database } from '@meridian/store';
import { titleOf } from '../duty-title.ts';
import { readSite } from '../site-file.ts';
import { withDatabase } from './at-house.ts';
import { badUsage, type CliCommand, EXIT, type ExitCode, type Invocation, say, table } from './command.ts';

/**
 * Users, by whoever holds the machine: sets a house up, and takes rights away at any time. Once two administrators can
 * check each other, the directory refuses the rest to the operator alone. DS-10.
 */
const OPERATOR: By = { maker: 'operator' };
const ACTOR: Actor = { user: 'operator', duty: 'operator' };

async function withDirectory(
  { folder }: Invocation,
  work: (directory: UserDirectory, database: Database) => Promise<void>,
): Promise<ExitCode> {
  return withDatabase(folder, async (database) => {
    const audit = openAuditLog(database, folder.keys);
    // Nobody signs in here: how is the server's affair.
    await work(openUserDirectory({ database, audit, keys: folder.keys, policy: { secondFactor: 'required' } }), database);
    return EXIT.ok;
  });
}

const listed = (value: string | boolean | undefined): string[] =>
  typeof value === 'string'
    ? value
        .split(',')
        .map((each) => each.trim())
        .filter((each) => each !== '')
    : [];

function idsOf(command: string, option: string, value: string | boolean | undefined): bigint[] {
  return listed(value).map((id) => {
    if (!/^\d{1,18}$/.test(id)) throw badUsage(command, `--${option}: ${id.slice(0, 32)}`);
    return BigInt(id);
  });
}

async function everyEntity(database: Database): Promise<bigint[]> {
  const { rows } = await database.query<{ entity: bigint }>('SELECT DISTINCT entity FROM reference.entity ORDER BY entity');
  return rows.map(({ entity }) => entity);
}

export const userAdd: CliCommand = {
  name: 'user add',
  words: ['NAME'],
  help: { zh: '新建用户，显示一次性口令', en: 'Add a user; prints its first password, once' },
  options: {
    duty: { type: 'string', help: { zh: `职责，逗号分隔：${DUTIES.join(' ')}`, en: `duties, by comma: ${DUTIES.join(' ')}` } },
    jurisdiction: { type: 'string', help: { zh: '可登录的国家或地区，默认 CN', en: 'where it may sign in, default CN' } },
    client: { type: 'string', help: { zh: '客户用户所属客户编号', en: "a client's user: the ids of its clients" } },
    entity: { type: 'string', help: { zh: '可见的记账主体编号，默认全部', en: 'booking entities in view, default all' } },
  },
  run: (invocation) =>
    withDirectory(invocation, async (directory, database) => {
      const { words, options, answer, language } = invocation;
      const name = words[0] as string;
      const duties = listed(options['duty']) as UserDuty[];
      if (duties.length === 0 || duties.some((duty) => !DUTIES.includes(duty)))
        throw badUsage('user add', say(language, `--duty 取自 ${DUTIES.join(' ')}`, `--duty takes ${DUTIES.join(' ')}`));
      const entities = idsOf('user add', 'entity', options['entity']);
      const user = {
        ...{ name, title: titleOf(duties), duties, clients: idsOf('user add', 'client', options['client']) },
        jurisdictions: options['jurisdiction'] === undefined ? ['CN'] : listed(options['jurisdiction']),
        entities: options['entity'] === undefined ? await everyEntity(database) : entities,
      };
      const { password } = await directory.create(user, OPERATOR);
      answer({ ...user, password, mustChangePassword: true }, () => told(invocation, name, password));
    }),
};

/** The one time that a password is shown. */
function told({ language }: Invocation, name: string, password: string): string {
  return say(
    language,
    `用户 ${name} 的口令：${password}\n首次登录须更改，此后不再显示`,
    `Password of ${name}: ${password}\nTo be changed at first sign-in; it is not shown again`,
  );
}

export const userList: CliCommand = {
  name: 'user list',
  words: [],
  help: { zh: '列出用户', en: 'List the users' },
  options: {},
  run: (invocation) =>
    withDirectory(invocation, async (directory) => {
      const { answer, language } = invocation;
      const users = await directory.users();
      const head = say(
        language,
        '用户,名称,职责,状态,地区,客户,第二因素',
        'user,title,duties,state,from,clients,second factor',
      );
      answer(users, () =>
        table(
          head.split(','),
          users.map((user) => [
            ...[user.name, user.title[language], user.duties.join(' '), user.state, user.jurisdictions.join(' ')],
            ...[user.clients.join(' '), user.hasSecondFactor ? '✓' : '–'],
          ]),
        ),
      );
    }),
};

export const userSessions: CliCommand = {
  name: 'user sessions',
  words: ['NAME'],
  help: { zh: '列出用户的会话', en: "List a user's live sessions" },
  options: {},
  run: (invocation) =>
    withDirectory(invocation, async (directory) => {
      const { words, answer, language } = invocation;
      const sessions = await directory.listSessions(words[0] as string);
      const head = say(language, '会话,阶段,地区,地址,登录,最近', 'session,stage,place,address,since,seen');
      const when = (micros: number) => new Date(micros / 1_000).toISOString();
      answer(sessions, () =>
        table(
          head.split(','),
          sessions.map((each) => [
            ...[each.id, each.stage, each.jurisdiction, each.address, when(each.since), when(each.seenAt)],
          ]),
        ),
      );
    }),
};

/** A command on one user that answers what was done. */
function onUser(
  verb: 'disable' | 'enable' | 'revoke',
  help: CliCommand['help'],
  done: CliCommand['help'],
  work: (directory: UserDirectory, name: string) => Promise<unknown>,
): CliCommand {
  return {
    ...{ name: `user ${verb}`, words: ['NAME'], help, options: {} },
    run: (invocation) =>
      withDirectory(invocation, async (directory) => {
        const name = invocation.words[0] as string;
        await work(directory, name);
        const user = await directory.user(name);
        invocation.answer(user, () => `${name}: ${done[invocation.language]}`);
      }),
  };
}

export const userDisable = onUser(
  'disable',
  { zh: '停用用户并结束其会话', en: 'Disable a user and end its sessions' },
  { zh: '已停用', en: 'disabled' },
  (directory, name) => directory.disable(name, OPERATOR),
);

export const userEnable = onUser(
  'enable',
  { zh: '恢复停用的用户', en: 'Let a disabled user in again' },
  { zh: '已恢复', en: 'enabled' },
  (directory, name) => directory.enable(name, OPERATOR),
);

export const userRevoke = onUser(
  'revoke',
  { zh: '结束用户的全部会话', en: 'End all sessions of a user' },
  { zh: '会话已全部结束', en: 'all sessions ended' },
  (directory, name) => directory.revokeAll(name, ACTOR),
);

export const userPassword: CliCommand = {
  name: 'user password',
  words: ['NAME'],
  help: { zh: '重设口令，显示一次', en: 'Reset a password; prints the new one, once' },
  options: {},
  run: (invocation) =>
    withDirectory(invocation, async (directory) => {
      const name = invocation.words[0] as string;
      const { password } = await directory.resetPassword(name, OPERATOR);
      invocation.answer({ name, password, mustChangePassword: true }, () => told(invocation, name, password));
    }),
};

/** Whom the firm's provider proves by a subject, and as whom they sign in here. */
function bySubject(
  verb: 'link' | 'unlink',
  help: CliCommand['help'],
  done: CliCommand['help'],
  work: (directory: UserDirectory, name: string, subject: FederatedSubject) => Promise<void>,
): CliCommand {
  return {
    ...{ name: `user ${verb}`, words: ['NAME', 'SUBJECT'], help, options: {} },
    run(invocation) {
      const [name, subject] = invocation.words as [string, string];
      const issuer = readSite(invocation.folder).federation?.issuer;
      if (issuer === undefined) throw new Problem('OIDC_OFF');
      if (subject.length > SUBJECT_CHARS_MAX)
        throw badUsage(`user ${verb}`, `SUBJECT: ${subject.length} > ${SUBJECT_CHARS_MAX}`);
      return withDirectory(invocation, async (directory) => {
        await work(directory, name, { issuer, subject });
        invocation.answer({ name, issuer, subject }, () => `${name}: ${done[invocation.language]}`);
      });
    },
  };
}

/** OpenID Connect Core 2: sub has at most 255 characters. */
const SUBJECT_CHARS_MAX = 255;

export const userLink = bySubject(
  'link',
  { zh: '关联单位身份提供方的主体（sub）', en: "Let a subject (sub) of the firm's provider sign in as a user" },
  { zh: '已关联', en: 'linked' },
  (directory, name, subject) => directory.linkFederated(name, subject, OPERATOR),
);

export const userUnlink = bySubject(
  'unlink',
  { zh: '解除关联并结束其会话', en: 'Take a subject away and end the sessions' },
  { zh: '已解除关联', en: 'unlinked' },
  (directory, name, subject) => directory.unlinkFederated(name, subject, OPERATOR),
);
