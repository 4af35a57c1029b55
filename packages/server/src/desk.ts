import { type AccountCentre, type AccountCommand, COMMAND_BODIES } from '@meridian/accounts';
import { type Instant, isProblem } from '@meridian/base';
import type { MarketFacts } from '@meridian/market';
import { type FourEyes, type Reference, recordReference, recordRules } from '@meridian/reference';
import type { RiskMonitor } from '@meridian/risk';
import type { AuditLog, AuditRecord } from '@meridian/security';
import type { Database } from '@meridian/store';
import type { Duties } from './duties.ts';
import { type AskRequest, unknownRequest } from './link/rpc.ts';

/** The server's desk: what an operator's request may touch. */
export interface Desk {
  readonly database: Database;
  readonly accounts: AccountCentre;
  readonly facts: MarketFacts;
  readonly audit: AuditLog;
  readonly risk: RiskMonitor;
  readonly duties: Duties;
  now(): Instant;
  /** The books changed outside the event streams. */
  booksChanged(): Promise<void>;
  /** Every node is told again what is of record. */
  introduceAll(): Promise<void>;
  /** The same, when the clock next moves. */
  forgetNodes(): void;
}

/** Requests of operators and of the demo's desk. Every one that changes something stands in the audit log. */
export async function ask(desk: Desk, { what, body }: AskRequest): Promise<unknown> {
  switch (what) {
    case 'execute':
      return execute(desk, body as AccountCommand);
    case 'record-reference':
      return record(desk, body as { reference: unknown; by: FourEyes });
    case 'introduce':
      await desk.introduceAll();
      return {};
    case 'risk':
      return desk.risk.snapshot();
    case 'risk-positions':
      return desk.risk.positions();
    default:
      throw unknownRequest(what);
  }
}

async function execute(desk: Desk, command: AccountCommand): Promise<unknown> {
  if (!Object.hasOwn(COMMAND_BODIES, command.kind)) throw unknownRequest(String(command.kind));
  const who = { actor: command.maker, target: command.id, params: { kind: command.kind, checker: command.checker ?? null } };
  return audited(desk.audit, { action: 'execute', ...who }, async () => {
    const { no, outcome, repeated } = await desk.accounts.execute(command);
    // A payment meets its call before the fold, seeing the money, would call it recovered.
    if (command.kind === 'deposit') await desk.duties.settleCalls(Math.max(desk.now(), command.at));
    await desk.booksChanged();
    return { no, outcome, repeated };
  });
}

async function record(desk: Desk, { reference, by }: { reference: unknown; by: FourEyes }): Promise<unknown> {
  const who = { actor: by.maker, target: 'reference data', params: { checker: by.checker } };
  return audited(desk.audit, { action: 'record-reference', ...who }, async () => {
    const recorded = await desk.database.transaction(async (tx) => {
      const data = await recordReference(tx, reviveReference(reference), by);
      const rules = await recordRules(tx, desk.facts.tables, by);
      return data.recorded + rules.recorded;
    });
    desk.forgetNodes();
    await desk.duties.prepare(desk.now());
    return { recorded };
  });
}

/**
 * Stands in the audit log before and after: a command whose `begun` no other line follows was cut off by the death of the
 * server, and may have been done or not. DS-10
 */
async function audited<T>(audit: AuditLog, request: Omit<AuditRecord, 'duty' | 'outcome'>, work: () => Promise<T>): Promise<T> {
  const record = (outcome: string) => audit.record({ ...request, duty: 'operator', outcome });
  await record('begun');
  try {
    const result = await work();
    await record('done');
    return result;
  } catch (error) {
    await record(isProblem(error) ? `refused: ${error.code}` : 'failed').catch(() => {});
    throw error;
  }
}

/** JSON has no bigint: every id and amount of reference data comes back as one. */
function reviveReference(body: unknown): Reference {
  const integer = /^-?\d+$/;
  const numeric = new Set([
    'entity',
    'book',
    'issuer',
    'security',
    'listing',
    'route',
    'session',
    'client',
    'collarPpm',
    'quantityMax',
    'notionalMax',
    'priceAgeMax',
    'entry',
    'scopeId',
  ]);
  return JSON.parse(JSON.stringify(body), (key, value) =>
    numeric.has(key) && typeof value === 'string' && integer.test(value) ? BigInt(value) : value,
  ) as Reference;
}
