import { useEffect, useRef, useSyncExternalStore } from 'react';
import type { Bilingual } from '../i18n/text.ts';
import { belongsToTyping, chordReader, strokeName } from './chord.ts';

/** A key, what it does, and the name under which the keys sheet (`?`) lists it. */
export interface Binding {
  readonly keys: string;
  readonly label: Bilingual;
  /** Where it works, for the sheet: the whole console, or a page. */
  readonly scope: 'console' | 'page';
  readonly run: (event: KeyboardEvent) => void;
}

let bindings: readonly Binding[] = [];
const listeners = new Set<() => void>();
const read = chordReader(() => bindings);

function change(next: readonly Binding[]): void {
  bindings = next;
  for (const listener of listeners) listener();
}

/** Binds keys while the caller is mounted. Only the set of keys is compared: the newest `run` is always the one called. */
export function useKeys(wanted: readonly Binding[]): void {
  const latest = useRef(wanted);
  latest.current = wanted;
  const signature = wanted.map((each) => each.keys).join('\n');
  useEffect(() => {
    const mine =
      signature === ''
        ? []
        : signature.split('\n').map((keys): Binding => {
            const now = () => latest.current.find((each) => each.keys === keys) as Binding;
            return {
              keys,
              get label() {
                return now().label;
              },
              get scope() {
                return now().scope;
              },
              run: (event) => now().run(event),
            };
          });
    change([...bindings, ...mine]);
    return () => change(bindings.filter((each) => !mine.includes(each)));
  }, [signature]);
}

/** Every binding now in force, for the keys sheet. */
export function useBindings(): readonly Binding[] {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => bindings,
  );
}

/** Listens to the window. Returns how to stop. */
export function listenToKeys(target: Window): () => void {
  const onKey = (event: KeyboardEvent) => {
    if (event.defaultPrevented || event.isComposing || event.key === 'Shift' || event.key === 'Control') return;
    const name = strokeName(event);
    const within = event.target instanceof HTMLElement ? event.target : null;
    const typing = within?.closest('input, textarea, select, [contenteditable]') != null;
    const covered = within?.closest('[role="dialog"], [role="menu"], [role="listbox"]') != null;
    if ((typing || covered) && belongsToTyping(name)) return;
    const match = read(name, event.timeStamp);
    if (match.kind === 'none') return;
    event.preventDefault();
    if (match.kind === 'run') match.binding.run(event);
  };
  target.addEventListener('keydown', onKey);
  return () => target.removeEventListener('keydown', onKey);
}
