import type { ButtonHTMLAttributes } from 'react';

export interface ButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  /** `main`: what the page is for, one per panel. `danger`: stops or destroys something. */
  readonly kind?: 'plain' | 'main' | 'danger' | 'quiet';
}

/** A button. 22 px high, one line, no icon. */
export function Button({ kind = 'plain', className = '', type = 'button', ...rest }: ButtonProps) {
  return <button {...rest} type={type} className={`button ${kind} ${className}`} />;
}
