import type { SelectHTMLAttributes } from 'react';

export interface Option<V extends string> {
  readonly value: V;
  readonly label: string;
}

export interface SelectProps<V extends string> extends Omit<SelectHTMLAttributes<HTMLSelectElement>, 'value' | 'onChange'> {
  readonly value: V | '';
  readonly options: readonly Option<V>[];
  readonly onValue: (value: V) => void;
  /** Shown while nothing is chosen. */
  readonly placeholder?: string;
}

/** A choice among few. The browser's own: it costs nothing and every reader and keyboard knows it. Among many: Combobox. */
export function Select<V extends string>({ value, options, onValue, placeholder, className = '', ...rest }: SelectProps<V>) {
  return (
    <select {...rest} className={`field ${className}`} value={value} onChange={(event) => onValue(event.target.value as V)}>
      {placeholder !== undefined && (
        <option value="" disabled>
          {placeholder}
        </option>
      )}
      {options.map((option) => (
        <option key={option.value} value={option.value}>
          {option.label}
        </option>
      ))}
    </select>
  );
}
