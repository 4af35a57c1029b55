import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { invariant } from '@meridian/base';
import type { Queryable } from '@meridian/store';
import { reportField } from './catalogue.ts';
import type { ReportDocument } from './document/document.ts';
import { renderHtml } from './document/html.ts';
import { renderXlsx } from './document/xlsx.ts';

export interface DocumentPlace {
  readonly batch: string;
  readonly attempt: number;
  readonly client?: bigint;
  /** Without extension. */
  readonly fileName: string;
}

/** Renders and keeps a document in both formats. @returns the ids of HTML and XLSX, in this order */
export async function keepDocument(tx: Queryable, place: DocumentPlace, document: ReportDocument): Promise<string[]> {
  for (const { title } of document.sections.flatMap((section) => section.columns))
    invariant(reportField(title.en) !== undefined, () => `report column ${title.en} is not in the catalogue`);
  const prints = [
    ['html', Buffer.from(renderHtml(document))],
    ['xlsx', await renderXlsx(document)],
  ] as const;
  const ids: string[] = [];
  for (const [format, content] of prints) {
    const id = [place.batch, place.attempt, document.kind, place.client ?? '-', format].join('/');
    ids.push(id);
    await tx.query(
      `INSERT INTO clearing.document (id, batch, attempt, kind, client, format, file_name, sha256, content)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (id) DO NOTHING`,
      [
        ...[id, place.batch, place.attempt, document.kind, place.client ?? null, format],
        ...[`${place.fileName}.${format}`, createHash('sha256').update(content).digest('hex'), content],
      ],
    );
  }
  return ids;
}

/** Writes the prints of an attempt beside each other, each file whole or not at all. The database keeps the record. */
export async function keepPrints(database: Queryable, outDir: string, batch: string, attempt: number): Promise<void> {
  const { rows } = await database.query<{ file_name: string; content: Buffer }>(
    'SELECT file_name, content FROM clearing.document WHERE batch = $1 AND attempt = $2 ORDER BY id',
    [batch, attempt],
  );
  fs.mkdirSync(outDir, { recursive: true });
  for (const { file_name, content } of rows) {
    const target = path.join(outDir, path.basename(file_name));
    const draft = `${target}.${process.pid}.new`;
    fs.writeFileSync(draft, content);
    fs.renameSync(draft, target);
  }
}
