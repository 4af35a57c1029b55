import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { ledgerVerify } from '@meridian/accounts';
import { ROUTES, type Route } from '@meridian/api';
import { depth, doubledKeys, massAssignment, mediaTypes, prototypes, size, wrongTypes } from './hostile/body.fixture.ts';
import { foreignThings, madeUpIds } from './hostile/foreign.fixture.ts';
import { cookies, headers, paths, smuggling } from './hostile/head.fixture.ts';
import { type HostileHouse, hostileHouse } from './hostile/house.fixture.ts';
import { checkAnswer, checkWork, type Hostile, identityOf, send } from './hostile/input.fixture.ts';
import { acrossOrigins, forged } from './hostile/page.fixture.ts';
import { queries } from './hostile/query.fixture.ts';
import { replays } from './hostile/replay.fixture.ts';
import { frames, type HostileLine, messages, openings, outcomeOf } from './hostile/stream.fixture.ts';
import { hostileWork, WORKED } from './hostile/work.fixture.ts';

/** Every input goes over a real socket to the house's own door and endpoints; docs/bad-input.md lists the answers. */

let house: HostileHouse;
const seen = new Set<string>();
/** 503 by route and code: what a node would have had to do, and its node is away. */
const away = new Map<string, number>();
before(async () => {
  house = await hostileHouse();
});
after(async () => {
  await house?.close();
});

/** A good request of somebody signed in: the house goes on. */
async function goesOn(): Promise<void> {
  const { status } = await send(house, { what: 'good', as: 'auditor', target: '/v1/house', status: 200, code: undefined });
  assert.equal(status, 200, 'a good request is answered');
}

/** Everything that work would leave behind: commands and journals, requests, users, models, jobs, switches, mails. */
async function traces(): Promise<string> {
  const { rows } = await house.database.query<{ traces: string }>(
    `SELECT concat_ws(' ', (SELECT count(*) FROM accounts.command), (SELECT count(*) FROM accounts.journal),
            (SELECT count(*) FROM security.approval), (SELECT count(*) FROM security.approval_decision),
            (SELECT count(*) FROM security.user_change), (SELECT count(*) FROM ai.transition),
            (SELECT count(*) FROM ai.mode_change), (SELECT count(*) FROM ai.review_verdict),
            (SELECT count(*) FROM server.operation), (SELECT count(*) FROM server.kill_note),
            (SELECT count(*) FROM clearing.attempt), (SELECT sum(tries) FROM clearing.notification)) AS traces`,
  );
  return rows[0]?.traces ?? '';
}

async function tried(inputs: readonly Hostile[]): Promise<number> {
  const faults: string[] = [];
  let distinct = 0;
  let left = await traces();
  for (const input of inputs) {
    const identity = identityOf(input);
    if (!seen.has(identity)) distinct++;
    seen.add(identity);
    try {
      checkAnswer(input, await send(house, input));
      const now = await traces();
      if (input.code !== undefined) assert.equal(now, left, 'the work was reached');
      left = now;
    } catch (error) {
      faults.push(`${input.what}: ${(error as Error).message.replace(/\s+/g, ' ').slice(0, 400)}`);
    }
  }
  await goesOn();
  assert.deepEqual(faults.slice(0, 20), [], `${faults.length} of ${inputs.length}`);
  return distinct;
}

/** What docs/bad-input.md says of an absent node, with the routes that need one. */
const NEEDS_A_NODE: Readonly<Record<string, RegExp>> = {
  MARKET_AWAY: /^(POST \/v1\/orders|POST \/v1\/orders\/check|DELETE \/v1\/orders\/\{market\}\/\{order\})$/,
  KILL_UNSEEN: /^POST \/v1\/kill\/release$/,
  KILL_INCOMPLETE: /^POST \/v1\/kill(\/preview)?$/,
};

