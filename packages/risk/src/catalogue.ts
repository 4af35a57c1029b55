import { entity, type FieldLine, logFields, type Shape } from '@meridian/catalog';
import { catalogueName } from '@meridian/messages';
import { inputLayouts, MarginSignal } from './input.ts';

/**
 * The class of what the fold's log carries. A member means the same in every input, so it is declared once, by name; an
 * input whose member stands nowhere stops the process at load. DS-1, DS-2.
 */
type Line = Omit<Exclude<FieldLine, string>, 'type'>;

/** Points at a client: a token, but one that leads to an account. */
const CLIENT_TOKEN: Line = { sensitive: true, jrt0158: 3, jrt0197: 3, origin: 'CN', mask: 'account' };
/** A client's money, position or standing. */
const STANDING: Line = { sensitive: true, jrt0158: 3, jrt0197: 3, mask: 'bucket' };
const PUBLIC: Line = { jrt0158: 1, jrt0197: 1, origin: 'market', ai: 'yes' };
const PLAIN: Line = {};

const each = (line: Line, ...names: readonly string[]): Record<string, Line> =>
  Object.fromEntries(names.map((name) => [name, line]));

/** A price beside a listing is the market's; nothing in these inputs carries a client's price. */
const MEMBERS: Readonly<Record<string, Line>> = {
  ...each(CLIENT_TOKEN, 'master', 'client', 'account'),
  ...each(STANDING, 'quantity', 'cost', 'fees', 'amount', 'claims', 'equity', 'requirement'),
  ...each(PUBLIC, 'listing', 'issuer', 'market', 'currency', 'quoteUnits', 'price', 'rate', 'rateSet', 'publishedAt'),
  ...each(PLAIN, 'kind', 'state', 'raisedAt', 'seq', 'k', 'minorDigits', 'settlementCurrency'),
  ...each(PLAIN, 'callPpm', 'targetPpm', 'amountMin', 'marginPpm', 'commissionPpm'),
};

/** What the fold's log really carries, for comparison with what is declared. */
export const riskShapes: Shape[] = [];

function declare(name: string, zh: string, fields: Readonly<Record<string, string>>): void {
  const entityName = `risk.${catalogueName(name)}`;
  riskShapes.push({ kind: 'message', entity: entityName, fields: Object.keys(fields).map(catalogueName) });
  const lines = Object.entries(fields).map(([member, type]): [string, FieldLine] => {
    const line = MEMBERS[member];
    if (line === undefined) throw new Error(`risk ${name} carries ${member}, which has no class`);
    return [catalogueName(member), { ...line, type }];
  });
  const title = { zh: `风控${zh} ${name}`, en: `risk ${name}` };
  const defaults = { title, kind: 'message', owner: 'risk', purpose: ['risk', 'margin', 'audit'] } as const;
  entity(entityName, defaults, Object.fromEntries(lines));
}

for (const { name, fields } of Object.values(inputLayouts)) declare(name.replace('risk-', 'input-'), '输入', fields);
declare(MarginSignal.name, '信号', MarginSignal.fields);

logFields('risk', {
  market: 'text',
  /** "listing 7" or "account 7": an account's dense id means nothing outside the books. */
  what: { type: 'text', sensitive: true, jrt0197: 3, mask: 'full' },
});
