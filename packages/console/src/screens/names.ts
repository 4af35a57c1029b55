import { NONE } from '../format/number.ts';

/** The name of a code; the code itself where the house knows one that the console does not; a dash where there is none. */
export function nameOf(names: Readonly<Record<string, string>>, code: string | number | boolean | null | undefined): string {
  return code === null || code === undefined ? NONE : (names[String(code)] ?? String(code));
}
