import type { Channel, Field } from './declaration.ts';
import { mask } from './mask.ts';
import { problem } from './problems.ts';
import type { Entity } from './registry.ts';

/**
 * Who will read: somebody inside the house, cleared for sensitive fields or not; or whoever is at the other end of an
 * outbound channel.
 */
export type Audience = { readonly inside: 'cleared' | 'uncleared' } | { readonly channel: Channel };

/**
 * Writes a row for an audience: declared fields only, in the order of their declaration. To the uncleared, sensitive
 * fields are masked; to a channel, only fields that name it go, others are left out. DS-7, DS-9.
 * @throws Problem FIELD_UNDECLARED for a member of the row that the entity does not declare: nothing is sent at all.
 */
export function serialise(entity: Entity, row: Readonly<Record<string, unknown>>, audience: Audience): Record<string, unknown> {
  for (const key of Object.keys(row)) {
    if (!Object.hasOwn(entity.fields, key)) throw problem('FIELD_UNDECLARED', { where: entity.name, field: key.slice(0, 64) });
  }
  const shown: Record<string, unknown> = {};
  for (const [key, field] of Object.entries(entity.fields)) {
    if (row[key] === undefined) continue;
    if ('channel' in audience) {
      if (mayLeaveBy(field, audience.channel)) shown[key] = row[key];
    } else {
      shown[key] = field.sensitive && audience.inside !== 'cleared' ? mask(field.mask, row[key]) : row[key];
    }
  }
  return shown;
}

/** True when the field's declaration names the channel. */
export function mayLeaveBy(field: Field, channel: Channel): boolean {
  return field.outbound !== 'never' && field.outbound.includes(channel);
}
