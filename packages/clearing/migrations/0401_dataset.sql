-- What the steps of a batch compute: its sub-ledger. Rows lie under the attempt that computed them and are never
-- changed; which attempt holds is batch.live_attempt. Money in minor units, prices 8 decimals, FX 10, instants
-- microseconds UTC.

-- import: the broker's file as it was read. `at_byte` is the line's place in the file.
CREATE TABLE clearing.broker_fill (
  batch           text    NOT NULL,
  attempt         integer NOT NULL,
  line            integer NOT NULL,
  at_byte         bigint  NOT NULL,
  kind            text    NOT NULL CHECK (kind IN ('FILL', 'BUST')),
  exec_id         text    NOT NULL,
  ref_exec_id     text    NOT NULL,
  venue_order_id  text    NOT NULL,
  cl_ord_id       text    NOT NULL,
  trading_account text    NOT NULL,
  isin            text    NOT NULL,
  symbol          text    NOT NULL,
  side            text    NOT NULL,
  quantity        bigint  NOT NULL CHECK (quantity > 0),
  price           bigint  NOT NULL,
  currency        text    NOT NULL,
  transact_at     bigint  NOT NULL,
  settlement_date date    NOT NULL,
  commission      bigint  NOT NULL,
  sec31           bigint  NOT NULL,
  taf             bigint  NOT NULL,
  -- A fill that no bust of the same file takes back is good.
  state           text    NOT NULL CHECK (state IN ('good', 'busted', 'bust')),
  PRIMARY KEY (batch, attempt, line),
  FOREIGN KEY (batch, attempt) REFERENCES clearing.attempt
);

-- analyse: every client fill of record with what stands behind it.
CREATE TABLE clearing.trade (
  batch     text     NOT NULL,
  attempt   integer  NOT NULL,
  seq       bigint   NOT NULL,
  k         integer  NOT NULL,
  at        bigint   NOT NULL,
  order_id  bigint   NOT NULL,
  account   bigint   NOT NULL,
  listing   bigint   NOT NULL,
  side      smallint NOT NULL,
  effect    smallint NOT NULL,
  delta     bigint   NOT NULL,
  quantity  bigint   NOT NULL CHECK (quantity > 0),
  price     bigint   NOT NULL,
  hold      bigint   NOT NULL CHECK (hold >= 0),
  rate_set  bigint   NOT NULL,
  fx_rate   bigint   NOT NULL CHECK (fx_rate > 0),
  hedge_seq bigint,
  hedge_k   integer,
  exec_id   text,
  policy    text     NOT NULL CHECK (policy IN ('fill', 'order', 'day')),
  kind      text     NOT NULL CHECK (kind IN ('fill', 'bust')),
  PRIMARY KEY (batch, attempt, seq, k),
  FOREIGN KEY (batch, attempt) REFERENCES clearing.attempt
);

-- analyse: data-flow edges, from what to what. CL-3
CREATE TABLE clearing.data_flow (
  batch     text    NOT NULL,
  attempt   integer NOT NULL,
  from_kind text    NOT NULL,
  from_ref  text    NOT NULL,
  to_kind   text    NOT NULL,
  to_ref    text    NOT NULL,
  PRIMARY KEY (batch, attempt, from_kind, from_ref, to_kind, to_ref),
  FOREIGN KEY (batch, attempt) REFERENCES clearing.attempt
);

-- process: what happened to each contract, in order. Money is seen from the client: + it receives.
CREATE TABLE clearing.contract_event (
  batch       text    NOT NULL,
  attempt     integer NOT NULL,
  contract    bigint  NOT NULL,
  no          integer NOT NULL CHECK (no >= 1),
  kind        text    NOT NULL CHECK (kind IN ('accrual', 'open', 'increase', 'unwind')),
  source      text    NOT NULL,
  event_date  date    NOT NULL,
  quantity    bigint  NOT NULL CHECK (quantity >= 0),
  value       numeric(38, 0) NOT NULL,
  fx_rate     bigint,
  fx_rate_set bigint,
  fx_at       bigint,
  index_rate  bigint,
  realised    bigint  NOT NULL,
  financing   bigint  NOT NULL,
  PRIMARY KEY (batch, attempt, contract, no),
  FOREIGN KEY (batch, attempt) REFERENCES clearing.attempt
);

