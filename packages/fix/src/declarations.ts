import { logFields } from '@meridian/catalog';

/** What this room logs: codes, numbers and message types, never a field of a message. DS-7. */
logFields('fix', {
  reason: 'text',
  code: 'text',
  seq: 'int',
  last: 'int',
  msg_type: 'text',
  reject_reason: 'int',
  tag: 'int',
});
