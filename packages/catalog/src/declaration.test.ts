import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isProblem } from '@meridian/base';
import {
  catalogueCounts,
  catalogueCsv,
  catalogueRows,
  checkCatalogue,
  checkShapes,
  type Declaration,
  newCatalogue,
  type Shape,
} from './index.ts';

const GOOD: Declaration = {
  ...{ kind: 'column', type: 'text', class: 'general', sensitive: true, pi: 'spi', jrt0158: 3, jrt0197: 3, owner: 'accounts' },
  ...{
    purpose: ['onboarding'],
    origin: 'CN',
    retain: 'P20Y SecL-137',
    storage: 'plain',
    mask: 'id',
    outbound: 'never',
    ai: 'no',
  },
};
const CORE = { class: 'core', jrt0158: 4, jrt0197: 5 } as const;

/** Declarations that must not load, and the reason that must be given. */
const REFUSED: Record<string, [change: object, reason: RegExp, name?: string]> = {
  'no room': [{}, /room\.entity\.field/, 'client.name'],
  'four parts': [{}, /room\.entity\.field/, 'a.b.c.d'],
  capitals: [{}, /room\.entity\.field/, 'accounts.Client.name'],
  'a hyphen': [{}, /room\.entity\.field/, 'accounts.client.id-no'],
  'an unknown kind': [{ kind: 'table' }, /kind table/],
  'no type': [{ type: '' }, /type is missing/],
  'an unknown class': [{ class: 'secret' }, /class secret/],
  'a class of another language': [{ class: '核心' }, /class/],
  'sensitivity left open': [{ sensitive: undefined }, /sensitive undefined/],
  'an unknown kind of personal information': [{ pi: 'yes' }, /pi yes/],
  'JR/T 0158 level 5': [{ jrt0158: 5 }, /0158 level 5/],
  'JR/T 0197 level 0': [{ jrt0197: 0 }, /0197 level 0/],
  'an unknown owner': [{ owner: 'nobody' }, /owner nobody/],
  'no purpose': [{ purpose: [] }, /purpose is missing/],
  'an unknown purpose': [{ purpose: ['fun'] }, /purpose fun/],
  'an unknown origin': [{ origin: 'China' }, /origin China/],
  'retention without a rule': [{ retain: 'P20Y' }, /retention rule/],
  'retention in prose': [{ retain: 'twenty years' }, /not "P<period> <rule>"/],
  'retention of nothing': [{ retain: 'P0D house' }, /shorter/],
  'retention by an unknown rule': [{ retain: 'P20Y SecL-999' }, /rule SecL-999/],
  'retention shorter than its rule': [{ retain: 'P19Y11M SecL-137' }, /shorter than the 20 years/],
  'an unknown storage': [{ storage: 'cloud' }, /storage cloud/],
  'an unknown mask': [{ mask: 'stars' }, /mask stars/],
  'sensitive without a mask': [{ mask: 'none' }, /needs a mask/],
  'sensitive personal information that is not sensitive': [{ sensitive: false }, /is sensitive/],
  'sensitive at JR/T 0197 level 2': [{ jrt0197: 2 }, /level 3 at least/],
  'sealed but not sensitive': [{ sensitive: false, pi: 'none', storage: 'sealed', type: 'bytea' }, /sealed is sensitive/],
  'sealed as text': [{ storage: 'sealed' }, /bytea/],
  'an unknown outbound channel': [{ outbound: ['pigeon'] }, /channel pigeon/],
  'an empty outbound list': [{ outbound: [] }, /'never'/],
  'personal information in a hedge order': [{ outbound: ['hedge-order'] }, /hedge order/],
  'core data that leave': [{ ...CORE, pi: 'none', outbound: ['client-report'] }, /never leave/],
  'important data that leave': [{ class: 'important', jrt0197: 4, outbound: ['client-report'] }, /never leave/],
  'core data of a low level': [{ class: 'core' }, /level 4/],
  'important data of a low level': [{ class: 'important' }, /level 4 at least/],
  'sensitive data open to models': [{ ai: 'yes' }, /only when approved/],
  'core data open to models': [{ ...CORE, ai: 'approved' }, /core data/],
  'important data in the log': [{ kind: 'log', class: 'important', jrt0197: 4 }, /not logged/],
  'a log field called event': [{ kind: 'log' }, /has its own event/, 'accounts.log.event'],
  'a sensitive metric': [{ kind: 'metric' }, /metrics carry/],
};

for (const [what, [change, reason, name]] of Object.entries(REFUSED)) {
  test(`[DS-2] a declaration does not load: ${what}`, () => {
    const { field } = newCatalogue();
    assert.throws(
      () => field(name ?? 'accounts.client.id_no', { ...GOOD, ...change } as Declaration),
      (error) => isProblem(error, 'CATALOGUE_INVALID') && reason.test(error.message),
    );
  });
}

