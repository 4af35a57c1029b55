import './identity/declarations.ts';
import { entity, logFields } from '@meridian/catalog';

/** What this room stores and logs. */
const shared = { like: 'record', owner: 'security', purpose: ['audit'] } as const;

export const AUDIT_ENTRY = entity(
  'security.audit_entry',
  { ...shared, title: { zh: '操作审计日志', en: 'Audit log of operator commands' }, access: 'append' },
  {
    no: 'bigint',
    at: 'timestamptz',
    actor: { type: 'text', sensitive: true, pi: 'pi', jrt0197: 3, mask: 'name' },
    duty: 'text',
    action: 'text',
    target: 'text',
    params: 'jsonb',
    outcome: 'text',
    prev_hash: 'text',
    hash: 'text',
  },
);

export const AUDIT_HEAD = entity(
  'security.audit_head',
  { ...shared, title: { zh: '审计日志链头', en: 'Head of the audit log' } },
  { one: 'boolean', no: 'bigint', hash: 'text', key_id: 'text', signature: 'text' },
);

logFields('security', { role: 'text', instance: 'text' });
