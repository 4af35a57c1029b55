import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export const SHIPPED_MODEL = 'margin-shortfall-1';
const MERIDIAN = fileURLToPath(new URL('../../packages/server/bin/meridian.mjs', import.meta.url));
const HISTORY = fileURLToPath(new URL('../../data/fx/ecb_eur_reference_1999_2026.csv.gz', import.meta.url));

/**
 * What owner and validator do at the command line of a running house: the shipped model made again, submitted, taken and judged.
 * A house that knows the model already is left as it is.
 */
export function validateShipped(data: string): void {
  const model = (...words: string[]): string => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [MERIDIAN, 'model', ...words, '--data', data]);
    assert.equal(status, 0, `${words[0]}: ${stderr}`);
    return String(stdout);
  };
  if (model('list', '--json').includes(SHIPPED_MODEL)) return;
  const lineage = ['--source', 'European Central Bank', '--licence', 'free reuse with attribution', '--may-ship'];
  const owner = ['--user', 'model-owner', '--team', 'quant'];
  const validator = ['--user', 'model-validator', '--team', 'validation'];
  model('train', HISTORY, ...lineage, '--register', ...owner);
  model('submit', SHIPPED_MODEL, ...owner);
  model('assign', SHIPPED_MODEL, ...validator);
  model('validate', SHIPPED_MODEL, HISTORY, ...lineage, ...validator);
}
