import type { Database } from '@meridian/store';

export interface PublishedClose {
  readonly listing: number;
  readonly market: string;
  /** The exchange session. */
  readonly date: string;
  /** Of the quote currency. */
  readonly price: number;
}

/** Records closes of earlier sessions as a house has them that was there: the mark, and the market's published batch. */
export async function recordCloses(database: Database, closes: readonly PublishedClose[]): Promise<void> {
  await database.transaction(async (tx) => {
    for (const { listing, market, date, price } of closes) {
      await tx.query(
        `INSERT INTO accounts.mark (listing, trade_date, price, kind, source_at, market, seq, k)
         VALUES ($1, $2, $3, 'closing-print', 1, $4, 1, 0)`,
        [listing, date, BigInt(Math.round(price * 1e8)), market],
      );
      const batch = `${market}.swap.${date}.1`;
      await tx.query(
        `INSERT INTO clearing.batch (batch, kind, market, business, clearing_date, seq, live_attempt, published_at, output_hash)
         VALUES ($1, 'market', $2, 'swap', $3, 1, 1, 1, 'x') ON CONFLICT DO NOTHING`,
        [batch, market, date],
      );
      await tx.query(
        `INSERT INTO clearing.attempt (batch, attempt, from_step, trigger, actor, reason, epoch, state, at, config_hash,
           code_version, holder, ended_wall)
         VALUES ($1, 1, 0, 'auto', 'scheduler', 'due', 1, 'succeeded', 1, 'x', 'x', 'x', now()) ON CONFLICT DO NOTHING`,
        [batch],
      );
    }
  });
}
