import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { type KeyboardEvent, useDeferredValue, useState } from 'react';
import { reading } from '../../data/call.ts';
import { useMay, useSession } from '../../data/session.ts';
import { useLanguage, useText } from '../../i18n/use-text.ts';
import { useBindings } from '../../keys/bindings.ts';
import { Dialog } from '../../parts/dialog.tsx';
import { KeyHint } from '../../parts/key-hint.tsx';
import { railOf } from '../rail-order.ts';
import type { Overlay } from '../shell.tsx';
import { type Entry, ranked } from './entries.ts';
import { text } from './text.ts';

interface PaletteProps {
  readonly close: () => void;
  readonly open: (overlay: Overlay) => void;
}

/** Ctrl-K: objects that the house finds, screens by name or function code, and whatever the keys of this page can do. */
export default function Palette({ close }: PaletteProps) {
  const words = useText(text);
  const [typed, setTyped] = useState('');
  const [chosen, setChosen] = useState(0);
  const entries = useEntries(typed, close);
  const at = Math.min(chosen, entries.length - 1);
  const onKey = (event: KeyboardEvent) => {
    const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
    if (step !== 0 && entries.length > 0) setChosen((at + step + entries.length) % entries.length);
    else if (event.key === 'Enter') entries[at]?.run();
    else return;
    event.preventDefault();
  };
  return (
    <Dialog title={words.title} close={close} size="palette">
      <input
        className="field palette-input"
        autoFocus
        role="combobox"
        aria-label={words.title}
        aria-expanded="true"
        aria-controls="palette-list"
        aria-activedescendant={at < 0 ? undefined : `palette-${at}`}
        autoComplete="off"
        spellCheck={false}
        placeholder={words.hint}
        value={typed}
        onChange={(event) => {
          setTyped(event.target.value);
          setChosen(0);
        }}
        onKeyDown={onKey}
      />
      <output className="hidden-text">{words.results(entries.length)}</output>
      {entries.length === 0 && <p className="palette-none dim">{words.none}</p>}
      <div id="palette-list" role="listbox" aria-label={words.title} className="palette-list">
        {entries.map((entry, i) => (
          // biome-ignore lint/a11y/useFocusableInteractive: the input keeps the focus and names the active option
          // biome-ignore lint/a11y/useKeyWithClickEvents: Enter in the input does what the click does
          <div
            key={entry.id}
            id={`palette-${i}`}
            role="option"
            aria-selected={i === at}
            className={`palette-entry ${i > 0 && entries[i - 1]?.group !== entry.group ? 'first' : ''}`}
            onClick={entry.run}
            onPointerMove={() => setChosen(i)}
          >
            <span className="dim">{entry.kind ?? words[entry.group]}</span>
            <span>{entry.label}</span>
            {entry.hint !== undefined && <KeyHint keys={entry.hint} />}
          </div>
        ))}
      </div>
    </Dialog>
  );
}

function useEntries(typed: string, close: () => void): Entry[] {
  const words = useText(text);
  const language = useLanguage();
  const session = useSession();
  const navigate = useNavigate();
  const wanted = useDeferredValue(typed.trim());
  const maySearch = useMay('search');
  const bindings = useBindings().filter((each) => !each.keys.startsWith('g '));
  const found = useQuery({
    ...reading('GET /v1/search', { query: { q: wanted.slice(0, 64) } }),
    enabled: maySearch && wanted !== '',
    placeholderData: (before) => before,
  });
  // An address may carry a query, so it is a whole href and no path of the router.
  const go = (href: string) => () => {
    close();
    void navigate({ href });
  };
  const screens = ranked(railOf(session.allowed), typed, language).map(
    (screen): Entry => ({
      id: `screen ${screen.path}`,
      group: 'screens',
      label: screen.title[language],
      ...(screen.code === undefined ? {} : { hint: screen.code }),
      run: go(screen.path),
    }),
  );
  const verbs = ranked(
    bindings.filter((each) => each.keys !== 'Ctrl+K').map((each) => ({ title: each.label, binding: each })),
    typed,
    language,
  ).map(
    ({ binding }): Entry => ({
      id: `verb ${binding.keys}`,
      group: 'verbs',
      label: binding.label[language],
      hint: binding.keys,
      run: () => {
        close();
        binding.run(new KeyboardEvent('keydown'));
      },
    }),
  );
  const objects = (wanted === '' ? [] : (found.data ?? [])).map(
    (each): Entry => ({
      id: `${each.kind} ${each.id}`,
      group: 'found',
      kind: words.kindOf[each.kind],
      label: `${each.label}  ${each.id}`,
      run: go(each.path),
    }),
  );
  // A function code typed in full is meant; otherwise what the house found stands first.
  const exact = screens[0]?.hint?.toLowerCase() === typed.trim().toLowerCase();
  return exact ? [...screens, ...objects, ...verbs] : [...objects, ...screens, ...verbs];
}
