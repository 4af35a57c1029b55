import { type Currency, type DateText, divide, invariant, mulDiv } from '@meridian/base';
import {
  backToBack,
  type ContractLot,
  type ContractState,
  conversionRate,
  type FxFixing,
  type MarginTerms,
  type BookingPolicy as ProductPolicy,
  type ResolvedSwap,
  resolveSwap,
  type SwapTerms,
  valueMinor,
} from '@meridian/product';
import type { Queryable } from '@meridian/store';
import { type Place, rowsOf } from './dataset.ts';
import { problem } from './problems.ts';
import type { BookingPolicy, ClearingRules, ListingFact } from './rules.ts';

/** A business account as clearing books for it. */
export interface Account {
  readonly account: bigint;
  readonly sub: bigint;
  readonly master: bigint;
  readonly client: bigint;
  readonly token: string;
  readonly client_group: bigint | null;
  readonly entity: bigint;
  readonly book: bigint;
  readonly agreement: bigint;
  readonly agreement_kind: string;
  readonly basis: 'local' | 'composite' | 'quanto';
  readonly settlement_currency: string;
  readonly hedge_entity: bigint;
  readonly route: bigint;
  readonly margin_ppm: bigint;
  readonly commission_ppm: bigint;
  readonly financing_spread_ppm: bigint;
  readonly transfer_spread_ppm: bigint;
}

export async function readAccounts(tx: Queryable): Promise<ReadonlyMap<bigint, Account>> {
  const { rows } = await tx.query<Account>(
    `SELECT b.account, b.sub, b.master, b.client, c.token, c.client_group, b.entity, b.book, b.agreement, a.kind AS agreement_kind,
            b.basis, b.settlement_currency, b.hedge_entity, b.route, b.margin_ppm, b.commission_ppm,
            b.financing_spread_ppm, b.transfer_spread_ppm
       FROM accounts.business_account b
       JOIN accounts.client c ON c.client = b.client
       JOIN accounts.agreement a ON a.agreement = b.agreement
      ORDER BY b.account`,
  );
  return new Map(rows.map((row) => [row.account, row]));
}

/** Parts per million as the product room's fractions of 1e10. */
const ppm = (value: bigint) => value * 10_000n;

const POLICIES: Readonly<Record<BookingPolicy, ProductPolicy>> = {
  fill: 'per-fill',
  order: 'per-order',
  day: 'day-average',
};

/** A contract in the hand of a batch: the product's state, and what clearing knows besides. Changed in place. */
export interface OpenContract {
  readonly contract: bigint;
  readonly uti: string;
  readonly account: Account;
  readonly listing: ListingFact;
  /** The client contract that this one mirrors between two entities; null for a client contract. */
  readonly backToBackOf: bigint | null;
  readonly entity: bigint;
  readonly openedOn: DateText;
  /** As published by the previous batch; null for a contract that this batch opens. */
  readonly before: { readonly version: bigint; readonly state: ContractState; readonly lots: readonly LotFact[] } | null;
  readonly lots: LotFact[];
  state: ContractState;
}

/** What never changes of a lot: as it was traded. */
export interface LotFact {
  readonly lot: number;
  readonly trade_date: DateText;
  readonly quantity_traded: bigint;
  /** Average of its fills, 8 decimals, half-even: for showing; the lot's value is exact. */
  readonly price: bigint;
  readonly fx_rate: bigint | null;
  readonly fx_rate_set: bigint | null;
  readonly fx_at: bigint | null;
}

/** Units of a contract's id that one market may use: twice its last sequence number. */
const IDS_PER_MARKET = 2n ** 28n;

/**
 * A contract's id is where it came from: the market and the log position of the fill that opened it, the back-to-back
 * beside it. No counter, so that a batch cleared again gives the same ids in whatever order markets clear.
 * @throws Problem CLEARING_FACT_MISSING beyond 2^27 log entries of one market
 */
export function contractId(marketNo: number, seq: bigint, isBackToBack: boolean): bigint {
  const within = seq * 2n + (isBackToBack ? 1n : 0n);
  if (within >= IDS_PER_MARKET) throw problem('CLEARING_FACT_MISSING', { what: 'contract number', key: String(seq) });
  return BigInt(marketNo) * IDS_PER_MARKET + within;
}

/** Terms of the contract that an account's first opening fill in a listing makes. */
export function clientTerms(
  id: bigint,
  account: Account,
  listing: ListingFact,
  side: 'long' | 'short',
  date: DateText,
  rules: ClearingRules,
): SwapTerms {
  const initial = ppm(account.margin_ppm);
  const part = (share: number) => mulDiv(initial, BigInt(share), 1_000_000n, 'up');
  const margin: MarginTerms = {
    initial,
    maintenance: part(rules.margin.maintenancePpmOfInitial),
    closeOut: part(rules.margin.closeOutPpmOfInitial),
  };
  // A quanto needs an agreed rate, which an account does not carry.
  if (account.basis === 'quanto')
    throw problem('CLEARING_FACT_MISSING', { what: 'quanto rate', key: `account ${account.account}` });
  const policy = rules.bookingPolicy[account.agreement_kind] ?? rules.bookingPolicy['*'];
  if (policy === undefined) throw problem('CLEARING_FACT_MISSING', { what: 'booking policy', key: account.agreement_kind });
  return {
    contractId: String(id),
    entity: String(account.entity),
    counterparty: { kind: 'client', clientToken: account.token, agreement: String(account.agreement) },
    listingId: String(listing.listing),
    side,
    basis: account.basis,
    settlementCurrency: account.settlement_currency as Currency,
    quantoRate: null,
    financing: { index: rules.financingIndex, spread: ppm(account.financing_spread_ppm), dayCount: 'ACT/360' },
    dividendPassthrough: 10_000_000_000n,
    lotRelief: 'FIFO',
    margin,
    bookingPolicy: POLICIES[policy],
    effectiveDate: date,
  };
}

