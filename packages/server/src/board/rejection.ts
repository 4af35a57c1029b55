import type { AnswerOf } from '@meridian/api';
import { type Bilingual, currency as currencyOf, formatTrimmed, minorDigits, problemKind } from '@meridian/base';
import { NODE_PRICE_DIGITS } from '@meridian/messages';
import type { BoardRejection, BoardRow, OrderRefusal } from '@meridian/trading';
import type { OrderNames } from './order-names.ts';

export type Rejection = NonNullable<AnswerOf<'GET /v1/orders'>['items'][number]['rejection']>;

/** A refusal in plain words: what the rule allows, what was used and asked for, and what would pass. */
export function rejectionText(refusal: OrderRefusal): Rejection {
  const kind = problemKind(refusal.code);
  if (kind === undefined) throw new RangeError(`nobody declared the refusal ${refusal.code}`);
  const { unit, currency, limit, used, requested, wouldPass } = refusal;
  const money = currency === null ? '' : ` ${currency}`;
  const shown: Readonly<Record<string, string | null>> = {
    limit: limit === null ? null : `${grouped(limit)}${money}`,
    used: used === null ? null : `${grouped(used)}${money}`,
    requested: requested === null ? null : `${grouped(requested)}${money}`,
    wouldPass: grouped(wouldPass ?? '0'),
  };
  const fill = ({ zh, en }: Bilingual): Bilingual => ({ zh: filled(zh, shown), en: filled(en, shown) });
  return {
    ...{ code: refusal.code, title: fill(kind.title), detail: fill(kind.detail), remedy: fill(kind.remedy) },
    ...{ unit, currency, limit, used, requested, wouldPass },
  };
}

/** Whole digits in threes for the reader: `30000000.5` → `30,000,000.5`. The figures beside the sentence stay plain. */
function grouped(decimal: string): string {
  const [whole = '', fraction] = decimal.split('.');
  const threes = whole.replace(/\B(?=(\d{3})+$)/g, ',');
  return fraction === undefined ? threes : `${threes}.${fraction}`;
}

function filled(text: string, shown: Readonly<Record<string, string | null>>): string {
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => shown[name] ?? (Object.hasOwn(shown, name) ? '—' : whole));
}

/** The board's raw numbers as they are shown; `currency` is the limit cell's, or the listing's where no cell is named. */
export function boardRefusal(rejection: BoardRejection, currency: string | null): OrderRefusal {
  const { code, cell, wouldPass } = rejection;
  // A cell that counts units has no currency.
  const unit = rejection.unit === 'amount' && currency === null ? 'quantity' : rejection.unit;
  const money = unit === 'amount' ? currency : null;
  const digits = unit === 'price' ? NODE_PRICE_DIGITS : money === null ? 0 : minorDigits(currencyOf(money));
  const show = (value: number) => (unit === null ? null : formatTrimmed(BigInt(value), digits));
  return {
    ...{ code, unit, currency: money, cell: cell === 0 ? null : cell },
    ...{ limit: show(rejection.limit), used: show(rejection.used), requested: show(rejection.requested) },
    wouldPass:
      unit === null || wouldPass === 0 ? null : formatTrimmed(BigInt(wouldPass), unit === 'price' ? NODE_PRICE_DIGITS : 0),
  };
}

/** Why an order on the board was refused, in words. */
export function rejectionOf(row: BoardRow, names: OrderNames): Rejection {
  const rejection = row.rejection as NonNullable<BoardRow['rejection']>;
  const cell = names.cellCurrency(rejection.cell);
  return rejectionText(boardRefusal(rejection, cell === undefined ? (names.listing(row.listing)?.money ?? null) : cell));
}
