/** The console's two languages. Chinese is written first; English must say as much, or it does not compile. */
export type Language = 'zh' | 'en';

/** A catalogue: nested groups of sentences, or functions that put values into a sentence. */
export interface Catalogue {
  readonly [name: string]: string | ((...values: never[]) => string) | Catalogue;
}

/** What a translation of `T` must be: the same keys, the same parameters. */
export type Translation<T> = {
  readonly [K in keyof T]: T[K] extends string
    ? string
    : T[K] extends (...values: infer A) => string
      ? (...values: A) => string
      : Translation<T[K]>;
};

/** A screen's words in both languages. */
export interface Text<T> {
  readonly zh: Translation<T>;
  readonly en: Translation<T>;
}

/**
 * Declares the words of one screen or part.
 * @example
 * export const text = defineText(
 *   { title: '委托', count: (all: number, open: number) => `${all} 笔 · ${open} 在途` },
 *   { title: 'Orders', count: (all, open) => `${all} orders · ${open} working` },
 * );
 */
export function defineText<const T extends Catalogue>(zh: T, en: Translation<T>): Text<T> {
  return { zh: zh as unknown as Translation<T>, en };
}

/** A name that the house sends in both languages. */
export interface Bilingual {
  readonly zh: string;
  readonly en: string;
}
