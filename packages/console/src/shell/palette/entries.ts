import type { Bilingual, Language } from '../../i18n/text.ts';

/** Something the palette offers. */
export interface Entry {
  readonly id: string;
  readonly group: 'screens' | 'verbs' | 'found';
  readonly label: string;
  /** Beside the label, dimmed: the kind of an object. */
  readonly kind?: string;
  /** At the right: a function code or a key. */
  readonly hint?: string;
  readonly run: () => void;
}

/** A screen or verb as it can be typed for: by its code, its key or either of its names. */
export interface Candidate {
  readonly title: Bilingual;
  readonly code?: string | undefined;
}

/**
 * How well what was typed fits, or 0: a whole function code first, then its beginning, then the beginning of a name, then anywhere
 * in it. Both languages are searched, whichever is shown.
 */
export function fit(candidate: Candidate, typed: string, language: Language): number {
  const wanted = typed.trim().toLowerCase();
  if (wanted === '') return 1;
  const code = candidate.code?.toLowerCase() ?? '';
  if (code === wanted) return 5;
  if (code.startsWith(wanted)) return 4;
  const names = [candidate.title[language], candidate.title.zh, candidate.title.en].map((name) => name.toLowerCase());
  if (names.some((name) => name.startsWith(wanted))) return 3;
  return names.some((name) => name.includes(wanted)) ? 2 : 0;
}

/** The best first; equals keep the order in which they are declared. */
export function ranked<C extends Candidate>(candidates: readonly C[], typed: string, language: Language): C[] {
  return candidates
    .map((candidate) => ({ candidate, score: fit(candidate, typed, language) }))
    .filter(({ score }) => score > 0)
    .sort((a, b) => b.score - a.score)
    .map(({ candidate }) => candidate);
}
