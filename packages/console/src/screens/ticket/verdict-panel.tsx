import type { AnswerOf } from '@meridian/api';
import { useState } from 'react';
import { formatNumber } from '../../format/number.ts';
import { instantOf } from '../../format/time.ts';
import { useLanguage, useText } from '../../i18n/use-text.ts';
import { Amount } from '../../parts/amount.tsx';
import { Button } from '../../parts/button.tsx';
import { nameOf } from '../names.ts';
import { CheckTable } from '../orders/check-table.tsx';
import { exact, ppm } from '../orders/figure.ts';
import { RejectionText } from '../orders/rejection.tsx';
import { useWhen } from '../when.tsx';
import { amountInWords } from './amount-words.ts';
import type { Lack } from './draft.ts';
import { text } from './text.ts';

export type Verdict = AnswerOf<'POST /v1/orders/check'>;

interface VerdictPanelProps {
  readonly verdict: Verdict | undefined;
  readonly fresh: boolean;
  readonly lacks: readonly Lack[];
  readonly use: (change: { quantity?: string; price?: string }) => void;
}

const tones: Readonly<Record<string, string>> = { accept: 'accent', park: 'warn', reject: 'bad' };

/** What the node would say now: the figures that the order means, every check, and what would pass instead. */
export function VerdictPanel({ verdict, fresh, lacks, use }: VerdictPanelProps) {
  const words = useText(text);
  const language = useLanguage();
  if (verdict === undefined) {
    return (
      <div className="ticket-verdict">
        <p className="dim">{lacks.length === 0 ? words.checking : words.fill}</p>
        {lacks.length > 0 && <p>{lacks.map((lack) => words.lacks[lack]).join(' · ')}</p>}
      </div>
    );
  }
  const passed = verdict.checks.filter((check) => check.passed).length;
  const rejection = verdict.rejection;
  const fits = verdict.wouldPass ?? (rejection?.unit === 'price' ? null : rejection?.wouldPass) ?? null;
  const price = rejection?.unit === 'price' ? rejection.wouldPass : null;
  return (
    <div className={`ticket-verdict ${fresh ? '' : 'stale-verdict'}`} aria-live="polite">
      {rejection === null ? (
        <p className={`strong ${tones[verdict.outcome]}`}>{nameOf(words.verdictOf, verdict.outcome)}</p>
      ) : (
        <RejectionText rejection={rejection} fits={verdict.wouldPass} />
      )}
      {(fits !== null && fits !== '0') || price !== null ? (
        <div className="actions">
          {fits !== null && fits !== '0' && verdict.outcome !== 'accept' && (
            <Button kind="main" onClick={() => use({ quantity: fits })}>
              {words.fitSize(formatNumber(fits))}
            </Button>
          )}
          {price !== null && (
            <Button kind="main" onClick={() => use({ price })}>
              {words.fitPrice(exact(price))}
            </Button>
          )}
        </div>
      ) : null}
      <dl className="ticket-figures">
        <div>
          <dt>{words.notional}</dt>
          <dd className="ticket-notional">
            <Amount value={verdict.notional} currency={verdict.currency} />
            {verdict.notional !== null && <span className="mild">{amountInWords(verdict.notional, language)}</span>}
          </dd>
        </div>
        <div>
          <dt>{words.margin}</dt>
          <dd>
            <Amount value={verdict.margin} {...(verdict.marginCurrency === null ? {} : { currency: verdict.marginCurrency })} />
          </dd>
        </div>
        <div>
          <dt>{words.concentration}</dt>
          <dd>{ppm(verdict.concentrationPpm)}</dd>
        </div>
      </dl>
      <Checks passed={passed} verdict={verdict} fresh={fresh} />
    </div>
  );
}

function Checks({ passed, verdict, fresh }: { readonly passed: number; readonly verdict: Verdict; readonly fresh: boolean }) {
  const words = useText(text);
  const when = useWhen();
  const [all, setAll] = useState(true);
  return (
    <section>
      <header className="ticket-checks-head">
        <button type="button" className="button quiet" aria-expanded={all} onClick={() => setAll(!all)}>
          {words.verdict} · {words.checksPassed(passed, verdict.checks.length)}
        </button>
        <span className={fresh ? 'dim' : 'warn'}>
          {fresh ? words.asOf(formatNumber(verdict.asOf), when(instantOf(verdict.at) ?? 0)) : words.stale}
        </span>
      </header>
      {all && <CheckTable checks={verdict.checks} />}
    </section>
  );
}
