import { BEIJING, formatMoment, instantOf } from '../../format/time.ts';
import { useLanguage, useText } from '../../i18n/use-text.ts';
import type { BatchDetail } from './batch-page.tsx';
import { text } from './text.ts';

/** Why the batch stands where it stands, in one sentence: who holds it, what it waits for, what stopped it. CL-d, CL-g */
export function Why({ detail: { batch, bar } }: { readonly detail: BatchDetail }) {
  const words = useText(text);
  const language = useLanguage();
  const due = instantOf(batch.due);
  const waits =
    bar.state === 'waiting' || due === null ? words.whyLate : words.whyPlanned(formatMoment(due, BEIJING, language));
  const why: Readonly<Record<string, string>> = {
    published: words.whyDone,
    running: words.whyRunning,
    failed: words.whyFailed,
    skipped: words.whySkipped,
    planned: waits,
  };
  return (
    <div className="why">
      <p className={batch.state === 'failed' ? 'bad strong' : 'strong'}>{why[batch.state] ?? batch.state}</p>
      {batch.heldBy !== null && <p className="warn">{words.whyHeld(batch.heldBy)}</p>}
      {batch.reason !== null && <p>{batch.reason[language]}</p>}
      {bar.message !== null && bar.message[language] !== batch.reason?.[language] && <p>{bar.message[language]}</p>}
    </div>
  );
}
