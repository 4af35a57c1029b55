import { isProblem } from '@meridian/base';
import { problem } from './problems.ts';

/** Where the connection was lost. After `commit` the transaction may have been applied. */
export type Phase = 'connect' | 'statement' | 'commit';

const LOST_CODES: ReadonlySet<string> = new Set([
  ...['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ENOENT', 'ENOTFOUND', 'EHOSTUNREACH', 'ENETUNREACH', 'EAI_AGAIN'],
  // admin_shutdown, crash_shutdown, cannot_connect_now, database_dropped, idle_session_timeout, too_many_connections
  ...['57P01', '57P02', '57P03', '57P04', '57P05', '53300'],
]);

const LOST_MESSAGES =
  /Connection terminated|connection error and is not queryable|timeout exceeded when trying to connect|timeout expired|Client was closed|Query read timeout|Cannot use a pool after calling end/;

/** True when the error means that the database cannot be reached, not that it refused a statement. */
export function isConnectionLoss(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { code } = error as { code?: string };
  if (code !== undefined && (LOST_CODES.has(code) || code.startsWith('08'))) return true;
  if (error instanceof AggregateError && error.errors.some(isConnectionLoss)) return true;
  return LOST_MESSAGES.test(error.message);
}

/** A serialization failure or deadlock: the transaction was rolled back and may simply be run again. */
export function isConflict(error: unknown): boolean {
  const code = sqlState(error);
  return code === '40001' || code === '40P01';
}

/** The SQLSTATE of a database error; undefined for anything else. */
export function sqlState(error: unknown): string | undefined {
  const code = error instanceof Error ? (error as { code?: unknown }).code : undefined;
  return typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) ? code : undefined;
}

/** The name of the violated constraint; rooms turn it into their own Problem. */
export function violatedConstraint(error: unknown): string | undefined {
  const { constraint } = (error instanceof Error ? error : {}) as { constraint?: unknown };
  return typeof constraint === 'string' ? constraint : undefined;
}

/** Connection loss and a full disk become Problems; every other error stays what it is. */
export function databaseFailure(error: unknown, phase: Phase): unknown {
  if (isProblem(error)) return error;
  if (isConnectionLoss(error)) {
    const { code, message } = error as { code?: string; message: string };
    return problem('DATABASE_AWAY', { phase, reason: code ?? message.slice(0, 120) }, error);
  }
  if (sqlState(error) === '53100') return problem('DISK_FULL', { where: 'PostgreSQL' }, error);
  return error;
}
