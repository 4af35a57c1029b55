import type { AccountCentre } from '@meridian/accounts';
import {
  type Bilingual,
  type DateText,
  type Instant,
  type Logger,
  type Static,
  type TSchema,
  validateConfig,
} from '@meridian/base';
import { businessDate, type MarketFacts } from '@meridian/market';
import type { ApprovalExecutor, AuditLog, UserDirectory } from '@meridian/security';
import type { Database } from '@meridian/store';
import type { ProcessClient } from '../link/rpc.ts';
import { HOUSE_ZONE } from '../reading/lane.ts';
import { problem } from './problems.ts';

/** What the house's executors act on. */
export interface ApprovalDesk {
  readonly database: Database;
  readonly accounts: Pick<AccountCentre, 'execute'>;
  readonly audit: AuditLog;
  readonly facts: MarketFacts;
  readonly users: Pick<
    UserDirectory,
    'create' | 'changeDuties' | 'changeScope' | 'disable' | 'enable' | 'linkFederated' | 'unlinkFederated'
  >;
  /** By market. */
  readonly nodes: ReadonlyMap<string, Pick<ProcessClient, 'ask'>>;
  /** Takes a new user's first password to whoever hands it over; it is told nobody else. */
  readonly handOver: (user: string, password: string) => Promise<void>;
  readonly businessNow: () => Instant;
  /** The books changed outside the event streams: risk and nodes hear of it. */
  readonly booksChanged: () => Promise<void>;
  readonly logger: Logger;
}

/** An executor with what its kind is called on screens. */
export interface HouseExecutor<Payload, State> extends ApprovalExecutor<Payload, State> {
  readonly title: Bilingual;
}

/** How long a request waits: over a weekend and a holiday, not over a fortnight. */
export const REQUEST_TTL = 7 * 24 * 3_600 * 1_000_000;

/** The date on which the house books what happens now. */
export const bookDate = (desk: Pick<ApprovalDesk, 'facts' | 'businessNow'>): DateText =>
  businessDate({ zone: HOUSE_ZONE, bankCalendar: desk.facts.banks.of('CNY') }, desk.businessNow());

/** A payload out of its JSON. @throws Problem REQUEST_CONTENT_REFUSED */
export function payloadOf<S extends TSchema>(kind: string, target: string, schema: S, payload: unknown): Static<S> {
  try {
    return validateConfig(schema, payload);
  } catch (error) {
    throw problem('REQUEST_CONTENT_REFUSED', { kind, target: target.slice(0, 64), reason: (error as Error).message }, error);
  }
}
