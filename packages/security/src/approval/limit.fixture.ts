import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { declareProblems, type Instant, MICROS_PER_SECOND } from '@meridian/base';
import type { Database, Queryable } from '@meridian/store';
import { type AuditLog, openAuditLog } from '../audit.ts';
import type { UserDuty } from '../duty.ts';
import type { Principal } from '../principal.ts';
import type { ApprovalExecutor } from './approval.ts';
import { type Approvals, openApprovals } from './inbox.ts';

/** Something to change under four eyes, for the tests of the inbox: limits in a table of their own. */

export const HOUR = 3_600 * MICROS_PER_SECOND;
export const START: Instant = Date.UTC(2026, 0, 5, 1) * 1_000;

export const { problem } = declareProblems({
  TEST_LIMIT_REFUSED: {
    status: 422,
    title: { zh: '测试', en: 'Test' },
    detail: { zh: '{why}', en: '{why}' },
    remedy: { zh: '无', en: 'None' },
  },
});

export const person = (user: string, ...duties: UserDuty[]): Principal => ({
  ...{ user, duties, jurisdiction: 'CN', clients: [], entities: [1n], session: 's', since: 0, strong: true },
});
export const TRADER = person('trader', 'trader');
export const RISK = person('risk', 'risk');
export const RISK_TWO = person('risk-two', 'risk');
export const COMPLIANCE = person('compliance', 'compliance');

export async function createLimits(database: Database): Promise<void> {
  await database.connection((c) =>
    c.script(`CREATE SCHEMA test; CREATE TABLE test.lim (name text PRIMARY KEY, amount bigint NOT NULL, version bigint NOT NULL);
              CREATE TABLE test.effect (id uuid NOT NULL, name text NOT NULL, amount bigint NOT NULL,
                                        maker text NOT NULL, checkers text[] NOT NULL)`),
  );
}

export interface Switches {
  /** Called just before the change is made, and after it, before the transaction commits. */
  before?: (id: string) => void | Promise<void>;
  after?: (id: string) => void | Promise<void>;
  read?: () => void | Promise<void>;
}

interface Change {
  readonly amount: bigint;
}

export function limitExecutor(
  kind: string,
  duty: ApprovalExecutor['duty'],
  needs: 1 | 2,
  switches: Switches = {},
): ApprovalExecutor<Change, { amount: string }> {
  return {
    ...{ kind, duty, needs, ttl: HOUR },
    async read(target: string, over: Queryable) {
      await switches.read?.();
      const { rows } = await over.query<{ amount: bigint; version: bigint }>(
        'SELECT amount, version FROM test.lim WHERE name = $1 FOR UPDATE',
        [target],
      );
      if (rows[0] === undefined) throw problem('TEST_LIMIT_REFUSED', { why: 'no such limit' });
      return { state: { amount: String(rows[0].amount) }, version: String(rows[0].version) };
    },
    validate(payload) {
      const isClosed = payload !== null && typeof payload === 'object' && Object.keys(payload).join() === 'amount';
      const amount = isClosed ? (payload as { amount: unknown }).amount : undefined;
      if (typeof amount !== 'string' || !/^\d{1,15}$/.test(amount)) throw problem('TEST_LIMIT_REFUSED', { why: 'payload' });
      return { amount: BigInt(amount) };
    },
    diff: (before, { amount }) => [{ field: 'amount', before: before.amount, after: String(amount) }],
    async execute(tx, { amount }, { id, target, maker, checkers }) {
      await switches.before?.(id);
      if (amount === 13n) throw problem('TEST_LIMIT_REFUSED', { why: 'thirteen' });
      await tx.query('UPDATE test.lim SET amount = $2, version = version + 1 WHERE name = $1', [target, amount]);
      await tx.query('INSERT INTO test.effect (id, name, amount, maker, checkers) VALUES ($1, $2, $3, $4, $5)', [
        ...[id, target, amount, maker, checkers],
      ]);
      await switches.after?.(id);
    },
  };
}

export interface Inbox {
  readonly approvals: Approvals;
  readonly audit: AuditLog;
  readonly clock: { at: Instant; now(): Instant };
  readonly switches: Switches;
  readonly faults: unknown[];
}

/** An inbox with three kinds: one checker of risk, two of risk, one each of risk and compliance. */
export function openInbox(database: Database, folder: string): Inbox {
  const clock = { at: START, now: () => clock.at };
  const audit = openAuditLog(database, folder);
  const switches: Switches = {};
  const faults: unknown[] = [];
  const executors = [
    limitExecutor('one', 'risk', 1, switches),
    limitExecutor('two', 'risk', 2, switches),
    limitExecutor('both', ['risk', 'compliance'], 2, switches),
  ];
  const approvals = openApprovals({ database, audit, clock, executors, onFault: (_id, error) => faults.push(error) });
  return { approvals, audit, clock, switches, faults };
}

export async function limitNamed(database: Database, name: string): Promise<void> {
  await database.query('INSERT INTO test.lim (name, amount, version) VALUES ($1, 100, 1)', [name]);
}

export const keyFolder = (dataDir: string): string => fs.mkdtempSync(path.join(dataDir, 'keys-'));

export async function effectsOf(database: Database, id: string): Promise<number> {
  return (await database.query('SELECT 1 FROM test.effect WHERE id = $1', [id])).rowCount;
}

export async function assertProved(audit: AuditLog): Promise<void> {
  assert.equal((await audit.verify()).fault, undefined);
}
