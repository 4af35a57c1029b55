import { type EntityDefaults, entity, type FieldLine, type Shape } from '@meridian/catalog';
import { auditParams } from '../audit.ts';

/** The class of everything that users are known and proven by. DS-1, DS-10. */

type Lines = Readonly<Record<string, FieldLine>>;

function table(name: string, zh: string, en: string, columns: Lines, defaults: Partial<EntityDefaults> = {}): void {
  entity(
    `security.${name}`,
    { title: { zh, en }, like: 'record', owner: 'security', purpose: ['security', 'audit'], ...defaults },
    columns,
  );
}

/** Names one of the firm's or a client's people. */
const person: FieldLine = { type: 'text', sensitive: true, pi: 'pi', jrt0158: 2, jrt0197: 3, mask: 'name' };
/** Proves somebody: nobody sees it, not even masked. */
const proof = (type: string): FieldLine => ({ type, sensitive: true, jrt0158: 3, jrt0197: 4, mask: 'full' });
/** Where somebody signs in from. */
const address: FieldLine = { type: 'text', sensitive: true, pi: 'pi', jrt0158: 2, jrt0197: 3, mask: 'id' };
const clients: FieldLine = { type: 'bigint[]', sensitive: true, pi: 'pi', jrt0158: 3, jrt0197: 3, mask: 'full' };
/** Technical: gone after a year. */
const passing = { like: 'operation', purpose: ['security'] } as const;

table('identity_state', '身份状态', 'state of the user directory', { one: 'boolean', epoch: 'bigint', key_id: 'text' });
table('user', '用户', 'users', {
  ...{ name: person, title_zh: 'text', title_en: 'text', state: 'text', jurisdictions: 'text[]', clients },
  ...{ entities: 'bigint[]', credential_epoch: 'bigint', created_at: 'timestamptz' },
});
table('duty_conflict', '职责互斥表', 'duties held apart', { one: 'text', other: 'text' }, { access: 'read' });
table('user_duty', '用户职责', 'duties of users', { user_name: person, duty: 'text' });
table(
  'user_change',
  '用户变更记录',
  'changes of users, maker and checker',
  {
    ...{ no: 'bigint', at: 'timestamptz', user_name: person, kind: 'text', maker: person, checker: person },
    detail: { type: 'jsonb', sensitive: true, pi: 'pi', jrt0158: 3, jrt0197: 3, mask: 'full' },
  },
  { access: 'append' },
);
table('password', '口令散列', 'password hashes', {
  ...{ user_name: person, hash: proof('bytea'), salt: proof('bytea'), memory_kib: 'integer', passes: 'integer' },
  ...{ must_change: 'boolean', changed_at: 'timestamptz' },
});
const sealed: FieldLine = { type: 'bytea', sensitive: true, jrt0158: 3, jrt0197: 4, mask: 'full', storage: 'sealed' };
table('totp', '动态口令', 'one-time codes', { user_name: person, sealed, pending: sealed, last_step: 'bigint' });
table('recovery_code', '恢复码', 'recovery codes', { user_name: person, hash: proof('bytea'), used_at: 'timestamptz' });
table('passkey', '通行密钥', 'passkeys', {
  ...{ credential: proof('text'), user_name: person, public_key: 'bytea', counter: 'bigint', transports: 'text[]' },
  ...{ label: 'text', created_at: 'timestamptz', used_at: 'timestamptz' },
});
table(
  'sign_in_limit',
  '登录限制',
  'limits of sign-in',
  { key: 'text', failures: 'integer', last_failure: 'timestamptz', locked_until: 'timestamptz' },
  passing,
);
table(
  'session',
  '会话',
  'sessions',
  {
    ...{ id: 'text', token_hash: proof('bytea'), user_name: person, stage: 'text', by_password: 'boolean', strong: 'boolean' },
    ...{ jurisdiction: 'text', address, credential_epoch: 'bigint', signed_in_at: 'timestamptz', seen_at: 'timestamptz' },
    ...{ expires_at: 'timestamptz', challenge: proof('text'), ended_at: 'timestamptz', end_reason: 'text' },
  },
  passing,
);
table('federated_subject', '外部身份', 'subjects of other issuers', { issuer: 'text', subject: person, user_name: person });
table(
  'oidc_attempt',
  '外部登录过程',
  'sign-ins on their way through another issuer',
  {
    ...{ state_hash: proof('bytea'), browser_hash: proof('bytea'), issuer: 'text', nonce: proof('text') },
    ...{ verifier: proof('text'), begun_at: 'timestamptz' },
  },
  passing,
);

/** What the audit log says of sign-ins and of changes of users. */
const AUDIT_PARAMS: Lines = { session: 'text', address, factor: 'text', duties: 'text', reason: 'text', approved_by: person };
auditParams('identity', AUDIT_PARAMS);

/** For the comparison of what is noted with what is declared. */
export const identityShapes: readonly Shape[] = [
  { kind: 'message', entity: 'identity.audit_param', fields: Object.keys(AUDIT_PARAMS) },
];
