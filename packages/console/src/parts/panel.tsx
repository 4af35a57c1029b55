import type { ReactNode } from 'react';
import { AGED_MS, STALE_MS } from '../data/age.ts';
import { formatDuration } from '../format/time.ts';
import { defineText } from '../i18n/text.ts';
import { useText } from '../i18n/use-text.ts';

const text = defineText(
  { age: (age: string) => `${age} 前`, asOf: '截至', stale: '数据已陈旧' },
  { age: (age) => `${age} old`, asOf: 'as of', stale: 'Data are stale' },
);

export interface PanelProps {
  readonly title: ReactNode;
  /** Beside the title, dimmed: unit, count, what it is about. */
  readonly about?: ReactNode;
  /** The sequence or moment the figures belong to, as text. */
  readonly asOf?: ReactNode;
  /** Milliseconds since the figures were last known to be right: useLineAge or useAnswerAge. Null: not known yet. */
  readonly age?: number | null;
  /** At the right end of the head: filters, keys, buttons. */
  readonly actions?: ReactNode;
  readonly className?: string;
  readonly children: ReactNode;
}

/** A part of a page: one line of head, a hairline, the figures. Says how old they are as soon as they are older than a second. */
export function Panel({ title, about, asOf, age = null, actions, className = '', children }: PanelProps) {
  const words = useText(text);
  const stale = age !== null && age > STALE_MS;
  return (
    <section className={`panel ${stale ? 'stale' : ''} ${className}`}>
      <header className="panel-head">
        <h2 className="panel-title">{title}</h2>
        {about !== undefined && <span className="panel-about">{about}</span>}
        <div className="panel-end">
          {asOf !== undefined && (
            <span className="dim">
              {words.asOf} {asOf}
            </span>
          )}
          {age !== null && age > AGED_MS && (
            <span className={stale ? 'age bad' : 'age'}>{words.age(formatDuration(age * 1000))}</span>
          )}
          {actions}
        </div>
      </header>
      <div className="panel-body">{children}</div>
      {stale && <output className="hidden-text">{words.stale}</output>}
    </section>
  );
}
