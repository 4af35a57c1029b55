import type { AnswerOf } from '@meridian/api';
import type { Instant } from '@meridian/base';
import type { MasterSnapshot, PositionSnapshot, RiskSnapshot } from '@meridian/risk';
import type { Queryable } from '@meridian/store';
import { CALL_LINES } from '../margin-signal.ts';
import { bounded } from './account.ts';
import { amountText, instantText, orNull, ppmOf, riskText } from './figure.ts';
import { firmRates } from './firm-rates.ts';
import { leaseUse, type MarketUse } from './lease-use.ts';
import type { Sight } from './sight.ts';

type Exposures = AnswerOf<'GET /v1/exposures'>;
type ExposureLine = Exposures['total'];
type MarginLine = Exposures['margins'][number];

interface Holder {
  readonly account: bigint;
  readonly master: bigint;
}
interface ListingRow {
  readonly listing: bigint;
  readonly mic: string;
  readonly quote: string;
  readonly issuer: bigint;
}
interface HedgeRow {
  readonly market: string;
  readonly listing: bigint;
  readonly quantity: bigint;
}

/** A sum that is unknown as soon as one part of it is. */
class Sum {
  amount: bigint | undefined = 0n;
  add(part: bigint | undefined): void {
    this.amount = part === undefined || this.amount === undefined ? undefined : this.amount + part;
  }
}

interface Tally {
  readonly notional: Sum;
  readonly client: Sum;
  readonly hedge: Sum;
  readonly profit: Sum;
  readonly issuers: Map<bigint, Sum>;
  readonly masters: Set<bigint>;
}

const newTally = (): Tally => ({
  ...{ notional: new Sum(), client: new Sum(), hedge: new Sum(), profit: new Sum() },
  ...{ issuers: new Map(), masters: new Set() },
});

/**
 * Exposure of the markets, in the firm's currency: the fold's positions and prices at the rates of record. Client delta and
 * hedge delta are valued alike, so that a hedged book nets to nothing and not to a rounding. RC-n, RC-o
 */
export async function exposures(
  db: Queryable,
  sight: Sight,
  risk: { readonly snapshot: RiskSnapshot; readonly positions: readonly PositionSnapshot[] },
  now: Instant,
): Promise<Exposures> {
  const { snapshot } = risk;
  const rates = await firmRates(db, now);
  const facts = await exposureFacts(db, sight);
  const prices = new Map(snapshot.underlyings.map(({ listing, price }) => [listing, price]));
  const tallies = new Map<string, Tally>();
  const total = newTally();
  const both = (market: string): Tally[] => {
    const known = tallies.get(market) ?? newTally();
    tallies.set(market, known);
    return [known, total];
  };
  const priced = (listing: ListingRow, quantity: bigint): bigint | undefined => {
    const price = prices.get(Number(listing.listing));
    if (quantity === 0n) return 0n;
    return price === undefined || price === null ? undefined : rates.worth(quantity, BigInt(Math.round(price)), listing.quote);
  };
  for (const position of risk.positions) {
    const holder = facts.holders.get(BigInt(position.account));
    const listing = facts.listings.get(BigInt(position.listing));
    if (holder === undefined || listing === undefined) continue;
    const worth = rates.minor(BigInt(position.worth), position.currency);
    const gross = worth === undefined ? undefined : worth < 0n ? -worth : worth;
    for (const tally of both(listing.mic)) {
      tally.notional.add(gross);
      tally.client.add(priced(listing, BigInt(position.quantity)));
      tally.profit.add(rates.minor(BigInt(position.profit), position.currency));
      const issuer = tally.issuers.get(listing.issuer) ?? new Sum();
      issuer.add(gross);
      tally.issuers.set(listing.issuer, issuer);
      if (position.quantity !== 0) tally.masters.add(holder.master);
    }
  }
  for (const { market, listing, quantity } of facts.hedges) {
    const known = facts.listings.get(listing);
    for (const tally of both(market)) tally.hedge.add(known === undefined ? undefined : priced(known, quantity));
  }
  const inView = snapshot.masters.filter(({ master }) => facts.masters.has(BigInt(master)));
  const low = new Set(inView.filter(isLow).map(({ master }) => BigInt(master)));
  const uses = await leaseUse(db, sight, rates);
  const line = (market: string, tally: Tally, use: MarketUse | undefined, masters: ReadonlySet<bigint>): ExposureLine =>
    exposureLine(market, tally, use, { firm: rates.firm, showHedge: sight.clients === null, low, masters });
  const all = new Set(inView.map(({ master }) => BigInt(master)));
  return {
    currency: rates.firm,
    asOf: instantText(snapshot.at === 0 ? now : snapshot.at),
    rateSet: rates.set?.id.slice(-64) ?? null,
    rateAt: orNull(rates.set?.publishedAt, instantText),
    markets: [...tallies]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .slice(0, 50)
      .map(([market, tally]) => line(market, tally, uses.markets.get(market), tally.masters)),
    total: line('*', total, uses.total, all),
    margins: await margins(db, inView),
    leases: uses.leases,
  };
}

const isLow = ({ ratio }: MasterSnapshot): boolean => ratio !== null && ratio < CALL_LINES.callPpm;

