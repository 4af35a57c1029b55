import { closed, type Static, Type } from '@meridian/base';
import { type ApprovalChange, type By, conflictOf, DUTIES, type FederatedSubject, type UserDuty } from '@meridian/security';
import type { Transaction } from '@meridian/store';
import { titleOf } from '../duty-title.ts';
import { type ApprovalDesk, type HouseExecutor, payloadOf, REQUEST_TTL } from './approval-desk.ts';
import { problem } from './problems.ts';

const KIND = 'user.manage';

/** As the directory takes them: told before somebody has to check it. */
const USER_NAME = /^[a-z][a-z0-9._-]{1,31}$/;
const id = () => Type.String({ pattern: '^[1-9]\\d{0,17}$' });
/**
 * `subject` and `issuer` with `link` and `unlink`: whom the firm's provider proves, and which provider that was when it was asked.
 * `duties` with `create` and `duties`; where a user may sign in and what it sees with `create`, and with `duties` to change
 * them.
 */
const UserPayload = closed({
  change: Type.Union([
    Type.Literal('create'),
    Type.Literal('duties'),
    Type.Literal('disable'),
    Type.Literal('enable'),
    Type.Literal('link'),
    Type.Literal('unlink'),
  ]),
  duties: Type.Optional(Type.Array(Type.Enum([...DUTIES]), { minItems: 1, maxItems: 10, uniqueItems: true })),
  jurisdictions: Type.Optional(Type.Array(Type.String({ pattern: '^[A-Z]{2}$' }), { minItems: 1, maxItems: 10 })),
  clients: Type.Optional(Type.Array(id(), { maxItems: 64 })),
  entities: Type.Optional(Type.Array(id(), { maxItems: 64 })),
  issuer: Type.Optional(Type.String({ minLength: 1, maxLength: 400 })),
  subject: Type.Optional(Type.String({ minLength: 1, maxLength: 255 })),
});
type UserPayload = Static<typeof UserPayload>;

/** Null: there is no such user yet. */
type UserState = {
  readonly state: 'active' | 'disabled';
  readonly duties: readonly string[];
  readonly jurisdictions: readonly string[];
  readonly clients: readonly string[];
  readonly entities: readonly string[];
  /** Whom other issuers prove: "issuer subject". */
  readonly subjects: readonly string[];
} | null;

/**
 * A user made, given other duties, or let in or kept out (用户变更): asked for by an administrator, checked by a security officer,
 * who administers nobody. The directory does it inside the request's own transaction. DS-10
 */
export function userManage(desk: ApprovalDesk): HouseExecutor<UserPayload, UserState> {
  return {
    ...{ kind: KIND, title: { zh: '用户变更', en: 'Change of a user' } },
    ...{ duty: 'security', needs: 1, ttl: REQUEST_TTL },
    async read(target, over) {
      const { rows } = await over.query<UserState & { changes: bigint }>(
        `SELECT u.state, u.jurisdictions, u.clients::text[] AS clients, u.entities::text[] AS entities,
                ARRAY(SELECT d.duty FROM security.user_duty d WHERE d.user_name = u.name ORDER BY d.duty) AS duties,
                ARRAY(SELECT f.issuer || ' ' || f.subject FROM security.federated_subject f WHERE f.user_name = u.name
                       ORDER BY f.issuer, f.subject) AS subjects,
                (SELECT count(*) FROM security.user_change c WHERE c.user_name = u.name) AS changes
           FROM security.user u WHERE u.name = $1 FOR NO KEY UPDATE OF u`,
        [target],
      );
      const [row] = rows;
      if (row === undefined) return { state: null, version: '0' };
      const { changes, ...state } = row;
      return { state, version: String(changes) };
    },
    validate(payload, target) {
      const valid = payloadOf(KIND, target, UserPayload, payload);
      const conflict = conflictOf((valid.duties ?? []) as UserDuty[]);
      const refuse = (reason: string) => problem('REQUEST_CONTENT_REFUSED', { kind: KIND, target, reason });
      if (conflict !== undefined) throw refuse(`${conflict.join(' and ')} are never held by one person`);
      if ((valid.change === 'create' || valid.change === 'duties') && valid.duties === undefined)
        throw refuse('it names no duties');
      if (valid.change === 'create' && (valid.jurisdictions === undefined || valid.entities === undefined))
        throw refuse('a new user signs in from somewhere and sees some entities');
      if (valid.change === 'create' && !USER_NAME.test(target))
        throw refuse('a name is of small letters, digits, dots and dashes');
      if (valid.change === 'create' && valid.duties?.includes('client') !== (valid.clients ?? []).length > 0)
        throw refuse("a client's user has clients, and nobody else has any");
      const isOfSubject = valid.change === 'link' || valid.change === 'unlink';
      if (isOfSubject !== (valid.subject !== undefined) || isOfSubject !== (valid.issuer !== undefined))
        throw refuse('link and unlink name a subject, and nothing else does');
      if (valid.change !== 'create' && valid.change !== 'duties' && Object.keys(valid).length > (isOfSubject ? 3 : 1))
        throw refuse(`${valid.change} takes nothing else`);
      return valid;
    },
    diff: (before, payload) => diff(before, payload),
    execute: (tx, payload, { target, maker, checkers }) =>
      apply(desk, tx, target, payload, { maker, checker: checkers[0] as string }),
  };
}

