import { hedgesBetween } from './hedge.ts';

/**
 * The independent recomputation: what the steps computed in TypeScript, computed again by the database from the rows
 * they started from, in its own arithmetic. Every statement answers (what, key, expected, found) for each figure that
 * differs, and nothing when all agree. Parameters: $1 batch, then the data attempts of $2 analyse, $3 process, $4 fee,
 * $5 value, $6 book; $7 previous batch or null, $8 and $9 its data attempts of process and value; $10 market, $11 date,
 * $12 and $13 the cut, $15 and $16 the previous one; $14 minor-unit digits by currency.
 */

const HEDGES = hedgesBetween('$10', '$15, $16', '$12, $13');

/** Minor-unit digits of a currency, from the currency table. */
const DIGITS = (currency: string) => `($14::jsonb ->> ${currency})::int`;

/** Quantities: before + opened − closed = after = Σ lots. */
const QUANTITIES = `
  SELECT 'quantity' AS what, c.contract::text AS key,
         (c.quantity_before + coalesce(e.change, 0))::text AS expected, c.quantity::text || '/' || coalesce(l.open, 0)::text AS found
    FROM clearing.contract_state c
    LEFT JOIN (SELECT contract, sum(CASE kind WHEN 'unwind' THEN -quantity WHEN 'accrual' THEN 0 ELSE quantity END) AS change
                 FROM clearing.contract_event WHERE batch = $1 AND attempt = $3 GROUP BY contract) e USING (contract)
    LEFT JOIN (SELECT contract, sum(quantity) AS open FROM clearing.lot_state WHERE batch = $1 AND attempt = $3
                GROUP BY contract) l USING (contract)
   WHERE c.batch = $1 AND c.attempt = $3
     AND (c.quantity <> c.quantity_before + coalesce(e.change, 0) OR c.quantity <> coalesce(l.open, 0))`;

/** Positions of record plus the batch's trades are the contracts. */
const POSITIONS = `
  SELECT 'position' AS what, account || '/' || listing AS key, sum(expected)::text AS expected, sum(found)::text AS found
    FROM (SELECT p.account, p.listing, p.quantity AS expected, 0 AS found FROM accounts.position p
           WHERE p.listing IN (SELECT listing FROM clearing.contract_state WHERE batch = $1 AND attempt = $3)
           UNION ALL
          SELECT account, listing, delta, 0 FROM clearing.trade WHERE batch = $1 AND attempt = $2
           UNION ALL
          SELECT account, listing, 0, CASE side WHEN 'long' THEN quantity ELSE -quantity END FROM clearing.contract_state
           WHERE batch = $1 AND attempt = $3 AND back_to_back_of IS NULL) x
   GROUP BY account, listing HAVING sum(expected) <> sum(found)`;

/** Marks: s·(Q·P1·F1 − Σ value·F0), half-even, and margin at reference prices, up. */
const MARKS = `
  SELECT 'mark to market' AS what, v.contract::text AS key, x.mtm || '/' || x.margin AS expected,
         v.mtm || '/' || v.margin AS found
    FROM clearing.valuation v
    JOIN (SELECT c.contract,
            clearing.half_even(CASE c.side WHEN 'long' THEN 1 ELSE -1 END * (w.quantity::numeric * w.mark * w.fx_rate - coalesce(l.cost, 0))
              * 10::numeric ^ d.digits, 10::numeric ^ 18 * d.per_unit) AS mtm,
            clearing.up(coalesce(l.cost, 0) * (c.terms #>> '{margin,initial}')::numeric * 10::numeric ^ d.digits,
              10::numeric ^ 28 * d.per_unit) AS margin
            FROM clearing.contract_state c
            JOIN clearing.valuation w ON (w.batch, w.contract) = (c.batch, c.contract) AND w.attempt = $5
            LEFT JOIN (SELECT contract, sum(value * coalesce(fx_rate, 10000000000)) AS cost FROM clearing.lot_state
                        WHERE batch = $1 AND attempt = $3 GROUP BY contract) l ON l.contract = c.contract
           CROSS JOIN LATERAL (SELECT ${DIGITS('c.settlement_currency')} AS digits,
             (SELECT CASE WHEN q.quote IN ('GBX', 'ZAC', 'ILA') THEN 100 ELSE 1 END FROM reference.listing q
               WHERE q.listing = c.listing AND q.valid_from <= $11::date AND (q.valid_to IS NULL OR q.valid_to >= $11::date)) AS per_unit) d
           WHERE c.batch = $1 AND c.attempt = $3) x ON x.contract = v.contract
   WHERE v.batch = $1 AND v.attempt = $5 AND (v.mtm <> x.mtm OR v.margin <> x.margin)`;

