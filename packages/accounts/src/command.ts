import { closed, type DateText, type Instant, type Static, Type } from '@meridian/base';
import { Measure, Scope } from '@meridian/messages';

/**
 * The account centre's commands. Every change of the books is the effect of exactly one of them; ids and times come
 * with the command, so that the table of commands together with the market logs rebuilds the books byte for byte.
 * Amounts travel as decimal text of minor units, ids as small dense integers.
 */
const id = () => Type.Integer({ minimum: 1, maximum: 0xffff_ffff });
const text = (maxLength = 64) => Type.String({ minLength: 1, maxLength });
const date = () => Type.Unsafe<DateText>(Type.String({ pattern: '^\\d{4}-\\d{2}-\\d{2}$' }));
const currencyCode = () => Type.String({ pattern: '^[A-Z]{3}$' });
const instant = () => Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER });
const count = () => Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER });
/** A positive amount in minor units, at most 18 digits. */
const amount = () => Type.String({ pattern: '^[1-9]\\d{0,17}$' });
/** A signed amount in minor units. */
const signedAmount = () => Type.String({ pattern: '^(0|-?[1-9]\\d{0,17})$' });
const nullable = <T extends Parameters<typeof Type.Optional>[0]>(schema: T) => Type.Union([schema, Type.Null()]);
const place = () => closed({ seq: count(), k: count() });
const json = () => Type.Record(Type.String({ maxLength: 64 }), Type.Unknown());

/** Which ledger account: code and dimensions as the chart asks for them. Its currency stands beside the amount. */
export const AccountKey = closed({
  entity: id(),
  code: text(8),
  pool: Type.Optional(text(32)),
  sub: Type.Optional(id()),
  contract: Type.Optional(id()),
  counterparty: Type.Optional(id()),
  listing: Type.Optional(id()),
});
export type AccountKey = Static<typeof AccountKey>;

/** One pair of a publication: `rule` names it in posting-rule.ts. Both accounts belong to one entity. */
export const PostingLine = closed({
  rule: text(),
  debit: AccountKey,
  credit: AccountKey,
  currency: currencyCode(),
  amount: amount(),
});
export type PostingLine = Static<typeof PostingLine>;

/** A lot of a contract (批次): price has 8 decimals, FX 10; FX is null for the local basis. */
export const ContractLot = closed({
  lot: id(),
  tradeDate: date(),
  quantityOpen: amountOrZero(),
  quantity: amount(),
  price: signedAmount(),
  fxRate: nullable(amount()),
  fxRateSet: nullable(id()),
  fxAt: nullable(instant()),
});
export type ContractLot = Static<typeof ContractLot>;

function amountOrZero() {
  return Type.String({ pattern: '^(0|[1-9]\\d{0,17})$' });
}

/**
 * A contract of record as it stands after the batch. `version` is the earlier one plus 1 (1: a new contract); what
 * identifies it never changes. `lots` are those that are new or changed. Back-to-backs name no client.
 */
export const ContractChange = closed({
  contract: id(),
  version: id(),
  uti: text(52),
  entity: id(),
  book: id(),
  agreement: nullable(id()),
  client: nullable(id()),
  master: nullable(id()),
  sub: nullable(id()),
  account: nullable(id()),
  listing: id(),
  side: Type.Union([Type.Literal('long'), Type.Literal('short')]),
  basis: Type.Union([Type.Literal('local'), Type.Literal('composite'), Type.Literal('quanto')]),
  settlementCurrency: currencyCode(),
  state: Type.Union([Type.Literal('open'), Type.Literal('closed')]),
  backToBackOf: nullable(id()),
  hedgeEntity: id(),
  terms: json(),
  openedOn: date(),
  closedOn: nullable(date()),
  lots: Type.Array(ContractLot, { maxItems: 100_000 }),
  /** What the batch computed, for the statement: any of EconomicsMember, in decimal text. */
  economics: json(),
});
export type ContractChange = Static<typeof ContractChange>;

