import type { Bilingual } from '@meridian/base';
import { checkDeclaration, type Declaration, type Field } from './declaration.ts';
import { problem } from './problems.ts';

/** What the programs may do with the rows of a table. `append`: neither changed nor deleted. */
export type Access = 'write' | 'append' | 'read';

/** A declared table, view, message, report or file. */
export interface Entity<Key extends string = string> {
  readonly name: string;
  readonly title: Bilingual;
  readonly kind: Declaration['kind'];
  /** Database relations only. */
  readonly relation: 'table' | 'view' | 'matview';
  readonly access: Access;
  readonly fields: Readonly<Record<Key, Field>>;
}

/** What all fields of an entity share; a column overrides what differs. */
export interface EntityDefaults extends Partial<Omit<Declaration, 'title'>> {
  /** Starting point for everything that is not said here. */
  readonly like?: Profile;
  readonly title: Bilingual;
  readonly owner: Declaration['owner'];
  readonly purpose: Declaration['purpose'];
  readonly relation?: Entity['relation'];
  readonly access?: Access;
}

/** One field of an entity: its type, or its type and what differs from the entity's defaults. */
export type FieldLine = string | (Partial<Declaration> & { readonly type: string });

type Shared = Omit<Declaration, 'type' | 'owner' | 'purpose' | 'title'>;

const GENERAL: Shared = {
  ...{ kind: 'column', class: 'general', sensitive: false, pi: 'none', jrt0158: 2, jrt0197: 2, origin: 'house' },
  ...{ retain: 'P20Y SecL-137', storage: 'plain', mask: 'none', outbound: 'never', ai: 'no' },
};

/**
 * Common starting points. `record`: orders, trades, positions, books, kept twenty years. `client`: what identifies a
 * client or its account, sensitive. `reference`: public market facts. `operation`: technical data of the running system.
 */
const PROFILES = {
  record: GENERAL,
  client: { ...GENERAL, sensitive: true, pi: 'spi', jrt0158: 3, jrt0197: 3, origin: 'CN', mask: 'account' },
  reference: { ...GENERAL, jrt0158: 1, jrt0197: 1, origin: 'market', ai: 'yes' },
  operation: { ...GENERAL, retain: 'P1Y CSL-23' },
} as const satisfies Readonly<Record<string, Shared>>;
export type Profile = keyof typeof PROFILES;

/** The declarations of a house. Programs use {@link catalogue}; tests make their own. */
export interface Catalogue {
  /** Declares one field. @throws Problem CATALOGUE_INVALID */
  field(name: string, declaration: Declaration): Field;
  /** Declares a whole table, message, report or file, one line per field. @throws Problem CATALOGUE_INVALID */
  entity<Key extends string>(name: string, defaults: EntityDefaults, lines: Readonly<Record<Key, FieldLine>>): Entity<Key>;
  /** Declares the log fields of a room. A key that several rooms log means the same in all of them. */
  logFields(room: string, lines: Readonly<Record<string, FieldLine>>): void;
  /** Declares the metrics of a room. */
  metrics(room: string, lines: Readonly<Record<string, FieldLine>>): void;
  /** All fields, by name. */
  fields(): readonly Field[];
  entities(): readonly Entity[];
  /** The declaration of a log field's key; undefined for one that nobody declared. */
  logField(key: string): Field | undefined;
}

export function newCatalogue(): Catalogue {
  const fields = new Map<string, Field>();
  const entities = new Map<string, Entity>();
  const logKeys = new Map<string, Field>();

  function field(name: string, declaration: Declaration): Field {
    checkDeclaration(name, declaration);
    if (fields.has(name)) throw problem('CATALOGUE_INVALID', { name, reason: 'is declared twice' });
    const [room, entityName, key] = name.split('.') as [string, string, string];
    const declared: Field = Object.freeze({ ...declaration, name, entity: `${room}.${entityName}`, key });
    if (declared.kind === 'log') {
      const other = logKeys.get(key);
      if (other !== undefined && (other.mask !== declared.mask || other.sensitive !== declared.sensitive))
        throw problem('CATALOGUE_INVALID', { name, reason: `the log key ${key} means something else in ${other.name}` });
      logKeys.set(key, declared);
    }
    fields.set(name, declared);
    return declared;
  }

  function entity<Key extends string>(
    name: string,
    { like = 'record', title, relation = 'table', access = 'write', ...shared }: EntityDefaults,
    lines: Readonly<Record<Key, FieldLine>>,
  ): Entity<Key> {
    if (entities.has(name)) throw problem('CATALOGUE_INVALID', { name, reason: 'is declared twice' });
    const base = Object.hasOwn(PROFILES, like) ? PROFILES[like] : undefined;
    if (base === undefined) throw problem('CATALOGUE_INVALID', { name, reason: `profile ${like} is unknown` });
    const declared = {} as Record<Key, Field>;
    for (const [key, line] of Object.entries<FieldLine>(lines) as [Key, FieldLine][]) {
      const own = typeof line === 'string' ? { type: line } : line;
      declared[key] = field(`${name}.${key}`, { ...base, ...shared, ...own });
    }
    const whole: Entity<Key> = {
      name,
      title,
      kind: shared.kind ?? 'column',
      relation,
      access,
      fields: Object.freeze(declared),
    };
    if (Object.values<Field>(declared).some((f) => f.kind !== whole.kind))
      throw problem('CATALOGUE_INVALID', { name, reason: 'all fields of an entity are of its kind' });
    entities.set(name, whole);
    return whole;
  }

  const technical = (kind: 'log' | 'metric', zh: string) => (room: string, lines: Readonly<Record<string, FieldLine>>) => {
    const title = { zh: `${room} ${zh}`, en: `${kind === 'log' ? 'log fields' : 'metrics'} of ${room}` };
    const defaults = { like: 'operation', kind, title, owner: 'operations', purpose: ['operations'] } as const;
    entity(`${room}.${kind}`, defaults, lines);
  };

  return {
    field,
    entity,
    logFields: technical('log', '日志字段'),
    metrics: technical('metric', '指标'),
    fields: () => [...fields.values()].sort((a, b) => (a.name < b.name ? -1 : 1)),
    entities: () => [...entities.values()].sort((a, b) => (a.name < b.name ? -1 : 1)),
    logField: (key) => logKeys.get(key),
  };
}

/** The house's catalogue: what is not declared here cannot be stored, sent, shown or logged. DS-1. */
export const catalogue: Catalogue = newCatalogue();

export const { field, entity, logFields, metrics } = catalogue;
