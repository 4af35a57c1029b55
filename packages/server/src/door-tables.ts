import type { DateText } from '@meridian/base';
import type { Database } from '@meridian/store';
import type { DoorTables } from './market-door.ts';

/** What a node's door needs to know beside its log: names on the wire and the dense ids behind them. */
export async function doorTables(database: Database, market: string, date: DateText): Promise<DoorTables> {
  const inForce = 'valid_from <= $2 AND (valid_to IS NULL OR valid_to >= $2)';
  const read = async <R>(sql: string) => (await database.query<R & object>(sql, [market, date])).rows;
  const sessions = await read<DoorTables['sessions'][number]>(
    `SELECT session, role, own_comp_id AS own, peer_comp_id AS peer FROM reference.session WHERE mic = $1 AND ${inForce} ORDER BY session`,
  );
  const accounts = await read<DoorTables['accounts'][number]>(
    `SELECT b.account, b.code, s.session FROM accounts.business_account b
     JOIN (SELECT session, client FROM reference.session WHERE mic = $1 AND role = 'client' AND ${inForce}) s ON s.client = b.client
     ORDER BY b.account`,
  );
  const listings = await read<DoorTables['listings'][number]>(
    `SELECT l.listing, l.code, l.quote, s.security_class, l.valid_from FROM reference.listing l
     JOIN reference.security s ON s.security = l.security AND s.valid_from <= $2 AND (s.valid_to IS NULL OR s.valid_to >= $2)
     WHERE l.mic = $1 AND l.valid_from <= $2 AND (l.valid_to IS NULL OR l.valid_to >= $2) ORDER BY l.listing`,
  );
  return { sessions, accounts, listings };
}
