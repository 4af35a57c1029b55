import { type Currency, canonicalJson, type DateText, declareProblems } from '@meridian/base';
import type { SecurityClass } from '@meridian/market';
import type { Parameter, Queryable } from '@meridian/store';

const { problem } = declareProblems({
  REFERENCE_CONFLICT: {
    status: 409,
    title: { zh: '主数据冲突', en: 'Reference data conflict' },
    detail: {
      zh: '{what} {id} 自 {validFrom} 起已有不同内容',
      en: '{what} {id} already has other contents from {validFrom} on',
    },
    remedy: { zh: '以新的生效日登记变更', en: 'Record the change under a later effective date' },
  },
  REFERENCE_FOUR_EYES: {
    status: 403,
    title: { zh: '须双人复核', en: 'Four eyes needed' },
    detail: { zh: '主数据的经办与复核不得为同一人', en: 'Maker and checker of reference data must differ' },
    remedy: { zh: '由另一人复核', en: 'Have someone else check it' },
  },
});

/** Who made a change and who checked it. Never the same. */
export interface FourEyes {
  readonly maker: string;
  readonly checker: string;
}

interface Dated {
  readonly validFrom: DateText;
  readonly validTo: DateText | null;
}

/** A booking entity (簿记主体): its own ledger. `bankCalendar` and `zone` decide its business dates. */
export interface Entity extends Dated {
  readonly entity: bigint;
  readonly code: string;
  readonly nameZh: string;
  readonly nameEn: string;
  readonly jurisdiction: string;
  readonly currency: Currency;
  readonly bankCalendar: string;
  readonly zone: string;
}

export interface Book extends Dated {
  readonly book: bigint;
  readonly entity: bigint;
  readonly code: string;
  readonly purpose: 'client' | 'hedge' | 'back-to-back';
}

export interface IssuerRecord extends Dated {
  readonly issuer: bigint;
  readonly name: string;
  readonly lei: string | null;
}

export interface SecurityRecord extends Dated {
  readonly security: bigint;
  readonly issuer: bigint;
  readonly isin: string | null;
  readonly name: string;
  readonly securityClass: SecurityClass;
}

/** A listing of record, with the limits its orders meet at a node. */
export interface ListingRecord extends Dated {
  readonly listing: bigint;
  readonly security: bigint;
  readonly mic: string;
  readonly code: string;
  readonly quote: string;
  readonly collarPpm: bigint;
  readonly quantityMax: bigint;
  /** Minor units of the quote currency. */
  readonly notionalMax: bigint;
  /** Microseconds. */
  readonly priceAgeMax: bigint;
  readonly shortAllowed: boolean;
}

/** An entry of the black and white lists (黑白名单): 0 none, 1 open and close, 2 close only. The strictest match holds. RC-a */
export interface ListEntryRecord extends Dated {
  readonly entry: bigint;
  readonly listing: bigint;
  readonly scope: 'firm' | 'group' | 'client';
  readonly scopeId: bigint;
  readonly permission: number;
}

/** A hedge route (对冲通道): entity × channel × trading account × custodian. */
export interface RouteRecord extends Dated {
  readonly route: bigint;
  readonly entity: bigint;
  readonly mic: string;
  readonly channel: string;
  readonly tradingAccount: string;
  readonly custodian: string;
  readonly session: bigint;
  readonly shortAllowed: boolean;
}

/** A FIX session. CompIDs stay at the door; nodes know the dense id only. */
export interface SessionRecord extends Dated {
  readonly session: bigint;
  readonly mic: string;
  readonly role: 'client' | 'hedge' | 'market-data';
  readonly client: bigint | null;
  readonly ownCompId: string;
  readonly peerCompId: string;
}

/** Reference data of record on a date. */
export interface Reference {
  readonly entities: readonly Entity[];
  readonly books: readonly Book[];
  readonly issuers: readonly IssuerRecord[];
  readonly securities: readonly SecurityRecord[];
  readonly listings: readonly ListingRecord[];
  readonly listEntries: readonly ListEntryRecord[];
  readonly routes: readonly RouteRecord[];
  readonly sessions: readonly SessionRecord[];
}

