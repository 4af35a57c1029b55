/**
 * How a sensitive value is shown to whoever is not cleared for it. DS-7.
 * `account` last four characters · `name` first character · `id` first three and last two of an identity number ·
 * `bucket` order of magnitude of an amount · `full` nothing · `none` as it is.
 */
export type MaskRule = 'none' | 'account' | 'name' | 'id' | 'bucket' | 'full';

/** Masks one value. null stays null: that something is absent is not hidden. Lengths are hidden. */
export function mask(rule: MaskRule, value: unknown): unknown {
  if (rule === 'none' || value === null || value === undefined) return value;
  switch (rule) {
    case 'account':
      return maskAccount(String(value));
    case 'name':
      return maskName(String(value));
    case 'id':
      return maskIdNumber(String(value));
    case 'bucket':
      return maskAmount(value);
    case 'full':
      return '***';
  }
}

/** "6222020012345678" → "****5678"; eight characters or fewer show none. */
export function maskAccount(account: string): string {
  return account.length > 8 ? `****${account.slice(-4)}` : '****';
}

/** "张三丰" → "张**", "Smith" → "S**". */
export function maskName(name: string): string {
  const [first = ''] = name;
  return `${first}**`;
}

/** "110101199003071234" → "110****34"; fewer than fifteen characters show none. */
export function maskIdNumber(id: string): string {
  return id.length >= 15 ? `${id.slice(0, 3)}****${id.slice(-2)}` : '****';
}

/** An amount by its number of digits only: 1234567n → "1e6..1e7", −20n → "-1e1..1e2", 0n → "0". */
export function maskAmount(amount: unknown): string {
  const match = /^([+-]?)0*(\d*)(?:\.\d+)?$/.exec(String(amount));
  if (match === null) return '***';
  const digits = (match[2] as string).length;
  if (digits === 0) return /[1-9]/.test(String(amount)) ? `${match[1]}<1` : '0';
  return `${match[1]}1e${digits - 1}..1e${digits}`;
}
