import { cloneElement, isValidElement, type ReactElement, type ReactNode, useId } from 'react';

export interface FieldProps {
  readonly label: ReactNode;
  /** One control; it gets the label's id and, where there is one, the note's. */
  readonly children: ReactElement<{ id?: string; 'aria-describedby'?: string; 'aria-invalid'?: boolean }>;
  /** Below the control: unit, echo of what was typed, or what is wrong with it. */
  readonly note?: ReactNode;
  readonly invalid?: boolean;
}

/** A control with its label above and a note below. */
export function Field({ label, children, note, invalid = false }: FieldProps) {
  const id = useId();
  const described = note === undefined ? {} : { 'aria-describedby': `${id}note` };
  return (
    <div className="labelled">
      <label htmlFor={id} className="dim">
        {label}
      </label>
      {isValidElement(children) && cloneElement(children, { id, ...described, ...(invalid ? { 'aria-invalid': true } : {}) })}
      {note !== undefined && (
        <span id={`${id}note`} className={`note ${invalid ? 'bad' : 'dim'}`}>
          {note}
        </span>
      )}
    </div>
  );
}
