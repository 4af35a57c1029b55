import type { ReactNode } from 'react';
import { defineText } from '../i18n/text.ts';
import { useText } from '../i18n/use-text.ts';

const text = defineText({ loading: '正在读取…' }, { loading: 'Loading…' });

/** Nothing to show: why, and what to do next. */
export function Empty({
  why,
  next,
  children,
}: {
  readonly why: string;
  readonly next?: string;
  readonly children?: ReactNode;
}) {
  return (
    <div className="empty">
      <p>{why}</p>
      {next !== undefined && <p className="dim">{next}</p>}
      {children !== undefined && <div className="actions">{children}</div>}
    </div>
  );
}

/** The first load only: later loads keep the old values and show their age. */
export function Loading() {
  return (
    <output className="empty dim" aria-live="polite">
      {useText(text).loading}
    </output>
  );
}
