import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compileDictionary } from '../dictionary/dictionary.ts';
import { FIX44 } from '../dictionary/fix44.ts';
import type { SessionOptions } from '../session-options.ts';
import { party } from './party.ts';
import { type Wire, wire, world } from './world.ts';

const dictionary = compileDictionary(FIX44);
const runs = Number(process.env['FIX_SIMULATION_RUNS'] ?? 2_000);
const firstSeed = Number(process.env['FIX_SIMULATION_SEED'] ?? 1);

interface Faults {
  readonly cuts: boolean;
  readonly deaths: boolean;
  readonly damageEvery: number;
}

/** 20 s of traffic with faults, then quiet until everything has arrived. Gives both sides' sent and taken ids. */
function simulate(seed: number, faults: Faults): { name: string; sent: number; taken: readonly number[] }[] {
  const at = world(seed);
  const options: Partial<SessionOptions> = {
    resendRequestSize: [0, 0, 1, 3, 10][at.random(5)] as number,
    heldMessagesMax: [10_000, 2][at.random(2)] as number,
  };
  const client = party(at, dictionary, ['CLIENT', 'HOUSE'], options);
  const house = party(at, dictionary, ['HOUSE', 'CLIENT'], options);
  let joined: Wire | undefined;
  let calm = false;

  const join = () => {
    joined?.cut();
    joined = wire(at, { damageEvery: calm ? 0 : faults.damageEvery });
    house.await(joined.b);
    client.initiate(joined.a);
  };
  const beat = () => {
    client.session.tick();
    house.session.tick();
    if (!client.session.isConnected) join();
    at.after(250, beat);
  };
  const act = () => {
    const dice = at.random(100);
    if (dice < 40) client.send();
    else if (dice < 80) house.send();
    else if (dice < 84 && faults.cuts) joined?.cut();
    else if (dice < 86 && faults.deaths) (at.random(2) === 0 ? client : house).restart();
    if (!calm) at.after(at.random(300), act);
  };
  // A process that dies takes its side of the connection with it.
  const dying = (side: typeof client) => {
    const restart = side.restart;
    side.restart = () => {
      restart();
      joined?.cut();
    };
  };
  dying(client);
  dying(house);
  join();
  beat();
  act();
  at.runTo(20_000);
  calm = true;
  join();
  for (let time = 20_000; time < 200_000; time += 2_000) {
    at.runTo(time);
    if (client.taken.length >= house.sent() && house.taken.length >= client.sent() && time > 30_000) break;
  }
  return [
    { name: 'house to client', sent: house.sent(), taken: client.taken },
    { name: 'client to house', sent: client.sent(), taken: house.taken },
  ];
}

function check(count: number, faults: Faults): void {
  let messages = 0;
  for (let seed = firstSeed; seed < firstSeed + count; seed++) {
    for (const { name, sent, taken } of simulate(seed, faults)) {
      messages += sent;
      const expected = Array.from({ length: sent }, (_, i) => i + 1);
      assert.deepEqual(taken, expected, `seed ${seed}, ${name}: lost, doubled or reordered`);
    }
  }
  assert.ok(messages > count * 20, 'the simulation sends messages');
}

test(`over ${runs} runs of drops, reconnects and deaths no application message is lost, doubled or reordered`, () => {
  check(runs, { cuts: true, deaths: true, damageEvery: 0 });
});

test('damaged bytes in a split stream never crash a session, double or reorder a message, and are recovered', () => {
  check(Math.ceil(runs / 10), { cuts: false, deaths: false, damageEvery: 700 });
  check(Math.ceil(runs / 10), { cuts: true, deaths: true, damageEvery: 1_500 });
});