-- process: every contract of the batch as it stands after it; a back-to-back beside its client contract. `before` are
-- the figures that the previous batch published, `realised`, `accrual` and `settled` are this batch's.
CREATE TABLE clearing.contract_state (
  batch               text    NOT NULL,
  attempt             integer NOT NULL,
  contract            bigint  NOT NULL,
  uti                 text    NOT NULL,
  version             bigint  NOT NULL CHECK (version >= 1),
  transitions         bigint  NOT NULL CHECK (transitions >= 1),
  entity              bigint  NOT NULL,
  hedge_entity        bigint  NOT NULL,
  account             bigint  NOT NULL,
  back_to_back_of     bigint,
  listing             bigint  NOT NULL,
  side                text    NOT NULL CHECK (side IN ('long', 'short')),
  basis               text    NOT NULL,
  settlement_currency text    NOT NULL,
  terms               jsonb   NOT NULL,
  state               text    NOT NULL CHECK (state IN ('open', 'closed')),
  opened_on           date    NOT NULL,
  accrued_to          date    NOT NULL,
  accrued_from        date    NOT NULL,
  quantity_before     bigint  NOT NULL CHECK (quantity_before >= 0),
  quantity            bigint  NOT NULL CHECK (quantity >= 0),
  financing_before    bigint  NOT NULL,
  financing           bigint  NOT NULL,
  accrual             bigint  NOT NULL,
  settled             bigint  NOT NULL,
  realised            bigint  NOT NULL,
  lots_made           integer NOT NULL CHECK (lots_made >= 1),
  PRIMARY KEY (batch, attempt, contract),
  FOREIGN KEY (batch, attempt) REFERENCES clearing.attempt,
  CHECK ((state = 'closed') = (quantity = 0))
);

-- process: the lots behind it, open and those closed by this batch. `value` is quantity x reference price and `accrued`
-- the financing, both exact; opening figures are those before the batch's own accrual and trades.
CREATE TABLE clearing.lot_state (
  batch           text    NOT NULL,
  attempt         integer NOT NULL,
  contract        bigint  NOT NULL,
  lot             integer NOT NULL CHECK (lot >= 1),
  trade_date      date    NOT NULL,
  quantity_traded bigint  NOT NULL CHECK (quantity_traded > 0),
  price           bigint  NOT NULL,
  quantity        bigint  NOT NULL CHECK (quantity >= 0),
  value           numeric(38, 0) NOT NULL,
  fx_rate         bigint,
  fx_rate_set     bigint,
  fx_at           bigint,
  accrued         numeric(60, 0) NOT NULL,
  PRIMARY KEY (batch, attempt, contract, lot),
  FOREIGN KEY (batch, attempt) REFERENCES clearing.attempt
);

-- process: the house's hedge inventory after the batch, at average cost. `cost` is exact: quantity x price, 8 decimals.
CREATE TABLE clearing.inventory (
  batch       text    NOT NULL,
  attempt     integer NOT NULL,
  entity      bigint  NOT NULL,
  route       bigint  NOT NULL,
  listing     bigint  NOT NULL,
  currency    text    NOT NULL,
  quantity    bigint  NOT NULL,
  cost        numeric(38, 0) NOT NULL,
  cost_minor  bigint  NOT NULL,
  cost_before bigint  NOT NULL,
  bought      bigint  NOT NULL CHECK (bought >= 0),
  sold        bigint  NOT NULL CHECK (sold >= 0),
  cash_out    bigint  NOT NULL CHECK (cash_out >= 0),
  cash_in     bigint  NOT NULL CHECK (cash_in >= 0),
  fair_before bigint  NOT NULL,
  PRIMARY KEY (batch, attempt, route, listing),
  FOREIGN KEY (batch, attempt) REFERENCES clearing.attempt
);

-- fee: one line per charge at its own level: fill, order or day note.
CREATE TABLE clearing.fee (
  batch    text    NOT NULL,
  attempt  integer NOT NULL,
  payer    text    NOT NULL CHECK (payer IN ('client', 'house')),
  code     text    NOT NULL,
  level    text    NOT NULL CHECK (level IN ('fill', 'order', 'note')),
  ref      text    NOT NULL,
  entity   bigint  NOT NULL,
  account  bigint,
  route    bigint,
  listing  bigint  NOT NULL,
  quantity bigint  NOT NULL,
  value    numeric(60, 0) NOT NULL,
  quote_currency text NOT NULL,
  quote_amount   bigint NOT NULL CHECK (quote_amount >= 0),
  currency text    NOT NULL,
  amount   bigint  NOT NULL CHECK (amount >= 0),
  line     jsonb   NOT NULL,
  PRIMARY KEY (batch, attempt, payer, code, ref),
  FOREIGN KEY (batch, attempt) REFERENCES clearing.attempt
);

