import { Link } from '@tanstack/react-router';
import { useSession } from '../data/session.ts';
import { useLanguage, useText } from '../i18n/use-text.ts';
import { railOf } from './rail-order.ts';
import { text } from './text.ts';

/** The screens that the session may see, in an order that never changes. */
export function Rail() {
  const words = useText(text);
  const language = useLanguage();
  const session = useSession();
  return (
    <nav className="rail" aria-label={words.rail}>
      {railOf(session.allowed).map((screen) => (
        <Link
          key={screen.path}
          to={screen.path}
          title={`${screen.title[language]}${screen.go === undefined ? '' : `  g ${screen.go}`}`}
          activeOptions={{ exact: false, includeSearch: false }}
        >
          {screen.rail[language]}
        </Link>
      ))}
    </nav>
  );
}
