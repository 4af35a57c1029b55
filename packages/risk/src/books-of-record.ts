import {
  type Currency,
  type DateText,
  dateIn,
  divide,
  type Instant,
  minorDigits,
  mulDiv,
  pow10,
  quoteUnit,
  currency as toCurrency,
} from '@meridian/base';
import { crossRate, FX_DIGITS, PRICE_DIGITS, type RateSet, scaledRate } from '@meridian/market';
import { PPM } from '@meridian/messages';
import { readRateSet } from '@meridian/reference';
import type { Database, Queryable } from '@meridian/store';
import type { InputBody, RiskInput } from './input.ts';
import { problem } from './problems.ts';

/** What a call line is drawn by; PPM of the requirement, amount in minor units of the base currency. */
export interface CallTerms {
  readonly callPpm: number;
  readonly targetPpm: number;
  readonly amountMin: number;
}

/** Everything the fold is told of the books, as of one moment. */
export interface BooksOfRecord {
  readonly inputs: readonly RiskInput[];
  readonly places: ReadonlyMap<string, { readonly seq: number; readonly k: number }>;
}

/** The currency in which the firm adds up. */
export const FIRM_CURRENCY: Currency = toCurrency('CNY');

/** What a rate set means to the fold, for the currencies asked for that it has. */
export function rateInputs(id: bigint, set: RateSet, currencies: Iterable<string>): RiskInput[] {
  const wanted = [...new Set(currencies)].sort();
  const rates = wanted.flatMap((currency): RiskInput[] => {
    const rate = currency === set.base ? pow10(FX_DIGITS) : set.rates.get(currency);
    return rate === undefined ? [] : [{ name: 'rate', body: { currency, rate: Number(rate) } }];
  });
  return [...rates, { name: 'rates', body: { rateSet: Number(id), publishedAt: set.publishedAt } }];
}

/** What a fill costs in its account's settlement currency, and what booking it will take. */
export interface FillCost {
  readonly cost: bigint;
  readonly fees: bigint;
}

/**
 * quantity × price × FX of the fill's own rate set, as the batch will book it: the rate in FX_DIGITS half-even, the cost
 * half-even, commission half-up, both to the minor unit. `price` in PRICE_DIGITS, `quantity` signed.
 * @throws Problem FX_RATE_MISSING
 */
export function fillCost(
  quantity: bigint,
  price: bigint,
  account: Pick<InputBody<'account'>, 'settlementCurrency' | 'minorDigits' | 'commissionPpm'>,
  listing: Pick<InputBody<'listing'>, 'currency' | 'quoteUnits'>,
  set: RateSet | undefined,
): FillCost {
  const { settlementCurrency, minorDigits: digits, commissionPpm } = account;
  let rate = pow10(FX_DIGITS);
  if (listing.currency !== settlementCurrency) {
    if (set === undefined)
      throw problem('RISK_BOOKS_REFUSED', { what: 'rate set', reason: 'a fill names one that is not recorded' });
    rate = scaledRate(crossRate(set, toCurrency(listing.currency), toCurrency(settlementCurrency)), 'half-even');
  }
  const cost = minorOf(quantity * price * rate, digits, listing.quoteUnits);
  return { cost, fees: mulDiv(cost < 0n ? -cost : cost, BigInt(commissionPpm), BigInt(PPM), 'half-up') };
}

/** Minor units of quantity × price (PRICE_DIGITS) × rate (FX_DIGITS), half-even. */
function minorOf(converted: bigint, digits: number, quoteUnits: number): bigint {
  return divide(converted * pow10(digits), pow10(PRICE_DIGITS + FX_DIGITS) * BigInt(quoteUnits), 'half-even');
}

/** Node prices and amounts of the books as the fold holds them. @throws Problem RISK_BOOKS_REFUSED beyond 2^53 */
export function safe(what: string, value: bigint | string): number {
  const number = Number(value);
  if (!Number.isSafeInteger(number)) throw problem('RISK_BOOKS_REFUSED', { what, reason: `${value} is beyond 2^53` });
  return number;
}