/** Financing: lots open before the batch, every night at its index plus spread, ACT/360 or 365, remainder carried. */
const FINANCING = `
  SELECT 'financing' AS what, c.contract::text AS key, x.accrual::text AS expected, c.accrual::text AS found
    FROM clearing.contract_state c
    JOIN (SELECT c.contract,
            c.financing_before - clearing.half_even(coalesce(sum(l.accrued), 0) + coalesce(sum(l.value * coalesce(l.fx_rate, 10000000000)), 0)
              * coalesce(min(e.factor), 0), min(u.unit)) AS accrual
            FROM clearing.contract_state c
            LEFT JOIN clearing.lot_state l ON l.batch = $7 AND l.attempt = $8 AND l.contract = c.contract
            LEFT JOIN (SELECT s.contract, sum(s.sign * (e.index_rate + s.sign * s.spread)
                         * (split_part(e.source, '..', 2)::date - split_part(e.source, '..', 1)::date)) AS factor
                         FROM clearing.contract_event e
                         JOIN (SELECT contract, CASE side WHEN 'long' THEN 1 ELSE -1 END AS sign,
                                      (terms #>> '{financing,spread}')::numeric AS spread
                                 FROM clearing.contract_state WHERE batch = $1 AND attempt = $3) s ON s.contract = e.contract
                        WHERE e.batch = $1 AND e.attempt = $3 AND e.kind = 'accrual' GROUP BY s.contract) e ON e.contract = c.contract
           CROSS JOIN LATERAL (SELECT 10::numeric ^ (28 - ${DIGITS('c.settlement_currency')})
             * CASE c.terms #>> '{financing,dayCount}' WHEN 'ACT/360' THEN 360 ELSE 365 END
             * (SELECT CASE WHEN q.quote IN ('GBX', 'ZAC', 'ILA') THEN 100 ELSE 1 END FROM reference.listing q
                 WHERE q.listing = c.listing AND q.valid_from <= $11::date AND (q.valid_to IS NULL OR q.valid_to >= $11::date)) AS unit) u
           WHERE c.batch = $1 AND c.attempt = $3 AND c.version > 1 GROUP BY c.contract, c.financing_before) x ON x.contract = c.contract
   WHERE c.batch = $1 AND c.attempt = $3 AND c.accrual <> x.accrual
     AND NOT EXISTS (SELECT 1 FROM clearing.contract_event e WHERE e.batch = $1 AND e.attempt = $3 AND e.contract = c.contract
                        AND e.kind = 'restate')`;

/** Interest owed: before + accrued − settled = after, restated contracts too. */
const INTEREST = `
  SELECT 'interest' AS what, contract::text AS key, (financing_before - accrual + settled)::text AS expected, financing::text AS found
    FROM clearing.contract_state
   WHERE batch = $1 AND attempt = $3 AND financing <> financing_before - accrual + settled`;

/** Money of a contract's events is the contract's. */
const EVENTS = `
  SELECT 'realised' AS what, c.contract::text AS key, coalesce(e.realised, 0) || '/' || coalesce(e.settled, 0) AS expected,
         c.realised || '/' || c.settled AS found
    FROM clearing.contract_state c
    LEFT JOIN (SELECT contract, sum(realised) AS realised, sum(financing) FILTER (WHERE kind <> 'accrual') AS settled
                 FROM clearing.contract_event WHERE batch = $1 AND attempt = $3 GROUP BY contract) e USING (contract)
   WHERE c.batch = $1 AND c.attempt = $3 AND (c.realised <> coalesce(e.realised, 0) OR c.settled <> coalesce(e.settled, 0))`;

