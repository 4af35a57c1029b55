import { NONE } from '../format/number.ts';
import { BEIJING, formatMoment, instantOf } from '../format/time.ts';
import { useLanguage } from '../i18n/use-text.ts';

/** An instant as it travels, by date and wall clock in Beijing, the zone named. */
export function Moment({ at }: { readonly at: string | null }) {
  const language = useLanguage();
  const instant = instantOf(at);
  if (instant === null) return <>{NONE}</>;
  return <time dateTime={at as string}>{formatMoment(instant, BEIJING, language)}</time>;
}