interface MasterRow {
  readonly master: bigint;
  readonly client: bigint;
  readonly base_currency: string;
}
interface AccountRow {
  readonly account: bigint;
  readonly master: bigint;
  readonly basis: 'local' | 'composite' | 'quanto';
  readonly settlement_currency: string;
  readonly margin_ppm: bigint;
  readonly commission_ppm: bigint;
}
interface ListingRow {
  readonly listing: bigint;
  readonly issuer: bigint;
  readonly mic: string;
  readonly quote: string;
}
interface LotsRow {
  readonly account: bigint;
  readonly listing: bigint;
  readonly quantity: bigint;
  /** Σ quantity × price × FX, 18 decimals. */
  readonly converted: string;
  readonly unfit: boolean;
}
interface FillRow {
  readonly account: bigint;
  readonly listing: bigint;
  readonly side: number;
  readonly quantity: bigint;
  readonly price: bigint;
  readonly exec_type: 'F' | 'G' | 'H';
  readonly delta: bigint;
  readonly rate_set: bigint;
  /** The booked fill that this one takes back. */
  readonly ref_delta: bigint | null;
  readonly ref_price: bigint | null;
  readonly ref_rate_set: bigint | null;
}

/** The newest version known on the date, expired ones too: a position does not vanish with its listing. */
const LISTINGS = `
  SELECT l.listing, s.issuer, l.mic, l.quote
    FROM (SELECT DISTINCT ON (listing) listing, security, mic, quote FROM reference.listing
           WHERE valid_from <= $1 ORDER BY listing, valid_from DESC) l
    JOIN (SELECT DISTINCT ON (security) security, issuer FROM reference.security
           WHERE valid_from <= $1 ORDER BY security, valid_from DESC) s ON s.security = l.security
   ORDER BY l.listing`;

/**
 * Client money 2010…2013 (what leaves, 2014, covers nothing any more); claims: less what the client owes (1050) and the
 * financing accrued on its contracts (1055), plus dividends owed to it (2060).
 */
const MONEY = `
  SELECT m.master, m.currency, (-sum(m.money))::bigint AS amount, (-sum(m.claims))::bigint AS claims
    FROM (SELECT s.master, a.currency,
                 CASE WHEN a.code IN ('2010', '2011', '2012', '2013') THEN a.posted ELSE 0 END AS money,
                 CASE WHEN a.code IN ('1050', '2060') THEN a.posted ELSE 0 END AS claims
            FROM accounts.ledger_account a JOIN accounts.sub_account s ON s.sub = a.sub
           WHERE a.code IN ('2010', '2011', '2012', '2013', '1050', '2060')
          UNION ALL
          SELECT c.master, a.currency, 0, a.posted
            FROM accounts.ledger_account a JOIN accounts.contract c ON c.contract = a.contract AND c.entity = a.entity
           WHERE a.code = '1055' AND c.master IS NOT NULL) m
   GROUP BY m.master, m.currency HAVING sum(m.money) <> 0 OR sum(m.claims) <> 0
   ORDER BY m.master, m.currency`;

const LOTS = `
  SELECT c.account, c.listing, sum(d.sign * l.quantity_open)::bigint AS quantity,
         sum(d.sign * l.quantity_open::numeric * l.price * coalesce(l.fx_rate, 10000000000))::text AS converted,
         bool_or(c.basis = 'quanto' OR (c.basis = 'composite') <> (l.fx_rate IS NOT NULL)
                 OR c.settlement_currency <> b.settlement_currency) AS unfit
    FROM accounts.contract c
    JOIN accounts.contract_lot l ON l.contract = c.contract
    JOIN accounts.business_account b ON b.account = c.account
   CROSS JOIN LATERAL (SELECT CASE c.side WHEN 'long' THEN 1 ELSE -1 END AS sign) d
   WHERE c.state = 'open' AND l.quantity_open > 0
   GROUP BY c.account, c.listing ORDER BY c.account, c.listing`;

