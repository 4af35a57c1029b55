import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { describe, test } from 'node:test';
import { isProblem } from '@meridian/base';
import { ACTIONS, type Action, type Resource } from '../action.ts';
import { conflictOf, DUTIES, type UserDuty } from '../duty.ts';
import type { Principal } from '../principal.ts';
import { type DecisionContext, openAuthorizer } from './authorizer.ts';

// The oracle is a table of who may what, written from the duties' descriptions and not from the policies.
const MAY: Readonly<Record<UserDuty, string>> = {
  trader: `search overview.read order.read order.check order.enter order.cancel account.read contract.read risk.read limit.read
    kill.preview kill.engage`,
  client: `order.read order.check order.enter order.cancel account.read contract.read transfer.request report.read
    report.download`,
  risk: `search overview.read order.read account.read contract.read risk.read limit.read limit.change list.read kill.preview
    kill.engage kill.release trace.read batch.read model.read model.approve model.deploy model.suspend model.switch decision.read review.decide`,
  clearing: `search overview.read account.read contract.read transfer.request batch.read batch.run batch.rollback ledger.read
    journal.reverse report.read report.download mail.read mail.resend operation.read`,
  compliance: `search overview.read order.read account.read account.name.read contract.read risk.read limit.read list.read trace.read
    report.read report.download approval.read audit.read model.read model.approve model.suspend model.switch decision.read
    review.decide`,
  security: 'search session.read session.end user.read user.revoke audit.read',
  auditor: `search session.read overview.read calendar.read order.read order.check kill.preview account.read account.name.read
    contract.read limit.read list.read risk.read batch.read ledger.read trace.read report.read report.download mail.read
    approval.read audit.read user.read operation.read model.read decision.read`,
  'model-owner': 'search model.read model.register model.suspend',
  'model-validator': 'search model.read model.validate model.suspend',
  administrator: 'search user.read user.manage',
};
const may = new Map(DUTIES.map((duty) => [duty, new Set(MAY[duty].split(/\s+/))]));
const CHANGES = new Set(
  `session.end credential.manage order.enter order.cancel kill.engage kill.release transfer.request limit.change batch.run
   batch.rollback journal.reverse mail.resend approval.decide approval.withdraw user.manage user.revoke operation.cancel
   model.register model.validate model.approve model.deploy model.suspend model.switch review.decide`.split(/\s+/),
);
const SENSITIVE = new Set(['account.name.read', 'ledger.read', 'report.download', 'audit.read', 'decision.read']);
const PERSONAL = new Set(
  `session.read session.end credential.manage calendar.read approval.read approval.withdraw operation.read
   operation.cancel`.split(/\s+/),
);
const HOME_ONLY = new Set(['account.name.read', 'ledger.read', 'audit.read', 'user.read', 'decision.read']);
const LISTS_CLIENTS = new Set(
  'order.read account.read contract.read report.read report.download mail.read mail.resend trace.read'.split(' '),
);
const OWN_SESSION = new Set(['session.read', 'session.end', 'credential.manage']);
const OWN_REQUEST = new Set(['approval.read', 'approval.withdraw', 'operation.read', 'operation.cancel']);
const CHECKING_DUTIES = new Set(['risk', 'clearing', 'compliance', 'security', 'model-validator']);

function oracle(who: Principal, action: string, thing: Resource, factor: DecisionContext['secondFactor']): boolean {
  const isOwnClient = thing.client !== undefined && who.clients.some((each) => each === thing.client);
  if (who.duties.includes('client')) {
    if (thing.client !== undefined && !isOwnClient) return false;
    if (thing.client === undefined && !PERSONAL.has(action)) return false;
  }
  if (who.duties.includes('administrator') && !PERSONAL.has(action) && !/^(user\.(read|manage)|search)$/.test(action))
    return false;
  if (thing.entity !== undefined && !who.entities.some((each) => each === thing.entity)) return false;
  if (who.jurisdiction !== 'CN') {
    if (HOME_ONLY.has(action)) return false;
    if (thing.client === undefined ? LISTS_CLIENTS.has(action) : !isOwnClient) return false;
  }
  if (factor !== 'optional' && !who.strong && (CHANGES.has(action) || SENSITIVE.has(action))) {
    const isPassed = action === 'session.end' || (action === 'credential.manage' && factor === 'enrolling');
    if (!isPassed) return false;
  }
  const isOwn = thing.maker === who.user;
  if (action === 'approval.decide' && (thing.maker === undefined || isOwn)) return false;
  if (isOwn && ['review.decide', 'model.validate', 'model.approve'].includes(action)) return false;
  if (action === 'user.manage' && thing.user === who.user) return false;
  if (action === 'calendar.read') return true;
  if (OWN_SESSION.has(action) && (thing.user === undefined || thing.user === who.user)) return true;
  if (OWN_REQUEST.has(action) && isOwn) return true;
  const isOfDuty = who.duties.some((duty) => duty === thing.duty) && CHECKING_DUTIES.has(thing.duty ?? '');
  if ((action === 'approval.read' || action === 'approval.decide') && isOfDuty) return true;
  return who.duties.some((duty) => may.get(duty)?.has(action));
}