/**
 * What a batch moved from a node's slice of one cell to the books: `amount` leaves the slice (Σ hold of the fills
 * listed), `booked` is the change of what positions of record consume (negative when contracts close).
 */
export const LeaseBooking = closed({ market: text(16), cell: id(), amount: amountOrZero(), booked: signedAmount() });
export type LeaseBooking = Static<typeof LeaseBooking>;

export const FillKey = closed({ market: text(16), seq: count(), k: count() });
export type FillKey = Static<typeof FillKey>;

const Identifier = closed({ scheme: text(16), value: text(64), validFrom: date(), validTo: Type.Optional(nullable(date())) });

export const COMMAND_BODIES = {
  'open-client': closed({
    client: id(),
    token: Type.String({ pattern: '^[A-Z0-9][A-Z0-9-]{1,31}$' }),
    entity: id(),
    jurisdiction: Type.String({ pattern: '^[A-Z]{2}$' }),
    group: Type.Optional(closed({ id: id(), code: text(32) })),
    manager: Type.Optional(closed({ id: id(), code: text(32) })),
    identifiers: Type.Optional(Type.Array(Identifier, { maxItems: 16 })),
  }),
  'open-master': closed({ master: id(), client: id(), baseCurrency: currencyCode() }),
  'open-sub': closed({ sub: id(), master: id(), code: text(32), pool: text(32) }),
  'sign-agreement': closed({ agreement: id(), client: id(), entity: id(), kind: text(32), signedOn: date() }),
  'open-business': closed({
    account: id(),
    sub: id(),
    code: text(32),
    type: text(32),
    book: id(),
    agreement: id(),
    basis: Type.Union([Type.Literal('local'), Type.Literal('composite'), Type.Literal('quanto')]),
    settlementCurrency: currencyCode(),
    hedgeEntity: id(),
    route: id(),
    marginPpm: Type.Integer({ minimum: 0, maximum: 10_000_000 }),
    feeBufferPpm: Type.Integer({ minimum: 0, maximum: 1_000_000 }),
    commissionPpm: Type.Integer({ minimum: 0, maximum: 1_000_000 }),
    financingSpreadPpm: Type.Integer({ minimum: -1_000_000, maximum: 1_000_000 }),
    transferSpreadPpm: Type.Integer({ minimum: -1_000_000, maximum: 1_000_000 }),
    permission: Type.Integer({ minimum: 0, maximum: 2 }),
    positionMax: count(),
    orderRateMax: count(),
  }),
  /** Defines a cell or changes its limit. `lim` is minor units (money) or units (position). Needs a checker. */
  'set-limit': closed({
    cell: id(),
    scope: Scope,
    scopeId: id(),
    measure: Measure,
    currency: nullable(currencyCode()),
    issuer: nullable(id()),
    lim: amountOrZero(),
  }),
  /** Opens the day: each market's node gets an equal slice of what every cell and, for subs, their cash still allow. */
  'day-open': closed({
    businessDate: date(),
    sessions: Type.Array(closed({ market: text(16), tradeDate: date() }), { minItems: 1, maxItems: 64 }),
  }),
  /** From `identifier.validFrom` on the subject is known by it; the one before it in the same scheme ends there. */
  'record-identifier': closed({
    subject: Type.Union([Type.Literal('client'), Type.Literal('master'), Type.Literal('sub'), Type.Literal('business')]),
    subjectId: id(),
    identifier: Identifier,
  }),
  /** Money on the bank account that nobody has been found for yet. */
  'receive-unidentified': closed({
    entity: id(),
    pool: text(32),
    currency: currencyCode(),
    amount: amount(),
    businessDate: date(),
    bankReference: text(64),
  }),
  /** Whose it was: `receipt` is the id of the receiving command. */
  'identify-receipt': closed({ receipt: text(200), sub: id(), businessDate: date() }),
  deposit: closed({ sub: id(), currency: currencyCode(), amount: amount(), businessDate: date(), bankReference: text(64) }),
  withdraw: closed({ sub: id(), currency: currencyCode(), amount: amount(), businessDate: date() }),
  /** Ends a withdrawal: `withdrawal` is the id of its command. */
  'withdraw-settle': closed({
    withdrawal: text(200),
    result: Type.Union([Type.Literal('paid'), Type.Literal('failed')]),
    businessDate: date(),
  }),
  transfer: closed({ from: id(), to: id(), currency: currencyCode(), amount: amount(), businessDate: date() }),
  'fx-exchange': closed({
    sub: id(),
    sell: currencyCode(),
    sellAmount: amount(),
    buy: currencyCode(),
    buyAmount: amount(),
    rateSet: id(),
    businessDate: date(),
  }),
  /** A cross-border movement of the house's own pools; `quota` names the approval it consumes. */
  'pool-transfer': closed({
    step: Type.Union([Type.Literal('send'), Type.Literal('arrive')]),
    entity: id(),
    pool: text(32),
    currency: currencyCode(),
    amount: amount(),
    quota: text(64),
    businessDate: date(),
  }),
  /** Events (from … to], both ends included, of one market were consumed. */
  intake: closed({ market: text(16), from: place(), to: place() }),
  'publish-batch': closed({
    batch: text(120),
    attempt: id(),
    market: text(16),
    businessDate: date(),
    lines: Type.Array(PostingLine, { maxItems: 200_000 }),
    contracts: Type.Array(ContractChange, { maxItems: 200_000 }),
    fills: Type.Array(FillKey, { maxItems: 1_000_000 }),
    bookings: Type.Array(LeaseBooking, { maxItems: 100_000 }),
  }),
  'raise-margin-call': closed({
    call: text(120),
    client: id(),
    currency: currencyCode(),
    amount: amount(),
    dueAt: instant(),
    equity: signedAmount(),
    requirement: amountOrZero(),
    cause: json(),
  }),
  /** `paid`: deposits since the call cover it (checked). `recovered`: risk found equity back above the requirement. */
  'meet-margin-call': closed({ call: text(120), by: Type.Union([Type.Literal('paid'), Type.Literal('recovered')]) }),
  /** The deadline passed and the call was not met. */
  'breach-margin-call': closed({ call: text(120) }),
  'reverse-journal': closed({ journal: id(), reason: text(200), businessDate: date() }),
  'explain-exception': closed({ market: text(16), seq: count(), k: count(), kind: text(32), explanation: text(500) }),
  'client-day-close': closed({
    businessDate: date(),
    statements: Type.Array(closed({ client: id(), batches: Type.Array(text(120), { maxItems: 64 }), hash: text(64) }), {
      minItems: 1,
      maxItems: 10_000,
    }),
  }),
} as const;

