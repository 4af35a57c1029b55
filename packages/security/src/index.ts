import './declarations.ts';

export { ACTIONS, type Action, type Resource } from './action.ts';
export {
  APPROVAL_STATES,
  type Approval,
  type ApprovalChange,
  type ApprovalDecision,
  type ApprovalExecutor,
  type ApprovalState,
  approvalResource,
  type CheckingDuty,
  type Execution,
  openDuties,
  VERDICTS,
  type Verdict,
} from './approval/approval.ts';
export { approvalShapes } from './approval/declarations.ts';
export {
  type ApprovalDraft,
  type Approvals,
  type ApprovalsOptions,
  type BatchOutcome,
  openApprovals,
} from './approval/inbox.ts';
export type { ApprovalFilter, ApprovalPage } from './approval/record.ts';
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
export { asClient } from './authorization/client-reading.ts';
export { CLIENT_ROLE } from './authorization/client-tables.ts';
export { applyRowSecurity, rowSecurityFaults } from './authorization/row-security.ts';
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
export type { Admission } from './identity/admission.ts';
export type { Credentials, Enrolled, FactorProof } from './identity/credential.ts';
export { identityShapes } from './identity/declarations.ts';
export { openUserDirectory, type UserDirectory, type UserDirectoryOptions } from './identity/directory.ts';
export type { Actor, RelyingParty, SignInPolicy } from './identity/ground.ts';
export { type Oidc, type OidcOptions, openOidc, type SignatureAlgorithm } from './identity/oidc.ts';
export type { TotpEnrolment } from './identity/one-time-code.ts';
export type {
  AuthenticationResponseJSON,
  Passkey,
  PublicKeyCredentialCreationOptionsJSON,
  PublicKeyCredentialRequestOptionsJSON,
  RegistrationResponseJSON,
} from './identity/passkey.ts';
export { generatePassword } from './identity/password.ts';
export { type ScratchIssuer, type ScratchIssuerOptions, scratchIssuer } from './identity/scratch-issuer.ts';
export type { SessionStage, SessionView, SignedIn } from './identity/session.ts';
export type { Arrival, JurisdictionOf, PasswordSignIn } from './identity/sign-in.ts';
export type { By, NewUser, User, UserScope } from './identity/user.ts';
export type { CreateOptions, FederatedSubject, UserChanges } from './identity/user-change.ts';
export { acceptPeer, clientLink, type Peer, requireTls13, serverLink } from './link.ts';
export type { Jurisdiction, Principal } from './principal.ts';