-- value: one line per contract. `mtm` is the client's gain since the reference prices; `margin` is locked at them,
-- `requirement` is what the mark asks for.
CREATE TABLE clearing.valuation (
  batch       text    NOT NULL,
  attempt     integer NOT NULL,
  contract    bigint  NOT NULL,
  currency    text    NOT NULL,
  quantity    bigint  NOT NULL CHECK (quantity >= 0),
  mark        bigint  NOT NULL,
  fx_rate     bigint  NOT NULL CHECK (fx_rate > 0),
  fx_rate_set bigint  NOT NULL,
  mtm_before  bigint  NOT NULL,
  mtm         bigint  NOT NULL,
  exposure    bigint  NOT NULL CHECK (exposure >= 0),
  notional    bigint  NOT NULL CHECK (notional >= 0),
  notional_before bigint NOT NULL CHECK (notional_before >= 0),
  margin_before bigint NOT NULL CHECK (margin_before >= 0),
  margin      bigint  NOT NULL CHECK (margin >= 0),
  requirement bigint  NOT NULL CHECK (requirement >= 0),
  maintenance bigint  NOT NULL CHECK (maintenance >= 0),
  PRIMARY KEY (batch, attempt, contract),
  FOREIGN KEY (batch, attempt) REFERENCES clearing.attempt
);

-- value: the hedge inventory at the same marks.
CREATE TABLE clearing.inventory_mark (
  batch      text    NOT NULL,
  attempt    integer NOT NULL,
  route      bigint  NOT NULL,
  listing    bigint  NOT NULL,
  mark       bigint  NOT NULL,
  fair_value bigint  NOT NULL,
  PRIMARY KEY (batch, attempt, route, listing),
  FOREIGN KEY (batch, attempt) REFERENCES clearing.attempt
);

-- value: what is to be delivered or paid, by value date; `settled_by` is derived from dates, so rows never change.
CREATE TABLE clearing.obligation (
  batch        text    NOT NULL,
  attempt      integer NOT NULL,
  no           integer NOT NULL CHECK (no >= 1),
  kind         text    NOT NULL CHECK (kind IN ('cash', 'securities')),
  entity       bigint  NOT NULL,
  counterparty bigint  NOT NULL,
  listing      bigint,
  currency     text,
  trade_date   date    NOT NULL,
  value_date   date    NOT NULL,
  amount       bigint  NOT NULL CHECK (amount <> 0),
  trades       integer NOT NULL CHECK (trades >= 1),
  PRIMARY KEY (batch, attempt, no),
  FOREIGN KEY (batch, attempt) REFERENCES clearing.attempt,
  CHECK ((kind = 'cash') = (currency IS NOT NULL)),
  CHECK ((kind = 'securities') = (listing IS NOT NULL))
);

-- book: the lines to be published. Keys are account keys as the account centre takes them.
CREATE TABLE clearing.posting_line (
  batch    text    NOT NULL,
  attempt  integer NOT NULL,
  no       integer NOT NULL CHECK (no >= 1),
  rule     text    NOT NULL,
  entity   bigint  NOT NULL,
  debit    jsonb   NOT NULL,
  credit   jsonb   NOT NULL,
  currency text    NOT NULL,
  amount   bigint  NOT NULL CHECK (amount > 0),
  PRIMARY KEY (batch, attempt, no),
  FOREIGN KEY (batch, attempt) REFERENCES clearing.attempt
);

-- book: the rest of what is published, as the account centre takes it.
CREATE TABLE clearing.publication (
  batch     text    NOT NULL,
  attempt   integer NOT NULL,
  contracts jsonb   NOT NULL,
  fills     jsonb   NOT NULL,
  bookings  jsonb   NOT NULL,
  PRIMARY KEY (batch, attempt),
  FOREIGN KEY (batch, attempt) REFERENCES clearing.attempt
);

-- Division rounded half to even, away from zero and up: the proof's own arithmetic. `d` is positive.
CREATE FUNCTION clearing.half_even(n numeric, d numeric) RETURNS numeric LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE WHEN 2 * abs(x.r) > d OR (2 * abs(x.r) = d AND x.q % 2 <> 0) THEN x.q + sign(n) ELSE x.q END
    FROM (SELECT div(n, d) AS q, n - div(n, d) * d AS r) x
$$;
CREATE FUNCTION clearing.half_up(n numeric, d numeric) RETURNS numeric LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE WHEN 2 * abs(x.r) >= d THEN x.q + sign(n) ELSE x.q END
    FROM (SELECT div(n, d) AS q, n - div(n, d) * d AS r) x
$$;
CREATE FUNCTION clearing.up(n numeric, d numeric) RETURNS numeric LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE WHEN n - div(n, d) * d <> 0 THEN div(n, d) + sign(n) ELSE div(n, d) END
$$;
