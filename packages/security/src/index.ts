import './declarations.ts';

export {
  type AuditEntry,
  type AuditFault,
  type AuditLog,
  type AuditRecord,
  type AuditValue,
  type AuditVerdict,
  auditParams,
  type Duty,
  openAuditLog,
} from './audit.ts';
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
export { acceptPeer, clientLink, type Peer, requireTls13, serverLink } from './link.ts';
