import { useLanguage, useText } from '../i18n/use-text.ts';
import { useBindings } from '../keys/bindings.ts';
import { Dialog } from '../parts/dialog.tsx';
import { KeyHint } from '../parts/key-hint.tsx';
import { sheet } from './sheet-text.ts';

/** Keys that parts answer to by themselves, wherever they are. */
const PARTS = [
  ['↑ ↓ ← →', 'move'],
  ['Enter', 'through'],
  ['Backspace', 'up'],
  ['c', 'copy'],
  ['Esc', 'close'],
  ['Shift F12', 'kill'],
] as const;

/** Every key in force here: `?`. */
export default function KeysSheet({ close }: { readonly close: () => void }) {
  const words = useText(sheet);
  const language = useLanguage();
  const bindings = useBindings();
  const groups = [
    [words.page, bindings.filter((each) => each.scope === 'page')],
    [words.console, bindings.filter((each) => each.scope === 'console')],
  ] as const;
  return (
    <Dialog title={words.title} close={close} size="wide">
      <div className="keys-sheet">
        {groups
          .filter(([, list]) => list.length > 0)
          .map(([name, list]) => (
            <section key={name}>
              <h3 className="dim">{name}</h3>
              <dl>
                {list.map((each) => (
                  <div key={each.keys}>
                    <dt>
                      <KeyHint keys={each.keys.replaceAll('+', ' ')} />
                    </dt>
                    <dd>{each.label[language]}</dd>
                  </div>
                ))}
              </dl>
            </section>
          ))}
        <section>
          <h3 className="dim">{words.parts}</h3>
          <dl>
            {PARTS.map(([keys, name]) => (
              <div key={keys}>
                <dt>
                  <KeyHint keys={keys} />
                </dt>
                <dd>{words[name]}</dd>
              </div>
            ))}
          </dl>
        </section>
      </div>
    </Dialog>
  );
}
