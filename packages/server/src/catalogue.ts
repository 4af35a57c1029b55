import { entity } from '@meridian/catalog';
import { auditParams } from '@meridian/security';

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
auditParams('server', { kind: 'text', checker: 'text', market: 'text', date: 'date' });
