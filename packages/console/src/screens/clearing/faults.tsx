import { formatNumber } from '../../format/number.ts';
import { useLanguage, useText } from '../../i18n/use-text.ts';
import { Empty } from '../../parts/states.tsx';
import type { BatchDetail } from './batch-page.tsx';
import { text } from './text.ts';

interface FaultsProps {
  readonly faults: BatchDetail['faults'];
  /** In the side pane: nothing where there is nothing. */
  readonly brief?: boolean;
}

/** What went wrong and where: rule, file, line, byte, field and value; why, in one sentence; and what to do about it. CL-d */
export function Faults({ faults, brief = false }: FaultsProps) {
  const words = useText(text);
  const language = useLanguage();
  if (faults.length === 0) return brief ? null : <Empty why={words.noFaults} next={words.noFaultsNext} />;
  return (
    <ul className="faults">
      {faults.map((fault, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: faults are appended in the order in which they were met
        <li key={i} className={fault.severity === 'fatal' ? 'fatal' : 'warning'}>
          <p>
            <b className={fault.severity === 'fatal' ? 'bad' : 'warn'}>
              {fault.severity === 'fatal' ? words.fatal : words.warning}
            </b>{' '}
            {fault.reason[language]}
          </p>
          <p className="fault-place">
            <Place fault={fault} />
          </p>
          <p>
            <span className="dim">{words.advice}</span> {fault.advice[language]}
          </p>
        </li>
      ))}
    </ul>
  );
}

function Place({ fault }: { readonly fault: BatchDetail['faults'][number] }) {
  const words = useText(text);
  const parts = [
    `${words.attemptOf(fault.attempt)} · ${words.steps} ${fault.step} · ${words.rule} ${fault.rule}`,
    fault.file,
    fault.line === null ? null : `${words.line} ${formatNumber(fault.line)}`,
    fault.byte === null ? null : `${words.byte} ${formatNumber(fault.byte)}`,
    fault.field === null ? null : `${words.field} ${fault.field}${fault.value === null ? '' : ` = ${fault.value}`}`,
  ];
  return <span className="mild">{parts.filter((part) => part !== null).join(' · ')}</span>;
}
