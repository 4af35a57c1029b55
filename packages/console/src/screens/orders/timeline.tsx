import { Link } from '@tanstack/react-router';
import { useMay } from '../../data/session.ts';
import { formatNumber, NONE } from '../../format/number.ts';
import { formatDuration, instantOf } from '../../format/time.ts';
import { useLanguage, useText } from '../../i18n/use-text.ts';
import { useWhen } from '../when.tsx';
import type { OrderDetail } from './order-panel.tsx';
import { text } from './text.ts';

/** What happened to an order, when, to the microsecond, and at which entry of the market's log. */
export function Timeline({ steps, market }: { readonly steps: OrderDetail['steps']; readonly market: string }) {
  const words = useText(text);
  const language = useLanguage();
  const when = useWhen();
  const mayTrace = useMay('trace.read');
  if (steps.length === 0) return <p className="dim">{NONE}</p>;
  return (
    <table className="plain-table timeline">
      <thead>
        <tr>
          <th scope="col">{words.event}</th>
          <th scope="col" className="num">
            {words.seq}
          </th>
          <th scope="col" className="num">
            {words.sinceStart}
          </th>
        </tr>
      </thead>
      <tbody>
        {steps.map((step, i) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: steps are appended and never reordered
          <tr key={i}>
            <td>
              {step.text[language]}
              <span className="timeline-at dim">{when(instantOf(step.at) ?? 0, 'micro')}</span>
            </td>
            <td className="num dim">
              {mayTrace ? (
                <Link to="/log/$market/$seq" params={{ market, seq: String(step.seq) }} title={words.log}>
                  #{formatNumber(step.seq)}
                </Link>
              ) : (
                `#${formatNumber(step.seq)}`
              )}
            </td>
            <td className="num dim">{step.microseconds === null ? NONE : `+${formatDuration(step.microseconds)}`}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
