import type { BusinessClock } from '@meridian/base';
import { type Database, sqlState, type Transaction, violatedConstraint } from '@meridian/store';
import type { AuditLog, AuditRecord } from '../audit.ts';
import type { Duty, UserDuty } from '../duty.ts';
import type { EpochWatch } from './epoch.ts';
import { raiseEpoch } from './epoch.ts';
import type { IdentityKeys } from './identity-keys.ts';
import type { PasswordHasher } from './password.ts';
import { problem } from './problems.ts';
import type { SignInLimits } from './sign-in-limit.ts';
import { fourEyes, type UserRow } from './user.ts';

/** How the house lets people in. */
export interface SignInPolicy {
  /** `required`: who has no second factor may only enrol one. */
  readonly secondFactor: 'required' | 'optional';
  /** Whom `required` means; default everybody. */
  readonly requiredOf?: readonly UserDuty[];
  /** A session ends when nothing was asked in it for so long; default 30 minutes. */
  readonly idleSeconds?: number;
  /** A session ends so long after sign-in whatever happens; default 12 hours. */
  readonly absoluteSeconds?: number;
}

/** The site that passkeys belong to. */
export interface RelyingParty {
  /** Its domain name: "desk.example". */
  readonly id: string;
  readonly name: string;
  /** Where the console is served from: "https://desk.example:8443". */
  readonly origins: readonly string[];
}

/** What the parts of the user directory stand on. */
export interface Ground {
  readonly database: Database;
  readonly audit: AuditLog;
  readonly clock: BusinessClock;
  readonly keys: IdentityKeys;
  readonly hasher: PasswordHasher;
  readonly limits: SignInLimits;
  readonly epoch: EpochWatch;
  readonly policy: Required<Omit<SignInPolicy, 'requiredOf'>> & Pick<SignInPolicy, 'requiredOf'>;
  readonly site: RelyingParty | undefined;
}

/** Who acts, for the audit log. */
export interface Actor {
  readonly user: string;
  readonly duty: Duty;
}

export const actorOf = (row: Pick<UserRow, 'name' | 'duties'>): Actor => ({
  user: row.name,
  duty: row.duties[0] ?? 'system',
});

/**
 * Runs `work` behind its audit entry in one transaction, and tells every process to look again. The audit log lets one
 * writer in at a time: changes of users follow each other, and none sees half of another.
 */
export async function changing<T>(
  ground: Ground,
  record: AuditRecord,
  work: (tx: Transaction) => Promise<T>,
  within?: Transaction,
): Promise<T> {
  const inside = async (tx: Transaction) => {
    await ground.audit.append(tx, record);
    const result = await work(tx);
    await raiseEpoch(tx);
    return result;
  };
  try {
    if (within !== undefined) return await inside(within);
    const result = await ground.database.transaction(inside);
    await ground.audit.checkpoint();
    return result;
  } catch (error) {
    throw refusalOf(error);
  } finally {
    ground.epoch.expire();
  }
}

/** What the database refused, in the words of the trade. */
function refusalOf(error: unknown): unknown {
  switch (violatedConstraint(error)) {
    case 'duties_apart':
      return problem('DUTIES_CONFLICT', { one: 'one duty', other: 'another' }, error);
    case 'operator_alone':
      return fourEyes('the house has administrators: this change needs a checker');
    case 'four_eyes':
    case 'checked':
      return fourEyes('maker and checker are two persons');
    default:
      return error;
  }
}

export const isDuplicate = (error: unknown): boolean => sqlState(error) === '23505';

/** Refuses to work over credentials that were made with another key. @throws Problem IDENTITY_KEY_LOST */
export async function checkKey(database: Database, keys: IdentityKeys): Promise<void> {
  const { rows } = await database.query<{ key_id: string }>(
    'UPDATE security.identity_state SET key_id = coalesce(key_id, $1) WHERE key_id IS NULL OR key_id = $1 RETURNING key_id',
    [keys.id],
  );
  if (rows.length === 0) throw problem('IDENTITY_KEY_LOST');
}
