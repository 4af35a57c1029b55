import { openAccountCentre } from '@meridian/accounts';
import { type Database, openDatabase, type Transaction } from '@meridian/store';
import { openClearing } from './clearing.ts';
import { scratchFacts } from './scratch-day.ts';

/**
 * Runs one batch and kills its own process with SIGKILL right before or after its n-th statement, whatever that is: what
 * a crash test needs. Arguments: database url, drop folder, out folder, market, date, instant, n, "before" | "after".
 */
const [url, dropDir, outDir, market, date, at, killAt, when] = process.argv.slice(2) as [
  ...[string, string, string, string, string, string, string, string],
];
let count = 0;

const die = (): void => void process.kill(process.pid, 'SIGKILL');

/** Counts every statement of the process, inside and outside transactions. */
function counted<T extends { query: Transaction['query'] }>(target: T): T {
  const query = (async (...args: Parameters<Transaction['query']>) => {
    const isIt = ++count === Number(killAt);
    if (isIt && when === 'before') die();
    const result = await target.query(...args);
    if (isIt) die();
    return result;
  }) as Transaction['query'];
  return { ...target, query };
}

const real = openDatabase({ url });
const database: Database = {
  ...counted(real),
  connection: (work) => real.connection((connection) => work(counted(connection))),
  transaction: (work, options) => real.transaction((tx, first) => work(counted(tx), first as never), options),
};
const accountCentre = openAccountCentre({ pool: database });
const clearing = openClearing({ pool: database, accountCentre, facts: scratchFacts(), dropDir, outDir });
await clearing.run(market, date, 'crash', Number(at));
process.stdout.write(`${count}\n`);
await clearing.close();
await database.close();
