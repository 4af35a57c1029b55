/** What published batches stand by, in SQL. */

/**
 * The rows of a data set as the step that computes it left them, of every batch's live attempt or of the one that it inherited
 * them from. Names the batch b and the row d.
 */
export const publishedData = (step: string, table: string): string =>
  `clearing.batch b
     JOIN clearing.step_run r ON r.batch = b.batch AND r.attempt = b.live_attempt AND r.name = '${step}'
     JOIN ${table} d ON d.batch = b.batch AND d.attempt = r.data_attempt`;

/** Of batches of the same market and business before a clearing date: $1, $2 and $3. */
export const EARLIER = `b.kind = 'market' AND b.market = $1 AND b.business = $2 AND b.clearing_date < $3`;
