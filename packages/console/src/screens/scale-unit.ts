import { scaleUnit } from '../format/number.ts';
import type { Language } from '../i18n/text.ts';
import type { Scale } from '../preferences.ts';

/** The scale alone, for the header of a column whose rows have each their own currency beside them: 万, m. Absent at one. */
export function mixedUnit(scale: Scale, language: Language): { readonly unit?: string } {
  return scale === 'one' ? {} : { unit: scaleUnit(scale, language).replace('元', '') };
}
