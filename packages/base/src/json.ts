import { declareProblems } from './problem.ts';

const { problem } = declareProblems({
  JSON_REFUSED: {
    status: 400,
    title: { zh: 'JSON 无法接受', en: 'JSON refused' },
    detail: { zh: 'JSON 被拒绝：{reason}', en: 'JSON refused: {reason}' },
    remedy: { zh: '检查大小、嵌套层数、重复键与语法', en: 'Check size, nesting, duplicate keys and syntax' },
  },
});

export interface JsonBounds {
  /** UTF-16 code units of the text. */
  readonly charsMax: number;
  readonly depthMax: number;
}

/**
 * Parses JSON from outside the house: bounded in size and nesting; duplicate keys and `__proto__` refused.
 * @throws Problem JSON_REFUSED
 */
export function parseJson(text: string, bounds: JsonBounds): unknown {
  if (text.length > bounds.charsMax) throw problem('JSON_REFUSED', { reason: `longer than ${bounds.charsMax} characters` });
  checkShape(text, bounds.depthMax);
  try {
    return JSON.parse(text);
  } catch (error) {
    throw problem('JSON_REFUSED', { reason: 'syntax error' }, error);
  }
}

/** One pass over the text before parsing: nesting depth and duplicate keys are invisible after JSON.parse. */
function checkShape(text: string, depthMax: number): void {
  const keysOf: (Set<string> | null)[] = [];
  for (let i = 0; i < text.length; i++) {
    const c = text[i];
    if (c === '{' || c === '[') {
      keysOf.push(c === '{' ? new Set() : null);
      if (keysOf.length > depthMax) throw problem('JSON_REFUSED', { reason: `nested deeper than ${depthMax}` });
    } else if (c === '}' || c === ']') {
      keysOf.pop();
    } else if (c === '"') {
      const start = i;
      for (i++; i < text.length && text[i] !== '"'; i++) if (text[i] === '\\') i++;
      const keys = keysOf.at(-1);
      if (keys instanceof Set && isKey(text, i + 1)) checkKey(text.slice(start, i + 1), keys);
    }
  }
}

/** Whether a colon follows, behind any number of blanks: what came before it was a key. */
function isKey(text: string, from: number): boolean {
  let at = from;
  while (text[at] === ' ' || text[at] === '\t' || text[at] === '\n' || text[at] === '\r') at++;
  return text[at] === ':';
}

function checkKey(quoted: string, keys: Set<string>): void {
  let key: string;
  try {
    key = JSON.parse(quoted) as string;
  } catch (error) {
    throw problem('JSON_REFUSED', { reason: 'syntax error' }, error);
  }
  if (key === '__proto__') throw problem('JSON_REFUSED', { reason: 'key __proto__' });
  if (keys.has(key)) throw problem('JSON_REFUSED', { reason: `duplicate key ${key.slice(0, 32)}` });
  keys.add(key);
}

/**
 * Canonical JSON: keys sorted, bigint as decimal text, no blanks, undefined members dropped. Equal values give equal
 * bytes, so it may be hashed. NaN and infinities are refused.
 */
export function canonicalJson(value: unknown): string {
  switch (typeof value) {
    case 'bigint':
      return `"${value}"`;
    case 'number':
      if (!Number.isFinite(value)) throw new RangeError('canonical JSON holds finite numbers only');
      return JSON.stringify(value);
    case 'string':
    case 'boolean':
      return JSON.stringify(value);
    case 'object': {
      if (value === null) return 'null';
      if (Array.isArray(value)) return `[${value.map((v) => canonicalJson(v ?? null)).join(',')}]`;
      const members = Object.entries(value as Record<string, unknown>)
        .filter(([, v]) => v !== undefined)
        .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
      return `{${members.map(([k, v]) => `${JSON.stringify(k)}:${canonicalJson(v)}`).join(',')}}`;
    }
    default:
      throw new RangeError(`canonical JSON cannot hold a ${typeof value}`);
  }
}

/** JSON for people and links: bigint as decimal text, members in their order. */
export function jsonText(value: unknown, indent = 0): string {
  return JSON.stringify(value, (_key, member) => (typeof member === 'bigint' ? member.toString() : member), indent) ?? 'null';
}
