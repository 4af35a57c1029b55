import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import path from 'node:path';
import { test } from 'node:test';
import { ledgerVerify } from '@meridian/accounts';
import { isProblem } from '@meridian/base';
import { DUE, playDay, type ScratchDay, scratchDay } from './scratch-day.ts';

type House = Pick<ScratchDay, 'database' | 'url' | 'dropDir' | 'outDir' | 'open'>;

/** Kills in the ordinary suite; MERIDIAN_CRASH_POINTS=200 for the slow proof. */
const POINTS = Number(process.env['MERIDIAN_CRASH_POINTS'] ?? 12);
const SEED = Number(process.env['MERIDIAN_SEED'] ?? 20131007);
/** Kills of one batch before it is let through. */
const KILLS_PER_BATCH = 6;

/** Mulberry32. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

function child(day: House, market: string, killAt: number, when: string): Promise<{ signal: string | null; out: string }> {
  const script = path.join(import.meta.dirname, 'crash-child.ts');
  const rest = [market, '2013-10-07', String(DUE('2013-10-07')), String(killAt), when];
  return new Promise((resolve) => {
    execFile(process.execPath, [script, day.url, day.dropDir, day.outDir, ...rest], (error, out, err) => {
      if (error !== null && error.signal == null) resolve({ signal: `exit ${error.code}: ${err}`, out });
      else resolve({ signal: error?.signal ?? null, out });
    });
  });
}

/** Everything a batch published, without attempt numbers and wall times. */
async function outcomeOf(day: House): Promise<unknown> {
  const { rows } = await day.database.query<{ batch: string; output_hash: string }>(
    'SELECT batch, output_hash FROM clearing.batch ORDER BY batch',
  );
  const balances = await day.database.query('SELECT key, posted FROM accounts.ledger_account ORDER BY key');
  return [rows, balances.rows];
}

test(`[CL-e] kill -9 at ${POINTS} random points: the batch goes on and gives the same output hash`, async (t) => {
  t.diagnostic(`seed ${SEED}`);
  const next = random(SEED);
  const base = await scratchDay();
  t.after(() => base.remove());
  await playDay(base, '2013-10-07');
  base.drop('ARCX', '2013-10-07');
  const undisturbed = await base.copy('undisturbed');
  const first = await child(undisturbed, 'ARCX', 0, 'after');
  assert.equal(first.signal, null, String(first.signal));
  const statements = Number(first.out);
  assert.ok(statements > 60, `${statements} statements`);
  const expected = await outcomeOf(undisturbed);
  await undisturbed.database.close();
  let kills = 0;
  while (kills < POINTS) {
    const day = await base.copy(`crash_${kills}`);
    try {
      for (let n = 0; n < KILLS_PER_BATCH && kills < POINTS; n++, kills++) {
        const point = 1 + Math.floor(next() * statements);
        const when = next() < 0.5 ? 'before' : 'after';
        const killed = await child(day, 'ARCX', point, when);
        // A later child has fewer statements left: it may come through, or find the batch published.
        assert.ok(
          killed.signal === 'SIGKILL' || killed.signal === null || /ALREADY_PUBLISHED/.test(killed.signal),
          killed.signal ?? '',
        );
        if (killed.signal !== 'SIGKILL') break;
      }
      const clearing = day.open();
      await clearing.run('ARCX', '2013-10-07', 'survivor', DUE('2013-10-07')).catch((error: unknown) => {
        if (!isProblem(error, 'BATCH_ALREADY_PUBLISHED')) throw error;
      });
      assert.deepEqual(await outcomeOf(day), expected, `after ${kills} kills`);
      assert.equal((await ledgerVerify(day.database)).fault, null);
      const { rows } = await day.database.query<{ batch: string; n: bigint }>(
        `SELECT batch, count(*) AS n FROM accounts.published_batch GROUP BY batch`,
      );
      assert.deepEqual(rows, [{ batch: 'ARCX.swap.2013-10-07.1', n: 1n }]);
    } finally {
      await day.database.close();
    }
  }
});

test('[CL-f] however an attempt dies, one that failed has its report and its mail', async (t) => {
  const base = await scratchDay();
  t.after(() => base.remove());
  await playDay(base, '2013-10-07');
  base.drop('ARCX', '2013-10-07', (text) => text.replace('HOUSE1', 'HOUSE9'));
  const trial = await base.copy('trial');
  const whole = await child(trial, 'ARCX', 0, 'after');
  await trial.database.close();
  const statements = Number(whole.out);
  assert.ok(statements > 10, `${statements} statements`);
  const day = await base.copy('failing');
  // The last statements of a failing run: the failure, its faults, its report, its mails.
  for (let point = statements - 9; point <= statements; point++) {
    await child(day, 'ARCX', point, 'after');
    const { rows } = await day.database.query<{ attempt: number; mails: number; prints: number }>(
      `SELECT a.attempt, (SELECT count(*)::int FROM clearing.notification n
                            WHERE n.batch = a.batch AND n.attempt = a.attempt AND n.kind = 'failure-report') AS mails,
              (SELECT count(*)::int FROM clearing.document d WHERE d.batch = a.batch AND d.attempt = a.attempt) AS prints
         FROM clearing.attempt a WHERE a.state = 'failed' ORDER BY a.attempt`,
    );
    for (const { attempt, mails, prints } of rows)
      assert.deepEqual([mails, prints], [1, 2], `attempt ${attempt}, kill ${point}`);
  }
  const { rows } = await day.database.query(`SELECT 1 FROM clearing.attempt WHERE state = 'failed'`);
  assert.ok(rows.length > 0);
  await day.database.close();
});