const GROUPS: readonly (readonly [string, () => Promise<readonly Hostile[]> | readonly Hostile[]])[] = [
  ['[DS-7] things of other clients and entities', () => foreignThings(house)],
  ['[DS-7] ids that are none', madeUpIds],
  ['[DS-3] [DS-10] what was good once, or for somebody else', () => replays(house)],
  ['[DS-3] members that somebody would like to set as well', massAssignment],
  ['[DS-3] queries that come twice, unknown or of another kind', queries],
  ['[DS-3] fields of another kind', wrongTypes],
  ['[DS-3] keys that come twice', doubledKeys],
  ['[DS-3] __proto__, constructor', prototypes],
  ['[DS-3] bodies too deep, or no JSON', depth],
  ['[DS-3] bodies too large', size],
  ['[DS-3] bodies of another kind', mediaTypes],
  ['[DS-3] paths', paths],
  ['[DS-3] headers', headers],
  ['[DS-3] requests that two readers would read differently', smuggling],
  ['[DS-3] cookies', cookies],
  ['[DS-3] changes forged by pages elsewhere', forged],
  ['[DS-3] pages elsewhere that would read', acrossOrigins],
];

for (const [group, inputs] of GROUPS)
  test(`${group}: each is refused as documented, and the house goes on`, async (t) => {
    t.diagnostic(`${await tried(await inputs())} hostile inputs`);
  });

test('[DS-3] [DS-7] well-formed changes that mean harm: each gets an answer of the rooms, no 5xx but an absent node', async (t) => {
  const changing = (ROUTES as readonly Route[]).filter(({ method }) => method !== 'GET');
  assert.deepEqual(
    changing.map(({ method, path }) => `${method} ${path}`).filter((name) => !WORKED.has(name)),
    [],
    'routes that nobody tries',
  );
  const faults: string[] = [];
  const answers = new Map<string, number>();
  const inputs = await hostileWork(house);
  for (const input of inputs) {
    seen.add(identityOf({ ...input, headers: {} }));
    try {
      const said = await send(house, input);
      const code = checkWork(said);
      const key = `${said.status}${code === undefined ? '' : ` ${code}`}`;
      answers.set(key, (answers.get(key) ?? 0) + 1);
      if (said.status < 500) continue;
      const route = input.what.replace(/^[^:]*: (\S+ \S+) .*/s, '$1');
      if (said.status !== 503 || NEEDS_A_NODE[code ?? '']?.test(route) !== true) throw new Error(`${said.status} ${said.body}`);
      away.set(`${route} ${code}`, (away.get(`${route} ${code}`) ?? 0) + 1);
    } catch (error) {
      faults.push(`${input.what}: ${(error as Error).message.replace(/\s+/g, ' ').slice(0, 400)}`);
    }
  }
  await goesOn();
  t.diagnostic(`${inputs.length} hostile inputs; ${[...answers].map(([key, times]) => `${key}: ${times}`).join(', ')}`);
  for (const [key, times] of away) t.diagnostic(`node away: ${key}: ${times}`);
  assert.deepEqual(faults.slice(0, 20), [], `${faults.length} of ${inputs.length}`);
  assert.ok(away.size >= 6, 'every route that needs a node was tried without one');
});

test('[DS-9] [UA-4] after all of it the books balance and the audit chain is whole', async () => {
  const { fault } = await ledgerVerify(house.database);
  assert.equal(fault, null);
  assert.equal((await house.audit.verify()).fault, undefined);
});

const LINES: readonly (readonly [string, () => readonly HostileLine[]])[] = [
  ['[DS-3] lines that are opened wrongly', openings],
  ['[DS-3] frames that are none', frames],
  ['[DS-3] [DS-7] messages that are not of the protocol, and views of others', messages],
];

for (const [group, lines] of LINES)
  test(`${group}: each is refused as documented, and the house goes on`, async (t) => {
    const faults: string[] = [];
    for (const line of lines()) {
      seen.add(line.identity);
      const came = await outcomeOf(house, line).catch((error: unknown) => String(error));
      if (came !== line.wanted) faults.push(`${line.what}: ${came}, not ${line.wanted}`);
    }
    await goesOn();
    t.diagnostic(`${lines().length} hostile inputs`);
    assert.deepEqual(faults, []);
  });

test('[DS-3] nothing that was refused keeps a line open', async () => {
  let lines = await house.lines();
  // Closing takes a round or two of the event loop on both sides.
  for (let i = 0; i < 200 && lines > 0; i++) {
    await new Promise((resolve) => setTimeout(resolve, 10));
    lines = await house.lines();
  }
  assert.equal(lines, 0);
});

test('[DS-3] at least 500 distinct hostile inputs were tried, without those that only met an absent node', (t) => {
  const absent = [...away.values()].reduce((sum, times) => sum + times, 0);
  t.diagnostic(`${seen.size} distinct hostile inputs, of which ${absent} met an absent node`);
  assert.ok(seen.size - absent >= 500);
});
