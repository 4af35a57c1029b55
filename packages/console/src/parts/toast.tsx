import { type ReactNode, useSyncExternalStore } from 'react';
import { defineText } from '../i18n/text.ts';
import { useText } from '../i18n/use-text.ts';

const text = defineText({ dismiss: '知道了', notices: '通知' }, { dismiss: 'Dismiss', notices: 'Notices' });

interface Notice {
  readonly id: number;
  readonly kind: 'done' | 'bad';
  readonly words: ReactNode;
}

/** At most this many at once: of a storm the newest stay. */
const SHOWN_MAX = 4;
const DONE_MS = 6000;
let notices: readonly Notice[] = [];
let next = 1;
const listeners = new Set<() => void>();

function change(to: readonly Notice[]): void {
  notices = to;
  for (const listener of listeners) listener();
}

/** Tells what happened at the lower right. `done` goes after six seconds; `bad` stays until it is dismissed. */
export function notify(kind: Notice['kind'], words: ReactNode): void {
  const notice = { id: next, kind, words };
  next += 1;
  change([...notices, notice].slice(-SHOWN_MAX));
  if (kind === 'done') setTimeout(() => dismiss(notice.id), DONE_MS);
}

function dismiss(id: number): void {
  change(notices.filter((each) => each.id !== id));
}

/** Where notices appear: once, in the shell. */
export function Notices() {
  const words = useText(text);
  const shown = useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => notices,
  );
  return (
    <section className="notices" aria-label={words.notices} aria-live="polite">
      {shown.map((notice) => (
        <div key={notice.id} className={`notice ${notice.kind}`}>
          <span>{notice.words}</span>
          <button type="button" className="button quiet" onClick={() => dismiss(notice.id)}>
            {words.dismiss}
          </button>
        </div>
      ))}
    </section>
  );
}
