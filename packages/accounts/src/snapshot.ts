import type { Database, Queryable } from '@meridian/store';

/** Reads everything in `work` as of one moment; within a transaction of the caller, as that one sees it. */
export function inSnapshot<T>(db: Database | Queryable, work: (db: Queryable) => Promise<T>): Promise<T> {
  return 'transaction' in db ? db.transaction(work, { isolation: 'repeatable read', readOnly: true }) : work(db);
}
