import { entity, type Shape } from '@meridian/catalog';
import { auditParams } from '@meridian/security';

/** What the HTTP door stores, and what it notes in the audit log. DS-1. */
const person = { type: 'text', sensitive: true, pi: 'pi', jrt0197: 3, mask: 'name' } as const;
const content = { sensitive: true, pi: 'pi', jrt0158: 3, jrt0197: 3, mask: 'full' } as const;

entity(
  'server.idempotency',
  { like: 'operation', title: { zh: '请求首次应答', en: 'First answers' }, owner: 'operations', purpose: ['operations'] },
  {
    ...{ user_name: person, route: 'text', key: 'text', request_hash: 'text', life: 'uuid', at: 'timestamptz' },
    ...{ status: 'integer', etag: 'text', answer: { ...content, type: 'text' } },
    ...{ entry: { ...content, type: 'jsonb' }, interrupted: 'bigint' },
  },
);
entity(
  'server.operation',
  { like: 'operation', title: { zh: '作业', en: 'Long jobs' }, owner: 'operations', purpose: ['operations'] },
  {
    ...{ operation: 'uuid', kind: 'text', target: 'text', maker: person, state: 'text', progress: 'double precision' },
    ...{ started: 'timestamptz', ended: 'timestamptz', result: { ...content, type: 'jsonb' } },
    ...{ problem: { ...content, type: 'jsonb' }, log: { ...content, type: 'jsonb' } },
  },
);

entity(
  'server.kill_note',
  {
    like: 'record',
    title: { zh: '停机原因', en: 'Why trading was stopped' },
    owner: 'trading',
    purpose: ['trading', 'audit'],
    access: 'append',
  },
  { market: 'text', seq: 'bigint', reason: 'text', at: 'timestamptz' },
);

const AUDIT_PARAMS = {
  ...{ trace: 'text', route: 'text', entity: 'text', key_hash: 'text', asked_at: 'text', seq: 'bigint' },
} as const;
auditParams('http', AUDIT_PARAMS);

/** For the comparison of what is noted with what is declared. */
export const httpShapes: readonly Shape[] = [
  { kind: 'message', entity: 'http.audit_param', fields: Object.keys(AUDIT_PARAMS) },
];
