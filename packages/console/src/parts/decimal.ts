/** Whether `text` is a whole decimal of at most `digits` decimals, as the house takes it. */
export function isDecimal(text: string, digits: number, negative = false): boolean {
  const match = /^(-?)(\d{1,18})(?:\.(\d+))?$/.exec(text);
  if (match === null) return false;
  return (negative || match[1] === '') && (match[3] ?? '').length <= digits;
}

/** What remains of typing or pasting when thousands separators, spaces and anything else that is no decimal are taken out. */
export function cleanDecimal(typed: string, digits: number, negative = false): string {
  const plain = typed
    .replace(/[,\s_]/g, '')
    .replace(/[\u2212\uff0d]/g, '-')
    .replace(/\uff0e|。/g, '.');
  const match = /^(-?)(\d*)(\.?)(\d*)/.exec(plain);
  if (match === null) return '';
  const [, sign = '', whole = '', point = '', rest = ''] = match;
  return `${negative ? sign : ''}${whole}${digits > 0 ? point + rest.slice(0, digits) : ''}`;
}
