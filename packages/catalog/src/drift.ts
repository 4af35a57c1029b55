import { CLASSES, type Declaration, type FieldKind } from './declaration.ts';
import { problem } from './problems.ts';
import { type Access, type Catalogue, catalogue as house } from './registry.ts';

/** One difference between what is and what is declared. */
export interface Drift {
  /**
   * `undeclared` is there and has no class · `absent` is declared and not there · `type`, `relation` are another ·
   * `comment` the class written into the database was edited or is not there · `lowered` protection became weaker
   * without acknowledgement · `grant` somebody may do more or less than declared.
   */
  readonly kind: 'undeclared' | 'absent' | 'type' | 'relation' | 'comment' | 'lowered' | 'grant';
  readonly name: string;
  readonly expected: string;
  readonly found: string;
}

/** What a room really sends, writes or logs, to be compared with what is declared: taken from its codecs and renderers. */
export interface Shape {
  readonly kind: Exclude<FieldKind, 'column'>;
  /** "messages.new_order" */
  readonly entity: string;
  readonly fields: readonly string[];
}

/** Compares messages, reports, files, log fields and metrics with the catalogue. Kinds without any shape are not judged. */
export function checkShapes(shapes: readonly Shape[], catalogue: Catalogue = house): Drift[] {
  const drifts: Drift[] = [];
  const declared = new Map(catalogue.fields().map((field) => [field.name, field]));
  const seen = new Set<string>();
  for (const { kind, entity, fields } of shapes) {
    for (const key of fields) {
      const name = `${entity}.${key}`;
      const own = declared.get(name);
      if (own === undefined) drifts.push({ kind: 'undeclared', name, expected: 'a declaration', found: kind });
      else if (own.kind !== kind) drifts.push({ kind: 'relation', name, expected: own.kind, found: kind });
      seen.add(name);
    }
  }
  const kinds = new Set<FieldKind>(shapes.map((shape) => shape.kind));
  for (const field of declared.values()) {
    if (kinds.has(field.kind) && !seen.has(field.name))
      drifts.push({ kind: 'absent', name: field.name, expected: field.kind, found: 'nothing' });
  }
  return drifts;
}

/** What a field's declaration says about protection; stands in the database as the column's comment. */
export type Protection = Omit<Declaration, 'kind' | 'type' | 'title' | 'owner' | 'purpose' | 'origin' | 'retain'> & {
  readonly access: Access;
};

/** The ways in which `now` protects less than `before`: each needs the data protection officer's acknowledgement. */
export function lowered(before: Protection, now: Protection): string[] {
  const found: string[] = [];
  const check = (what: string, isLower: boolean) => isLower && found.push(what);
  check('class', CLASSES.indexOf(now.class) > CLASSES.indexOf(before.class));
  check('sensitive', before.sensitive && !now.sensitive);
  check('pi', rank(['none', 'pi', 'spi'], now.pi) < rank(['none', 'pi', 'spi'], before.pi));
  check('jrt0158', now.jrt0158 < before.jrt0158);
  check('jrt0197', now.jrt0197 < before.jrt0197);
  check('mask', before.mask !== now.mask && (now.mask === 'none' || before.mask === 'full'));
  check('storage', before.storage === 'sealed' && now.storage === 'plain');
  check('ai', rank(['no', 'approved', 'yes'], now.ai) > rank(['no', 'approved', 'yes'], before.ai));
  check('access', rank(['read', 'append', 'write'], now.access) > rank(['read', 'append', 'write'], before.access));
  const earlier: readonly string[] = before.outbound === 'never' ? [] : before.outbound;
  check('outbound', now.outbound !== 'never' && now.outbound.some((channel) => !earlier.includes(channel)));
  return found;
}

const rank = (order: readonly string[], value: string) => order.indexOf(value);

/** @throws Problem CATALOGUE_DRIFT when there is any: the process must not start. DS-1. */
export function refuseDrift(drifts: readonly Drift[]): void {
  const [first] = drifts;
  if (first === undefined) return;
  const text = `${first.name} (${first.kind}): expected ${first.expected}, found ${first.found}`;
  throw problem('CATALOGUE_DRIFT', { count: drifts.length, first: text.slice(0, 500) });
}
