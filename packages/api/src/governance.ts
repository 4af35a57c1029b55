import { closed, type Static, Type } from '@meridian/base';
import { Waits } from './order.ts';
import { route } from './route.ts';
import { as, Both, Count, InstantText, List, OneOf, OrNull, PAGE_QUERY, Page, resource, Text, Token } from './shape.ts';

const meta = { owner: 'security', purpose: ['audit'] } as const;
const Payload = () => Type.Record(Type.String(), Type.Unknown());

/** A request before a second pair of eyes: what would change, by whom asked, until when. */
export const Approval = resource(
  'approval',
  { zh: '复核', en: 'Approval' },
  {
    approval: Token(),
    kind: Token(),
    title: Both(),
    target: as('token', Text(200)),
    duty: Token(),
    needs: Count(),
    state: OneOf(['waiting', 'approved', 'refused', 'returned', 'withdrawn', 'expired', 'executed', 'failed']),
    maker: as('token', Token()),
    made: InstantText('wall'),
    expires: InstantText('wall'),
    reason: Text(400),
    mine: Type.Boolean(),
    mayDecide: Type.Boolean(),
    version: Count(),
    diff: List(
      resource(
        'difference',
        { zh: '变更', en: 'What would change' },
        { field: Text(80), before: as('hidden', OrNull(Text(400))), after: as('hidden', OrNull(Text(400))) },
        meta,
      ),
      200,
    ),
    decisions: List(
      resource(
        'approvalDecision',
        { zh: '复核意见', en: 'Decision' },
        { checker: as('token', Token()), verdict: Token(), reason: Text(400), at: InstantText('wall') },
        meta,
      ),
      10,
    ),
  },
  meta,
);
export type Approval = Static<typeof Approval>;
export const ApprovalVerdict = closed(
  { verdict: OneOf(['approve', 'refuse', 'return']), reason: Token(400) },
  { $id: 'ApprovalVerdict' },
);

export const AuditLine = resource(
  'auditLine',
  { zh: '审计条目', en: 'Audit entry' },
  {
    no: Count(),
    at: InstantText('wall'),
    actor: as('token', Token(200)),
    duty: Token(),
    action: Text(200),
    target: Text(400),
    params: Payload(),
    outcome: Text(400),
    hash: Token(64),
    prevHash: Token(64),
  },
  meta,
);
export const AuditProof = resource(
  'auditProof',
  { zh: '审计链校验', en: 'Proof of the chain' },
  {
    entries: Count(),
    intact: Type.Boolean(),
    fault: OrNull(resource('auditFault', { zh: '首个断点', en: 'First fault' }, { no: Count(), kind: Token() }, meta)),
  },
  meta,
);
export const UserLine = resource(
  'userLine',
  { zh: '用户', en: 'User' },
  {
    user: as('token', Token()),
    title: Both(),
    duties: List(Token(), 10),
    jurisdictions: List(Token(2), 10),
    clients: as('token', List(Token(), 100)),
    entities: List(Token(), 100),
    state: OneOf(['active', 'disabled', 'locked']),
    factors: List(Token(), 3),
    sessions: Count(),
    lastSignIn: OrNull(InstantText('wall')),
    version: Count(),
  },
  meta,
);
/**
 * `create`, `duties`, `disable` or `enable`, or `link` and `unlink` a subject of the firm's identity provider; waits for another
 * administrator or security officer.
 */
export const UserChange = closed(
  {
    change: OneOf(['create', 'duties', 'disable', 'enable', 'link', 'unlink']),
    user: Token(64),
    duties: Type.Optional(List(Token(32), 10)),
    jurisdictions: Type.Optional(List(Token(2), 10)),
    clients: Type.Optional(List(Token(20), 100)),
    entities: Type.Optional(List(Token(20), 100)),
    /** What the provider calls a person (`sub`): with `link` and `unlink`. */
    subject: Type.Optional(Token(255)),
    reason: Token(400),
  },
  { $id: 'UserChange' },
);
export const DutyTable = resource(
  'dutyTable',
  { zh: '职责分离', en: 'Duties and what keeps apart' },
  {
    duties: List(Token(), 20),
    apart: List(List(Token(), 2), 200),
    actions: List(
      resource(
        'dutyActions',
        { zh: '职责权限', en: 'What a duty may ask' },
        { duty: Token(), actions: List(Token(), 200) },
        meta,
      ),
      20,
    ),
  },
  meta,
);

export const GOVERNANCE_ROUTES = [
  route({
    method: 'GET',
    path: '/v1/approvals',
    tag: 'approvals',
    summary: { zh: '审批箱', en: 'Inbox' },
    action: 'approval.read',
    query: closed({ ...PAGE_QUERY, state: Type.Optional(Token(16)), mine: Type.Optional(OneOf(['true', 'false'])) }),
    answer: Page(Approval),
  }),
  route({
    method: 'GET',
    path: '/v1/approvals/{approval}',
    tag: 'approvals',
    summary: { zh: '单个请求', en: 'One request' },
    action: 'approval.read',
    params: closed({ approval: Token() }),
    answer: Approval,
  }),
  route({
    method: 'POST',
    path: '/v1/approvals/{approval}/decision',
    tag: 'approvals',
    summary: { zh: '复核', en: 'Decide' },
    action: 'approval.decide',
    params: closed({ approval: Token() }),
    body: ApprovalVerdict,
    answer: Approval,
    versioned: true,
  }),
  route({
    method: 'POST',
    path: '/v1/approvals/{approval}/withdraw',
    tag: 'approvals',
    summary: { zh: '撤回', en: 'Withdraw' },
    action: 'approval.withdraw',
    params: closed({ approval: Token() }),
    body: closed({}),
    answer: Approval,
  }),
  route({
    method: 'GET',
    path: '/v1/audit',
    tag: 'audit',
    summary: { zh: '审计日志', en: 'Audit log' },
    action: 'audit.read',
    query: closed({ ...PAGE_QUERY, actor: Type.Optional(Token(64)), action: Type.Optional(Token(64)) }),
    answer: Page(AuditLine),
  }),
  route({
    method: 'GET',
    path: '/v1/audit/proof',
    tag: 'audit',
    summary: { zh: '校验审计链', en: 'Prove the chain' },
    action: 'audit.read',
    answer: AuditProof,
  }),
  route({
    method: 'GET',
    path: '/v1/users',
    tag: 'users',
    summary: { zh: '用户', en: 'Users' },
    action: 'user.read',
    query: closed(PAGE_QUERY),
    answer: Page(UserLine),
  }),
  route({
    method: 'GET',
    path: '/v1/duties',
    tag: 'users',
    summary: { zh: '职责', en: 'Duties' },
    action: 'user.read',
    answer: DutyTable,
  }),
  route({
    method: 'POST',
    path: '/v1/users',
    tag: 'users',
    summary: { zh: '申请变更用户', en: 'Ask for a change of a user' },
    action: 'user.manage',
    body: UserChange,
    answer: Waits,
    status: 202,
  }),
  route({
    method: 'POST',
    path: '/v1/users/{user}/revoke',
    tag: 'users',
    summary: { zh: '撤销全部会话', en: "End all of a user's sessions" },
    action: 'user.revoke',
    params: closed({ user: Token() }),
    body: closed({}),
    answer: UserLine,
  }),
] as const;
