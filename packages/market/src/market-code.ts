/**
 * Markets that keep another market's book of rules: NYSE Arca and Nasdaq follow New York in calendar, phases, ticks,
 * lots, settlement and fees; Shenzhen follows Shanghai.
 */
const FOLLOWS: Readonly<Record<string, string>> = { ARCX: 'XNYS', XNAS: 'XNYS', XSHE: 'XSHG' };

/** The market whose tables a MIC (ISO 10383) is looked up in. */
export function tableMarket(mic: string): string {
  return Object.hasOwn(FOLLOWS, mic) ? (FOLLOWS[mic] as string) : mic;
}

/** The markets that follow another one, with the one they follow. */
export function followers(): readonly (readonly [mic: string, leader: string])[] {
  return Object.entries(FOLLOWS);
}
