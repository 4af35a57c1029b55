import { invariant } from '@meridian/base';
import type { Queryable } from '@meridian/store';
import { hashOf } from './step.ts';

/** A row of a dataset table, by column names, without batch and attempt. */
export type Row = Readonly<Record<string, bigint | number | string | null | object>>;

const ROWS_PER_STATEMENT = 10_000;

export interface Place {
  readonly batch: string;
  readonly attempt: number;
}

/**
 * Writes rows under an attempt. The hash is over the rows alone, in the given order: the same rows under another attempt
 * hash alike.
 */
export async function putRows(tx: Queryable, table: string, place: Place, rows: readonly Row[]): Promise<string> {
  for (let start = 0; start < rows.length; start += ROWS_PER_STATEMENT) {
    const chunk = rows.slice(start, start + ROWS_PER_STATEMENT);
    const { rowCount } = await tx.query(
      `INSERT INTO clearing.${table} SELECT * FROM jsonb_populate_recordset(NULL::clearing.${table}, $1::jsonb)`,
      [{ json: chunk.map((row) => ({ batch: place.batch, attempt: place.attempt, ...row })) }],
    );
    invariant(rowCount === chunk.length, () => `every row of clearing.${table} is written`);
  }
  return hashOf(rows);
}

/** Rows of a dataset as they stand under an attempt. */
export async function rowsOf<R extends object>(tx: Queryable, table: string, place: Place, order: string): Promise<R[]> {
  const { rows } = await tx.query<R>(`SELECT * FROM clearing.${table} WHERE batch = $1 AND attempt = $2 ORDER BY ${order}`, [
    place.batch,
    place.attempt,
  ]);
  return rows;
}

/** The attempts under which a published batch's rows lie, by step. */
export async function publishedPlaces(tx: Queryable, batch: string, attempt: number): Promise<(step: string) => Place> {
  const { rows } = await tx.query<{ name: string; data_attempt: number }>(
    `SELECT name, data_attempt FROM clearing.step_run WHERE batch = $1 AND attempt = $2 AND state <> 'failed'`,
    [batch, attempt],
  );
  return (step) => {
    const found = rows.find((row) => row.name === step);
    invariant(found !== undefined, () => `${batch} was published with step ${step}`);
    return { batch, attempt: found.data_attempt };
  };
}
