import type { AnswerOf } from '@meridian/api';
import { useLanguage, useText } from '../../i18n/use-text.ts';
import { CheckFigure } from './check-figure.tsx';
import { text } from './text.ts';

export type Rejection = NonNullable<AnswerOf<'POST /v1/orders/check'>['rejection']>;

interface RejectionTextProps {
  readonly rejection: Rejection;
  /** What passes every rule, where that is known: said instead of what would pass this one. */
  readonly fits?: string | null;
}

/** Why an order was refused, in one plain sentence, with the figures that the engine gave, and the next step. */
export function RejectionText({ rejection, fits = null }: RejectionTextProps) {
  const words = useText(text);
  const language = useLanguage();
  const unit = rejection.currency ?? rejection.unit;
  const values = { ...rejection, wouldPass: fits !== null && unit !== 'price' ? fits : rejection.wouldPass };
  const figures = (['requested', 'used', 'limit', 'wouldPass'] as const).filter(
    (name) => values[name] !== null && (name !== 'used' || values[name] !== '0'),
  );
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
                {/* What would pass is a price where the rule is one of price, and a quantity everywhere else. */}
                <CheckFigure value={values[name]} unit={name === 'wouldPass' && unit !== 'price' ? 'quantity' : unit} />
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
