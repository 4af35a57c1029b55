/**
 * The slow proofs: long simulations of the packages, then a whole house under kill -9. Exit 1 when one does not hold.
 * `CHAOS_SEED` repeats a chaos run; arguments choose proofs by name (`chaos`, `fix`, `log`, …).
 */
import { spawnSync } from 'node:child_process';
import { globSync } from 'node:fs';
import { chaos } from '../e2e/chaos/chaos.ts';
import { type Proof, prove } from '../e2e/chaos/proof.ts';

const root = new URL('..', import.meta.url).pathname;

/** Tests that go further when they are told to. */
const LONG: readonly { readonly name: string; readonly file: string; readonly env: Readonly<Record<string, string>> }[] = [
  { name: 'fix', file: 'packages/fix/src/simulation/simulation.test.ts', env: { FIX_SIMULATION_RUNS: '10000' } },
  { name: 'log', file: 'packages/log/src/{crash,simulation}.test.ts', env: {} },
  { name: 'accounts', file: 'packages/accounts/src/sequences.test.ts', env: { RUNS: '300' } },
  { name: 'trading', file: 'packages/trading/src/engine/simulation.test.ts', env: { SEED: '20131008' } },
  { name: 'clearing', file: 'packages/clearing/src/crash.test.ts', env: { MERIDIAN_CRASH_POINTS: '200' } },
];

const wanted = process.argv.slice(2);
const asked = (name: string) => wanted.length === 0 || wanted.includes(name);
const tell = (line: string) => void process.stderr.write(`${line}\n`);
const proofs: Proof[] = [];

for (const { name, file, env } of LONG.filter((each) => asked(each.name))) {
  tell(`${name} …`);
  proofs.push(
    await prove(name, async () => {
      const files = globSync(file, { cwd: root });
      if (files.length === 0) throw new Error(`there is no ${file}`);
      const { status, stdout } = spawnSync(process.execPath, ['--test', '--test-reporter=spec', ...files], {
        ...{ cwd: root, env: { ...process.env, ...env }, encoding: 'utf8', maxBuffer: 64 << 20 },
      });
      if (status !== 0) throw new Error(stdout.slice(-3_000));
      const settings = Object.entries(env).map(([key, value]) => `${key}=${value}`);
      return [`${/ℹ pass (\d+)/.exec(stdout)?.[1]} tests`, ...settings].join(', ');
    }),
  );
}
if (asked('chaos')) {
  const seed = Number(process.env['CHAOS_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
  tell(`chaos, CHAOS_SEED=${seed} …`);
  proofs.push(...(await chaos({ seed, tell })));
  tell(`CHAOS_SEED=${seed}`);
}
for (const { name, holds, figures } of proofs) process.stdout.write(`${holds ? 'holds ' : 'FAILS '} ${name}: ${figures}\n`);
process.exit(proofs.length > 0 && proofs.every(({ holds }) => holds) ? 0 : 1);