const FILLS = `
  SELECT f.account, f.listing, f.side, f.quantity, f.price, f.exec_type, f.delta, f.rate_set,
         r.delta AS ref_delta, r.price AS ref_price, r.rate_set AS ref_rate_set
    FROM accounts.fill f
    LEFT JOIN accounts.fill r ON f.exec_type <> 'F' AND (r.market, r.seq, r.k) = (f.market, f.ref_seq, f.ref_k) AND r.state = 'booked'
   WHERE f.state = 'provisional'
   ORDER BY f.market, f.seq, f.k`;

/** No fill before a market's first day. */
const PLACES = `
  SELECT d.market, f.seq, f.k
    FROM (SELECT DISTINCT market FROM accounts.market_day) d
   CROSS JOIN LATERAL (SELECT seq, k FROM accounts.fill WHERE market = d.market ORDER BY seq DESC, k DESC LIMIT 1) f
   ORDER BY d.market`;

const CALLS = `
  SELECT DISTINCT ON (master) master, raised_at, CASE state WHEN 'raised' THEN 1 WHEN 'met' THEN 2 ELSE 3 END AS state
    FROM accounts.margin_call ORDER BY master, raised_at DESC, id`;

const MARKS = `SELECT DISTINCT ON (listing) listing, price FROM accounts.mark ORDER BY listing, trade_date DESC`;

const RATE_SET = `
  SELECT rate_set FROM reference.rate_set WHERE published_at <= $1 ORDER BY published_at DESC, rate_set DESC LIMIT 1`;

/**
 * Reads the books in one snapshot and says them as inputs of the fold. `time` chooses listings and rates in force; a
 * listing that `isPriced` does not know starts from its last mark.
 * @throws Problem RISK_BOOKS_REFUSED | FX_RATE_MISSING | CURRENCY_UNKNOWN | DATABASE_AWAY
 */
export function readBooks(
  database: Database,
  time: Instant,
  terms: CallTerms,
  isPriced: (listing: number) => boolean,
): Promise<BooksOfRecord> {
  return database.transaction((tx) => read(tx, time, terms, isPriced), { isolation: 'repeatable read', readOnly: true });
}

async function read(tx: Queryable, time: Instant, terms: CallTerms, isPriced: (listing: number) => boolean) {
  const rows = async <R extends object>(sql: string, parameters: readonly (string | bigint | number)[] = []) =>
    (await tx.query<R>(sql, parameters)).rows;
  const masters = (
    await rows<MasterRow>('SELECT master, client, base_currency FROM accounts.master_account ORDER BY master')
  ).map((row) => masterBody(row, terms));
  const accounts = await rows<AccountRow>(
    `SELECT account, master, basis, settlement_currency, margin_ppm, commission_ppm FROM accounts.business_account ORDER BY account`,
  );
  // Listings take effect by date; the earliest zone reaches a date first, and what is early here harms nobody.
  const listings = (await rows<ListingRow>(LISTINGS, [dateIn(time, 'Asia/Shanghai') satisfies DateText])).map(listingBody);
  const money = await rows<{ master: bigint; currency: string; amount: bigint; claims: bigint }>(MONEY);
  const set = await rateSetAt(tx, time);
  const positions = await readPositions(tx, accounts, new Map(listings.map((body) => [body.listing, body])));
  const places = await rows<{ market: string; seq: bigint; k: number }>(PLACES);
  const calls = await rows<{ master: bigint; raised_at: bigint; state: number }>(CALLS);
  const marks = await rows<{ listing: bigint; price: bigint }>(MARKS);

  const accountBodies = accounts.map(accountBody);
  const inputs: RiskInput[] = [
    ...masters.map((body) => ({ name: 'master', body }) as const),
    ...accountBodies.map((body) => ({ name: 'account', body }) as const),
    ...listings.map((body) => ({ name: 'listing', body }) as const),
    ...money.map((row) => ({ name: 'cash', body: cashBody(row) }) as const),
    ...positions.map((body) => ({ name: 'position', body }) as const),
    ...places.map(({ market, seq, k }) => ({ name: 'place', body: { market, seq: Number(seq), k } }) as const),
    ...calls.map(
      (row) =>
        ({ name: 'call', body: { master: Number(row.master), raisedAt: Number(row.raised_at), state: row.state } }) as const,
    ),
    ...marks
      .filter(({ listing }) => !isPriced(Number(listing)) && listings.some((body) => body.listing === Number(listing)))
      .map((row) => ({ name: 'price', body: { listing: Number(row.listing), price: safe('mark', row.price) } }) as const),
  ];
  const currencies = new Set<string>([FIRM_CURRENCY]);
  for (const { currency } of [...masters, ...listings, ...money]) currencies.add(currency);
  for (const { settlementCurrency } of accountBodies) currencies.add(settlementCurrency);
  if (set !== undefined) inputs.push(...rateInputs(set.id, set.set, currencies));
  refuseMissingRates(set?.set, masters, accountBodies, listings, money, positions);
  return { inputs, places: new Map(places.map(({ market, seq, k }) => [market, { seq: Number(seq), k }])) };
}