export type CommandKind = keyof typeof COMMAND_BODIES;
export type CommandBodyOf<K extends CommandKind> = Static<(typeof COMMAND_BODIES)[K]>;

/** Real names of a client; they never enter the command's body. DS-4. */
export interface ClientNames {
  readonly zh: string;
  readonly en: string;
}

/**
 * One command. `id` is made by the client: the second arrival gets the first answer. `at` is business time. `maker` and
 * `checker` are user tokens; kinds that need four eyes are refused without a checker other than the maker.
 */
export type AccountCommand = {
  [K in CommandKind]: {
    readonly kind: K;
    readonly id: string;
    readonly at: Instant;
    readonly maker: string;
    readonly checker?: string;
    readonly body: CommandBodyOf<K>;
    /** open-client only. */
    readonly names?: ClientNames;
  };
}[CommandKind];

/** What a command did, kept with it for ever. Ids and amounts in decimal text where they may exceed 2^53. */
export type Outcome = Readonly<Record<string, unknown>> & {
  /** Journals the command wrote. */
  readonly journals: readonly number[];
};

/** The first answer of a command, whoever asks again. */
export interface Executed {
  readonly no: bigint;
  readonly outcome: Outcome;
  /** True when the command had been executed before. */
  readonly repeated: boolean;
}
