import type { ReactNode } from 'react';
import type { ProblemDocument } from '../data/problem.ts';
import { defineText } from '../i18n/text.ts';
import { useText } from '../i18n/use-text.ts';

const text = defineText(
  { used: '实际', limit: '上限', fits: '可通过', requested: '请求', code: '代码', trace: '追踪号' },
  { used: 'Actual', limit: 'Cap', fits: 'Would pass', requested: 'Requested', code: 'Code', trace: 'Trace' },
);

/** Parameters of a rejection that the house gives in this order: what was asked, what there is, the cap, what would pass. */
const FIGURES = ['requested', 'used', 'limit', 'fits'] as const;

export interface ProblemPanelProps {
  readonly problem: ProblemDocument;
  /** The next steps, as buttons: the engine computed what would pass, the page offers it. */
  readonly children?: ReactNode;
}

/** A rejection that explains itself: what happened, actual against cap, what would pass, the next step. */
export function ProblemPanel({ problem, children }: ProblemPanelProps) {
  const words = useText(text);
  const figures = FIGURES.filter((name) => problem.params[name] !== undefined && problem.params[name] !== null);
  return (
    <div className="problem" role="alert">
      <p className="bad strong">{problem.title}</p>
      <p className="mild">{problem.detail}</p>
      {figures.length > 0 && (
        <dl className="figures">
          {figures.map((name) => (
            <div key={name}>
              <dt>{words[name]}</dt>
              <dd>{String(problem.params[name])}</dd>
            </div>
          ))}
        </dl>
      )}
      {problem.remedy !== '' && <p>{problem.remedy}</p>}
      {children !== undefined && <div className="actions">{children}</div>}
      <p className="trace dim">
        {words.code} {problem.code}
        {problem.trace !== undefined && ` · ${words.trace} ${problem.trace}`}
      </p>
    </div>
  );
}
