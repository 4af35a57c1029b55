import type { Bilingual } from '@meridian/base';
import type { MaskRule } from './mask.ts';
import { problem } from './problems.ts';

/** 核心 / 重要 / 一般, by the harm of tampering, destruction, leak or misuse. DS-2. Most harmful first. */
export const CLASSES = ['core', 'important', 'general'] as const;
export type DataClass = (typeof CLASSES)[number];

/** Where a field lives. */
export const KINDS = ['column', 'message', 'report', 'file', 'log', 'metric'] as const;
export type FieldKind = (typeof KINDS)[number];

/** Personal information (个人信息); `spi` is sensitive by law: financial accounts of persons among it (PIPL Art 28). */
export type PersonalInformation = 'none' | 'pi' | 'spi';

/** The duty that answers for a field. DS-10. */
export const OWNERS = ['trading', 'accounts', 'clearing', 'risk', 'compliance', 'reference', 'security', 'operations'] as const;
export type Owner = (typeof OWNERS)[number];

/** What a field is collected and used for. Use for anything else needs a new declaration. DS-4, DS-7. */
export const PURPOSES = [
  ...(['onboarding', 'trading', 'hedging', 'margin', 'clearing', 'bookkeeping', 'reporting', 'risk', 'audit'] as const),
  ...(['reference', 'operations', 'security'] as const),
] as const;
export type Purpose = (typeof PURPOSES)[number];

/** The ways by which a field may leave the house. A field goes out only by the ones that its declaration names. DS-9. */
export const CHANNELS = [
  ...(['hedge-order', 'market-data-request', 'broker-file', 'client-session', 'client-report', 'regulatory-report'] as const),
] as const;
export type Channel = (typeof CHANNELS)[number];

/** Least years a rule makes us keep data. SecL 137, FDL 117, NDSR 12, PIPL 56, CSRC 218 (business logs), CSL 23 (six months). */
export const RETENTION_RULES = {
  'SecL-137': 20,
  'FDL-117': 20,
  'NDSR-12': 3,
  'PIPL-56': 3,
  'CSRC-218': 5,
  'CSL-23': 0.5,
  house: 0,
} as const satisfies Readonly<Record<string, number>>;
export type RetentionRule = keyof typeof RETENTION_RULES;

/** An ISO 8601 period and the rule that asks for it: "P20Y SecL-137". */
export type Retention = `P${string} ${RetentionRule}`;

/** Everything the house must know of a field before it may be stored, sent, shown or logged. DS-1, DS-2, DS-4, DS-7. */
export interface Declaration {
  readonly kind: FieldKind;
  /** Columns: PostgreSQL's name of the type. Elsewhere the type as its message or report defines it. */
  readonly type: string;
  readonly class: DataClass;
  /** A sensitive item among the others (敏感): masked wherever it is shown to the uncleared. */
  readonly sensitive: boolean;
  readonly pi: PersonalInformation;
  /** JR/T 0158-2018 level, 1 (low) to 4 (highest). */
  readonly jrt0158: number;
  /** JR/T 0197-2020 level, 1 (public) to 5. */
  readonly jrt0197: number;
  readonly owner: Owner;
  readonly purpose: readonly Purpose[];
  /** Where it is collected: an ISO 3166 country, or `house` (made by us), `market` (public prices and facts). */
  readonly origin: string;
  readonly retain: Retention;
  /** `sealed`: only ciphertext is stored. */
  readonly storage: 'plain' | 'sealed';
  readonly mask: MaskRule;
  readonly outbound: 'never' | readonly Channel[];
  /** May models learn from it? `approved`: only under an approval. */
  readonly ai: 'no' | 'approved' | 'yes';
  readonly title?: Bilingual;
}

/** A declared field; `room.entity.field` in snake case. */
export interface Field extends Declaration {
  readonly name: string;
  readonly entity: string;
  readonly key: string;
}

const NAME = /^[a-z][a-z0-9_]{0,62}\.[a-z][a-z0-9_]{0,62}\.[a-z][a-z0-9_]{0,62}$/;
const PERIOD = /^P(?=\d)(?:(\d{1,3})Y)?(?:(\d{1,3})M)?(?:(\d{1,4})D)?$/;

/**
 * Refuses a declaration that is malformed or contradicts itself.
 * @throws Problem CATALOGUE_INVALID
 */
