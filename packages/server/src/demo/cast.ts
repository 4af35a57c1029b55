import type { AccountCommand, CommandBodyOf, CommandKind } from '@meridian/accounts';
import { type Currency, currency, type DateText, dateText, type Instant, parseInstant } from '@meridian/base';
import type { Reference } from '@meridian/reference';
import type { VenueListingTerms } from '@meridian/venue';

/**
 * Who plays in the demo: two booking entities, three clients, two listings, two routes. Demo parties are roles; no
 * person is named.
 */

const FROM = dateText('2013-01-01');
const always = { validFrom: FROM, validTo: null } as const;
const USD: Currency = currency('USD');
const CNY: Currency = currency('CNY');

/** The demo's first and last business instant. */
export const DEMO_BEGIN: Instant = parseInstant('2013-10-07T12:00:00Z');
export const DEMO_END: Instant = parseInstant('2013-10-08T22:30:00Z');

export const PARENT = 1;
export const SUBSIDIARY = 2;
/** FIX CompID of the house at every door. */
export const HOUSE = 'MERIDIAN';

export const LISTINGS = {
  SPY: { listing: 1, mic: 'ARCX' },
  IBM: { listing: 2, mic: 'XNYS' },
} as const;
export type Ticker = keyof typeof LISTINGS;

export interface DemoParty {
  readonly client: number;
  readonly name: { readonly zh: string; readonly en: string };
  readonly compId: string;
  readonly account: number;
  readonly accountCode: string;
}

/** A mainland fund, fully geared on purpose: its margin call is the demo's drama. */
export const GEARED: DemoParty = {
  client: 1,
  name: { zh: '境内基金甲', en: 'Mainland fund A' },
  compId: 'FUND-A',
  account: 1,
  accountCode: 'FUND-A-SWAP',
};
export const OVERSEAS: DemoParty = {
  client: 2,
  name: { zh: '境外基金乙', en: 'Overseas fund B' },
  compId: 'FUND-B',
  account: 2,
  accountCode: 'FUND-B-SWAP',
};
export const STEADY: DemoParty = {
  client: 3,
  name: { zh: '境内基金丙', en: 'Mainland fund C' },
  compId: 'FUND-C',
  account: 3,
  accountCode: 'FUND-C-SWAP',
};
export const PARTIES: readonly DemoParty[] = [GEARED, OVERSEAS, STEADY];

/** Reference data of record of the demo. */
export function demoReference(markets: readonly string[]): Reference {
  const listed = (symbol: Ticker) => markets.includes(LISTINGS[symbol].mic);
  const routes = markets.map((mic, i) => ({
    ...always,
    route: BigInt(i + 1),
    entity: BigInt(SUBSIDIARY),
    mic,
    channel: 'direct',
    tradingAccount: 'HOUSE-US',
    custodian: 'US custodian',
    session: BigInt(100 + i),
    shortAllowed: false,
  }));
  const sessions = markets.flatMap((mic, i) => [
    { ...always, session: BigInt(100 + i), mic, role: 'hedge' as const, client: null, ownCompId: HOUSE, peerCompId: mic },
    ...PARTIES.map((party) => ({
      ...always,
      session: BigInt(10 * (i + 1) + party.client),
      mic,
      role: 'client' as const,
      client: BigInt(party.client),
      ownCompId: HOUSE,
      peerCompId: party.compId,
    })),
  ]);
  const terms = { ...always, quote: 'USD', collarPpm: 30_000n, priceAgeMax: 180_000_000n, shortAllowed: false };
  return {
    entities: [
      {
        ...always,
        entity: BigInt(PARENT),
        code: 'PARENT',
        nameZh: '境内母公司',
        nameEn: 'Onshore parent',
        jurisdiction: 'CN',
        currency: CNY,
        bankCalendar: 'CNY',
        zone: 'Asia/Shanghai',
      },
      {
        ...always,
        entity: BigInt(SUBSIDIARY),
        code: 'SUBSIDIARY',
        nameZh: '境外子公司',
        nameEn: 'Overseas subsidiary',
        jurisdiction: 'HK',
        currency: USD,
        bankCalendar: 'USD',
        zone: 'Asia/Shanghai',
      },
    ],
    books: [
      { ...always, book: 1n, entity: BigInt(PARENT), code: 'PARENT-CLIENT', purpose: 'client' },
      { ...always, book: 2n, entity: BigInt(SUBSIDIARY), code: 'SUBSIDIARY-CLIENT', purpose: 'client' },
      { ...always, book: 3n, entity: BigInt(SUBSIDIARY), code: 'SUBSIDIARY-HEDGE', purpose: 'hedge' },
      { ...always, book: 4n, entity: BigInt(SUBSIDIARY), code: 'SUBSIDIARY-B2B', purpose: 'back-to-back' },
    ],
    issuers: [
      { ...always, issuer: 1n, name: 'SPDR S&P 500 ETF Trust', lei: null },
      { ...always, issuer: 2n, name: 'International Business Machines', lei: null },
    ],
    securities: [
      { ...always, security: 1n, issuer: 1n, isin: 'US78462F1030', name: 'SPDR S&P 500 ETF', securityClass: 'etf' },
      { ...always, security: 2n, issuer: 2n, isin: 'US4592001014', name: 'IBM common stock', securityClass: 'share' },
    ],
    listings: [
      { ...terms, listing: 1n, security: 1n, mic: 'ARCX', code: 'SPY', quantityMax: 100_000n, notionalMax: 2_000_000_000n },
      { ...terms, listing: 2n, security: 2n, mic: 'XNYS', code: 'IBM', quantityMax: 100_000n, notionalMax: 2_000_000_000n },
    ].filter((row) => listed(row.code as Ticker)),
    listEntries: (['SPY', 'IBM'] as const).filter(listed).map((symbol) => {
      const { listing } = LISTINGS[symbol];
      return { ...always, entry: BigInt(listing), listing: BigInt(listing), scope: 'firm', scopeId: 1n, permission: 1 };
    }),
    routes,
    sessions,
  };
}

