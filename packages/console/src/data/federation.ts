/**
 * Signing in by the firm's own provider leads away from the console and back. The provider's answer stands in the address it
 * sends the browser to: it is taken out of there before anything else sees it, and no history keeps it.
 */
const RETURN_PATH = '/sign-in/return';
const WANTED = 'meridian.sign-in.wanted';
/** An address of ours, never of another host ("//evil.example"). */
const isOurs = (address: string | null): address is string => address !== null && /^\/(?!\/)/.test(address);

let answer: string | undefined;

/** Takes the provider's answer out of the address, and shows the address that was wanted when signing in began. */
export function takeAnswerFrom(
  location: Pick<Location, 'pathname' | 'search'>,
  history: Pick<History, 'replaceState'>,
  storage: Pick<Storage, 'getItem' | 'removeItem'>,
): void {
  if (location.pathname !== RETURN_PATH) return;
  answer = location.search.slice(1) || undefined;
  const wanted = storage.getItem(WANTED);
  storage.removeItem(WANTED);
  history.replaceState(null, '', isOurs(wanted) && !wanted.startsWith(RETURN_PATH) ? wanted : '/');
}

/** The provider's answer, once. */
export function takeAnswer(): string | undefined {
  const taken = answer;
  answer = undefined;
  return taken;
}

/** Goes to the provider, and remembers where somebody wanted to be. */
export function departTo(url: string): void {
  sessionStorage.setItem(WANTED, `${location.pathname}${location.search}`);
  location.assign(url);
}