export function checkDeclaration(name: string, d: Declaration): void {
  const refuse = (reason: string): never => {
    throw problem('CATALOGUE_INVALID', { name: name.slice(0, 200), reason });
  };
  if (!NAME.test(name)) refuse('a field is named room.entity.field in snake case');
  const oneOf = (what: string, value: unknown, allowed: readonly unknown[]) =>
    allowed.includes(value) || refuse(`${what} ${String(value)} is not one of ${allowed.join(', ')}`);
  oneOf('kind', d.kind, KINDS);
  oneOf('class', d.class, CLASSES);
  oneOf('sensitive', d.sensitive, [true, false]);
  oneOf('pi', d.pi, ['none', 'pi', 'spi']);
  oneOf('JR/T 0158 level', d.jrt0158, [1, 2, 3, 4]);
  oneOf('JR/T 0197 level', d.jrt0197, [1, 2, 3, 4, 5]);
  oneOf('owner', d.owner, OWNERS);
  oneOf('storage', d.storage, ['plain', 'sealed']);
  oneOf('mask', d.mask, ['none', 'account', 'name', 'id', 'bucket', 'full']);
  oneOf('ai use', d.ai, ['no', 'approved', 'yes']);
  if (typeof d.type !== 'string' || d.type === '') refuse('the type is missing');
  if (d.purpose.length === 0) refuse('the purpose is missing');
  for (const purpose of d.purpose) oneOf('purpose', purpose, PURPOSES);
  if (d.outbound !== 'never') {
    if (d.outbound.length === 0) refuse("an empty outbound list is written 'never'");
    for (const channel of d.outbound) oneOf('outbound channel', channel, CHANNELS);
  }
  if (!/^(?:[A-Z]{2}|house|market)$/.test(d.origin)) refuse(`origin ${d.origin} is neither a country, house nor market`);
  checkRetention(d.retain, refuse);
  checkContradictions(name.slice(name.lastIndexOf('.') + 1), d, refuse);
}

function checkRetention(retain: string, refuse: (reason: string) => never): void {
  const [period = '', rule = '', ...rest] = retain.split(' ');
  const match = PERIOD.exec(period);
  if (match === null || rest.length > 0) refuse(`retention ${retain} is not "P<period> <rule>"`);
  if (!Object.hasOwn(RETENTION_RULES, rule)) refuse(`retention rule ${rule} is unknown`);
  const years = Number(match?.[1] ?? 0) + Number(match?.[2] ?? 0) / 12 + Number(match?.[3] ?? 0) / 365;
  const least = RETENTION_RULES[rule as RetentionRule];
  if (years < least || years === 0) refuse(`retention ${period} is shorter than the ${least} years of ${rule}`);
}

function checkContradictions(key: string, d: Declaration, refuse: (reason: string) => never): void {
  if (d.sensitive && d.mask === 'none') refuse('a sensitive field needs a mask');
  if (d.pi === 'spi' && !d.sensitive) refuse('sensitive personal information is sensitive');
  if (d.storage === 'sealed' && !d.sensitive) refuse('what is sealed is sensitive');
  if (d.storage === 'sealed' && d.kind === 'column' && d.type !== 'bytea') refuse('a sealed column is bytea');
  if (d.class === 'core' && (d.jrt0158 < 4 || d.jrt0197 < 5))
    refuse('core data are of JR/T 0158 level 4 and JR/T 0197 level 5');
  if (d.class === 'important' && (d.jrt0158 < 3 || d.jrt0197 < 4))
    refuse('important data are of JR/T 0158 level 3 and JR/T 0197 level 4 at least');
  if (d.sensitive && (d.jrt0158 < 2 || d.jrt0197 < 3))
    refuse('sensitive data are of JR/T 0158 level 2 and JR/T 0197 level 3 at least');
  if (d.class !== 'general' && d.outbound !== 'never') refuse(`${d.class} data never leave by a standing channel`);
  if (d.pi === 'spi' && d.outbound !== 'never' && d.outbound.includes('hedge-order'))
    refuse('no personal information leaves with a hedge order');
  if (d.sensitive && d.ai === 'yes') refuse('models learn from sensitive data only when approved');
  if (d.class === 'core' && d.ai !== 'no') refuse('no model learns from core data');
  if (d.kind === 'log' && ['event', 'level', 'time', 'process'].includes(key)) refuse(`every log line has its own ${key}`);
  if (d.kind === 'log' && d.class !== 'general') refuse(`${d.class} data are not logged`);
  if (d.kind === 'metric' && (d.class !== 'general' || d.sensitive))
    refuse('metrics carry general data that are not sensitive');
}
