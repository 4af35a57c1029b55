import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { DATA_DIR } from '@meridian/market';
import { command, type ScratchHouse, scratchHouse } from './scratch-house.ts';

let house: ScratchHouse;
let data: string[];
const HISTORY = `${DATA_DIR}fx/ecb_eur_reference_1999_2026.csv.gz`;
const LINEAGE = ['--source', 'European Central Bank', '--licence', 'free with attribution', '--may-ship'];
before(async () => {
  house = await scratchHouse();
  await house.openBooks();
  data = ['--data', house.folder.root];
});
after(() => house?.remove());

const run = (words: string) => command([...words.split(' '), ...data, '--json']);
async function done<T = unknown>(words: string): Promise<T> {
  const { code, out, err } = await run(words);
  assert.equal(code, 0, `${words}\n${out}\n${err}`);
  return JSON.parse(out) as T;
}
async function refused(words: string, exit: number, code: string): Promise<void> {
  const answer = await run(words);
  assert.equal(answer.code, exit, `${words}\n${answer.out}`);
  assert.equal((JSON.parse(answer.out) as { code: string }).code, code, words);
}

test('[AI-1, AI-a] a model is trained, registered, validated on another draw, approved by two and put into the shadow', async () => {
  const owner = '--user owner-1 --team quant';
  const out = path.join(house.folder.root, 'made.model');
  const trained = await command([
    'model',
    'train',
    HISTORY,
    ...LINEAGE,
    '--out',
    out,
    '--register',
    ...owner.split(' '),
    ...data,
    '--json',
  ]);
  const { version, sha256, holds } = JSON.parse(trained.out) as { version: string; sha256: string; holds: boolean };
  assert.deepEqual([trained.code, version, holds], [0, 'margin-shortfall-1', true]);
  assert.match(fs.readFileSync(out, 'utf8'), /"licence":"free with attribution"/);

  await refused(`model assign ${version} --user v-1 --team validation`, 5, 'MODEL_TRANSITION_REFUSED');
  await done(`model submit ${version} ${owner}`);
  await refused(`model assign ${version} ${owner}`, 3, 'MODEL_SEPARATION_REFUSED');
  await done(`model assign ${version} --user v-1 --team validation`);
  // The shipped seed again: whether another draw holds is the gate's business, not this test's.
  const validated = await command([
    'model',
    'validate',
    version,
    HISTORY,
    ...LINEAGE,
    '--user',
    'v-1',
    '--team',
    'validation',
    ...data,
    '--json',
  ]);
  assert.equal(validated.code, 0, validated.out);
  await refused(`model deploy ${version} --user r-1 --team risk`, 5, 'MODEL_TRANSITION_REFUSED');
  await done(`model approve ${version} --user r-1 --team risk --duty risk`);
  await refused(`model approve ${version} --user r-1 --team risk --duty compliance`, 3, 'MODEL_SEPARATION_REFUSED');
  await done(`model approve ${version} --user c-1 --team compliance --duty compliance`);
  await done(`model deploy ${version} --user r-1 --team risk`);
  await refused(`model canary ${version} --user r-1 --team risk`, 3, 'MODEL_EVIDENCE_MISSING');
  const { mode, versions } = await done<{ mode: string; versions: { state: string; artefact: string }[] }>('model list');
  assert.deepEqual([mode, versions[0]?.state, versions[0]?.artefact], ['model', 'SHADOW', sha256]);
  await done(`model suspend ${version} --reason drift`);
  await done('model mode rules');
  await refused('model mode model', 2, 'USAGE');
  await done('model mode model --user r-1 --team risk');
  assert.equal((await command(['audit', 'verify', ...data])).code, 0);
});

test('[AI-e] the decision log replays, or the first fault is named and the exit is 1', async () => {
  assert.deepEqual(await done('model replay'), { decisions: 0, byModel: 0, byRule: 0, fault: null });
  assert.deepEqual(await done('model decisions'), []);
});

test('bad input: no licence, no history, no person, another use case', async () => {
  await refused(`model train ${HISTORY}`, 2, 'USAGE');
  const lineage = '--source x --licence y';
  await refused(`model train ${HISTORY} ${lineage} --use-case oracle`, 2, 'USAGE');
  await refused(`model train ${HISTORY} ${lineage} --seed -1`, 2, 'USAGE');
  await refused(`model train ${house.folder.root}/absent.csv ${lineage}`, 3, 'PRICE_HISTORY_REFUSED');
  await refused('model submit margin-shortfall-1', 2, 'USAGE');
  await refused('model approve margin-shortfall-1 --user a --team b', 2, 'USAGE');
  await refused('model submit nothing --user a --team b', 2, 'MODEL_UNKNOWN');
  await refused('model decisions --limit none', 2, 'USAGE');
});
