import { Dialog as Base } from '@base-ui/react/dialog';
import type { ReactNode } from 'react';
import { defineText } from '../i18n/text.ts';
import { useText } from '../i18n/use-text.ts';

const text = defineText({ close: '关闭' }, { close: 'Close' });

export interface DialogProps {
  readonly title: string;
  readonly close: () => void;
  readonly children: ReactNode;
  /** `wide` 720 px, `narrow` 420 px; `side` as high as the page, at its right edge; `palette` near the top. */
  readonly size?: 'narrow' | 'wide' | 'side' | 'palette';
  /** Beside the title: what or whom it is about. */
  readonly about?: ReactNode;
}

/** A dialog over the page. Esc and a click outside close it; focus returns to where it was. */
export function Dialog({ title, close, children, size = 'narrow', about }: DialogProps) {
  const words = useText(text);
  return (
    <Base.Root open onOpenChange={(open) => open || close()}>
      <Base.Portal>
        <Base.Backdrop className="backdrop" />
        <Base.Popup className={`dialog ${size}`}>
          <header className="panel-head">
            <Base.Title className="panel-title">{title}</Base.Title>
            {about !== undefined && <span className="mild">{about}</span>}
            <Base.Close className="button quiet end">
              <span className="hidden-text">{words.close}</span> <kbd>Esc</kbd>
            </Base.Close>
          </header>
          <div className="dialog-body">{children}</div>
        </Base.Popup>
      </Base.Portal>
    </Base.Root>
  );
}
