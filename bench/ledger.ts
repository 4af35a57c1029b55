import { execFile } from 'node:child_process';
import fs from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { type AccountCentre, type AccountCommand, ledgerVerify, openAccountCentre } from '@meridian/accounts';
import type { DateText } from '@meridian/base';
import { type ScratchDatabase, scratchDatabase } from '@meridian/store';
import { type Figure, median, print } from './figure.ts';

/**
 * Durable transfers through the account centre — command row, journal, two postings, hash chain, floor, double-entry
 * trigger — beside pgbench TPC-B (prepared, scale 10) on the same server with fsync on. Rounds alternate, so that both
 * meet the same minute. Afterwards the books are proven.
 */
const ROUNDS = 5;
const ROUND_MS = 900;
const SUBS = 200;
const BATCH_IN_FLIGHT = 1_000;
const MIGRATIONS = fileURLToPath(new URL('../packages/accounts/migrations', import.meta.url));
const DATE = '2013-10-08' as DateText;

const shell = promisify(execFile);

export async function run(): Promise<Figure[]> {
  const scratch = await scratchDatabase([MIGRATIONS], { shared_buffers: '256MB' });
  try {
    const centre = openAccountCentre({ pool: scratch.database });
    await openAccounts(centre);
    const pgbench = await peer(scratch);
    const rates = await measure(centre, pgbench);
    const proof = await ledgerVerify(scratch.database);
    return figures(rates, pgbench === undefined, proof.fault ?? `${proof.journals} journals proven`);
  } finally {
    await scratch.remove();
  }
}

let serial = 0;
function execute<K extends AccountCommand['kind']>(
  centre: AccountCentre,
  kind: K,
  body: Extract<AccountCommand, { kind: K }>['body'],
) {
  return centre.execute({
    kind,
    id: `bench:${++serial}`,
    at: serial,
    maker: 'maker',
    checker: 'checker',
    body,
  } as AccountCommand);
}

async function openAccounts(centre: AccountCentre): Promise<void> {
  await execute(centre, 'open-client', { client: 1, token: 'C-1', entity: 1, jurisdiction: 'CN' });
  await execute(centre, 'open-master', { master: 1, client: 1, baseCurrency: 'CNY' });
  for (let sub = 1; sub <= SUBS; sub++) {
    await execute(centre, 'open-sub', { sub, master: 1, code: `S${sub}`, pool: 'onshore' });
    const cash = { sub, currency: 'CNY', amount: '1000000000', businessDate: DATE, bankReference: 'BENCH' };
    await execute(centre, 'deposit', cash);
  }
}

/** Runs pgbench with that many clients for one second; undefined where pgbench is not installed. */
type Peer = (clients: number) => Promise<number>;

async function peer({ postgres }: ScratchDatabase): Promise<Peer | undefined> {
  const url = new URL(postgres.url);
  const program = findProgram();
  if (program === undefined) return undefined;
  const env = { ...process.env, PGPASSWORD: url.password };
  const where = ['-h', url.hostname, '-p', url.port, '-U', url.username];
  const database = url.pathname.slice(1);
  await shell(program, ['-i', '-q', '-s', '10', ...where, database], { env });
  return async (clients) => {
    const threads = String(Math.min(clients, 2));
    const flags = ['-n', '-M', 'prepared', '-c', String(clients), '-j', threads, '-T', '1'];
    const { stdout } = await shell(program, [...flags, ...where, database], { env });
    const rate = /tps = ([\d.]+)/.exec(stdout)?.[1];
    if (rate === undefined) throw new Error('pgbench printed no rate');
    return Number(rate);
  };
}

function findProgram(): string | undefined {
  const installed = '/usr/lib/postgresql';
  const versions = fs.existsSync(installed) ? fs.readdirSync(installed).sort((a, b) => Number(b) - Number(a)) : [];
  const folders = [...(process.env['PATH'] ?? '').split(':'), ...versions.map((version) => join(installed, version, 'bin'))];
  return folders.map((folder) => join(folder, 'pgbench')).find((file) => fs.existsSync(file));
}

/** Transfers a second with `inFlight` of them waiting at any time. */
async function transfers(centre: AccountCentre, inFlight: number): Promise<number> {
  const start = performance.now();
  const end = start + ROUND_MS;
  let done = 0;
  const lane = async (n: number) => {
    for (let i = n; performance.now() < end; i += 7) {
      const body = {
        from: 1 + (i % SUBS),
        to: 1 + ((i + 1 + (done % 50)) % SUBS),
        currency: 'CNY',
        amount: '1',
        businessDate: DATE,
      };
      await execute(centre, 'transfer', body);
      done++;
    }
  };
  await Promise.all(Array.from({ length: inFlight }, (_, n) => lane(n)));
  return (done * 1_000) / (performance.now() - start);
}

interface Rates {
  readonly one: number[];
  readonly eight: number[];
  readonly batch: number[];
  readonly peerOne: number[];
  readonly peerEight: number[];
}

async function measure(centre: AccountCentre, pgbench: Peer | undefined): Promise<Rates> {
  const rates: Rates = { one: [], eight: [], batch: [], peerOne: [], peerEight: [] };
  await transfers(centre, 8);
  for (let round = 0; round < ROUNDS; round++) {
    if (pgbench !== undefined) rates.peerOne.push(await pgbench(1));
    rates.one.push(await transfers(centre, 1));
    if (pgbench !== undefined) rates.peerEight.push(await pgbench(8));
    rates.eight.push(await transfers(centre, 8));
    rates.batch.push(await transfers(centre, BATCH_IN_FLIGHT));
  }
  return rates;
}

function figures(rates: Rates, isAlone: boolean, proof: string): Figure[] {
  const figure = (name: string, ours: readonly number[], peers: readonly number[], least: number): Figure => {
    // Ratios round by round: the disk changes its mind from one minute to the next.
    const ratio = isAlone ? null : median(ours.map((rate, i) => rate / (peers[i] as number)));
    return {
      ...{ name, unit: 'transfers/s', ours: median(ours), peer: isAlone ? null : median(peers), ratio },
      ...{ bar: `ratio ≥ ${least}`, holds: ratio === null ? null : ratio >= least, rounds: ROUNDS },
      note: `${isAlone ? 'pgbench is not installed: skipped' : 'peer: pgbench TPC-B'}; ${proof}`,
    };
  };
  return [
    figure('ledger, durable, 1 client', rates.one, rates.peerOne, 0.5),
    figure('ledger, durable, 8 clients', rates.eight, rates.peerEight, 0.9),
    figure(`ledger, durable, ${BATCH_IN_FLIGHT} in flight, against 8 clients`, rates.batch, rates.peerEight, 8),
  ];
}

if (import.meta.main) print(await run());
