/** Value of a character in ISO 6166 and ISO 17442 arithmetic: digits as they are, A = 10 … Z = 35. */
function digitsOf(text: string): string {
  let digits = '';
  for (const c of text) digits += c >= 'A' ? String(c.charCodeAt(0) - 55) : c;
  return digits;
}

/** ISIN (ISO 6166): two letters, nine alphanumerics, and a check digit by the Luhn rule over the expanded digits. */
export function isIsin(text: string): boolean {
  if (!/^[A-Z]{2}[A-Z0-9]{9}[0-9]$/.test(text)) return false;
  let sum = 0;
  const digits = digitsOf(text);
  for (let i = digits.length - 1, double = false; i >= 0; i--, double = !double) {
    const value = digits.charCodeAt(i) - 48;
    sum += double ? (value > 4 ? value * 2 - 9 : value * 2) : value;
  }
  return sum % 10 === 0;
}

/** LEI (ISO 17442): eighteen alphanumerics and two check digits, mod 97-10 (ISO 7064). */
export function isLei(text: string): boolean {
  if (!/^[A-Z0-9]{18}[0-9]{2}$/.test(text)) return false;
  let remainder = 0;
  for (const c of digitsOf(text)) remainder = (remainder * 10 + (c.charCodeAt(0) - 48)) % 97;
  return remainder === 1;
}

/** A market of the ISO 10383 list. A segment (SGMT) names the operating market (OPRT) it belongs to. */
export interface MicRow {
  readonly mic: string;
  readonly operatingMic: string;
  readonly name: string;
  readonly country: string;
  readonly active: boolean;
}

export interface MicTable {
  get(mic: string): MicRow | undefined;
  /** True for a market that the list knows and that is not expired. */
  isActive(mic: string): boolean;
  readonly size: number;
}

export function micTable(rows: readonly MicRow[]): MicTable {
  const byMic = new Map(rows.map((r) => [r.mic, r]));
  return { get: (mic) => byMic.get(mic), isActive: (mic) => byMic.get(mic)?.active === true, size: byMic.size };
}
