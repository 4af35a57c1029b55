/**
 * Everything somebody may ask of the house, by name. Policies decide on these; every route and stream of the public
 * interface names exactly one. `changes` stand in the audit log always, `sensitive` reads as well. DS-3, DS-7.
 */
export const ACTIONS = {
  'session.read': {},
  'session.end': { changes: true },
  'credential.manage': { changes: true },
  'overview.read': {},
  search: {},
  'calendar.read': {},
  'order.read': {},
  'order.check': {},
  'order.enter': { changes: true },
  'order.cancel': { changes: true },
  'kill.preview': {},
  'kill.engage': { changes: true },
  'kill.release': { changes: true },
  'account.read': {},
  'account.name.read': { sensitive: true },
  'transfer.request': { changes: true },
  'contract.read': {},
  'limit.read': {},
  'limit.change': { changes: true },
  'list.read': {},
  'risk.read': {},
  'batch.read': {},
  'batch.run': { changes: true },
  'batch.rollback': { changes: true },
  'ledger.read': { sensitive: true },
  'journal.reverse': { changes: true },
  'trace.read': {},
  'report.read': {},
  'report.download': { sensitive: true },
  'mail.read': {},
  'mail.resend': { changes: true },
  'approval.read': {},
  'approval.decide': { changes: true },
  'approval.withdraw': { changes: true },
  'audit.read': { sensitive: true },
  'user.read': {},
  'user.manage': { changes: true },
  'user.revoke': { changes: true },
  'operation.read': {},
  'operation.cancel': { changes: true },
  'model.read': {},
  'model.register': { changes: true },
  'model.validate': { changes: true },
  'model.approve': { changes: true },
  'model.deploy': { changes: true },
  'model.suspend': { changes: true },
  'model.switch': { changes: true },
  'decision.read': { sensitive: true },
  'review.decide': { changes: true },
} as const satisfies Readonly<Record<string, { readonly changes?: true; readonly sensitive?: true }>>;
export type Action = keyof typeof ACTIONS;

/**
 * What an action acts on, as far as a decision needs it. Absent members mean that the thing has no such side: a market's
 * batch belongs to no client.
 */
export interface Resource {
  /** order, account, contract, limit, batch, journal, document, approval, audit, user, model, decision, operation, house. */
  readonly kind: string;
  readonly id?: string;
  /** The client it belongs to. */
  readonly client?: bigint;
  /** The booking entity it belongs to. */
  readonly entity?: bigint;
  /** Who asked for it, where somebody must not be judge of their own request. */
  readonly maker?: string;
  /** The user it is about. */
  readonly user?: string;
  /** Duty that an approval needs from its checker. */
  readonly duty?: string;
}
