import type { FormEvent, ReactNode } from 'react';
import { refusalOf } from '../../data/problem.ts';
import { Button } from '../../parts/button.tsx';
import { ProblemPanel } from '../../parts/problem-panel.tsx';

interface StepProps {
  readonly title?: string;
  readonly verb: string;
  readonly busy: boolean;
  readonly error: unknown;
  readonly submit: (values: Readonly<Record<string, string>>) => void;
  readonly children: ReactNode;
}

/** One question of signing in: a small form that says what was wrong with the answer. */
export function Step({ title, verb, busy, error, submit, children }: StepProps) {
  const refusal = refusalOf(error);
  const onSubmit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const values: Record<string, string> = {};
    for (const [name, value] of new FormData(event.currentTarget)) if (typeof value === 'string') values[name] = value;
    submit(values);
  };
  return (
    <form className="form" onSubmit={onSubmit}>
      {title !== undefined && <p className="mild">{title}</p>}
      {children}
      {refusal !== undefined && <ProblemPanel problem={refusal.problem} />}
      <div className="actions">
        <Button type="submit" kind="main" disabled={busy}>
          {verb}
        </Button>
      </div>
    </form>
  );
}
