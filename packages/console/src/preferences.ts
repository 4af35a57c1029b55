import { useSyncExternalStore } from 'react';
import type { Language } from './i18n/text.ts';

/** Sizes of money: as is, 万 (10⁴), 百万 (10⁶), 亿 (10⁸). The chosen one is printed in each header. */
export type Scale = 'one' | 'wan' | 'million' | 'yi';

/** What a user sets for this browser. Nothing here is sent to the house except the language. */
export interface Preferences {
  readonly language: Language;
  readonly theme: 'dark' | 'light';
  /** Colours of signed numbers: red up (China), green up (elsewhere), none. Signs are printed in all three. */
  readonly signs: 'cn' | 'west' | 'mono';
  readonly density: 'dense' | 'regular';
  readonly scale: Scale;
  /** The second zone of every time axis; the first is Beijing. An IANA name. */
  readonly zone: string;
}

const choices = {
  language: ['zh', 'en'],
  theme: ['dark', 'light'],
  signs: ['cn', 'west', 'mono'],
  density: ['dense', 'regular'],
  scale: ['one', 'wan', 'million', 'yi'],
} as const satisfies Partial<Record<keyof Preferences, readonly string[]>>;

const KEY = 'meridian.preferences';
const listeners = new Set<() => void>();
let current: Preferences = {
  language: 'zh',
  theme: 'dark',
  signs: 'cn',
  density: 'dense',
  scale: 'wan',
  zone: 'America/New_York',
};

/** Reads what this browser kept, then what the address says (`?lang=en`), and dresses the document. Called once, before the first render. */
export function loadPreferences(storage: Pick<Storage, 'getItem'>, search: string, languages: readonly string[]): void {
  let kept: unknown = null;
  try {
    kept = JSON.parse(storage.getItem(KEY) ?? 'null');
  } catch {
    // Not ours or damaged: the defaults hold.
  }
  const first = languages[0];
  const guessed: Language = first === undefined || first.toLowerCase().startsWith('zh') ? 'zh' : 'en';
  const asked = new URLSearchParams(search).get('lang');
  current = sanePreferences(kept, { ...current, language: guessed });
  if (asked === 'zh' || asked === 'en') current = { ...current, language: asked };
  dress();
}

/** Keeps of `kept` what is a known choice; the rest comes from `fallback`. */
export function sanePreferences(kept: unknown, fallback: Preferences): Preferences {
  if (typeof kept !== 'object' || kept === null) return fallback;
  const result: Record<string, string> = { ...fallback };
  for (const [name, allowed] of Object.entries(choices)) {
    const value = (kept as Record<string, unknown>)[name];
    if (typeof value === 'string' && (allowed as readonly string[]).includes(value)) result[name] = value;
  }
  const zone = (kept as Record<string, unknown>)['zone'];
  if (typeof zone === 'string' && Intl.supportedValuesOf('timeZone').includes(zone)) result['zone'] = zone;
  return result as unknown as Preferences;
}

export function preferences(): Preferences {
  return current;
}

export function setPreferences(change: Partial<Preferences>): void {
  current = { ...current, ...change };
  try {
    localStorage.setItem(KEY, JSON.stringify(current));
  } catch {
    // A browser that keeps nothing still shows what was chosen.
  }
  dress();
  for (const listener of listeners) listener();
}

/** The next of a preference's choices, around and around: what a click in the status bar does. */
export function cyclePreference(name: keyof typeof choices): void {
  const all = choices[name] as readonly string[];
  const next = all[(all.indexOf(current[name]) + 1) % all.length] as string;
  setPreferences({ [name]: next });
}

export function subscribePreferences(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function usePreferences(): Preferences {
  return useSyncExternalStore(subscribePreferences, preferences);
}

function dress(): void {
  if (typeof document === 'undefined') return;
  const root = document.documentElement;
  root.lang = current.language === 'zh' ? 'zh-CN' : 'en';
  root.dataset['theme'] = current.theme;
  root.dataset['signs'] = current.signs;
  root.dataset['density'] = current.density;
}
