import type { AnswerOf } from '@meridian/api';
import type { Queryable } from '@meridian/store';
import { orNull } from './figure.ts';
import type { PageAsk } from './page.ts';
import type { Sight } from './sight.ts';

/** Reports, confirmations and statements as they were rendered. CL-f */

export interface DocumentRow {
  readonly id: string;
  readonly batch: string;
  readonly attempt: number;
  readonly kind: string;
  readonly client: bigint | null;
  readonly token: string | null;
  readonly entity: bigint | null;
  readonly format: string;
  readonly file_name: string;
  readonly sha256: string;
  readonly bytes: number;
  readonly clearing_date: string;
}

const DOCUMENT = `
  SELECT d.id, d.batch, d.attempt, d.kind, d.client, c.token, c.entity, d.format, d.file_name, d.sha256,
         octet_length(d.content) AS bytes, b.clearing_date
    FROM clearing.document d JOIN clearing.batch b ON b.batch = d.batch
    LEFT JOIN accounts.client c ON c.client = d.client`;

/** On the wire a document's id has no slash: no path of the interface holds one, encoded or not. */
export const documentName = (id: string): string => id.replaceAll('/', '~');
export const documentId = (name: string): string => name.replaceAll('~', '/');

/** What a client gets to see: its own papers, and no report of a failure. */
export const CLIENT_KINDS = ['confirmation', 'statement'] as const;

/** The latest clearing date first. */
export async function documents(
  db: Queryable,
  sight: Sight,
  filter: { readonly batch?: string; readonly kind?: string },
  ask: PageAsk,
): Promise<DocumentRow[]> {
  const [date = null, id = null] = ask.after ?? [];
  const { rows } = await db.query<DocumentRow>(
    `SELECT * FROM (${DOCUMENT}) x
      WHERE ($1::bigint[] IS NULL OR client = ANY ($1) AND kind = ANY ($3)) AND (client IS NULL OR entity = ANY ($2))
        AND ($4::text IS NULL OR batch = $4) AND ($5::text IS NULL OR kind = $5)
        AND ($6::date IS NULL OR clearing_date < $6 OR clearing_date = $6 AND id > $7)
      ORDER BY clearing_date DESC, id LIMIT $8`,
    [...[sight.clients, sight.entities, CLIENT_KINDS, filter.batch ?? null, filter.kind ?? null], ...[date, id, ask.limit]],
  );
  return rows;
}

export async function documentRow(db: Queryable, id: string): Promise<DocumentRow | undefined> {
  return (await db.query<DocumentRow>(`${DOCUMENT} WHERE d.id = $1`, [id])).rows[0];
}

export async function documentContent(db: Queryable, id: string): Promise<Uint8Array | undefined> {
  return (await db.query<{ content: Uint8Array }>('SELECT content FROM clearing.document WHERE id = $1', [id])).rows[0]
    ?.content;
}

export const MEDIA: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  xlsx: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
};

export function documentLine(row: DocumentRow): AnswerOf<'GET /v1/reports'>['items'][number] {
  return {
    ...{
      document: documentName(row.id),
      batch: row.batch,
      attempt: row.attempt,
      kind: row.kind,
      client: orNull(row.client, String),
    },
    ...{ token: row.token, format: row.format, fileName: row.file_name, sha256: row.sha256, bytes: row.bytes },
  };
}
