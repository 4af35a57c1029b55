import { logFields } from '@meridian/catalog';

/** Every key a log line of this room's processes may carry. DS-7. */
logFields('server', {
  pid: 'int',
  port: 'int',
  reason: 'text',
  market: 'text',
  role: 'text',
  code: 'int',
  signal: 'text',
  restarts: 'int',
  seq: 'int',
  count: 'int',
  until: 'text',
});
