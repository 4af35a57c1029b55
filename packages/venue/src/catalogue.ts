import { type EntityDefaults, entity, type FieldLine, type Shape } from '@meridian/catalog';
import { catalogueName } from '@meridian/messages';
import { VenueConfig, venueCommandLayouts } from './venue-command.ts';
import { venueEventLayouts } from './venue-event.ts';

/**
 * The class of what a venue stores and sends. It stands outside the house and sees what an exchange sees: orders in the
 * house account and public prices; no field of a client exists here. DS-1, DS-2, TC-6.
 */
type Line = Omit<Exclude<FieldLine, string>, 'type'>;
const TRADING: Line = { sensitive: true, jrt0158: 3, jrt0197: 3, mask: 'bucket' };
const HOUSE_ACCOUNT: Line = { sensitive: true, jrt0158: 3, jrt0197: 3, mask: 'account' };
const PUBLIC: Line = { jrt0158: 1, jrt0197: 1, origin: 'market', ai: 'yes' };

const LINES: Readonly<Record<string, Line>> = {
  ...each(TRADING, ['quantity', 'price', 'lastQuantity', 'lastPrice', 'cumQuantity', 'leavesQuantity', 'cumValue']),
  ...each(HOUSE_ACCOUNT, ['account', 'clOrdId', 'origClOrdId']),
};
/** Events that an exchange publishes to everybody. */
const PUBLISHED: ReadonlySet<string> = new Set(['market-data', 'official-print', 'day-opened', 'day-closed']);

function each(line: Line, names: readonly string[]): Record<string, Line> {
  return Object.fromEntries(names.map((name) => [name, line]));
}

/** What a venue really stores and sends, for comparison with what is declared. */
export const venueShapes: Shape[] = [];

function declare(kind: 'command' | 'event', message: string, types: Readonly<Record<string, string>>): void {
  const entityName = `venue.${kind}_${catalogueName(message)}`;
  venueShapes.push({ kind: 'message', entity: entityName, fields: Object.keys(types).map(catalogueName) });
  const lines: Record<string, FieldLine> = {};
  for (const [member, type] of Object.entries(types))
    lines[catalogueName(member)] = { ...(PUBLISHED.has(message) ? PUBLIC : LINES[member]), type };
  const defaults: EntityDefaults = {
    title: { zh: `交易场所${kind === 'event' ? '事件' : '指令'} ${message}`, en: `venue ${kind} ${message}` },
    kind: 'message',
    owner: 'operations',
    purpose: ['hedging', 'operations'],
  };
  entity(entityName, defaults, lines);
}

const members = (fields: object) => Object.fromEntries(Object.keys(fields).map((member) => [member, 'json']));
declare('command', 'configure', members((VenueConfig as unknown as { properties: object }).properties));
for (const [name, { fields }] of Object.entries(venueCommandLayouts)) declare('command', name, fields);
for (const [name, { fields }] of Object.entries(venueEventLayouts)) declare('event', name, fields);
