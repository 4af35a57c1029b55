import { closed, type Static, Type } from '@meridian/base';
import { route } from './route.ts';
import { as, Both, Id, InstantText, List, OneOf, OrNull, resource, Text, Token } from './shape.ts';

const meta = { owner: 'security', purpose: ['security'] } as const;

/** Who is at the console and what they may ask for: what the console shows follows from it. */
export const Session = resource(
  'session',
  { zh: '会话', en: 'Session' },
  {
    user: as('token', Token()),
    title: Both(),
    duties: List(Token(), 10),
    /** ISO 3166; reading from abroad is an outbound transfer. */
    jurisdiction: Token(2),
    clients: as('token', List(Id(), 100)),
    entities: List(Id(), 100),
    /** Names of actions; the console hides what is not among them. The server decides again each time. */
    allowed: List(Token(), 200),
    strong: Type.Boolean(),
    /** What must happen before anything else. */
    pending: OneOf(['none', 'second-factor', 'enrol', 'change-password']),
    factors: List(OneOf(['totp', 'webauthn', 'recovery']), 3),
    /** To be sent as x-csrf-token with everything that changes. */
    csrf: Token(100),
    expires: InstantText('wall'),
    environment: OneOf(['demo', 'production']),
    businessTime: InstantText(),
    /** Codes for the day the device is lost: told once, by the answer that confirms the first factor. */
    recovery: as('hidden', Type.Optional(List(Token(32), 10))),
  },
  meta,
);
export type Session = Static<typeof Session>;

export const SignInRequest = closed({
  user: Token(64),
  password: Type.String({ minLength: 1, maxLength: 200 }),
  jurisdiction: Type.Optional(Token(2)),
});
export const SecondFactorRequest = closed({
  kind: OneOf(['totp', 'recovery', 'webauthn']),
  code: Type.Optional(Token(64)),
  /** The browser's answer to the challenge (WebAuthn AuthenticationResponseJSON). */
  credential: Type.Optional(Type.Record(Type.String({ maxLength: 64 }), Type.Unknown())),
});
export const PasswordChange = closed({
  current: Type.String({ minLength: 1, maxLength: 200 }),
  next: Type.String({ minLength: 12, maxLength: 200 }),
});
export const Challenge = resource(
  'challenge',
  { zh: '挑战', en: 'Challenge' },
  {
    options: as('hidden', Type.Record(Type.String(), Type.Unknown())),
    secret: as('hidden', Text(200)),
    uri: as('hidden', Text(400)),
    recovery: as('hidden', List(Token(32), 10)),
  },
  meta,
);
export const SessionLine = resource(
  'sessionLine',
  { zh: '会话清单', en: 'Open session' },
  {
    session: Token(64),
    since: InstantText('wall'),
    lastSeen: InstantText('wall'),
    jurisdiction: Token(2),
    strong: Type.Boolean(),
    current: Type.Boolean(),
  },
  meta,
);
/** Sign-in by the firm's own identity provider (OpenID Connect), where the house is configured for one. */
export const Federation = resource(
  'federation',
  { zh: '单点登录', en: "The firm's sign-in" },
  {
    /** What people call it; null where none is configured. */
    name: OrNull(Both()),
  },
  { ...meta },
);
export const FederationDeparture = resource(
  'federationDeparture',
  { zh: '单点登录去处', en: 'Where signing in goes on' },
  {
    /** The provider's address for this one sign-in, good for ten minutes in this browser. */
    url: Text(4_000),
  },
  { ...meta },
);
export const FederationReturn = closed({
  /** The query of the address that the provider sent the browser back to, as it is, without "?". */
  query: Type.String({ minLength: 1, maxLength: 8_192 }),
  jurisdiction: Type.Optional(Token(2)),
});
const Nothing = closed({});

const tag = 'session';
export const SESSION_ROUTES = [
  route({
    method: 'POST',
    path: '/v1/session',
    tag,
    summary: { zh: '登录', en: 'Sign in' },
    action: null,
    body: SignInRequest,
    answer: Session,
  }),
  route({
    method: 'GET',
    path: '/v1/session',
    tag,
    summary: { zh: '当前会话', en: 'The present session' },
    action: 'session.read',
    answer: Session,
  }),
  route({
    method: 'DELETE',
    path: '/v1/session',
    tag,
    summary: { zh: '退出', en: 'Sign out' },
    action: 'session.end',
    answer: Nothing,
  }),
  route({
    method: 'GET',
    path: '/v1/session/federation',
    tag,
    summary: { zh: '是否可单点登录', en: "Whether one may sign in by the firm's provider" },
    action: null,
    answer: Federation,
  }),
  route({
    method: 'POST',
    path: '/v1/session/federation',
    tag,
    summary: { zh: '开始单点登录', en: "Begin signing in by the firm's provider" },
    action: null,
    body: Nothing,
    answer: FederationDeparture,
  }),
  route({
    method: 'PUT',
    path: '/v1/session/federation',
    tag,
    summary: { zh: '完成单点登录', en: "Finish signing in by the firm's provider" },
    action: null,
    body: FederationReturn,
    answer: Session,
  }),
  route({
    method: 'POST',
    path: '/v1/session/second-factor',
    tag,
    summary: { zh: '第二因素', en: 'Show the second factor' },
    action: null,
    body: SecondFactorRequest,
    answer: Session,
  }),
  route({
    method: 'POST',
    path: '/v1/session/challenge',
    tag,
    summary: { zh: '索取安全密钥挑战', en: 'Ask for a security-key challenge' },
    action: null,
    body: Nothing,
    answer: Challenge,
  }),
  route({
    method: 'POST',
    path: '/v1/session/password',
    tag,
    summary: { zh: '修改密码', en: 'Change the password' },
    action: 'credential.manage',
    body: PasswordChange,
    answer: Session,
  }),
  route({
    method: 'POST',
    path: '/v1/session/totp',
    tag,
    summary: { zh: '登记动态口令', en: 'Enrol a one-time-code device' },
    action: 'credential.manage',
    body: Nothing,
    answer: Challenge,
  }),
  route({
    method: 'PUT',
    path: '/v1/session/totp',
    tag,
    summary: { zh: '确认动态口令', en: 'Confirm the device by a code' },
    action: 'credential.manage',
    body: closed({ code: Token(16) }),
    answer: Session,
  }),
  route({
    method: 'POST',
    path: '/v1/session/keys',
    tag,
    summary: { zh: '登记安全密钥', en: 'Enrol a security key' },
    action: 'credential.manage',
    body: Nothing,
    answer: Challenge,
  }),
  route({
    method: 'PUT',
    path: '/v1/session/keys',
    tag,
    summary: { zh: '确认安全密钥', en: 'Confirm the security key' },
    action: 'credential.manage',
    body: closed({ credential: Type.Record(Type.String({ maxLength: 64 }), Type.Unknown()) }),
    answer: Session,
  }),
  route({
    method: 'GET',
    path: '/v1/sessions',
    tag,
    summary: { zh: '我的会话', en: 'My open sessions' },
    action: 'session.read',
    answer: List(SessionLine, 100),
  }),
  route({
    method: 'DELETE',
    path: '/v1/sessions/{session}',
    tag,
    summary: { zh: '撤销会话', en: 'End one of my sessions' },
    action: 'session.end',
    params: closed({ session: Token(64) }),
    answer: Nothing,
  }),
] as const;
