import { Link } from '@tanstack/react-router';
import { useMay } from '../../data/session.ts';
import { useText } from '../../i18n/use-text.ts';
import type { Approval } from './page.tsx';
import { text } from './text.ts';

type About = Pick<Approval, 'kind' | 'target'>;

/** What a request is about, in words: `额度单元 21`, `客户 2 XNYS`. A kind that is not known says its target as it is. */
export function useTargetName(): (approval: About) => string {
  const { targetOf, scopeOf } = useText(text);
  return ({ kind, target }) => {
    const [scope = '', ...rest] = target.split(' ');
    if (kind === 'kill.release') return [scopeOf[scope as keyof typeof scopeOf] ?? scope, ...rest].join(' ');
    const sort = targetOf[kind as keyof typeof targetOf] as string | undefined;
    return sort === undefined ? target : `${sort} ${target}`;
  };
}

/** The same, with the way to it for whoever may see it. */
export function Target({ approval }: { readonly approval: About }) {
  const name = useTargetName()(approval);
  const mayLimit = useMay('limit.read');
  const mayLedger = useMay('ledger.read');
  const mayUser = useMay('user.read');
  const { kind, target } = approval;
  if (kind === 'limit.change' && mayLimit) {
    return (
      <Link className="accent" to="/limits" search={{ cell: target }}>
        {name}
      </Link>
    );
  }
  if (kind === 'journal.reverse' && mayLedger) {
    return (
      <Link className="accent" to="/ledger" search={{ journal: target }}>
        {name}
      </Link>
    );
  }
  if (kind === 'user.manage' && mayUser) {
    return (
      <Link className="accent" to="/users" search={{ user: target }}>
        {name}
      </Link>
    );
  }
  return name;
}
