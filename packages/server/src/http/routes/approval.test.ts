import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { RISK, RISK_TWO, type ScratchDesk, scratchDesk } from '../../approval/scratch-desk.fixture.ts';
import { type Answer, ask, type ScratchDoor, sampleEndpoints, scratchDoor } from '../scratch-door.fixture.ts';

let house: ScratchDesk;
let door: ScratchDoor;
let maker: string;
let checker: string;
before(async () => {
  house = await scratchDesk();
  const { database, audit } = house;
  door = await scratchDoor({ endpoints: { ...sampleEndpoints(), ...house.endpoints }, database, audit });
  [maker, checker] = [
    door.sessions.admit({ ...RISK, session: 'session-risk' }),
    door.sessions.admit({ ...RISK_TWO, session: 'session-risk-2' }),
  ];
});
after(async () => {
  assert.equal((await house.audit.verify()).fault, undefined);
  await door.close();
  await house.remove();
});

const body = (answer: Answer) => JSON.parse(answer.body) as Record<string, unknown>;

test('[DS-10] a limit changes over the door: asked for, seen, decided by what was seen, once for a key', async () => {
  const put = (key: string, headers: object) =>
    ask(
      door.port,
      'PUT',
      '/v1/limits/11',
      { ...door.change(maker, 'risk', key), ...headers },
      { limit: '5000000.00', reason: 'room' },
    );
  assert.equal((await put('limit-key-0', {})).status, 428);
  assert.equal((await put('limit-key-1', { 'if-match': '"9"' })).status, 412);
  const asked = await put('limit-key-2', { 'if-match': '"1"' });
  assert.deepEqual([asked.status, body(asked)['state']], [202, 'waiting']);
  const again = await put('limit-key-2', { 'if-match': '"1"' });
  assert.deepEqual([again.headers['idempotent-replayed'], body(again)['approval']], ['true', body(asked)['approval']]);

  const path = `/v1/approvals/${body(asked)['approval']}`;
  const seen = await ask(door.port, 'GET', path, door.cookie(checker));
  assert.deepEqual([seen.status, seen.headers.etag, body(seen)['mayDecide']], [200, '"1"', true]);
  assert.deepEqual((body(seen)['diff'] as object[])[0], { field: 'limit', before: '3200000.00', after: '5000000.00' });
  const decide = (token: string, user: string, headers: object) =>
    ask(
      door.port,
      'POST',
      `${path}/decision`,
      { ...door.change(token, user), ...headers },
      { verdict: 'approve', reason: 'fine' },
    );
  assert.equal((await decide(checker, 'risk-2', {})).status, 428);
  assert.equal(body(await decide(maker, 'risk', { 'if-match': '"1"' }))['code'], 'OWN_REQUEST');
  assert.equal(body(await decide(checker, 'risk-2', { 'if-match': '"2"' }))['code'], 'VERSION_MISMATCH');
  const decided = await decide(checker, 'risk-2', { 'if-match': '"1"' });
  assert.deepEqual([decided.status, body(decided)['state'], decided.headers.etag], [200, 'executed', '"4"']);

  const { rows } = await house.database.query<{ line: string }>(
    `SELECT actor || ' ' || action || ' ' || outcome AS line FROM security.audit_entry
      WHERE action IN ('limit.change', 'approval.decide') AND params ? 'route' ORDER BY no`,
  );
  assert.deepEqual(
    rows.map(({ line }) => line),
    [
      ...['risk limit.change refused: VERSION_NEEDED', 'risk limit.change refused: VERSION_MISMATCH', 'risk limit.change done'],
      ...['risk limit.change replayed', 'risk-2 approval.decide refused: VERSION_NEEDED'],
      ...['risk approval.decide refused: OWN_REQUEST', 'risk-2 approval.decide refused: VERSION_MISMATCH'],
      'risk-2 approval.decide done',
    ],
  );
});
