import type { Instant } from '@meridian/base';
import type { UserDuty } from './duty.ts';

/** Where somebody sits: ISO 3166 alpha-2. Reading from abroad is an outbound transfer (数据出境). DS-9. */
export type Jurisdiction = string;

/** Somebody who has signed in: what every route and stream is decided by. */
export interface Principal {
  /** The user's name at sign-in, e.g. "trader". Makers and checkers are told apart by it. */
  readonly user: string;
  readonly duties: readonly UserDuty[];
  /** Of this session, from where it was opened; never wider than the user's own. */
  readonly jurisdiction: Jurisdiction;
  /** A client's user sees these clients and no other; empty for the firm's people. Dense ids of the account centre. */
  readonly clients: readonly bigint[];
  /** Booking entities in view. Empty means none. */
  readonly entities: readonly bigint[];
  /** Names the session in the audit log; not the secret. */
  readonly session: string;
  /** Wall time of sign-in. */
  readonly since: Instant;
  /** Whether a second factor was shown in this session. */
  readonly strong: boolean;
}
