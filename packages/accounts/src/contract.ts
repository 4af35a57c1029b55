import type { ContractChange } from './command.ts';
import type { Books } from './ledger.ts';
import { problem } from './problems.ts';

/**
 * Contracts of record (合约). What a change means is the product's business and was computed by the batch; here it is
 * kept: versions without gaps, an identity that never changes, lots, and the cost of the positions that follow from them.
 */
export async function recordContracts(books: Books, batch: string, changes: readonly ContractChange[]): Promise<void> {
  if (changes.length === 0) return;
  const json = { json: changes };
  const { rows } = await books.tx.query<{ contract: bigint }>(
    `SELECT n.contract FROM jsonb_to_recordset($1::jsonb) AS n (contract bigint, version bigint, uti text, entity bigint,
        account bigint, listing bigint, side text, basis text, "settlementCurrency" text, "backToBackOf" bigint)
       LEFT JOIN accounts.contract c ON c.contract = n.contract
      WHERE n.version <> coalesce(c.version, 0) + 1
         OR (c.contract IS NOT NULL AND
             (c.state = 'closed' OR
              (c.uti, c.entity, c.account, c.listing, c.side, c.basis, c.settlement_currency, c.back_to_back_of)
               IS DISTINCT FROM (n.uti, n.entity, n.account, n.listing, n.side, n.basis, n."settlementCurrency", n."backToBackOf")))
      ORDER BY n.contract LIMIT 1`,
    [json],
  );
  if (rows[0] !== undefined || new Set(changes.map((c) => c.contract)).size !== changes.length)
    throw problem('PUBLICATION_REFUSED', {
      batch,
      reason: `contract ${rows[0]?.contract ?? 'list'}: not the next version, closed, doubled or of another identity`,
    });
  await books.tx.query(UPSERT, [json]);
  await books.tx.query(LOTS, [json]);
  await books.tx.query(
    `INSERT INTO accounts.contract_version (contract, version, batch, economics)
     SELECT n.contract, n.version, $2, n.economics
       FROM jsonb_to_recordset($1::jsonb) AS n (contract bigint, version bigint, economics jsonb)`,
    [json, batch],
  );
  await books.tx.query(COST, [changes.map(({ contract }) => contract)]);
}

const UPSERT = `
  INSERT INTO accounts.contract (contract, uti, entity, book, agreement, client, master, sub, account, listing, side, basis,
                                 settlement_currency, state, back_to_back_of, hedge_entity, terms, opened_on, closed_on, version)
  SELECT n.contract, n.uti, n.entity, n.book, n.agreement, n.client, n.master, n.sub, n.account, n.listing, n.side, n.basis,
         n."settlementCurrency", n.state, n."backToBackOf", n."hedgeEntity", n.terms, n."openedOn", n."closedOn", n.version
    FROM jsonb_to_recordset($1::jsonb) AS n (
         contract bigint, uti text, entity bigint, book bigint, agreement bigint, client bigint, master bigint, sub bigint,
         account bigint, listing bigint, side text, basis text, "settlementCurrency" text, state text,
         "backToBackOf" bigint, "hedgeEntity" bigint, terms jsonb, "openedOn" date, "closedOn" date, version bigint)
   ORDER BY n."backToBackOf" NULLS FIRST, n.contract
  ON CONFLICT (contract) DO UPDATE SET state = EXCLUDED.state, terms = EXCLUDED.terms, closed_on = EXCLUDED.closed_on,
                                       version = EXCLUDED.version`;

const LOTS = `
  INSERT INTO accounts.contract_lot (contract, lot, trade_date, quantity_open, quantity, price, fx_rate, fx_rate_set, fx_at)
  SELECT n.contract, l.lot, l."tradeDate", l."quantityOpen", l.quantity, l.price, l."fxRate", l."fxRateSet", l."fxAt"
    FROM jsonb_to_recordset($1::jsonb) AS n (contract bigint, lots jsonb),
         jsonb_to_recordset(n.lots) AS l (lot integer, "tradeDate" date, "quantityOpen" bigint, quantity bigint, price bigint,
                                          "fxRate" bigint, "fxRateSet" bigint, "fxAt" bigint)
   ORDER BY n.contract, l.lot
  ON CONFLICT (contract, lot) DO UPDATE SET quantity_open = EXCLUDED.quantity_open`;

/** Σ quantity × price of all open lots of the accounts and listings touched, exact; short contracts count negative. */
const COST = `
  UPDATE accounts.position p SET cost_value = coalesce((
      SELECT sum(CASE c.side WHEN 'long' THEN 1 ELSE -1 END * l.quantity_open::numeric * l.price)
        FROM accounts.contract c JOIN accounts.contract_lot l ON l.contract = c.contract
       WHERE c.account = p.account AND c.listing = p.listing), 0)
   WHERE (p.account, p.listing) IN (
     SELECT c.account, c.listing FROM accounts.contract c WHERE c.contract = ANY ($1::bigint[]) AND c.account IS NOT NULL)`;
