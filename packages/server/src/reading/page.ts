import type { AnswerOf, RouteName } from '@meridian/api';
import { dateText } from '@meridian/base';
import type { Principal } from '@meridian/security';
import type { Queryable } from '@meridian/store';
import { problem } from '../http/problems.ts';
import type { ReadingHouse } from './house.ts';
import { confirmOwn, type OwnRows } from './own-rows.ts';

interface ListQuery {
  readonly limit?: number;
  readonly cursor?: string;
}
/** Routes that answer in pages. */
type PageRoute = { [N in RouteName]: AnswerOf<N> extends { items: unknown[]; next: string | null } ? N : never }[RouteName];
type ItemOf<N extends PageRoute> = AnswerOf<N> extends { items: (infer I)[] } ? I : never;

/** What a page's statement needs: where it goes on, up to which command it sees, and how many rows. */
export interface PageAsk {
  /** Undefined on the first page. */
  readonly after: readonly string[] | undefined;
  /** The books' newest command of the walk's first page; rows that came later are left out of it. */
  readonly asOf: bigint;
  readonly limit: number;
}

/** Rows of a page when nobody says how many. */
const PAGE_ROWS = 100;

/** Reads one page of a list by its key: one row more than asked for tells whether another page follows. */
export async function pageOf<N extends PageRoute, Row>(
  house: Pick<ReadingHouse, 'read' | 'cursors' | 'database'>,
  route: N,
  asking: { readonly principal: Principal; readonly query: ListQuery },
  list: {
    readonly rows: (db: Queryable, ask: PageAsk) => Promise<Row[]>;
    /** The row's key, in the order of the list. */
    readonly key: (row: Row) => readonly (string | bigint)[];
    /** By what row security confirms that a client's user may see the rows. Lists that clients never see have none. */
    readonly own?: (rows: readonly Row[]) => OwnRows;
    readonly items: (rows: readonly Row[], db: Queryable) => Promise<ItemOf<N>[]> | ItemOf<N>[];
  },
): Promise<{ items: ItemOf<N>[]; next: string | null; asOf: number }> {
  const { cursor, limit = PAGE_ROWS } = asking.query;
  refuseUnkeepable(asking.query);
  const walk = { route, user: asking.principal.user, query: asking.query };
  const begun = cursor === undefined ? undefined : house.cursors.open(walk, cursor);
  const after = begun === undefined ? undefined : (JSON.parse(begun.position) as string[]);
  const page = await house.read(asking.principal, async (db) => {
    const asOf = begun?.asOf ?? (await newestCommand(db));
    const found = await list.rows(db, { after, asOf: BigInt(asOf), limit: limit + 1 });
    const rows = found.slice(0, limit);
    const last = rows.at(-1);
    const position = last === undefined ? '' : JSON.stringify(list.key(last).map(String));
    const next = found.length > limit ? house.cursors.seal(walk, { asOf, position }) : null;
    return { rows, items: await list.items(rows, db), next, asOf };
  });
  const { rows, ...body } = page;
  await confirmOwn(house.database, asking.principal, list.own?.(rows));
  return body;
}

/** The database keeps no NUL and knows no 30th of February. @throws Problem QUERY_REFUSED | DATE_MALFORMED */
export function refuseUnkeepable(query: object): void {
  for (const [field, value] of Object.entries(query)) {
    if (typeof value === 'string' && value.includes('\0')) throw problem('QUERY_REFUSED', { field, reason: 'a NUL character' });
    if (field === 'date') dateText(String(value));
  }
}

export async function newestCommand(db: Queryable): Promise<number> {
  const { rows } = await db.query<{ no: bigint }>('SELECT coalesce(max(no), 0)::bigint AS no FROM accounts.command');
  return Number(rows[0]?.no ?? 0);
}
