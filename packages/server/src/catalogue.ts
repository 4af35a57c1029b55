import { aiShapes } from '@meridian/ai';
import { entity, type Shape } from '@meridian/catalog';
import { messageShapes } from '@meridian/messages';
import { riskShapes } from '@meridian/risk';
import { approvalShapes, auditParams, identityShapes } from '@meridian/security';
import { venueShapes } from '@meridian/venue';
import { httpShapes } from './http/declarations.ts';

/** The class of what this room stores, and of what it lets into the audit log. DS-1. */

entity(
  'server.door_cursor',
  {
    title: { zh: '节点投递位置', en: 'how far a node took its messages' },
    like: 'operation',
    owner: 'operations',
    purpose: ['operations'],
  },
  { market: 'text', no: 'bigint' },
);
entity(
  'server.duty_done',
  { title: { zh: '已完成的定时任务', en: 'duties done' }, like: 'operation', owner: 'operations', purpose: ['operations'] },
  { duty: 'text', done_at: 'bigint' },
);
/** What operator commands note of themselves in the audit log. */
const AUDIT_PARAMS = { kind: 'text', checker: 'text', market: 'text', date: 'date' } as const;
auditParams('server', AUDIT_PARAMS);

/** Everything the house really sends or notes, taken from its codecs, for comparison with what is declared. */
export const shapes: readonly Shape[] = [
  ...messageShapes,
  ...approvalShapes,
  ...identityShapes,
  ...riskShapes,
  ...aiShapes,
  ...venueShapes,
  ...httpShapes,
  { kind: 'message', entity: 'server.audit_param', fields: Object.keys(AUDIT_PARAMS) },
];