test('[DS-1] a field is declared once, an entity once, a log key means one thing', () => {
  const { field, entity, logFields } = newCatalogue();
  const shared = { title: { zh: '客户', en: 'Client' }, owner: 'accounts', purpose: ['onboarding'] } as const;
  field('accounts.client.id_no', GOOD);
  const refused = (work: () => unknown) => assert.throws(work, (e) => isProblem(e, 'CATALOGUE_INVALID'));
  refused(() => field('accounts.client.id_no', GOOD));
  refused(() => entity('accounts.client', shared, { id_no: 'text' }));
  entity('accounts.book', shared, { id: 'bigint' });
  refused(() => entity('accounts.book', shared, { code: 'text' }));
  refused(() => entity('accounts.other', { ...shared, like: 'nothing' as never }, { id: 'bigint' }));
  refused(() => entity('accounts.mixed', shared, { id: { type: 'bigint', kind: 'log' } }));
  logFields('accounts', { account: { type: 'text', sensitive: true, jrt0197: 3, mask: 'account' }, rows: 'integer' });
  logFields('risk', { rows: 'integer' });
  refused(() => logFields('clearing', { account: 'text' }));
});

function house() {
  const catalogue = newCatalogue();
  const shared = { title: { zh: '测试,"引号"', en: 'test' }, owner: 'trading', purpose: ['trading'] } as const;
  catalogue.entity('messages.new_order', { ...shared, kind: 'message' }, { listing: 'integer', quantity: 'integer' });
  catalogue.entity(
    'clearing.daily',
    { ...shared, kind: 'report' },
    { client: { type: 'text', sensitive: true, jrt0197: 3, mask: 'name' }, equity: 'bigint' },
  );
  catalogue.logFields('trading', { seq: 'integer' });
  catalogue.metrics('trading', { orders: 'counter' });
  return catalogue;
}

const SHAPES: Shape[] = [
  { kind: 'message', entity: 'messages.new_order', fields: ['listing', 'quantity'] },
  { kind: 'report', entity: 'clearing.daily', fields: ['client', 'equity'] },
  { kind: 'log', entity: 'trading.log', fields: ['seq'] },
  { kind: 'metric', entity: 'trading.metric', fields: ['orders'] },
];

/** What rooms really send and write, changed; and the drift that must be found. */
const SHAPE_MUTATIONS: Record<string, [at: number, change: Partial<Shape>, kind: string, name: string]> = {
  'message field added': [
    0,
    { fields: ['listing', 'quantity', 'client_name'] },
    'undeclared',
    'messages.new_order.client_name',
  ],
  'message field removed': [0, { fields: ['listing'] }, 'absent', 'messages.new_order.quantity'],
  'message field renamed': [0, { fields: ['listing', 'qty'] }, 'undeclared', 'messages.new_order.qty'],
  'message unregistered': [0, { entity: 'messages.replace' }, 'undeclared', 'messages.replace.listing'],
  'report column added': [1, { fields: ['client', 'equity', 'phone'] }, 'undeclared', 'clearing.daily.phone'],
  'report column removed': [1, { fields: ['equity'] }, 'absent', 'clearing.daily.client'],
  'report field sent as a message': [1, { kind: 'message' }, 'relation', 'clearing.daily.client'],
  'file unregistered': [1, { kind: 'file', entity: 'clearing.broker_file' }, 'undeclared', 'clearing.broker_file.client'],
  'log field added': [2, { fields: ['seq', 'client'] }, 'undeclared', 'trading.log.client'],
  'metric added': [3, { fields: ['orders', 'by_client'] }, 'undeclared', 'trading.metric.by_client'],
  'metric removed': [3, { fields: [] }, 'absent', 'trading.metric.orders'],
};

for (const [what, [at, change, kind, name]] of Object.entries(SHAPE_MUTATIONS)) {
  test(`[DS-1] what is sent and what is declared differ: ${what}`, async () => {
    const shapes = SHAPES.map((shape, i) => (i === at ? { ...shape, ...change } : shape));
    const drifts = checkShapes(shapes, house());
    assert.ok(
      drifts.some((drift) => drift.kind === kind && drift.name === name),
      JSON.stringify(drifts),
    );
    assert.deepEqual((await checkCatalogue({ shapes }, house())).gaps, drifts);
  });
}

test('[DS-1] shapes that are declared have no gaps, and the export names every field with its class', async () => {
  const catalogue = house();
  assert.deepEqual(checkShapes(SHAPES, catalogue), []);
  const rows = catalogueRows(catalogue);
  assert.deepEqual(
    rows.map((row) => row.name),
    [
      'clearing.daily.client',
      'clearing.daily.equity',
      'messages.new_order.listing',
      'messages.new_order.quantity',
      'trading.log.seq',
      'trading.metric.orders',
    ],
  );
  assert.ok(rows.every((row) => row.class === 'general'));
  assert.deepEqual(catalogueCounts(catalogue), [
    { kind: 'message', class: 'general', fields: 2, sensitive: 0 },
    { kind: 'report', class: 'general', fields: 2, sensitive: 1 },
    { kind: 'log', class: 'general', fields: 1, sensitive: 0 },
    { kind: 'metric', class: 'general', fields: 1, sensitive: 0 },
  ]);
  const lines = catalogueCsv(catalogue).split('\r\n');
  assert.equal(lines.length, 8);
  assert.match(lines[1] as string, /^clearing\.daily\.client,report,text,general,true,none,2,3,"测试,""引号""",test,/);
});
