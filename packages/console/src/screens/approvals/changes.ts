import { formatNumber } from '../../format/number.ts';
import type { Language } from '../../i18n/text.ts';
import type { Change } from '../../parts/diff.tsx';
import { codeName } from '../code-names.ts';
import { dutyWords } from '../duty-words.ts';
import { nameOf } from '../names.ts';

const AMOUNT = /^-?\d+(\.\d+)?$/;

/** What a request would change as somebody reads it: fields and states by name, amounts by thousands, duties as people call them. */
export function changesIn(language: Language, changes: readonly Change[]): readonly Change[] {
  return changes.map(({ field, before, after }) => {
    const said = (value: string | null) => (value === null ? null : valueIn(language, field, value));
    return { field: fieldIn(language, field), before: said(before), after: said(after) };
  });
}

/** A field may carry its currency: `withdraw USD`. */
function fieldIn(language: Language, field: string): string {
  const [name = '', ...rest] = field.split(' ');
  return [codeName('changed', name, language), ...rest].join(' ');
}

/** Amounts stand alone or behind a word: `withdrawable 1200.00`. Lists of ids are not amounts, and neither is an id. */
function valueIn(language: Language, field: string, value: string): string {
  if (field === 'clients' || field === 'entities' || field === 'jurisdictions' || field === 'subject') return value;
  if (field === 'duties')
    return value
      .split(' ')
      .map((duty) => nameOf(dutyWords[language], duty))
      .join(' · ');
  return value
    .split(' ')
    .map((word) =>
      AMOUNT.test(word) ? formatNumber(word, word.split('.')[1]?.length ?? 0) : codeName('changedTo', word, language),
    )
    .join(' ');
}