/** What the fees are charged on, from the fills themselves. */
const FEE_BASE = `
  WITH base AS (
    SELECT 'client' AS payer, l.level, l.level || ' ' || CASE l.level WHEN 'fill' THEN t.seq || '.' || t.k WHEN 'order' THEN t.order_id::text
             ELSE t.account || '/' || t.listing || '/' || CASE t.side WHEN 1 THEN 'buy' ELSE 'sell' END END AS ref,
           t.quantity::numeric AS quantity, t.quantity::numeric * t.price AS value, t.quantity::numeric * t.price * t.fx_rate AS converted
      FROM clearing.trade t CROSS JOIN (VALUES ('fill'), ('order'), ('note')) l (level)
     WHERE t.batch = $1 AND t.attempt = $2 AND t.kind = 'fill'
     UNION ALL
    SELECT 'house', l.level, l.level || ' ' || CASE l.level WHEN 'fill' THEN h.exec_id WHEN 'order' THEN h.child::text
             ELSE h.route || '/' || h.listing || '/' || CASE h.side WHEN 1 THEN 'buy' ELSE 'sell' END END,
           h.quantity::numeric, h.quantity::numeric * h.price, 0
      FROM (${HEDGES}) h CROSS JOIN (VALUES ('fill'), ('order'), ('note')) l (level)
     WHERE h.kind = 'fill'),
  charge AS (SELECT payer, level, ref, sum(quantity) AS quantity, sum(value) AS value, sum(converted) AS converted
               FROM base GROUP BY payer, level, ref
              UNION ALL
             SELECT DISTINCT payer, level, ref, quantity, value, 0 FROM clearing.fee
              WHERE batch = $1 AND attempt = $4 AND line ? 'of' AND code <> 'COMMISSION'
              UNION ALL
             SELECT payer, level, ref, quantity, 0, value FROM clearing.fee
              WHERE batch = $1 AND attempt = $4 AND line ? 'of' AND code = 'COMMISSION')`;

/** Fees: each charge again from its base and the rule that is kept with it. */
const FEES = `${FEE_BASE}
  SELECT 'fee' AS what, f.payer || ' ' || f.code || ' ' || f.ref AS key, x.amount::text AS expected, f.amount::text AS found
    FROM clearing.fee f
    JOIN charge c ON (c.payer, c.level, c.ref) = (f.payer, f.level, f.ref)
     AND (NOT f.line ? 'of' OR (f.code = 'COMMISSION') = (c.value = 0 AND c.converted <> 0) OR c.quantity = 0)
    CROSS JOIN LATERAL (SELECT ${DIGITS('f.quote_currency')} AS quote_digits, ${DIGITS('f.currency')} AS digits,
      coalesce((f.line ->> 'unit')::numeric, 1) AS unit, (f.line ->> 'part')::numeric AS part,
      coalesce((f.line ->> 'perUnit')::numeric, 1) AS per_unit) d
    CROSS JOIN LATERAL (SELECT CASE f.line ->> 'kind'
        WHEN 'rate' THEN div(c.value, d.per_unit) * d.part * 10::numeric ^ d.quote_digits
        WHEN 'per-unit' THEN c.quantity * d.part * 10::numeric ^ (d.quote_digits + 8)
        WHEN 'fixed' THEN (f.line ->> 'fixed')::numeric * 10::numeric ^ (d.quote_digits + 20) END AS n,
      10::numeric ^ 20 * d.unit AS u) q
    CROSS JOIN LATERAL (SELECT d.unit * CASE f.line ->> 'rounding' WHEN 'up' THEN clearing.up(q.n, q.u)
        WHEN 'half-up' THEN clearing.half_up(q.n, q.u) WHEN 'half-even' THEN clearing.half_even(q.n, q.u) ELSE div(q.n, q.u) END AS raw) r
    CROSS JOIN LATERAL (SELECT CASE WHEN f.line ->> 'kind' = 'commission'
        THEN clearing.half_up(c.converted * (f.line ->> 'ppm')::numeric * 10::numeric ^ d.digits, 10::numeric ^ 24 * d.per_unit)
        ELSE clearing.half_even(least(greatest(r.raw, coalesce((f.line ->> 'min')::numeric, r.raw)),
               coalesce((f.line ->> 'max')::numeric, greatest(r.raw, coalesce((f.line ->> 'min')::numeric, r.raw))))
             * (f.line ->> 'rate')::numeric * 10::numeric ^ d.digits, 10000000000 * 10::numeric ^ d.quote_digits) END
        * sign(c.quantity) - coalesce((f.line ->> 'was')::numeric, 0) AS amount) x
   WHERE f.batch = $1 AND f.attempt = $4 AND (f.amount <> x.amount)`;