const OPENED: Instant = parseInstant('2013-09-30T02:00:00Z');
const OPENED_ON: DateText = dateText('2013-09-30');

function command<K extends CommandKind>(kind: K, id: string, body: CommandBodyOf<K>, more: object = {}): AccountCommand {
  return {
    kind,
    id: `demo:${id}`,
    at: OPENED,
    maker: 'operations',
    checker: 'operations checker',
    body,
    ...more,
  } as AccountCommand;
}

/** Accounts, limits and opening deposits, as the account centre's commands. */
export function demoAccounts(markets: readonly string[]): AccountCommand[] {
  const group = { id: 1, code: 'FUND-FAMILY' };
  const clients = [
    {
      party: GEARED,
      entity: PARENT,
      jurisdiction: 'CN',
      group,
      base: 'CNY',
      pool: 'onshore',
      basis: 'composite' as const,
      marginPpm: 150_000,
    },
    {
      party: OVERSEAS,
      entity: SUBSIDIARY,
      jurisdiction: 'KY',
      base: 'USD',
      pool: 'offshore',
      basis: 'local' as const,
      marginPpm: 200_000,
    },
    {
      party: STEADY,
      entity: PARENT,
      jurisdiction: 'CN',
      group,
      base: 'CNY',
      pool: 'onshore',
      basis: 'composite' as const,
      marginPpm: 200_000,
    },
  ];
  const opened = clients.flatMap(
    ({ party, entity, jurisdiction, base, pool, basis, marginPpm, group: family }): AccountCommand[] => {
      const id = party.client;
      return [
        command(
          'open-client',
          `client:${id}`,
          { client: id, token: party.compId, entity, jurisdiction, ...(family === undefined ? {} : { group: family }) },
          { names: party.name },
        ),
        command('open-master', `master:${id}`, { master: id, client: id, baseCurrency: base }),
        command('open-sub', `sub:${id}:1`, { sub: id * 10 + 1, master: id, code: 'SWAP', pool }),
        command('open-sub', `sub:${id}:2`, { sub: id * 10 + 2, master: id, code: 'RESERVE', pool }),
        command('sign-agreement', `agreement:${id}`, { agreement: id, client: id, entity, kind: 'NAFMII-TRS', signedOn: FROM }),
        command('open-business', `business:${id}`, {
          account: party.account,
          sub: id * 10 + 1,
          code: party.accountCode,
          type: 'TRS',
          book: entity === PARENT ? 1 : 2,
          agreement: id,
          basis,
          settlementCurrency: base,
          hedgeEntity: SUBSIDIARY,
          route: 1,
          marginPpm,
          feeBufferPpm: 1_000,
          commissionPpm: 500,
          financingSpreadPpm: 15_000,
          transferSpreadPpm: 2_000,
          permission: 1,
          positionMax: 50_000,
          orderRateMax: 20,
        }),
      ];
    },
  );
  return [...opened, ...limits(), ...deposits()].filter(() => markets.length > 0);
}

/** Cells: master and sub initial margin for each client, group and firm notional over them. Limits in minor units. */
function limits(): AccountCommand[] {
  const cell = (no: number, body: Omit<CommandBodyOf<'set-limit'>, 'cell' | 'issuer'>) =>
    command('set-limit', `cell:${no}`, { cell: no, issuer: null, ...body });
  const margin = (client: number, currencyCode: string, lim: string) => [
    cell(client * 10 + 1, { scope: 'master', scopeId: client, measure: 'initial-margin', currency: currencyCode, lim }),
    cell(client * 10 + 2, { scope: 'sub', scopeId: client * 10 + 1, measure: 'initial-margin', currency: currencyCode, lim }),
  ];
  return [
    ...margin(GEARED.client, 'CNY', '320000000'),
    ...margin(OVERSEAS.client, 'USD', '20000000'),
    ...margin(STEADY.client, 'CNY', '240000000'),
    cell(1, { scope: 'group', scopeId: 1, measure: 'notional', currency: 'CNY', lim: '6000000000' }),
  ];
}

function deposits(): AccountCommand[] {
  const deposit = (sub: number, currencyCode: string, amount: string) =>
    command('deposit', `deposit:${sub}`, {
      sub,
      currency: currencyCode,
      amount,
      businessDate: OPENED_ON,
      bankReference: `OPENING-${sub}`,
    });
  return [deposit(11, 'CNY', '309500000'), deposit(21, 'USD', '25000000'), deposit(31, 'CNY', '240000000')];
}

/** The demo's listings as their venue trades them. */
export function venueListings(mic: string): VenueListingTerms[] {
  return demoReference([mic]).listings.map((row) => {
    const security = demoReference([mic]).securities.find((each) => each.security === row.security);
    return {
      symbol: row.code,
      isin: security?.isin ?? '',
      currency: row.quote,
      tick: '0.01',
      quantityMax: Number(row.quantityMax),
      securityClass: security?.securityClass ?? 'share',
    };
  });
}
