import { formatDecimal } from '@meridian/base';
import writeExcelFile, { type CellObject, type Row } from 'write-excel-file/node';
import type { Cell, ReportDocument, Section } from './document.ts';

/** Rows of one sheet at most, as the format allows; a longer section is refused rather than cut. */
const ROWS_MAX = 1_048_000;

/**
 * The document as a workbook: a cover sheet and one sheet per section. Amounts are numbers as long as a double shows
 * them exactly (15 digits), text beyond.
 */
export async function renderXlsx(document: ReportDocument): Promise<Buffer> {
  const names = new Set<string>();
  const sheets = [
    { sheet: sheetName('总览', names), data: cover(document), columns: [{ width: 34 }, { width: 80 }] },
    ...document.sections.map((section) => ({
      sheet: sheetName(section.title.zh, names),
      data: sectionRows(section),
      columns: section.columns.map((column) => ({ width: column.kind === 'text' ? 26 : column.kind === 'code' ? 34 : 20 })),
      stickyRowsCount: 1,
    })),
  ];
  return writeExcelFile(sheets).toBuffer();
}

function cover(document: ReportDocument): Row[] {
  const line = (label: string, value: string): Row => [textCell(label, true), textCell(value)];
  return [
    line(`${document.title.zh} ${document.title.en}`, document.subtitle),
    line('结论 Verdict', `${document.verdict.text.zh} ${document.verdict.text.en}`),
    ...document.identity.map(({ label, value }) => line(`${label.zh} ${label.en}`, value)),
    line('', `${document.footer.zh} ${document.footer.en}`),
  ];
}

function sectionRows(section: Section): Row[] {
  const rows = [...section.rows, ...(section.totals ?? [])];
  if (rows.length > ROWS_MAX) throw new RangeError(`a sheet of ${rows.length} rows cannot be written`);
  const head: Row = section.columns.map((column) => ({
    ...textCell(`${column.title.zh} ${column.title.en}`, true),
    align: column.kind === 'number' ? ('right' as const) : ('left' as const),
    backgroundColor: '#E8EEF2',
  }));
  return [head, ...rows.map((row): Row => row.map(cellOf))];
}

function cellOf(cell: Cell): CellObject | null {
  if (cell === null) return null;
  if (typeof cell === 'string') return textCell(cell);
  const text = formatDecimal(cell.scaled, cell.digits);
  if (text.replaceAll(/[-.]/g, '').length > 15) return { value: text, type: String, align: 'right' };
  const format = cell.digits === 0 ? '#,##0' : `#,##0.${'0'.repeat(cell.digits)}`;
  return { value: Number(text), type: Number, format, align: 'right' };
}

function textCell(text: string, bold = false): CellObject {
  return { value: safeText(text), type: String, wrap: true, ...(bold ? { fontWeight: 'bold' as const } : {}) };
}

/** Characters that no XML document may hold. */
const ILLEGAL = /(?![\t\n\r])\p{Cc}|[\ufffe\uffff]/gu;

/**
 * Text that no spreadsheet takes for a formula, not even after it is saved as CSV and opened again: an apostrophe is put
 * before a leading sign that would start one.
 */
export function safeText(text: string): string {
  const clean = text.replaceAll(ILLEGAL, '�').slice(0, 32_000);
  return /^[\s]*[=+\-@\t\r|%]/.test(clean) && !/^-?[\d,]+(\.\d+)?$/.test(clean) ? `'${clean}` : clean;
}

/** Sheet names: at most 31 characters, none of \ / * ? : [ ], no two alike. */
function sheetName(title: string, taken: Set<string>): string {
  const base = title.replaceAll(/[\\/*?:[\]]/g, ' ').slice(0, 28);
  let name = base;
  for (let n = 2; taken.has(name); n++) name = `${base} ${n}`;
  taken.add(name);
  return name;
}