const digitsOf = (code: string) => minorDigits(toCurrency(code));

const masterBody = ({ master, client, base_currency }: MasterRow, terms: CallTerms): InputBody<'master'> => ({
  ...{ master: Number(master), client: Number(client), currency: base_currency, minorDigits: digitsOf(base_currency) },
  ...terms,
});

const accountBody = (row: AccountRow): InputBody<'account'> => ({
  ...{ account: Number(row.account), master: Number(row.master) },
  ...{ marginPpm: Number(row.margin_ppm), commissionPpm: Number(row.commission_ppm) },
  ...{ settlementCurrency: row.settlement_currency, minorDigits: digitsOf(row.settlement_currency) },
});

function listingBody({ listing, issuer, mic, quote }: ListingRow): InputBody<'listing'> {
  const unit = quoteUnit(quote);
  return {
    ...{ listing: Number(listing), issuer: Number(issuer), market: mic, currency: unit.currency },
    ...{ quoteUnits: Number(unit.perCurrencyUnit), minorDigits: minorDigits(unit.currency) },
  };
}

const cashBody = (row: { master: bigint; currency: string; amount: bigint; claims: bigint }): InputBody<'cash'> => ({
  ...{ master: Number(row.master), currency: row.currency, minorDigits: digitsOf(row.currency) },
  ...{ amount: safe('client money', row.amount), claims: safe('claims', row.claims) },
});

async function rateSetAt(tx: Queryable, time: Instant): Promise<{ id: bigint; set: RateSet } | undefined> {
  const { rows } = await tx.query<{ rate_set: bigint }>(RATE_SET, [time]);
  const id = rows[0]?.rate_set;
  const set = id === undefined ? undefined : await readRateSet(tx, id);
  return id === undefined || set === undefined ? undefined : { id, set };
}