/** @throws Problem REQUEST_TARGET_UNKNOWN | REQUEST_CONTENT_REFUSED */
function diff(before: UserState, { change, ...after }: UserPayload): ApprovalChange[] {
  const refuse = (reason: string) => problem('REQUEST_CONTENT_REFUSED', { kind: KIND, target: change, reason });
  if (change === 'create') {
    if (before !== null) throw refuse('there is such a user');
    return [{ field: 'state', before: null, after: 'active' }, ...members({}, after)];
  }
  if (before === null) throw refuse('there is no such user');
  if (change === 'duties') {
    const changed = members(before, after);
    if (changed.length === 0) throw refuse('nothing would change');
    return changed;
  }
  if (change === 'link' || change === 'unlink') {
    const subject = `${after.issuer} ${after.subject}`;
    const isLinked = before.subjects.includes(subject);
    if (isLinked === (change === 'link')) throw refuse(isLinked ? 'it is linked already' : 'the user has no such subject');
    return [{ field: 'subject', ...(isLinked ? { before: subject, after: null } : { before: null, after: subject }) }];
  }
  const state = change === 'enable' ? 'active' : 'disabled';
  if (before.state === state) throw refuse(`the user is ${state}`);
  return [{ field: 'state', before: before.state, after: state }];
}

const MEMBERS = ['duties', 'jurisdictions', 'clients', 'entities'] as const;
type Members = { readonly [K in (typeof MEMBERS)[number]]?: readonly string[] };

function members(before: Members, after: Members): ApprovalChange[] {
  const listed = (values: readonly string[] | undefined) => values?.toSorted().join(' ') ?? null;
  return MEMBERS.filter((key) => after[key] !== undefined && listed(before[key]) !== listed(after[key])).map((field) => ({
    ...{ field, before: listed(before[field]), after: listed(after[field]) },
  }));
}

async function apply(desk: ApprovalDesk, tx: Transaction, name: string, payload: UserPayload, by: By): Promise<void> {
  const { users } = desk;
  const duties = (payload.duties ?? []) as UserDuty[];
  const ids = (values: readonly string[] | undefined) => (values ?? []).map(BigInt);
  switch (payload.change) {
    case 'create': {
      const { jurisdictions = [], clients, entities } = payload;
      const user = { name, title: titleOf(duties), duties, jurisdictions, clients: ids(clients), entities: ids(entities) };
      const { password } = await users.create(user, by, { within: tx });
      // Before the commit: a user whose password nobody knows could not be let in; one too many on paper does no harm.
      await desk.handOver(name, password);
      return;
    }
    case 'duties': {
      const { jurisdictions, clients, entities } = payload;
      if (jurisdictions !== undefined || clients !== undefined || entities !== undefined) {
        const { rows } = await tx.query<{ jurisdictions: string[]; clients: bigint[]; entities: bigint[] }>(
          'SELECT jurisdictions, clients, entities FROM security.user WHERE name = $1',
          [name],
        );
        const known = rows[0];
        const scope = {
          jurisdictions: jurisdictions ?? known?.jurisdictions ?? [],
          clients: clients === undefined ? (known?.clients ?? []) : ids(clients),
          entities: entities === undefined ? (known?.entities ?? []) : ids(entities),
        };
        await users.changeScope(name, scope, by, tx);
      }
      return users.changeDuties(name, duties, by, tx);
    }
    case 'link':
      return users.linkFederated(name, subjectOf(payload), by, tx);
    case 'unlink':
      return users.unlinkFederated(name, subjectOf(payload), by, tx);
    case 'disable':
      return users.disable(name, by, tx);
    default:
      return users.enable(name, by, tx);
  }
}

const subjectOf = ({ issuer = '', subject = '' }: UserPayload): FederatedSubject => ({ issuer, subject });
