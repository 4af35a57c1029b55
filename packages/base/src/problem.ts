import { InvariantError } from './invariant.ts';

/** A text in the two languages of the house. `{name}` stands for the problem's parameter of that name. */
export interface Bilingual {
  readonly zh: string;
  readonly en: string;
}

/** What a problem code means: title, detail and remedy in both languages, and the HTTP status it maps to. */
export interface ProblemKind {
  readonly status: number;
  readonly title: Bilingual;
  /** One sentence with `{param}` placeholders: rule, limit, used, requested and what would pass. */
  readonly detail: Bilingual;
  readonly remedy: Bilingual;
}

export type ProblemParams = Readonly<Record<string, string | number | bigint | boolean | null>>;

/** RFC 9457 problem document, as it is sent and logged. */
export interface ProblemDocument {
  readonly type: string;
  readonly code: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly remedy: string;
  readonly params: Readonly<Record<string, string | number | boolean | null>>;
}

const kinds = new Map<string, ProblemKind>();

/**
 * Declares the problem codes of a room, once, at load time. A code names one fact for ever.
 * @example
 * const { problem } = declareProblems({ OFF_TICK: { status: 422, title: {…}, detail: {…}, remedy: {…} } });
 * throw problem('OFF_TICK', { price: '167.415', tick: '0.01' });
 */
export function declareProblems<K extends string>(
  declared: Readonly<Record<K, ProblemKind>>,
): { problem: (code: K, params?: ProblemParams, cause?: unknown) => Problem; codes: readonly K[] } {
  for (const [code, kind] of Object.entries<ProblemKind>(declared)) {
    if (!/^[A-Z][A-Z0-9_]{2,63}$/.test(code)) throw new InvariantError(`malformed problem code ${code}`);
    const earlier = kinds.get(code);
    if (earlier !== undefined && earlier !== kind) throw new InvariantError(`problem code ${code} is declared twice`);
    kinds.set(code, kind);
  }
  return {
    problem: (code, params = {}, cause) => new Problem(code, params, cause),
    codes: Object.keys(declared) as K[],
  };
}

/** The kind behind a code; undefined for a code nobody declared. */
export function problemKind(code: string): ProblemKind | undefined {
  return kinds.get(code);
}

/** Every declared code, sorted. */
export function problemCodes(): readonly string[] {
  return [...kinds.keys()].sort();
}

/** An expected failure that a user, peer or operator can understand and mend. */
export class Problem extends Error {
  override readonly name = 'Problem';
  readonly code: string;
  readonly params: ProblemParams;

  constructor(code: string, params: ProblemParams = {}, cause?: unknown) {
    const kind = kinds.get(code);
    if (kind === undefined) throw new InvariantError(`undeclared problem code ${code}`);
    super(`${code}: ${fill(kind.detail.en, params)}`, cause === undefined ? undefined : { cause });
    this.code = code;
    this.params = params;
  }

  get status(): number {
    return (kinds.get(this.code) as ProblemKind).status;
  }

  detail(language: 'zh' | 'en'): string {
    return fill((kinds.get(this.code) as ProblemKind).detail[language], this.params);
  }

  document(language: 'zh' | 'en'): ProblemDocument {
    const kind = kinds.get(this.code) as ProblemKind;
    const params: Record<string, string | number | boolean | null> = {};
    for (const [name, value] of Object.entries(this.params))
      params[name] = typeof value === 'bigint' ? value.toString() : value;
    return {
      type: `urn:meridian:problem:${this.code}`,
      code: this.code,
      title: kind.title[language],
      status: kind.status,
      detail: fill(kind.detail[language], this.params),
      remedy: fill(kind.remedy[language], this.params),
      params,
    };
  }
}

export function isProblem(error: unknown, code?: string): error is Problem {
  return error instanceof Problem && (code === undefined || error.code === code);
}

function fill(text: string, params: ProblemParams): string {
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => (name in params ? String(params[name]) : whole));
}