/** What a charge computed again takes off is what all published batches charged for it. */
const REFUNDS = `
  SELECT 'charged before' AS what, f.payer || ' ' || f.code || ' ' || f.ref AS key, coalesce(sum(p.amount), 0)::text AS expected,
         f.line ->> 'was' AS found
    FROM clearing.fee f
    LEFT JOIN (SELECT e.*, b.batch AS of_batch FROM clearing.batch b
                 JOIN clearing.step_run r ON r.batch = b.batch AND r.attempt = b.live_attempt AND r.name = 'fee'
                 JOIN clearing.fee e ON e.batch = b.batch AND e.attempt = r.data_attempt
                WHERE b.market = $10 AND b.clearing_date < $11::date) p
      ON (p.payer, p.code) = (f.payer, f.code)
     AND coalesce(p.line ->> 'of', p.of_batch) = f.line ->> 'of' AND coalesce(p.line ->> 'ref', p.ref) = f.line ->> 'ref'
   WHERE f.batch = $1 AND f.attempt = $4 AND f.line ? 'of'
   GROUP BY f.payer, f.code, f.ref, f.line HAVING coalesce(sum(p.amount), 0) <> (f.line ->> 'was')::numeric`;

/** Every client order paid commission, every house fill its broker: nothing was left uncharged. */
const FEES_COMPLETE = `${FEE_BASE}
  SELECT 'fee missing' AS what, c.payer || ' ' || c.ref AS key, 'charged' AS expected, 'none' AS found
    FROM charge c
   WHERE ((c.payer = 'client' AND c.level = 'order') OR (c.payer = 'house' AND c.level = 'fill'))
     AND NOT EXISTS (SELECT 1 FROM clearing.fee f WHERE f.batch = $1 AND f.attempt = $4 AND f.ref = c.ref AND f.line ? 'of')
     AND NOT EXISTS (SELECT 1 FROM clearing.fee f WHERE f.batch = $1 AND f.attempt = $4 AND f.payer = c.payer AND f.ref = c.ref
                        AND f.code = CASE c.payer WHEN 'client' THEN 'COMMISSION' ELSE 'BROKER' END)`;

