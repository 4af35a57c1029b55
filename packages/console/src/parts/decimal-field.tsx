import type { InputHTMLAttributes } from 'react';
import { cleanDecimal } from './decimal.ts';

export { isDecimal } from './decimal.ts';

type Native = Omit<InputHTMLAttributes<HTMLInputElement>, 'value' | 'onChange' | 'type'>;

export interface DecimalFieldProps extends Native {
  /** Decimal text as it travels, or what has been typed so far. Never a double: a price is what was typed. */
  readonly value: string;
  readonly onValue: (value: string) => void;
  /** Decimals allowed: 0 for shares. */
  readonly digits: number;
  readonly negative?: boolean;
}

/** A field for a decimal: right-aligned, text underneath, thousands separators welcome when pasted. */
export function DecimalField({ value, onValue, digits, negative = false, className = '', ...rest }: DecimalFieldProps) {
  return (
    <input
      {...rest}
      className={`field num ${className}`}
      inputMode={digits === 0 ? 'numeric' : 'decimal'}
      autoComplete="off"
      value={value}
      onChange={(event) => onValue(cleanDecimal(event.target.value, digits, negative))}
    />
  );
}
