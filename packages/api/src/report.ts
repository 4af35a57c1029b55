import { closed, Type } from '@meridian/base';
import { route } from './route.ts';
import { as, Count, Id, InstantText, List, OneOf, OrNull, PAGE_QUERY, Page, resource, Text, Token } from './shape.ts';

const meta = { owner: 'clearing', purpose: ['clearing'] } as const;
export const DocumentLine = resource(
  'documentLine',
  { zh: '报告', en: 'Report' },
  {
    document: Token(128),
    batch: Token(),
    attempt: Count(),
    kind: Token(),
    client: as('token', OrNull(Id())),
    token: as('token', OrNull(Token())),
    format: Token(8),
    fileName: Text(200),
    sha256: Token(64),
    bytes: Count(),
  },
  meta,
);
export const MailLine = resource(
  'mailLine',
  { zh: '邮件', en: 'Mail' },
  {
    mail: Token(128),
    batch: Token(),
    attempt: Count(),
    kind: Token(),
    recipient: as('hidden', Text(200)),
    subject: Text(400),
    documents: List(Token(128), 50),
    state: OneOf(['queued', 'sent', 'dead']),
    tries: Count(),
    sent: OrNull(InstantText('wall')),
    error: OrNull(Text(400)),
  },
  meta,
);
export const REPORT_ROUTES = [
  route({
    method: 'GET',
    path: '/v1/reports',
    tag: 'reports',
    summary: { zh: '报告', en: 'Reports' },
    action: 'report.read',
    query: closed({ ...PAGE_QUERY, batch: Type.Optional(Token()), kind: Type.Optional(Token(32)) }),
    answer: Page(DocumentLine),
  }),
  route({
    method: 'GET',
    path: '/v1/reports/{document}/content',
    tag: 'reports',
    summary: { zh: '下载报告', en: 'A report itself' },
    action: 'report.download',
    params: closed({ document: Token(128) }),
    answer: Type.Any(),
    media: 'application/octet-stream',
  }),
  route({
    method: 'GET',
    path: '/v1/mails',
    tag: 'reports',
    summary: { zh: '邮件', en: 'Mails' },
    action: 'mail.read',
    query: closed(PAGE_QUERY),
    answer: Page(MailLine),
  }),
  route({
    method: 'POST',
    path: '/v1/mails/{mail}/resend',
    tag: 'reports',
    summary: { zh: '重发邮件', en: 'Send again' },
    action: 'mail.resend',
    params: closed({ mail: Token(128) }),
    body: closed({}),
    answer: MailLine,
  }),
] as const;