function exposureLine(
  market: string,
  tally: Tally,
  use: MarketUse | undefined,
  view: {
    readonly firm: string;
    readonly showHedge: boolean;
    readonly low: ReadonlySet<bigint>;
    readonly masters: ReadonlySet<bigint>;
  },
): ExposureLine {
  const text = (sum: bigint | undefined) => orNull(sum, (minor) => amountText(minor, view.firm));
  const hedge = view.showHedge ? tally.hedge.amount : undefined;
  const [client, notional] = [tally.client.amount, tally.notional.amount];
  const parts = [...tally.issuers.values()].map(({ amount }) => amount ?? 0n);
  const largest = parts.reduce((most, part) => (part > most ? part : most), 0n);
  return {
    ...{ market, currency: view.firm, notional: text(notional), clientDelta: text(client), hedgeDelta: text(hedge) },
    net: text(hedge === undefined || client === undefined ? undefined : hedge - client),
    ...{ limitUsedPpm: bounded(use?.usedPpm), leasedPpm: bounded(use?.leasedPpm) },
    concentrationPpm: notional === undefined ? null : bounded(ppmOf(largest, notional)),
    belowCallLine: view.low.intersection(view.masters).size,
    profit: text(tally.profit.amount),
  };
}

async function exposureFacts(db: Queryable, sight: Sight) {
  const holders = await db.query<Holder>(
    `SELECT account, master FROM accounts.business_account
      WHERE ($1::bigint[] IS NULL OR client = ANY ($1)) AND entity = ANY ($2)`,
    [sight.clients, sight.entities],
  );
  const masters = await db.query<{ master: bigint }>(
    'SELECT master FROM accounts.master_account WHERE ($1::bigint[] IS NULL OR client = ANY ($1)) AND entity = ANY ($2)',
    [sight.clients, sight.entities],
  );
  const listings = await db.query<ListingRow>(
    `SELECT DISTINCT ON (l.listing) l.listing, l.mic, l.quote, s.issuer
       FROM reference.listing l JOIN reference.security s ON s.security = l.security
      ORDER BY l.listing, l.valid_from DESC, s.valid_from DESC`,
  );
  const hedges =
    sight.clients === null
      ? await db.query<HedgeRow>(
          `SELECT h.market, h.listing, sum(CASE h.side WHEN 1 THEN h.quantity ELSE -h.quantity END)::bigint AS quantity
             FROM accounts.hedge_fill h
            WHERE h.state = 'good' AND h.exec_type <> 'H'
              AND h.route IN (SELECT route FROM reference.route WHERE entity = ANY ($1))
            GROUP BY h.market, h.listing ORDER BY h.market, h.listing`,
          [sight.entities],
        )
      : { rows: [] };
  return {
    holders: new Map(holders.rows.map((row) => [row.account, row])),
    masters: new Set(masters.rows.map(({ master }) => master)),
    listings: new Map(listings.rows.map((row) => [row.listing, row])),
    hedges: hedges.rows,
  };
}

interface CallRow {
  readonly master: bigint;
  readonly client: bigint;
  readonly token: string;
  readonly amount: bigint | null;
  readonly currency: string | null;
  readonly due_at: bigint | null;
  readonly state: 'raised' | 'met' | 'breached' | null;
}

/** Masters by the fold, the thinnest first, each with its newest margin call. RC-j */
async function margins(db: Queryable, masters: readonly MasterSnapshot[]): Promise<MarginLine[]> {
  const shown = [...masters]
    .sort((a, b) => (a.ratio ?? Number.POSITIVE_INFINITY) - (b.ratio ?? Number.POSITIVE_INFINITY) || a.master - b.master)
    .slice(0, 500);
  const { rows } = await db.query<CallRow>(
    `SELECT m.master, m.client, c.token, k.amount, k.currency, k.due_at, k.state
       FROM accounts.master_account m JOIN accounts.client c ON c.client = m.client
       LEFT JOIN LATERAL (SELECT amount, currency, due_at, state FROM accounts.margin_call
                           WHERE master = m.master ORDER BY raised_at DESC, id DESC LIMIT 1) k ON true
      WHERE m.master = ANY ($1)`,
    [shown.map(({ master }) => BigInt(master))],
  );
  const callOf = new Map(rows.map((row) => [row.master, row]));
  return shown.flatMap((each) => {
    const call = callOf.get(BigInt(each.master));
    return call === undefined ? [] : [marginLine(each, call)];
  });
}

function marginLine(risk: MasterSnapshot, call: CallRow): MarginLine {
  const isCalled = call.state === 'raised';
  const missing = risk.requirement - risk.equity;
  const owed =
    isCalled && call.amount !== null && call.currency !== null
      ? amountText(call.amount, call.currency)
      : missing > 0
        ? riskText(missing, risk.currency)
        : null;
  // A missed call stays a breach for as long as the account is below the line.
  const isBreached = call.state === 'breached' && isLow(risk);
  const isThin = risk.ratio !== null && risk.ratio < CALL_LINES.targetPpm;
  return {
    ...{ master: String(risk.master), client: String(risk.client), token: call.token, currency: risk.currency },
    ...{ equity: riskText(risk.equity, risk.currency), requirement: riskText(risk.requirement, risk.currency) },
    ...{ ratioPpm: bounded(risk.ratio), shortfall: owed },
    state: isCalled ? 'called' : isBreached ? 'breached' : isThin ? 'warning' : 'normal',
    due: isCalled ? orNull(call.due_at, instantText) : null,
  };
}
