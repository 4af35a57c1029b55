import type { ProblemDocument as Document } from '@meridian/base';

/** As it travels; `trace` names the request in the house's log. */
export type ProblemDocument = Document & { readonly trace?: string };

/** A refusal of the house as the console met it: the problem document, already in the user's language. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly problem: ProblemDocument;

  constructor(problem: ProblemDocument) {
    super(problem.title);
    this.problem = problem;
  }

  get status(): number {
    return this.problem.status;
  }
}

/** Codes that the console itself gives where the house could not answer. */
export type OwnCode = 'HOUSE_UNREACHABLE' | 'ANSWER_UNREADABLE';

const own = {
  HOUSE_UNREACHABLE: {
    zh: ['连不上平台', '请求没有得到答复，结果未知；平台可能已经收到', '稍候重试：同一请求重发不会执行两次'],
    en: [
      'The house cannot be reached',
      'The request got no answer and its outcome is unknown; the house may have received it',
      'Try again in a moment: the same request sent twice is executed once',
    ],
  },
  ANSWER_UNREADABLE: {
    zh: ['答复无法读取', '答复不是约定的格式', '重试；若仍如此，请把这一条报给系统管理员'],
    en: [
      'The answer cannot be read',
      'The answer is not in the agreed form',
      'Try again; if it stays, report this to the administrator',
    ],
  },
} as const satisfies Record<OwnCode, Record<'zh' | 'en', readonly [string, string, string]>>;

/** A refusal that the console states itself. Status 0: nothing was answered. */
export function ownRefusal(code: OwnCode, language: 'zh' | 'en', status = 0): Refusal {
  const [title, detail, remedy] = own[code][language];
  return new Refusal({ type: `urn:meridian:problem:${code}`, code, title, status, detail, remedy, params: {} });
}

/** Reads a problem document; undefined where the body is something else. */
export function readProblem(body: unknown): ProblemDocument | undefined {
  if (typeof body !== 'object' || body === null) return undefined;
  const { code, title, status, detail } = body as Record<string, unknown>;
  const whole =
    typeof code === 'string' && typeof title === 'string' && typeof status === 'number' && typeof detail === 'string';
  return whole
    ? { type: '', remedy: '', params: {}, ...(body as Partial<ProblemDocument>), code, title, status, detail }
    : undefined;
}

/**
 * The problem of a job that was asked for in one language and is looked at in another: its `texts` say it in both. Undefined where
 * the body is no problem; one without texts stays as it is.
 */
export function spokenProblem(body: unknown, language: 'zh' | 'en'): ProblemDocument | undefined {
  const problem = readProblem(body);
  if (problem === undefined) return undefined;
  const texts = (body as { readonly texts?: Partial<Record<'zh' | 'en', Partial<ProblemDocument>>> }).texts?.[language];
  const { title = problem.title, detail = problem.detail, remedy = problem.remedy } = texts ?? {};
  return { ...problem, title, detail, remedy };
}

export function refusalOf(error: unknown): Refusal | undefined {
  return error instanceof Refusal ? error : undefined;
}
