import './declarations.ts';

export { ACTIONS, type Action, type Resource } from './action.ts';
export {
  type AuditEntry,
  type AuditFault,
  type AuditLog,
  type AuditRecord,
  type AuditValue,
  type AuditVerdict,
  auditParams,
  openAuditLog,
} from './audit.ts';
export {
  type AuthorizationDecision,
  type AuthorizationReason,
  type Authorizer,
  type DecisionContext,
  openAuthorizer,
} from './authorization/authorizer.ts';
export {
  type Authority,
  type AuthorityOptions,
  type Identity,
  loadIdentity,
  openAuthority,
  ROLES,
  type Role,
  SERVER_NAME,
} from './certificate.ts';
export { conflictOf, DUTIES, type Duty, type UserDuty } from './duty.ts';
export { acceptPeer, clientLink, type Peer, requireTls13, serverLink } from './link.ts';
export type { Jurisdiction, Principal } from './principal.ts';
