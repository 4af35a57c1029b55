import type { Language } from '../../i18n/text.ts';

const digits = '零一二三四五六七八九';
const units = ['', '十', '百', '千'];
const sections = ['', '万', '亿', '兆', '京'];
const small = [
  ...['zero', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine', 'ten', 'eleven', 'twelve'],
  ...['thirteen', 'fourteen', 'fifteen', 'sixteen', 'seventeen', 'eighteen', 'nineteen'],
];
const tens = ['', '', 'twenty', 'thirty', 'forty', 'fifty', 'sixty', 'seventy', 'eighty', 'ninety'];
const scales = ['', 'thousand', 'million', 'billion', 'trillion', 'quadrillion'];

/**
 * The whole units of an amount in words: 三百九十万, three million nine hundred thousand. What a trader reads when the digits of
 * 390,000.00 and 3,900,000.00 look alike. Below one unit and above 10^18 the figure alone must do: empty.
 * @param amount decimal text as it travels
 */
export function amountInWords(amount: string, language: Language): string {
  const whole = amount.replace(/^-/, '').split('.')[0]?.replace(/^0+/, '') ?? '';
  if (whole === '' || whole.length > 18 || !/^\d+$/.test(whole)) return '';
  return language === 'zh' ? chinese(whole) : english(whole);
}

function chinese(whole: string): string {
  const groups = grouped(whole, 4);
  let words = '';
  let gap = false;
  groups.forEach((group, i) => {
    const value = Number(group);
    if (value === 0) {
      gap = words !== '';
      return;
    }
    if (words !== '' && (gap || value < 1000)) words += '零';
    words += `${below10000(value)}${sections[groups.length - 1 - i]}`;
    gap = false;
  });
  return words.replace(/^一十/, '十');
}

function below10000(value: number): string {
  let words = '';
  let gap = false;
  const text = String(value);
  [...text].forEach((digit, i) => {
    if (digit === '0') gap = words !== '';
    else {
      words += `${gap ? '零' : ''}${digits[Number(digit)]}${units[text.length - 1 - i]}`;
      gap = false;
    }
  });
  return words;
}

function english(whole: string): string {
  const groups = grouped(whole, 3);
  return groups
    .map((group, i) => {
      const value = Number(group);
      return value === 0 ? '' : `${below1000(value)} ${scales[groups.length - 1 - i]}`.trim();
    })
    .filter((part) => part !== '')
    .join(' ');
}

function below1000(value: number): string {
  const rest = value % 100;
  const parts: string[] = [];
  if (value >= 100) parts.push(`${small[Math.floor(value / 100)]} hundred`);
  if (rest >= 20) parts.push(`${tens[Math.floor(rest / 10)]}${rest % 10 === 0 ? '' : `-${small[rest % 10]}`}`);
  else if (rest > 0) parts.push(small[rest] as string);
  return parts.join(' ');
}

/** `1234567` by three → `['1', '234', '567']`. */
function grouped(whole: string, size: number): string[] {
  const groups: string[] = [];
  for (let end = whole.length; end > 0; end -= size) groups.unshift(whole.slice(Math.max(0, end - size), end));
  return groups;
}