const principal = (more: Partial<Principal> = {}): Principal => ({
  user: 'asker',
  duties: ['trader'],
  jurisdiction: 'CN',
  clients: more.duties?.includes('client') ? [7n, 2n ** 62n] : [],
  entities: [1n],
  session: 's1',
  since: 0,
  strong: true,
  ...more,
});

const RELATIONS: Readonly<Record<string, Resource>> = {
  own: { kind: 'order', client: 2n ** 62n, entity: 1n },
  'other client': { kind: 'order', client: 2n ** 62n + 1n, entity: 1n },
  house: { kind: 'house' },
  'other entity': { kind: 'order', client: 7n, entity: 2n },
  'self-made': { kind: 'approval', maker: 'asker', user: 'asker' },
  'other-made': { kind: 'approval', maker: 'another', user: 'another' },
  'self-made for own client': { kind: 'approval', maker: 'asker', client: 7n },
};
const FACTORS: readonly (readonly [boolean, DecisionContext['secondFactor']])[] = [
  [true, 'required'],
  [false, 'required'],
  [false, 'enrolling'],
  [false, 'optional'],
];
const held: UserDuty[][] = [
  [],
  ...DUTIES.map((duty) => [duty]),
  ...DUTIES.flatMap((one, index) => DUTIES.slice(index + 1).map((other) => [one, other])).filter(
    (pair) => conflictOf(pair) === undefined,
  ),
];

const authorizer = openAuthorizer();

test('[DS-7] the policies decide as an independent table does over the whole finite domain', (t) => {
  const differences: string[] = [];
  let [cells, allowed] = [0, 0];
  const took: number[] = [];
  for (const duties of held)
    for (const jurisdiction of ['CN', 'HK', 'US'])
      for (const [strong, secondFactor] of FACTORS) {
        const who = principal({ duties, jurisdiction, strong });
        for (const action of Object.keys(ACTIONS) as Action[])
          for (const [relation, thing] of Object.entries(RELATIONS)) {
            const from = performance.now();
            const { allow } = authorizer.decide(who, action, thing, { secondFactor });
            took.push(performance.now() - from);
            cells++;
            if (allow) allowed++;
            if (allow !== oracle(who, action, thing, secondFactor))
              differences.push(`${duties} ${jurisdiction} ${strong} ${secondFactor} ${action} ${relation}: ${allow}`);
          }
      }
  t.diagnostic(`${cells} cells, ${allowed} allowed, p50 ${(took.sort((a, b) => a - b)[took.length >> 1] ?? 0) * 1000} µs`);
  assert.deepEqual(differences.slice(0, 20), []);
  assert.ok(allowed > 1_000);
});

test('[DS-10] requests are checked by the duty they name, never by their maker', () => {
  for (const duties of held)
    for (const jurisdiction of ['CN', 'HK'])
      for (const duty of DUTIES)
        for (const maker of ['asker', 'another', undefined])
          for (const action of ['approval.read', 'approval.decide'] as const) {
            const who = principal({ duties, jurisdiction });
            const thing = { kind: 'approval', duty, ...(maker === undefined ? {} : { maker }) };
            const { allow } = authorizer.decide(who, action, thing);
            assert.equal(allow, oracle(who, action, thing, 'required'), `${duties} ${duty} ${maker} ${action}`);
            if (action === 'approval.decide') assert.ok(!allow || maker === 'another');
          }
});

