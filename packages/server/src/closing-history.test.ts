import './rooms.ts';
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { MARGIN_SHORTFALL, shippedEarlyWarning } from '@meridian/ai';
import { addDays, dateText, type Instant, silentLogger } from '@meridian/base';
import { loadMarketFacts } from '@meridian/market';
import { openAuditLog } from '@meridian/security';
import { JUDGE_EVERY, type ModelDesk, openModelDesk } from './early-warning.ts';
import { MIGRATIONS } from './migrations.ts';
import { recordCloses } from './published-close.fixture.ts';
import { dueOf, NOW, type ScratchReading, scratchReading } from './reading/scratch-reading.ts';

/**
 * The models learn of prices from nothing but the house's own published sessions: sixty-one closes are sixty returns. The
 * house has published two sessions; fifty-eight before them are recorded as a house has them that was there.
 */
const RECORDED = 58;
const NEXT = '2013-10-09';
const LISTED = [
  { listing: 1, market: 'ARCX', price: 167 },
  { listing: 2, market: 'XNYS', price: 182 },
] as const;

let reading: ScratchReading;
let desk: ModelDesk;
let keys: string;
let now: Instant = NOW;
before(async () => {
  reading = await scratchReading(MIGRATIONS);
  const { database, risk } = reading;
  keys = fs.mkdtempSync(path.join(os.tmpdir(), 'meridian-keys-'));
  const audit = openAuditLog(database, keys);
  await recordCloses(
    database,
    LISTED.flatMap(({ price, ...listed }) =>
      // They move by a percent and by half of one, up and down by turns.
      Array.from({ length: RECORDED }, (_, n) => ({
        ...listed,
        date: addDays(dateText('2013-10-06'), -n),
        price: price * (1 + (n % 2) / 100 + (n % 3) / 200),
      })),
    ),
  );
  desk = openModelDesk({
    ...{ database, audit, risk, facts: loadMarketFacts(), businessNow: () => now, logger: silentLogger },
    workerOptions: { deadlineMs: 2_000 },
  });
  await deployShipped(desk);
});
after(async () => {
  await desk?.close();
  await reading?.remove();
  fs.rmSync(keys, { recursive: true });
});

/** The shipped model, as if it had gone from hand to hand: how it comes to be deployed is shown elsewhere. AI-a */
async function deployShipped({ ai: { registry } }: ModelDesk): Promise<void> {
  const actor = { user: 'model-owner', team: 'quant', duty: 'model-owner' } as const;
  const useCase = { useCase: MARGIN_SHORTFALL, tier: 'T2', title: 'early warning', rule: '2Φ(−DtB)' } as const;
  await registry.openCase({ ...useCase, owner: actor.user, ownerTeam: actor.team }, actor, now);
  const period = { trainedFrom: '1999-01-04', trainedTo: '2011-04-07', startedAt: now, endedAt: now };
  const version = await registry.register(
    {
      ...{ useCase: MARGIN_SHORTFALL, artefact: shippedEarlyWarning().body, authors: [], datasets: [] },
      training: { ...period, params: {}, codeVersion: 'test', environment: 'test', seed: 1, iterations: 1 },
    },
    actor,
    now,
  );
  await reading.database.connection((connection) =>
    connection.script(`SET session_replication_role = replica;
      UPDATE ai.model_version SET state = 'CHAMPION', approved_until = '2014-10-08' WHERE id = '${version}';
      SET session_replication_role = origin`),
  );
}

interface Told {
  readonly subject: string;
  readonly route: string;
  readonly version: string | null;
  readonly score: number | null;
  readonly fallback: string | null;
  readonly reasons: readonly { readonly code: string }[];
}

/** The next judgement of every master that holds something. */
async function judged(): Promise<readonly Told[]> {
  const { rows } = await reading.database.query<{ no: bigint }>('SELECT coalesce(max(no), 0) AS no FROM ai.decision');
  now += JUDGE_EVERY;
  await reading.risk.rebase(now);
  await desk.sweep();
  const told = await reading.database.query<Told>(
    'SELECT subject, route, version, score, fallback, reasons FROM ai.decision WHERE no > $1 ORDER BY subject',
    [rows[0]?.no ?? 0n],
  );
  return told.rows;
}

const RULE = { route: 'rules', version: null, score: null, fallback: 'insufficient-data', code: 'NO_PRICES' };
const shortOf = (told: readonly Told[]) =>
  told.map(({ route, version, score, fallback, reasons }) => ({ route, version, score, fallback, code: reasons[0]?.code }));
const MASTERS = ['master 1', 'master 2', 'master 3'];

test('[AI-c] with sixty published closes the rule answers that there is no price history', async () => {
  const told = await judged();
  assert.deepEqual(
    told.map(({ subject }) => subject),
    MASTERS,
  );
  assert.deepEqual(shortOf(told), [RULE, RULE, RULE]);
});

test('[AI-c] the sixty-first mark does not count before its batch is published', async () => {
  await reading.trade(NEXT);
  now = Math.max(now, dueOf(NEXT));
  const { rows } = await reading.database.query<{ closes: number }>(
    'SELECT count(*)::int AS closes FROM accounts.mark GROUP BY listing ORDER BY listing',
  );
  assert.deepEqual(
    rows.map(({ closes }) => closes),
    [RECORDED + 3, RECORDED + 3],
  );
  assert.deepEqual(shortOf(await judged()), [RULE, RULE, RULE]);
});

test('[AI-c] with sixty-one published closes the model decides', async () => {
  const { published } = await reading.clearing.advance(dueOf(NEXT));
  assert.equal(published.length, 3);
  const told = await judged();
  assert.deepEqual(
    told.map(({ subject, route, version, fallback }) => [subject, route, version, fallback]),
    MASTERS.map((subject) => [subject, 'CHAMPION', `${MARGIN_SHORTFALL}-1`, null]),
  );
  for (const { score } of told) assert.ok(score !== null && score >= 0 && score <= 1, `score ${score}`);
});
