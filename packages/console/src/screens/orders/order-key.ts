/** An order as addresses name it: its market and its number there. */
export interface OrderKey {
  readonly market: string;
  readonly order: string;
}

/** `XHKG-8412328`, as it stands in an address. */
export const orderKeyText = ({ market, order }: OrderKey): string => `${market}-${order}`;

export function readOrderKey(text: string | undefined): OrderKey | undefined {
  const match = /^([A-Z0-9]{4})-([1-9]\d{0,17})$/.exec(text ?? '');
  return match === null ? undefined : { market: match[1] as string, order: match[2] as string };
}
