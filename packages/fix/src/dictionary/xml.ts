/** An element of a dictionary file. Text between elements carries nothing there and is dropped. */
export interface Element {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: readonly Element[];
}

/**
 * Reads the subset of XML in which FIX dictionaries are written: elements and quoted attributes, no entities, no CDATA.
 * @throws SyntaxError where an element is closed that is not open, or is never closed.
 */
export function readXml(text: string): Element {
  const root: { children: Element[] } = { children: [] };
  const open: { name: string; children: Element[] }[] = [{ name: '', children: root.children }];
  for (const [, closing, name = '', attributes = '', empty] of text
    .replace(/<!--[\s\S]*?-->|<\?[\s\S]*?\?>/g, '')
    .matchAll(/<(\/?)([\w:-]+)((?:\s+[\w:-]+\s*=\s*(?:"[^"]*"|'[^']*'))*)\s*(\/?)>/g)) {
    if (closing !== '') {
      if (open.length < 2 || open.pop()?.name !== name) throw new SyntaxError(`</${name}> closes nothing`);
      continue;
    }
    const children: Element[] = [];
    open.at(-1)?.children.push({ name, attributes: readAttributes(attributes), children });
    if (empty === '') open.push({ name, children });
  }
  const [top] = root.children;
  if (open.length !== 1 || top === undefined) throw new SyntaxError('an element is never closed');
  return top;
}

function readAttributes(text: string): Record<string, string> {
  const attributes: Record<string, string> = {};
  for (const [, name = '', double, single] of text.matchAll(/([\w:-]+)\s*=\s*(?:"([^"]*)"|'([^']*)')/g))
    attributes[name] = double ?? single ?? '';
  return attributes;
}