/** Lots of record and provisional fills, one position per account and listing. */
async function readPositions(
  tx: Queryable,
  accounts: readonly AccountRow[],
  listings: ReadonlyMap<number, InputBody<'listing'>>,
): Promise<InputBody<'position'>[]> {
  const accountOf = new Map(accounts.map((row) => [row.account, row]));
  const positions = new Map<string, { account: bigint; listing: bigint; quantity: bigint; cost: bigint; fees: bigint }>();
  const sides = (row: { account: bigint; listing: bigint }) => {
    const what = `account ${row.account}, listing ${row.listing}`;
    const account = accountOf.get(row.account);
    const listing = listings.get(Number(row.listing));
    if (account === undefined || listing === undefined)
      throw problem('RISK_BOOKS_REFUSED', { what, reason: 'a position in a listing without reference data' });
    if (account.basis === 'quanto')
      throw problem('RISK_BOOKS_REFUSED', { what, reason: 'a quanto contract has no agreed rate' });
    if (account.basis === 'local' && listing.currency !== account.settlement_currency)
      throw problem('RISK_BOOKS_REFUSED', { what, reason: `a local contract settles in ${listing.currency}` });
    return { account, listing };
  };
  const add = (row: { account: bigint; listing: bigint }, quantity: bigint, cost: bigint, fees: bigint) => {
    const key = `${row.account}/${row.listing}`;
    const sum = positions.get(key) ?? { account: row.account, listing: row.listing, quantity: 0n, cost: 0n, fees: 0n };
    sum.quantity += quantity;
    sum.cost += cost;
    sum.fees += fees;
    positions.set(key, sum);
  };
  for (const row of (await tx.query<LotsRow>(LOTS)).rows) {
    const { account, listing } = sides(row);
    if (row.unfit) {
      const what = `account ${row.account}, listing ${row.listing}`;
      throw problem('RISK_BOOKS_REFUSED', {
        what,
        reason: 'a lot without the rate its basis asks for, or in another currency',
      });
    }
    const cost = minorOf(BigInt(row.converted), digitsOf(account.settlement_currency), listing.quoteUnits);
    add(row, row.quantity, cost, 0n);
  }
  const sets = rateSetCache(tx);
  for (const row of (await tx.query<FillRow>(FILLS)).rows) {
    const { account, listing } = sides(row);
    const body = accountBody(account);
    const own = row.exec_type === 'H' ? 0n : row.side === 1 ? row.quantity : -row.quantity;
    const made = fillCost(own, row.price, body, listing, await sets(row.rate_set));
    add(row, own, made.cost, made.fees);
    if (row.ref_delta === null || row.ref_price === null || row.ref_rate_set === null) continue;
    // What was booked goes out again at what it was booked at; its commission stays where the batch put it.
    const taken = fillCost(-row.ref_delta, row.ref_price, body, listing, await sets(row.ref_rate_set));
    add(row, -row.ref_delta, taken.cost, 0n);
  }
  return [...positions.values()]
    .filter(({ quantity, cost, fees }) => quantity !== 0n || cost !== 0n || fees !== 0n)
    .map((row) => ({
      ...{ account: Number(row.account), listing: Number(row.listing), quantity: safe('quantity', row.quantity) },
      ...{ cost: safe('cost', row.cost), fees: safe('fees', row.fees) },
    }));
}

/** Recorded rate sets never change. */
export function rateSetCache(database: Queryable): (id: bigint) => Promise<RateSet | undefined> {
  const known = new Map<bigint, RateSet>();
  return async (id) => {
    const set = known.get(id) ?? (id === 0n ? undefined : await readRateSet(database, id));
    if (set !== undefined) known.set(id, set);
    return set;
  };
}

/** Nothing that is held may be left without a value. @throws Problem FX_RATE_MISSING | RISK_BOOKS_REFUSED */
function refuseMissingRates(
  set: RateSet | undefined,
  masters: readonly InputBody<'master'>[],
  accounts: readonly InputBody<'account'>[],
  listings: readonly InputBody<'listing'>[],
  money: readonly { master: bigint; currency: string }[],
  positions: readonly InputBody<'position'>[],
): void {
  const baseOf = new Map(masters.map(({ master, currency }) => [master, currency]));
  const accountOf = new Map(accounts.map((body) => [body.account, body]));
  const quoteOf = new Map(listings.map(({ listing, currency }) => [listing, currency]));
  const pairs = new Set<string>();
  for (const row of money) pairs.add(`${row.currency} ${baseOf.get(Number(row.master))}`);
  for (const { account, listing } of positions) {
    const { settlementCurrency, master } = accountOf.get(account) as InputBody<'account'>;
    pairs.add(`${quoteOf.get(listing)} ${settlementCurrency}`).add(`${settlementCurrency} ${baseOf.get(master)}`);
  }
  for (const { currency } of masters) pairs.add(`${currency} ${FIRM_CURRENCY}`);
  for (const pair of pairs) {
    const [from, to] = pair.split(' ') as [string, string];
    if (from === to) continue;
    if (set === undefined) throw problem('RISK_BOOKS_REFUSED', { what: pair, reason: 'no rate set is in force' });
    crossRate(set, toCurrency(from), toCurrency(to));
  }
}
