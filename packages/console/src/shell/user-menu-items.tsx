import type { ReactNode } from 'react';
import { useSignOut } from '../data/session.ts';
import { useText } from '../i18n/use-text.ts';
import { Menu, MenuItem } from '../parts/menu.tsx';
import { text } from './text.ts';

interface UserMenuItemsProps {
  readonly face: ReactNode;
  readonly openKeys: () => void;
}

/** Opened by the click that loaded it. */
export default function UserMenuItems({ face, openKeys }: UserMenuItemsProps) {
  const words = useText(text);
  const signOut = useSignOut();
  return (
    <Menu className="user" face={face} defaultOpen>
      <MenuItem onClick={openKeys}>{words.keys}</MenuItem>
      <MenuItem onClick={() => void signOut()}>{words.signOut}</MenuItem>
    </Menu>
  );
}
