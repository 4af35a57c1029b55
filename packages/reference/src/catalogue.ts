import { type EntityDefaults, entity, type FieldLine } from '@meridian/catalog';

/** The class of every column of this room. DS-1. */

const DATED = { valid_from: 'date', valid_to: 'date', maker: 'text', checker: 'text' } as const;

function table(
  name: string,
  zh: string,
  en: string,
  columns: Readonly<Record<string, FieldLine>>,
  defaults: Partial<EntityDefaults> = {},
): void {
  entity(
    `reference.${name}`,
    { title: { zh, en }, like: 'reference', owner: 'reference', purpose: ['reference', 'trading'], ...defaults },
    columns,
  );
}

table('entity', '簿记主体', 'booking entities', {
  entity: 'bigint',
  code: 'text',
  name_zh: 'text',
  name_en: 'text',
  jurisdiction: 'text',
  currency: 'text',
  bank_calendar: 'text',
  zone: 'text',
  ...DATED,
});
table('book', '账簿', 'books', { book: 'bigint', entity: 'bigint', code: 'text', purpose: 'text', ...DATED });
table('issuer', '发行人', 'issuers', { issuer: 'bigint', name: 'text', lei: 'text', ...DATED });
table('security', '证券', 'securities', {
  security: 'bigint',
  issuer: 'bigint',
  isin: 'text',
  name: 'text',
  security_class: 'text',
  ...DATED,
});
table('listing', '上市标的', 'listings', {
  listing: 'bigint',
  security: 'bigint',
  mic: 'text',
  code: 'text',
  quote: 'text',
  collar_ppm: 'bigint',
  quantity_max: 'bigint',
  notional_max: 'bigint',
  price_age_max: 'bigint',
  short_allowed: 'boolean',
  ...DATED,
});
table(
  'list_entry',
  '黑白名单',
  'black and white lists',
  { entry: 'bigint', listing: 'bigint', scope: 'text', scope_id: 'bigint', permission: 'integer', ...DATED },
  { like: 'record', owner: 'risk', purpose: ['risk', 'trading'] },
);
table(
  'route',
  '对冲通道',
  'hedge routes',
  {
    route: 'bigint',
    entity: 'bigint',
    mic: 'text',
    channel: 'text',
    trading_account: 'text',
    custodian: 'text',
    session: 'bigint',
    short_allowed: 'boolean',
    ...DATED,
  },
  { like: 'record', owner: 'reference', purpose: ['hedging'] },
);
table(
  'session',
  'FIX 会话',
  'FIX sessions',
  {
    session: 'bigint',
    mic: 'text',
    role: 'text',
    client: { type: 'bigint', sensitive: true, jrt0158: 3, jrt0197: 3, mask: 'account', origin: 'CN', ai: 'no' },
    own_comp_id: 'text',
    peer_comp_id: { type: 'text', sensitive: true, jrt0158: 3, jrt0197: 3, mask: 'account', origin: 'CN', ai: 'no' },
    ...DATED,
  },
  { like: 'record', purpose: ['trading'] },
);
table('rate_set', '汇率组', 'rate sets', {
  rate_set: 'bigint',
  source: 'text',
  rate_date: 'date',
  published_at: 'bigint',
  maker: 'text',
  checker: 'text',
});
table('rate', '汇率', 'exchange rates', { rate_set: 'bigint', base: 'text', quote: 'text', rate: 'bigint' });
table('calendar_override', '日历更正', 'calendar overrides', {
  market: 'text',
  session_date: 'date',
  open_wall: 'text',
  close_wall: 'text',
  reason: 'text',
  source: 'text',
  maker: 'text',
  checker: 'text',
});
table('rule_row', '规则行', 'rule rows', {
  topic: 'text',
  id: 'text',
  market: 'text',
  confidence: 'text',
  source: 'text',
  body: 'jsonb',
  ...DATED,
});
