import type { AnswerOf } from '@meridian/api';
import { useLanguage, useText } from '../../i18n/use-text.ts';
import { CheckFigure, unitWord } from './check-figure.tsx';
import { text } from './text.ts';

/** Zero is what a rule without such a figure says. */
const hasFigure = (value: string | null): boolean => value !== null && /[1-9]/.test(value);

export type Check = AnswerOf<'POST /v1/orders/check'>['checks'][number];

/** Every check of an order, passed or not, with what it asks for, what is in use already and what is allowed. The failed ones first. */
export function CheckTable({ checks }: { readonly checks: readonly Check[] }) {
  const words = useText(text);
  const language = useLanguage();
  const ordered = checks.toSorted((a, b) => Number(a.passed) - Number(b.passed));
  return (
    <table className="plain-table checks">
      <thead>
        <tr>
          <th scope="col">{words.check}</th>
          <th scope="col" className="num">
            {words.actual}
          </th>
          <th scope="col" className="num">
            {words.cap}
          </th>
        </tr>
      </thead>
      <tbody>
        {ordered.map((check, i) => (
          // One rule may be asked of several cells.
          // biome-ignore lint/suspicious/noArrayIndexKey: codes come more than once, and the order is the house's
          <tr key={`${check.code} ${i}`} className={check.passed ? '' : 'bad'}>
            <th scope="row" title={check.code} className={check.passed ? '' : 'strong'}>
              <span aria-hidden="true" className={check.passed ? 'dim' : ''}>
                {check.passed ? '✓ ' : '✕ '}
              </span>
              {check.title[language]} <span className="check-unit dim">{unitWord(check.unit, words.unitOf)}</span>{' '}
              <span className="hidden-text">{check.passed ? words.passed : words.failed}</span>
              {hasFigure(check.requested) && hasFigure(check.used) && (
                <span className="check-used dim">
                  {words.figure.used} <CheckFigure value={check.used} unit={check.unit} bare />
                </span>
              )}
            </th>
            <td className="num">
              {check.requested === null && check.used === null ? (
                <span className="dim">{check.passed ? words.passed : words.failed}</span>
              ) : (
                <CheckFigure value={hasFigure(check.requested) ? check.requested : check.used} unit={check.unit} bare />
              )}
            </td>
            <td className="num dim">
              <CheckFigure value={check.limit} unit={check.unit} bare />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
