import { lazy, Suspense, useState } from 'react';
import { useSession } from '../data/session.ts';

const UserMenuItems = lazy(() => import('./user-menu-items.tsx'));

interface UserMenuProps {
  readonly title: string;
  readonly openKeys: () => void;
}

/** Who is here and in which duty. The menu itself is loaded when first opened. */
export function UserMenu({ title, openKeys }: UserMenuProps) {
  const session = useSession();
  const [wanted, setWanted] = useState(false);
  const face = (
    <>
      {session.user} · {title}
    </>
  );
  if (wanted) {
    return (
      <Suspense fallback={<span className="user">{face}</span>}>
        <UserMenuItems face={face} openKeys={openKeys} />
      </Suspense>
    );
  }
  return (
    <button type="button" className="user" aria-haspopup="menu" onClick={() => setWanted(true)}>
      {face}
    </button>
  );
}
