import type { AnswerOf } from '@meridian/api';
import { useLanguage, useText } from '../../i18n/use-text.ts';
import { checkFigure } from './check-table.tsx';
import { text } from './text.ts';

export type Rejection = NonNullable<AnswerOf<'POST /v1/orders/check'>['rejection']>;

/** Why an order was refused, in one plain sentence, with the figures that the engine gave, and the next step. */
export function RejectionText({ rejection }: { readonly rejection: Rejection }) {
  const words = useText(text);
  const language = useLanguage();
  const figures = (['requested', 'used', 'limit', 'wouldPass'] as const).filter((name) => rejection[name] !== null);
  const unit = rejection.currency ?? (rejection.unit === 'ppm' ? null : rejection.unit);
  return (
    <div className="rejection">
      <p className="bad strong">{rejection.title[language]}</p>
      <p className="mild">{rejection.detail[language]}</p>
      {figures.length > 0 && (
        <dl>
          {figures.map((name) => (
            <div key={name}>
              <dt>{words.figure[name]}</dt>
              <dd>
                {checkFigure(rejection[name], rejection.unit)}
                {unit !== null && <span className="dim"> {unit}</span>}
              </dd>
            </div>
          ))}
        </dl>
      )}
      <p>{rejection.remedy[language]}</p>
      <p className="dim">{rejection.code}</p>
    </div>
  );
}
