import { once } from 'node:events';
import copyStreams from 'pg-copy-streams';
import { BinaryWriter, type CopyType, type CopyValue, readBinary } from './binary-format.ts';
import type { Connection } from './database.ts';
import { databaseFailure } from './database-failure.ts';
import { problem } from './problems.ts';

/** A column given whole: a typed array or a plain one. */
export interface CopyColumn {
  readonly name: string;
  readonly type: CopyType;
  readonly values: ArrayLike<CopyValue>;
}

/** The columns of a COPY in their order: name → type. */
export type CopyLayout = Readonly<Record<string, CopyType>>;

/**
 * Copies rows into a table by binary COPY, with the source held back while the server is busy. Use it inside a
 * transaction: whatever fails, the connection stays usable and the rollback removes every row.
 * @returns the number of rows
 * @throws Problem COPY_VALUE for a value that does not fit its column | DATABASE_AWAY | DISK_FULL; the driver's error when
 *   the server refuses a row
 */
export async function copyRows(
  connection: Connection,
  table: string,
  layout: CopyLayout,
  rows: Iterable<readonly CopyValue[]> | AsyncIterable<readonly CopyValue[]>,
): Promise<number> {
  const names = Object.keys(layout);
  const types = Object.values(layout);
  async function* chunks(): AsyncGenerator<Buffer> {
    const writer = new BinaryWriter();
    let row = 0;
    for await (const values of rows) {
      row++;
      if (values.length !== types.length)
        throw problem('COPY_VALUE', {
          row,
          column: '*',
          type: 'row',
          reason: `${values.length} values for ${types.length} columns`,
        });
      writer.row(types.length);
      for (let i = 0; i < types.length; i++) encode(writer, row, names[i] as string, types[i] as CopyType, values[i]);
      const chunk = writer.chunk();
      if (chunk !== undefined) yield chunk;
    }
    yield writer.end();
  }
  return send(connection, copyStatement(table, names), chunks());
}

/** The same from columns of equal length. */
export async function copyColumns(connection: Connection, table: string, columns: readonly CopyColumn[]): Promise<number> {
  const count = columns[0]?.values.length ?? 0;
  for (const { name, type, values } of columns) {
    if (values.length !== count)
      throw problem('COPY_VALUE', { row: 0, column: name, type, reason: `${values.length} values, others have ${count}` });
  }
  function* chunks(): Generator<Buffer> {
    const writer = new BinaryWriter();
    for (let row = 0; row < count; row++) {
      writer.row(columns.length);
      for (const { name, type, values } of columns) encode(writer, row + 1, name, type, values[row]);
      const chunk = writer.chunk();
      if (chunk !== undefined) yield chunk;
    }
    yield writer.end();
  }
  return send(
    connection,
    copyStatement(
      table,
      columns.map((column) => column.name),
    ),
    chunks(),
  );
}

function encode(writer: BinaryWriter, row: number, column: string, type: CopyType, value: CopyValue | undefined): void {
  try {
    if (value === undefined) throw new RangeError('undefined');
    writer.value(type, value);
  } catch (error) {
    throw problem('COPY_VALUE', { row, column, type, reason: (error as Error).message }, error);
  }
}

function copyStatement(table: string, names: readonly string[]): string {
  const quoted = (name: string) => `"${name.replaceAll('"', '""')}"`;
  return `COPY ${table.split('.').map(quoted).join('.')} (${names.map(quoted).join(', ')}) FROM STDIN (FORMAT binary)`;
}

async function send(connection: Connection, sql: string, chunks: AsyncIterable<Buffer> | Iterable<Buffer>): Promise<number> {
  const stream = connection.client.query(copyStreams.from(sql));
  let refusal: unknown;
  // The server's refusal arrives as this event and nowhere else; it must have a listener from the start.
  stream.on('error', (error) => {
    refusal ??= error;
  });
  try {
    for await (const chunk of chunks) {
      if (refusal !== undefined) break;
      if (!stream.write(chunk)) await once(stream, 'drain');
    }
    if (refusal === undefined) {
      stream.end();
      await once(stream, 'finish');
    }
  } catch (error) {
    refusal ??= error;
    // A fault of ours in mid-stream: CopyFail makes the server forget the rows and leave copy mode.
    if (error === refusal && !stream.writableFinished) await abort(stream, error as Error);
  }
  if (refusal !== undefined) throw databaseFailure(refusal, 'statement');
  return stream.rowCount;
}

async function abort(stream: copyStreams.CopyStreamQuery & { connection?: unknown }, reason: Error): Promise<void> {
  if (stream.connection === null) return;
  const closed = new Promise<void>((resolve) => stream.once('close', resolve));
  stream.destroy(new Error(reason.message.slice(0, 200)));
  await closed;
}

/**
 * Copies a table or a parenthesised query out in chunks. A reader that stops early leaves the connection usable: the
 * rest is read and thrown away.
 */
export async function* copyOut(
  connection: Connection,
  source: string,
  format: 'binary' | 'csv' | 'text' = 'binary',
): AsyncGenerator<Buffer> {
  const stream = connection.client.query(copyStreams.to(`COPY ${source} TO STDOUT (FORMAT ${format})`));
  let isEnded = false;
  stream.once('end', () => {
    isEnded = true;
  });
  let failure: unknown;
  try {
    yield* stream.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>;
  } catch (error) {
    failure = error;
    throw databaseFailure(error, 'statement');
  } finally {
    if (!isEnded && failure === undefined) {
      stream.resume();
      await once(stream, 'end');
    }
  }
}

/** The same as decoded rows. */
export function copyOutRows(connection: Connection, source: string, types: readonly CopyType[]): AsyncGenerator<CopyValue[]> {
  return readBinary(copyOut(connection, source), types);
}
