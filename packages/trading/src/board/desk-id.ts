import { CLORDID_CHARS_MAX } from '../engine/bounds.ts';

/**
 * The house's own door is one session for all accounts of a market, while a client-made id is unique per account and day:
 * in the log it stands behind its account, `c.my-order-7` for account 12.
 */

/** Dense id of the session by which the desk and the API trade in a market; no session of record reaches it. */
export const DESK_SESSION = 4_095;

/** Characters of a client-made id: what the engine takes less the account in front, at most four digits in base 36 and a point. */
export const DESK_ID_CHARS_MAX = CLORDID_CHARS_MAX - 5;

export function deskId(account: number, clientId: string): string {
  return `${account.toString(36)}.${clientId}`;
}

/** The id as its maker knows it. */
export function clientIdOf({ session, clOrdId }: { readonly session: number; readonly clOrdId: string }): string {
  return session === DESK_SESSION ? clOrdId.slice(clOrdId.indexOf('.') + 1) : clOrdId;
}