describe('whatever is wrong with a question is a refusal', () => {
  const read = { kind: 'order', client: 7n };
  const cases: readonly (readonly [string, unknown, unknown, unknown, unknown?])[] = [
    ['unknown action', principal(), 'order.destroy', read],
    ['action of every object', principal(), 'constructor', read],
    ['group as action', principal({ duties: ['auditor'] }), 'reading', read],
    ['unknown duty', principal({ duties: ['trader', 'chairman'] as unknown as UserDuty[] }), 'order.read', read],
    ['operator as duty', principal({ duties: ['trader', 'operator'] as unknown as UserDuty[] }), 'order.read', read],
    ['unknown duty asked for', principal(), 'order.read', { ...read, duty: 'chairman' }],
    ['conflicting duties', principal({ duties: ['trader', 'risk'] }), 'order.read', read],
    ['no principal', undefined, 'order.read', read],
    ['no resource', principal(), 'order.read', undefined],
    ['no kind', principal(), 'order.read', { client: 7n }],
    ['client as number', principal(), 'order.read', { kind: 'order', client: 7 }],
    ['client as float', principal(), 'order.read', { kind: 'order', client: 7.5 }],
    ['client as text', principal(), 'order.read', { kind: 'order', client: '7' }],
    ['clients as numbers', principal({ clients: [7] as unknown as bigint[] }), 'order.read', read],
    ['no clients', { ...principal(), clients: undefined }, 'order.read', read],
    ['no entities', { ...principal(), entities: undefined }, 'order.read', read],
    ['no user', { ...principal(), user: undefined }, 'order.read', read],
    ['empty user', principal({ user: '' }), 'order.read', read],
    ['no jurisdiction', { ...principal(), jurisdiction: undefined }, 'order.read', read],
    ['jurisdiction in small letters', principal({ jurisdiction: 'cn' }), 'order.read', read],
    ['strong as text', { ...principal(), strong: 'yes' }, 'order.read', read],
    ['maker as number', principal(), 'order.read', { ...read, maker: 1 }],
    ['null client', principal(), 'order.read', { kind: 'order', client: null }],
    ['unknown second factor', principal(), 'order.read', read, { secondFactor: 'none' }],
    ['context without second factor', principal(), 'order.read', read, {}],
  ];
  test('the same question asked well is allowed', () => {
    assert.deepEqual(authorizer.decide(principal(), 'order.read', read), { allow: true, policies: ['trader'] });
  });
  for (const [name, who, action, thing, context] of cases)
    test(name, () => {
      const decision = authorizer.decide(who as Principal, action as Action, thing as Resource, context as DecisionContext);
      assert.equal(decision.allow, false);
      assert.notEqual(decision.reason, undefined);
    });
  test('ids beside each other beyond 2^53 are two clients', () => {
    const who = principal({ duties: ['client'], clients: [2n ** 60n] });
    assert.equal(authorizer.decide(who, 'order.read', { kind: 'order', client: 2n ** 60n }).allow, true);
    const other = authorizer.decide(who, 'order.read', { kind: 'order', client: 2n ** 60n + 1n });
    assert.deepEqual(other, { allow: false, policies: ['client-sees-own-clients-only'], reason: 'OTHER_CLIENT' });
  });
});

describe('broken policies keep the process from starting', () => {
  const good = '@id("a") permit (principal in Duty::"trader", action == Action::"order.read", resource);';
  const cases: Readonly<Record<string, string>> = {
    'no policies': '',
    'syntax error': 'permit (principal, action resource);',
    'misspelt duty': good.replace('trader', 'tradr'),
    'misspelt action': good.replace('order.read', 'order.raed'),
    'misspelt attribute': good.replace(';', ' when { principal.strnog };'),
    'absent attribute not asked for': good.replace(';', ' when { resource.client == "7" };'),
    'wrong type': good.replace(';', ' when { principal.clients == 7 };'),
    'policy that never applies': good.replace(';', ' when { resource has maker && !(resource has maker) };'),
    'two of one name': `${good} ${good}`,
    'no name': good.replace('@id("a") ', ''),
    'forbid without reason': good.replace('permit', 'forbid'),
    'forbid with unknown reason': good.replace('permit', '@reason("WHIM") forbid'),
    template: '@id("t") permit (principal == ?principal, action, resource);',
  };
  const opened = (text: string) => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'meridian-policies-'));
    try {
      fs.writeFileSync(path.join(folder, 'x.cedar'), text);
      return openAuthorizer(folder);
    } finally {
      fs.rmSync(folder, { recursive: true });
    }
  };
  test('a sound one starts, and denies by default', () => {
    const only = opened(good);
    assert.deepEqual(only.allowedActions(principal()), ['order.read']);
    assert.equal(authorizer.decide(principal(), 'order.enter', { kind: 'order' }).allow, true, 'sets do not mix');
  });
  for (const [name, text] of Object.entries(cases)) test(name, () => assert.throws(() => opened(text), isPolicyFault));
  test('no folder', () => assert.throws(() => openAuthorizer('/nowhere/policies'), isPolicyFault));
  const isPolicyFault = (error: unknown) => isProblem(error, 'POLICY_INVALID');
});

test('the actions to show are those allowed on something', () => {
  assert.deepEqual(authorizer.allowedActions(principal({ duties: ['administrator'] })), [
    ...['session.read', 'session.end', 'credential.manage', 'search', 'calendar.read', 'approval.read', 'approval.withdraw'],
    ...['user.read', 'user.manage', 'operation.read', 'operation.cancel'],
  ]);
  assert.ok(authorizer.allowedActions(principal({ duties: ['risk'] })).includes('approval.decide'));
  assert.ok(!authorizer.allowedActions(principal()).includes('approval.decide'));
  assert.ok(authorizer.allowedActions(principal({ duties: ['client'] })).includes('order.enter'));
  const weak = authorizer.allowedActions(principal({ strong: false }));
  assert.ok(!weak.includes('order.enter') && weak.includes('order.read') && weak.includes('session.end'));
});
