import { type EntityDefaults, entity, type FieldLine, type Shape } from '@meridian/catalog';
import { commandLayouts, commandSchemas } from './command.ts';
import { eventLayouts } from './event.ts';

/**
 * The class of everything that travels. A member means the same in every message, so it is declared once, by name; a
 * message whose member stands in neither table stops the process at load. DS-1, DS-2.
 */

/** What points at a client: a token, but one that leads to an account. Never outbound. */
const CLIENT_TOKEN = { sensitive: true, jrt0158: 3, jrt0197: 3, origin: 'CN', mask: 'account' } as const;
/** A client's trading: positions and orders of the whole book are important taken together, single items are sensitive. */
const TRADING = { sensitive: true, jrt0158: 3, jrt0197: 3, mask: 'bucket' } as const;
const PUBLIC = { jrt0158: 1, jrt0197: 1, origin: 'market', ai: 'yes' } as const;
const PLAIN = {} as const;
/** What points at a person of the house, as a token. */
const STAFF = { sensitive: false, pi: 'pi', jrt0158: 2, jrt0197: 2, origin: 'CN' } as const;

type Line = Omit<Exclude<FieldLine, string>, 'type'>;

const MEMBERS: Readonly<Record<string, Line>> = {
  // who
  ...each(CLIENT_TOKEN, [
    'account',
    'client',
    'master',
    'sub',
    'group',
    'agreement',
    'clOrdId',
    'origClOrdId',
    'accounts',
    'session',
  ]),
  // what is traded for whom
  ...each(TRADING, [
    'quantity',
    'price',
    'orderQuantity',
    'orderPrice',
    'cumQuantity',
    'leavesQuantity',
    'cumValue',
    'lastQuantity',
    'lastPrice',
  ]),
  ...each(TRADING, [
    'hold',
    'limit',
    'used',
    'requested',
    'wouldPass',
    'granted',
    'returned',
    'amount',
    'keepFree',
    'cells',
    'positionMax',
  ]),
  // public facts and prices
  ...each(PUBLIC, [
    'listing',
    'security',
    'issuer',
    'mic',
    'symbol',
    'currency',
    'lot',
    'ticks',
    'bid',
    'ask',
    'last',
    'bidSize',
    'askSize',
  ]),
  ...each(PUBLIC, [
    'date',
    'phase',
    'phases',
    'open',
    'close',
    'rates',
    'rateSet',
    'publishedAt',
    'sourceTime',
    'transactTime',
  ]),
  // the machinery
  ...each(PLAIN, [
    'order',
    'child',
    'intent',
    'action',
    'side',
    'effect',
    'type',
    'tif',
    'execType',
    'status',
    'reason',
    'rejection',
  ]),
  ...each(PLAIN, [
    'inSeq',
    'outSeq',
    'nextIn',
    'nextOut',
    'msgType',
    'fault',
    'responseTo',
    'refSeq',
    'refK',
    'seq',
    'k',
    'hedgeSeq',
    'hedgeK',
  ]),
  ...each(PLAIN, [
    'execId',
    'execRefId',
    'venueOrderId',
    'route',
    'tradingAccount',
    'entity',
    'role',
    'version',
    'kind',
    'id',
    'cell',
    'epoch',
  ]),
  ...each(PLAIN, [
    'scope',
    'scopeId',
    'measure',
    'permission',
    'mode',
    'booking',
    'basis',
    'settlementCurrency',
    'minorDigits',
    'marginPpm',
  ]),
  ...each(STAFF, ['maker']),
  ...each(PLAIN, ['orders']),
  ...each(PLAIN, ['feeBufferPpm', 'orderRateMax', 'collarPpm', 'quantityMax', 'notionalMax', 'priceAgeMax', 'shortAllowed']),
};

/** Members that a hedge order carries out of the house: the outbound allow-list of the order channel. TC-6, DS-9. */
export const HEDGE_ORDER_OUTBOUND: readonly string[] = [
  'clOrdId',
  'origClOrdId',
  'listing',
  'side',
  'type',
  'tif',
  'quantity',
  'price',
];
const HEDGE_ORDER: Line = { outbound: ['hedge-order'] };

function each(line: Line, names: readonly string[]): Record<string, Line> {
  return Object.fromEntries(names.map((name) => [name, line]));
}

/** `clOrdId` → `cl_ord_id`: the catalogue writes every name in snake case. */
export function catalogueName(name: string): string {
  return name.replace(/[A-Z]/g, (c) => `_${c.toLowerCase()}`).replaceAll('-', '_');
}

/** What commands and events really carry, for comparison with what is declared. */
export const messageShapes: Shape[] = [];

function declare(family: string, message: string, types: Readonly<Record<string, string>>): void {
  const entityName = `${family}.${catalogueName(message)}`;
  messageShapes.push({ kind: 'message', entity: entityName, fields: Object.keys(types).map(catalogueName) });
  const outbound = family === 'event' && (message === 'hedge-order' || message === 'hedge-intent');
  const lines: Record<string, FieldLine> = {};
  for (const [member, type] of Object.entries(types)) {
    const line = outbound && HEDGE_ORDER_OUTBOUND.includes(member) ? HEDGE_ORDER : MEMBERS[member];
    if (line === undefined) throw new Error(`${family} ${message} carries ${member}, which has no class`);
    lines[catalogueName(member)] = { ...line, type };
  }
  const defaults: EntityDefaults = {
    title: { zh: `${family === 'event' ? '事件' : '指令'} ${message}`, en: `${family} ${message}` },
    kind: 'message',
    owner: 'trading',
    purpose: ['trading', 'hedging', 'audit'],
  };
  entity(entityName, defaults, lines);
}

for (const [name, { fields }] of Object.entries(commandLayouts)) declare('command', name, fields);
for (const [name, schema] of Object.entries(commandSchemas)) {
  const { properties } = schema as unknown as { properties: Record<string, object> };
  declare('command', name, Object.fromEntries(Object.keys(properties).map((member) => [member, 'json'])));
}
for (const [name, { fields }] of Object.entries(eventLayouts)) declare('event', name, fields);