/** What the lines must add up to, by rule and currency; a line's direction gives its sign. */
const LINES = `
  WITH line AS (
    SELECT rule, currency, sum(amount * CASE
        WHEN rule IN ('contract-mark') THEN CASE debit ->> 'code' WHEN '4031' THEN 1 ELSE -1 END
        WHEN rule IN ('contract-realise') THEN CASE debit ->> 'code' WHEN '4030' THEN 1 ELSE -1 END
        WHEN rule = 'contract-realise-margin' THEN -1
        WHEN rule = 'financing-accrue' THEN CASE debit ->> 'code' WHEN '1055' THEN -1 ELSE 1 END
        WHEN rule = 'financing-settle' THEN CASE debit ->> 'code' WHEN '2010' THEN -1 ELSE 1 END
        WHEN rule = 'margin-release' THEN -1
        WHEN rule = 'hedge-mark' THEN CASE debit ->> 'code' WHEN '1045' THEN 1 ELSE -1 END
        ELSE 1 END) AS total
      FROM clearing.posting_line WHERE batch = $1 AND attempt = $6 GROUP BY rule, currency),
  found AS (
    SELECT CASE WHEN rule IN ('contract-realise', 'contract-realise-margin') THEN 'realised'
                WHEN rule IN ('margin-lock', 'margin-release') THEN 'margin'
                WHEN rule IN ('hedge-levy', 'hedge-duty', 'hedge-commission') THEN 'house fees'
                WHEN rule IN ('commission', 'fee-recovery') THEN 'client fees'
                ELSE rule END AS what, currency, sum(total) AS total
      FROM line WHERE rule IN ('contract-mark', 'contract-realise', 'contract-realise-margin', 'financing-accrue', 'financing-settle',
        'margin-lock', 'margin-release', 'commission', 'fee-recovery', 'hedge-levy', 'hedge-duty', 'hedge-commission', 'hedge-mark')
     GROUP BY 1, 2),
  expected AS (
    SELECT x.what, v.currency, sum(x.total) AS total
      FROM clearing.contract_state c
      JOIN clearing.valuation v ON (v.batch, v.contract) = (c.batch, c.contract) AND v.attempt = $5
      CROSS JOIN LATERAL (VALUES ('contract-mark', (v.mtm - v.mtm_before)::numeric), ('realised', c.realised), ('financing-accrue', c.accrual),
        ('financing-settle', c.settled),
        -- A loss taken out of margin has left it by another rule.
        ('margin', v.margin - v.margin_before + least(greatest(-c.realised, 0), greatest(v.margin_before - v.margin, 0)))) x (what, total)
     WHERE c.batch = $1 AND c.attempt = $3 AND c.back_to_back_of IS NULL GROUP BY 1, 2
     UNION ALL
    SELECT payer || ' fees', currency, sum(amount) FROM clearing.fee WHERE batch = $1 AND attempt = $4 GROUP BY 1, 2
     UNION ALL
    SELECT 'hedge-mark', i.currency, sum(m.fair_value - i.fair_before) FROM clearing.inventory i
      JOIN clearing.inventory_mark m ON (m.batch, m.route, m.listing) = (i.batch, i.route, i.listing) AND m.attempt = $5
     WHERE i.batch = $1 AND i.attempt = $3 GROUP BY 2)
  SELECT 'posting ' || what AS what, currency AS key, coalesce(e.total, 0)::text AS expected, coalesce(f.total, 0)::text AS found
    FROM expected e FULL JOIN found f USING (what, currency) WHERE coalesce(e.total, 0) <> coalesce(f.total, 0)`;

/** A line stays inside one entity; back-to-backs mirror each other; Σ = 0 per entity and currency follows from pairs. */
const ENTITIES = `
  SELECT 'entity' AS what, no::text AS key, debit ->> 'entity' AS expected, credit ->> 'entity' AS found
    FROM clearing.posting_line WHERE batch = $1 AND attempt = $6 AND debit ->> 'entity' <> credit ->> 'entity'
   UNION ALL
  SELECT 'back-to-back', currency, '0', sum(s)::text
    FROM (SELECT currency, amount * CASE WHEN debit ->> 'code' IN ('1110', '1120', '1210') THEN 1 ELSE 0 END
                 - amount * CASE WHEN credit ->> 'code' IN ('1110', '1120', '1210') THEN 1 ELSE 0 END
                 + amount * CASE WHEN debit ->> 'code' IN ('2120', '2210') THEN 1 ELSE 0 END
                 - amount * CASE WHEN credit ->> 'code' IN ('2120', '2210') THEN 1 ELSE 0 END AS s
            FROM clearing.posting_line WHERE batch = $1 AND attempt = $6 AND rule LIKE 'b2b-%') x
   GROUP BY currency HAVING sum(s) <> 0`;

/** Inventory: what was held plus what was traded; its cost and cash recomputed from the fills of the day. */
const INVENTORY = `
  SELECT 'inventory' AS what, i.route || '/' || i.listing AS key, coalesce(p.quantity, 0) + coalesce(h.net, 0) || '' AS expected,
         i.quantity::text AS found
    FROM clearing.inventory i
    LEFT JOIN clearing.inventory p ON p.batch = $7 AND p.attempt = $8 AND (p.route, p.listing) = (i.route, i.listing)
    LEFT JOIN (SELECT route, listing, sum(CASE side WHEN 1 THEN quantity ELSE -quantity END) AS net FROM (${HEDGES}) x GROUP BY route, listing) h ON (h.route, h.listing) = (i.route, i.listing)
   WHERE i.batch = $1 AND i.attempt = $3 AND i.quantity <> coalesce(p.quantity, 0) + coalesce(h.net, 0)`;

export const PROOFS: readonly string[] = [
  ...[QUANTITIES, POSITIONS, MARKS, FINANCING, INTEREST, EVENTS, REFUNDS, FEES, FEES_COMPLETE, LINES, ENTITIES, INVENTORY],
];
