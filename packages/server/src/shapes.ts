import type { Shape } from '@meridian/catalog';
import { catalogueName, commandLayouts, commandSchemas, eventLayouts } from '@meridian/messages';

/** What the house really sends, taken from its codecs, for comparison with what is declared. */
export function shapes(): Shape[] {
  const message = (family: string, name: string, members: readonly string[]): Shape => ({
    kind: 'message',
    entity: `${family}.${catalogueName(name)}`,
    fields: members.map(catalogueName),
  });
  return [
    ...Object.entries(commandLayouts).map(([name, { fields }]) => message('command', name, Object.keys(fields))),
    ...Object.entries(commandSchemas).map(([name, schema]) =>
      message('command', name, Object.keys((schema as unknown as { properties: object }).properties)),
    ),
    ...Object.entries(eventLayouts).map(([name, { fields }]) => message('event', name, Object.keys(fields))),
  ];
}
