import { canonicalJson, declareProblems } from '@meridian/base';
import type { NumberedEvent } from '@meridian/messages';
import type { Database, Queryable } from '@meridian/store';
import { openAccountCentre, type Place } from './centre.ts';
import type { AccountCommand } from './command.ts';
import { affectsBooks } from './intake.ts';

const { problem } = declareProblems({
  REBUILD_DIFFERS: {
    status: 409,
    title: { zh: '重建结果不一致', en: 'Rebuilding gives another result' },
    detail: { zh: '指令 {no}（{id}）：{reason}', en: 'Command {no} ({id}): {reason}' },
    remedy: { zh: '核对指令表与市场日志是否完整', en: 'Check that the command table and the market logs are complete' },
  },
});

/** A row of the command table. */
export interface CommandRow {
  readonly no: bigint;
  readonly id: string;
  readonly kind: string;
  readonly at: bigint;
  readonly body: unknown;
  readonly maker: string;
  readonly checker: string | null;
  readonly outcome: unknown;
}

const PAGE = 2_000;

/** The command table in order. */
export async function* commandRows(db: Queryable): AsyncGenerator<CommandRow> {
  for (let last = 0n; ; ) {
    const { rows } = await db.query<CommandRow>(
      'SELECT no, id, kind, at, body, maker, checker, outcome FROM accounts.command WHERE no > $1 ORDER BY no LIMIT $2',
      [last, PAGE],
    );
    yield* rows;
    const end = rows.at(-1);
    if (end === undefined || rows.length < PAGE) return;
    last = end.no;
  }
}

export interface RebuildOptions {
  readonly commands: AsyncIterable<CommandRow>;
  /** The events of one market from `from` to `to`, both included, read from its event file. */
  readonly events: (market: string, from: Place, to: Place) => AsyncIterable<NumberedEvent>;
  /** An empty, migrated database. */
  readonly into: Database;
}

/**
 * Makes the books anew from the command table and the market logs: every command again, in its order, with its own id
 * and time. Each must have the outcome that it had. Real names are not in the commands: they come from a backup.
 * @throws Problem REBUILD_DIFFERS, or the Problem of a command that fails now
 */
export async function rebuild({ commands, events, into }: RebuildOptions): Promise<{ commands: number }> {
  const centre = openAccountCentre({ pool: into });
  let count = 0;
  for await (const row of commands) {
    const executed = row.kind === 'intake' ? await takeInAgain(centre, row, events) : await centre.execute(asCommand(row));
    const differs = (reason: string) => problem('REBUILD_DIFFERS', { no: row.no, id: row.id, reason });
    if (executed === undefined) throw differs('its events have no effect any more');
    if (executed.no !== row.no) throw differs(`it became command ${executed.no}`);
    if (canonicalJson(executed.outcome) !== canonicalJson(row.outcome)) throw differs('its outcome is another');
    count++;
  }
  return { commands: count };
}

async function takeInAgain(
  centre: ReturnType<typeof openAccountCentre>,
  row: CommandRow,
  events: RebuildOptions['events'],
): Promise<Awaited<ReturnType<typeof centre.intake>>> {
  const { market, from, to } = row.body as Extract<AccountCommand, { kind: 'intake' }>['body'];
  const read: NumberedEvent[] = [];
  for await (const event of events(market, from, to)) if (affectsBooks(event)) read.push(event);
  return centre.intake(market, read, from, to);
}

function asCommand(row: CommandRow): AccountCommand {
  const { kind, id, at, maker, checker, body } = row;
  return { kind, id, at: Number(at), maker, body, ...(checker === null ? {} : { checker }) } as AccountCommand;
}
