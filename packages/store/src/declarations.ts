import { entity, logFields } from '@meridian/catalog';

/** What this room stores and logs. */
const technical = { like: 'operation', owner: 'operations', purpose: ['operations'] } as const;

export const MIGRATION = entity(
  'store.migration',
  { ...technical, title: { zh: '数据库迁移记录', en: 'Applied migrations' }, access: 'append' },
  { no: 'integer', room: 'text', file: 'text', sha256: 'text', applied_at: 'timestamptz' },
);

export const CONSUMER_OFFSET = entity(
  'store.consumer_offset',
  { ...technical, title: { zh: '事件消费位置', en: 'Consumer positions' } },
  { consumer: 'text', stream: 'text', seq: 'bigint', k: 'integer' },
);

/** A body may hold anything that its topic delivers, personal data included. */
export const OUTBOX = entity(
  'store.outbox',
  { ...technical, title: { zh: '发件箱', en: 'Outbox' }, purpose: ['reporting', 'operations'] },
  {
    id: 'text',
    no: 'bigint',
    topic: 'text',
    key: { type: 'text', sensitive: true, jrt0197: 3, mask: 'full' },
    body: { type: 'jsonb', sensitive: true, pi: 'spi', jrt0158: 3, jrt0197: 3, mask: 'full', retain: 'P20Y SecL-137' },
    created_at: 'timestamptz',
    state: 'text',
    attempts: 'integer',
    next_at: 'timestamptz',
    ended_at: 'timestamptz',
    last_error: { type: 'text', sensitive: true, jrt0197: 3, mask: 'full' },
  },
);

logFields('store', {
  pid: 'integer',
  port: 'integer',
  file: 'text',
  reason: 'text',
  topic: 'text',
  message: 'text',
  attempts: 'integer',
});
