import type { AnswerOf } from '@meridian/api';
import { useLanguage, useText } from '../../i18n/use-text.ts';
import { exact, ppm } from './figure.ts';
import { text } from './text.ts';

export type Check = AnswerOf<'POST /v1/orders/check'>['checks'][number];

/** A figure of a check in its unit: shares and money with their places, ratios as per cent. */
export function checkFigure(value: string | null, unit: string | null): string {
  return unit === 'ppm' && value !== null ? ppm(value) : exact(value);
}

/** Every check of an order, passed or not, with what it uses and what is allowed. The failed ones first. */
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
        {ordered.map((check) => (
          <tr key={check.code} className={check.passed ? '' : 'bad'}>
            <th scope="row" title={check.code} className={check.passed ? '' : 'strong'}>
              {!check.passed && <span aria-hidden="true">✕ </span>}
              {check.title[language]} <span className="hidden-text">{check.passed ? words.passed : words.failed}</span>
            </th>
            <td className="num">
              {checkFigure(check.requested ?? check.used, check.unit)}
              {check.unit !== null && check.unit !== 'ppm' && <span className="dim"> {check.unit}</span>}
            </td>
            <td className="num dim">{checkFigure(check.limit, check.unit)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
