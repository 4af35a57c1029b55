import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { depth, doubledKeys, massAssignment, mediaTypes, prototypes, size, wrongTypes } from './hostile/body.fixture.ts';
import { foreignThings, madeUpIds } from './hostile/foreign.fixture.ts';
import { cookies, headers, paths, smuggling } from './hostile/head.fixture.ts';
import { type HostileHouse, hostileHouse } from './hostile/house.fixture.ts';
import { checkAnswer, type Hostile, identityOf, send } from './hostile/input.fixture.ts';
import { acrossOrigins, forged } from './hostile/page.fixture.ts';
import { queries } from './hostile/query.fixture.ts';
import { replays } from './hostile/replay.fixture.ts';
import { frames, type HostileLine, messages, openings, outcomeOf } from './hostile/stream.fixture.ts';

/** Every input goes over a real socket to a door with real users, policies and books; docs/bad-input.md lists the answers. */

let house: HostileHouse;
const seen = new Set<string>();
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

async function tried(inputs: readonly Hostile[]): Promise<number> {
  const faults: string[] = [];
  let distinct = 0;
  for (const input of inputs) {
    const identity = identityOf(input);
    if (!seen.has(identity)) distinct++;
    seen.add(identity);
    house.reached.length = 0;
    try {
      checkAnswer(input, await send(house, input));
      if (input.code !== undefined) assert.deepEqual(house.reached, [], 'the work was reached');
    } catch (error) {
      faults.push(`${input.what}: ${(error as Error).message.replace(/\s+/g, ' ').slice(0, 400)}`);
    }
  }
  await goesOn();
  assert.deepEqual(faults.slice(0, 20), [], `${faults.length} of ${inputs.length}`);
  return distinct;
}

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

test('[DS-3] at least 500 distinct hostile inputs were tried', (t) => {
  t.diagnostic(`${seen.size} distinct hostile inputs`);
  assert.ok(seen.size >= 500);
});
