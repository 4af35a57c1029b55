import { entity, type Shape } from '@meridian/catalog';
import { auditParams } from '../audit.ts';

/** What requests under four eyes store and note. Their content may name clients: sensitive. DS-1. */
const shared = { like: 'record', owner: 'security', purpose: ['audit'] } as const;
const content = { type: 'jsonb', sensitive: true, pi: 'pi', jrt0158: 3, jrt0197: 3, mask: 'full' } as const;
const person = { type: 'text', sensitive: true, pi: 'pi', jrt0197: 3, mask: 'name' } as const;

entity(
  'security.approval',
  { ...shared, title: { zh: '复核申请', en: 'Requests under four eyes' } },
  {
    id: 'uuid',
    no: 'bigint',
    kind: 'text',
    target: 'text',
    duties: 'text[]',
    client: { type: 'bigint', sensitive: true, pi: 'pi', jrt0158: 3, jrt0197: 3, mask: 'account' },
    entity: 'bigint',
    payload: content,
    before: content,
    version: 'text',
    diff: content,
    request_hash: 'text',
    idempotency_key: 'text',
    reason: { ...content, type: 'text' },
    maker: person,
    made_at: 'timestamptz',
    expires_at: 'timestamptz',
    state: 'text',
    state_at: 'timestamptz',
    note: 'text',
  },
);
entity(
  'security.approval_decision',
  { ...shared, title: { zh: '复核意见', en: 'Decisions on requests' }, access: 'append' },
  {
    approval: 'uuid',
    checker: person,
    duty: 'text',
    verdict: 'text',
    reason: { ...content, type: 'text' },
    at: 'timestamptz',
  },
);

const AUDIT_PARAMS = { approval: 'text', kind: 'text', content_hash: 'text' } as const;
auditParams('approval', AUDIT_PARAMS);

/** What the approvals inbox notes in the audit log, for comparison with what is declared. */
export const approvalShapes: readonly Shape[] = [
  { kind: 'message', entity: 'approval.audit_param', fields: Object.keys(AUDIT_PARAMS) },
];
