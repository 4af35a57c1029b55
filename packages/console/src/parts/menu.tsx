import { Menu as Base } from '@base-ui/react/menu';
import type { ReactNode } from 'react';

export interface MenuProps {
  readonly face: ReactNode;
  readonly children: ReactNode;
  readonly className?: string;
  readonly defaultOpen?: boolean;
}

/** A button that opens a list of verbs. */
export function Menu({ face, children, className = 'button plain', defaultOpen = false }: MenuProps) {
  return (
    <Base.Root defaultOpen={defaultOpen}>
      <Base.Trigger className={className}>{face}</Base.Trigger>
      <Base.Portal>
        <Base.Positioner className="over" sideOffset={2} align="end">
          <Base.Popup className="menu">{children}</Base.Popup>
        </Base.Positioner>
      </Base.Portal>
    </Base.Root>
  );
}

export function MenuItem({ children, onClick }: { readonly children: ReactNode; readonly onClick: () => void }) {
  return (
    <Base.Item className="menu-item" onClick={onClick}>
      {children}
    </Base.Item>
  );
}
