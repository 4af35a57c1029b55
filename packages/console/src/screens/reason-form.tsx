import { type FormEvent, type ReactNode, useState } from 'react';
import { Button } from '../parts/button.tsx';
import { Field } from '../parts/field.tsx';
import { Failure } from './answer-panel.tsx';

export interface ReasonChoice {
  readonly value: string;
  readonly label: string;
  readonly kind?: 'plain' | 'main' | 'danger';
}

export interface ReasonFormProps {
  readonly label: string;
  readonly note?: ReactNode;
  readonly choices: readonly ReasonChoice[];
  readonly running: boolean;
  readonly error: Error | null;
  readonly onChoice: (value: string, reason: string) => void;
}

/** Something that is done with a written reason: one field, and a button for each thing that may be done. */
export function ReasonForm({ label, note, choices, running, error, onChoice }: ReasonFormProps) {
  const [reason, setReason] = useState('');
  function send(event: FormEvent<HTMLFormElement>): void {
    event.preventDefault();
    const { submitter } = event.nativeEvent as SubmitEvent;
    if (submitter instanceof HTMLButtonElement) onChoice(submitter.value, reason);
  }
  return (
    <form className="form" onSubmit={send}>
      <Field label={label} note={note}>
        <input className="field" required maxLength={400} value={reason} onChange={(event) => setReason(event.target.value)} />
      </Field>
      <Failure error={error} />
      <div className="actions">
        {choices.map(({ value, label: words, kind = 'plain' }) => (
          <Button key={value} type="submit" value={value} kind={kind} disabled={running}>
            {words}
          </Button>
        ))}
      </div>
    </form>
  );
}