/** The mirror between the two entities, where the hedging entity is not the booking one. */
export function mirrorTerms(client: SwapTerms, account: Account, id: bigint): SwapTerms {
  const transfer = {
    agreement: `transfer ${account.entity}-${account.hedge_entity}`,
    bookingEntity: String(account.entity),
    hedgingEntity: String(account.hedge_entity),
    spread: ppm(account.transfer_spread_ppm),
  };
  return backToBack(client, transfer, String(id)).mirror;
}

/** Initial margin locked: the initial fraction of Σ Q·P0·F0, rounded up once. */
export function lockedMargin(state: ContractState): bigint {
  const { swap } = state;
  const total = state.lots.reduce((sum, lot) => sum + lot.value * conversionRate(swap, lot.fx), 0n);
  const scaled = { ...swap, quotePerUnit: swap.quotePerUnit * 10_000_000_000n };
  return valueMinor(scaled, total * swap.terms.margin.initial, 'up');
}

interface StateRow {
  readonly contract: bigint;
  readonly uti: string;
  readonly version: bigint;
  readonly transitions: bigint;
  readonly entity: bigint;
  readonly account: bigint;
  readonly back_to_back_of: bigint | null;
  readonly listing: bigint;
  readonly terms: Readonly<Record<string, unknown>>;
  readonly opened_on: DateText;
  readonly accrued_to: DateText;
  readonly financing: bigint;
  readonly state: 'open' | 'closed';
}

interface LotRow extends LotFact {
  readonly contract: bigint;
  readonly quantity: bigint;
  readonly value: string;
  readonly accrued: string;
}

/** The contracts that a batch left behind, ready to go on: the open ones, or with those that it closed. */
export async function openContracts(
  tx: Queryable,
  place: Place,
  accounts: ReadonlyMap<bigint, Account>,
  listingOf: (id: bigint) => ListingFact,
  withClosed = false,
): Promise<OpenContract[]> {
  const states = await rowsOf<StateRow>(tx, 'contract_state', place, 'contract');
  const lots = await rowsOf<LotRow>(tx, 'lot_state', place, 'contract, trade_date, lot');
  return states
    .filter((row) => withClosed || row.state === 'open')
    .map((row): OpenContract => {
      const account = accounts.get(row.account);
      invariant(account !== undefined, 'a contract belongs to an account of record');
      const listing = listingOf(row.listing);
      const own = lots.filter((lot) => lot.contract === row.contract);
      const state = contractState(resolveSwap(termsOfRecord(row.terms), listing.terms), row, own);
      const facts = own.map(({ contract: _, quantity: __, value: ___, accrued: ____, ...fact }) => pick(fact));
      return {
        ...{ contract: row.contract, uti: row.uti, account, listing, backToBackOf: row.back_to_back_of },
        ...{ entity: row.entity, openedOn: row.opened_on, before: { version: row.version, state, lots: facts } },
        ...{ lots: [...facts], state },
      };
    });
}

function pick(fact: LotFact): LotFact {
  const { lot, trade_date, quantity_traded, price, fx_rate, fx_rate_set, fx_at } = fact;
  return { lot, trade_date, quantity_traded, price, fx_rate, fx_rate_set, fx_at };
}

function contractState(swap: ResolvedSwap, row: StateRow, lots: readonly LotRow[]): ContractState {
  return {
    swap,
    status: row.state,
    lots: lots.filter((lot) => lot.quantity > 0n).map(lotOf),
    accruedTo: row.accrued_to,
    financingMinor: row.financing,
    dividends: [],
    version: Number(row.transitions),
  };
}

function lotOf(row: LotRow): ContractLot {
  const fx: FxFixing | null =
    row.fx_rate === null ? null : { rate: row.fx_rate, source: String(row.fx_rate_set), fixedAt: Number(row.fx_at) };
  return {
    ...{ lotId: String(row.lot), tradeDate: row.trade_date, quantity: row.quantity, value: BigInt(row.value), fx },
    accrued: BigInt(row.accrued),
  };
}

const BIG_MEMBERS = new Set(['spread', 'initial', 'maintenance', 'closeOut', 'quantoRate', 'dividendPassthrough']);

/** Terms come back from JSON with their integers as text. */
function termsOfRecord(terms: Readonly<Record<string, unknown>>): SwapTerms {
  const revive = (key: string, value: unknown): unknown => {
    if (typeof value === 'string' && BIG_MEMBERS.has(key)) return BigInt(value);
    if (value === null || typeof value !== 'object') return value;
    return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, revive(name, member)]));
  };
  return revive('', terms) as SwapTerms;
}

/** Σ value ÷ Σ quantity in 8 decimals, half-even: for showing. */
export function averagePrice(value: bigint, quantity: bigint): bigint {
  return divide(value, quantity, 'half-even');
}