/** How a member of {@link Reference} stands in its table: member → column, the first being its id. */
const TABLES = {
  entities: {
    table: 'entity',
    columns: {
      entity: 'entity',
      code: 'code',
      nameZh: 'name_zh',
      nameEn: 'name_en',
      jurisdiction: 'jurisdiction',
      currency: 'currency',
      bankCalendar: 'bank_calendar',
      zone: 'zone',
    },
  },
  books: { table: 'book', columns: { book: 'book', entity: 'entity', code: 'code', purpose: 'purpose' } },
  issuers: { table: 'issuer', columns: { issuer: 'issuer', name: 'name', lei: 'lei' } },
  securities: {
    table: 'security',
    columns: { security: 'security', issuer: 'issuer', isin: 'isin', name: 'name', securityClass: 'security_class' },
  },
  listings: {
    table: 'listing',
    columns: {
      listing: 'listing',
      security: 'security',
      mic: 'mic',
      code: 'code',
      quote: 'quote',
      collarPpm: 'collar_ppm',
      quantityMax: 'quantity_max',
      notionalMax: 'notional_max',
      priceAgeMax: 'price_age_max',
      shortAllowed: 'short_allowed',
    },
  },
  listEntries: {
    table: 'list_entry',
    columns: { entry: 'entry', listing: 'listing', scope: 'scope', scopeId: 'scope_id', permission: 'permission' },
  },
  routes: {
    table: 'route',
    columns: {
      route: 'route',
      entity: 'entity',
      mic: 'mic',
      channel: 'channel',
      tradingAccount: 'trading_account',
      custodian: 'custodian',
      session: 'session',
      shortAllowed: 'short_allowed',
    },
  },
  sessions: {
    table: 'session',
    columns: {
      session: 'session',
      mic: 'mic',
      role: 'role',
      client: 'client',
      ownCompId: 'own_comp_id',
      peerCompId: 'peer_comp_id',
    },
  },
} as const satisfies Record<keyof Reference, { table: string; columns: Record<string, string> }>;

type Kind = keyof typeof TABLES;

/**
 * Records reference data. A row that is there already with the same contents is left alone, so recording is repeatable.
 * @throws Problem REFERENCE_CONFLICT when the same id and effective date hold other contents; REFERENCE_FOUR_EYES
 */
export async function recordReference(
  tx: Queryable,
  data: Partial<Reference>,
  by: FourEyes,
): Promise<{ readonly recorded: number }> {
  fourEyes(by);
  let recorded = 0;
  for (const kind of Object.keys(TABLES) as Kind[]) {
    for (const row of data[kind] ?? []) recorded += await recordRow(tx, kind, row as unknown as Record<string, Parameter>, by);
  }
  return { recorded };
}

/** @throws Problem REFERENCE_FOUR_EYES; the database refuses it, too. */
export function fourEyes(by: FourEyes): void {
  if (by.maker === by.checker) throw problem('REFERENCE_FOUR_EYES');
}

async function recordRow(tx: Queryable, kind: Kind, row: Record<string, Parameter>, by: FourEyes): Promise<number> {
  const { table, columns } = TABLES[kind];
  const members = [...Object.keys(columns), 'validFrom', 'validTo'];
  const names = [...Object.values(columns), 'valid_from', 'valid_to'];
  const values = members.map((member) => row[member] ?? null);
  const marks = values.map((_, i) => `$${i + 1}`);
  const inserted = await tx.query(
    `INSERT INTO reference.${table} (${names.join(', ')}, maker, checker)
     VALUES (${marks.join(', ')}, $${values.length + 1}, $${values.length + 2})
     ON CONFLICT (${names[0]}, valid_from) DO NOTHING`,
    [...values, by.maker, by.checker],
  );
  if (inserted.rowCount === 1) return 1;
  const { rows } = await tx.query<Record<string, unknown>>(
    `SELECT ${names.join(', ')} FROM reference.${table} WHERE ${names[0]} = $1 AND valid_from = $2`,
    [values[0] as Parameter, row['validFrom'] as Parameter],
  );
  const kept = names.map((name) => rows[0]?.[name] ?? null);
  if (canonicalJson(kept) !== canonicalJson(values)) {
    throw problem('REFERENCE_CONFLICT', { what: table, id: String(values[0]), validFrom: String(row['validFrom']) });
  }
  return 0;
}

/** Everything in force on a date, by ascending id. */
export async function readReference(database: Queryable, date: DateText): Promise<Reference> {
  const read = async (kind: Kind) => {
    const { table, columns } = TABLES[kind];
    const list = Object.entries({ ...columns, validFrom: 'valid_from', validTo: 'valid_to' }).map(
      ([member, column]) => `${column} AS "${member}"`,
    );
    const { rows } = await database.query(
      `SELECT ${list.join(', ')} FROM reference.${table}
       WHERE valid_from <= $1 AND (valid_to IS NULL OR valid_to >= $1) ORDER BY ${Object.values(columns)[0]}`,
      [date],
    );
    return rows;
  };
  const reference: Record<string, unknown> = {};
  for (const kind of Object.keys(TABLES) as Kind[]) reference[kind] = await read(kind);
  return reference as unknown as Reference;
}
