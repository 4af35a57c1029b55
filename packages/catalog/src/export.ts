import type { CatalogueQuery } from './columns.ts';
import { checkDatabase } from './database.ts';
import { CLASSES, type DataClass, KINDS } from './declaration.ts';
import { checkShapes, type Drift, type Shape } from './drift.ts';
import { type Catalogue, catalogue as house } from './registry.ts';

/** One line of the data directory (数据目录). DS-1. */
export type CatalogueRow = Readonly<Record<(typeof COLUMNS)[number], string | number | boolean>>;

const COLUMNS = [
  ...(['name', 'kind', 'type', 'class', 'sensitive', 'pi', 'jrt0158', 'jrt0197', 'category_zh', 'category_en'] as const),
  ...(['title_zh', 'title_en', 'owner', 'purpose', 'origin', 'retain', 'storage', 'mask', 'outbound', 'ai'] as const),
] as const;

/** The catalogue as rows, by name. The category of a field is the title of its entity. */
export function catalogueRows(catalogue: Catalogue = house): CatalogueRow[] {
  const titles = new Map(catalogue.entities().map((entity) => [entity.name, entity.title]));
  return catalogue.fields().map((field) => {
    const { name, kind, type, sensitive, pi, jrt0158, jrt0197, owner, origin, retain, storage, mask, ai } = field;
    const category = titles.get(field.entity);
    return {
      ...{ name, kind, type, class: field.class, sensitive, pi, jrt0158, jrt0197, owner, origin, retain, storage, mask, ai },
      category_zh: category?.zh ?? '',
      category_en: category?.en ?? '',
      title_zh: field.title?.zh ?? '',
      title_en: field.title?.en ?? '',
      purpose: field.purpose.join(' '),
      outbound: field.outbound === 'never' ? 'never' : field.outbound.join(' '),
    };
  });
}

/** RFC 4180. No cell can start a formula: every value comes from a closed vocabulary or a declared title. */
export function catalogueCsv(catalogue: Catalogue = house): string {
  const cell = (value: unknown) =>
    /[",\r\n]/.test(String(value)) ? `"${String(value).replaceAll('"', '""')}"` : String(value);
  const lines = catalogueRows(catalogue).map((row) => COLUMNS.map((column) => cell(row[column])).join(','));
  return `${[COLUMNS.join(','), ...lines].join('\r\n')}\r\n`;
}

/** Fields per kind and class, and how many of them are sensitive. */
export interface CatalogueCount {
  readonly kind: string;
  readonly class: DataClass;
  readonly fields: number;
  readonly sensitive: number;
}

export function catalogueCounts(catalogue: Catalogue = house): CatalogueCount[] {
  const all = catalogue.fields();
  return KINDS.flatMap((kind) =>
    CLASSES.map((dataClass) => {
      const of = all.filter((f) => f.kind === kind && f.class === dataClass);
      return { kind, class: dataClass, fields: of.length, sensitive: of.filter((f) => f.sensitive).length };
    }),
  ).filter((count) => count.fields > 0);
}

/** The outcome of `meridian catalog check`: no gap ⇔ everything stored, sent, shown or logged has its class. */
export interface CatalogueCheck {
  readonly fields: number;
  readonly counts: readonly CatalogueCount[];
  readonly gaps: readonly Drift[];
}

export async function checkCatalogue(
  over: { readonly query?: CatalogueQuery; readonly shapes?: readonly Shape[] },
  catalogue: Catalogue = house,
): Promise<CatalogueCheck> {
  const gaps = [
    ...(over.query === undefined ? [] : await checkDatabase(over.query, catalogue)),
    ...checkShapes(over.shapes ?? [], catalogue),
  ];
  return { fields: catalogue.fields().length, counts: catalogueCounts(catalogue), gaps };
}
