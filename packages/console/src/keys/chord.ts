/** A key as bindings name it: `Ctrl+K`, `Shift+F12`, `F9`, `?`, `/`, `g`. */
export interface KeyStroke {
  readonly key: string;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
  readonly altKey: boolean;
  readonly shiftKey: boolean;
}

/** The name of a stroke. Printable keys are named by what they print (`?` wherever it sits on the keyboard), so Shift is not named with them. */
export function strokeName(stroke: KeyStroke): string {
  const printable = stroke.key.length === 1;
  const parts: string[] = [];
  if (stroke.ctrlKey || stroke.metaKey) parts.push('Ctrl');
  if (stroke.altKey) parts.push('Alt');
  if (stroke.shiftKey && !printable) parts.push('Shift');
  parts.push(printable && parts.length > 0 ? stroke.key.toUpperCase() : stroke.key);
  return parts.join('+');
}

/** Keys that mean themselves inside a text field, and are left to it there. */
export function belongsToTyping(name: string): boolean {
  return !(name.startsWith('Ctrl+K') || /^(Shift\+|Ctrl\+|Alt\+)*F\d+$/.test(name));
}

/** What a stroke leads to: a whole binding, the beginning of some, or nothing. */
export type Match<T> = { readonly kind: 'run'; readonly binding: T } | { readonly kind: 'begun' } | { readonly kind: 'none' };

/**
 * Recognises bindings of one or two strokes (`g o`). The second stroke must follow within `waitMs`; later bindings win over
 * earlier ones, so that a dialog's keys cover the page's.
 */
export function chordReader<T extends { readonly keys: string }>(bindings: () => readonly T[], waitMs = 1200) {
  let begun = '';
  let until = 0;
  return (name: string, nowMs: number): Match<T> => {
    const prefix = begun !== '' && nowMs <= until ? `${begun} ` : '';
    begun = '';
    const all = bindings();
    const whole = all.findLast((each) => each.keys === prefix + name);
    if (whole !== undefined) return { kind: 'run', binding: whole };
    if (all.some((each) => each.keys.startsWith(`${prefix}${name} `))) {
      begun = prefix + name;
      until = nowMs + waitMs;
      return { kind: 'begun' };
    }
    return { kind: 'none' };
  };
}
