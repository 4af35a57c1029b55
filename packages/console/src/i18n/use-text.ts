import { usePreferences } from '../preferences.ts';
import type { Language, Text, Translation } from './text.ts';

/** The words of a screen in the user's language. */
export function useText<T>(text: Text<T>): Translation<T> {
  return text[useLanguage()];
}

export function useLanguage(): Language {
  return usePreferences().language;
}
