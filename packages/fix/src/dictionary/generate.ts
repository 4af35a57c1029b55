/**
 * Turns a QuickFIX-format dictionary into the tables the validator runs on (`fix44.ts`) and the named tags (`tags.ts`).
 * Run `npm run generate -w @meridian/fix` after a change of `data/fix/FIX44.xml`; a test refuses stale tables.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { type Element, readXml } from './xml.ts';

const dictionaryUrl = new URL('../../../../data/fix/FIX44.xml', import.meta.url);

export interface GeneratedSources {
  readonly 'fix44.ts': string;
  readonly 'tags.ts': string;
}

/**
 * Writes a message's members as text: `11!` is a required field, `453(448 447 802(523))` a repeating group that opens
 * with its count field. Components are expanded; what a component requires is required only where the component is.
 */
export function generate(xml: string): GeneratedSources {
  const root = readXml(xml);
  const fields = section(root, 'fields').children;
  const tagOf = new Map(fields.map((field) => [attribute(field, 'name'), Number(attribute(field, 'number'))]));
  const components = new Map(section(root, 'components').children.map((c) => [attribute(c, 'name'), c]));

  const members = (parent: Element, required: boolean): string =>
    parent.children
      .map((child) => {
        const must = required && attribute(child, 'required') === 'Y';
        const name = attribute(child, 'name');
        if (child.name === 'component') return members(known(components.get(name), name), must);
        const tag = `${known(tagOf.get(name), name)}${must ? '!' : ''}`;
        return child.name === 'group' ? `${tag}(${members(child, true)})` : tag;
      })
      .filter((text) => text !== '')
      .join(' ');

  const messages = section(root, 'messages').children.map(
    (m) => `'${attribute(m, 'msgtype')} ${attribute(m, 'name')} ${attribute(m, 'msgcat')} ${members(m, true)}',`,
  );
  const types = fields.map((field) => {
    const values = field.children.map((value) => attribute(value, 'enum'));
    return `'${[attribute(field, 'number'), attribute(field, 'type'), ...values].join(' ')}',`;
  });
  return {
    'fix44.ts': `${notice}import type { DictionaryTables } from './dictionary.ts';

export const FIX44: DictionaryTables = {
  beginString: 'FIX.${attribute(root, 'major')}.${attribute(root, 'minor')}',
  header: '${members(section(root, 'header'), true)}',
  trailer: '${members(section(root, 'trailer'), true)}',
  messages: [
${messages.map((line) => `    ${line}`).join('\n')}
  ],
  fields: [
${types.map((line) => `    ${line}`).join('\n')}
  ],
};
`,
    'tags.ts': `${notice}${fields.map((f) => `${constant(attribute(f, 'name'))} = ${attribute(f, 'number')};`).join('\n')}\n`,
  };
}

const notice = `// Generated from data/fix/FIX44.xml by generate.ts; do not edit.
// The dictionary is part of QuickFIX: see data/fix/QUICKFIX-LICENSE.txt.
`;

/** Tag 55 is called as a global of the language is, on purpose: it is always written Tag.Symbol. */
function constant(name: string): string {
  const shadows = name === 'Symbol' ? '// biome-ignore lint/suspicious/noShadowRestrictedNames: read as Tag.Symbol\n' : '';
  return `${shadows}export const ${name}`;
}

function section(root: Element, name: string): Element {
  return known(
    root.children.find((child) => child.name === name),
    name,
  );
}

function attribute(element: Element, name: string): string {
  return known(element.attributes[name], `${element.name} ${name}`);
}

function known<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw new SyntaxError(`the dictionary lacks ${what}`);
  return value;
}

if (import.meta.main) {
  for (const [name, source] of Object.entries(generate(readFileSync(dictionaryUrl, 'utf8'))))
    writeFileSync(new URL(name, import.meta.url), source);
}
