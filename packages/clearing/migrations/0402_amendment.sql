-- Busts and corrections of fills that an earlier batch booked.

-- What a bust or correction names: the fill, the batch that booked it, and how much at which price.
ALTER TABLE clearing.trade
  ADD COLUMN ref_batch    text,
  ADD COLUMN ref_seq      bigint,
  ADD COLUMN ref_k        integer,
  ADD COLUMN ref_quantity bigint,
  ADD COLUMN ref_price    bigint,
  DROP CONSTRAINT trade_kind_check,
  ADD CONSTRAINT trade_kind_check CHECK (kind IN ('fill', 'bust', 'correction')),
  ADD CONSTRAINT trade_ref_check CHECK ((kind = 'fill') = (ref_batch IS NULL));

-- A bust of an execution that an earlier file told of.
ALTER TABLE clearing.broker_fill
  DROP CONSTRAINT broker_fill_state_check,
  ADD CONSTRAINT broker_fill_state_check CHECK (state IN ('good', 'busted', 'bust', 'late-bust'));

-- A restated contract: quantity is what its open quantity changes by, value what the amended unit's value does.
ALTER TABLE clearing.contract_event
  DROP CONSTRAINT contract_event_kind_check,
  ADD CONSTRAINT contract_event_kind_check CHECK (kind IN ('accrual', 'open', 'increase', 'unwind', 'restate')),
  DROP CONSTRAINT contract_event_quantity_check,
  ADD CONSTRAINT contract_event_quantity_check CHECK (quantity >= 0 OR kind = 'restate');

-- A charge computed again gives back what was too much: `of` names the batch that charged it first.
ALTER TABLE clearing.fee
  DROP CONSTRAINT fee_quote_amount_check,
  ADD CONSTRAINT fee_quote_amount_check CHECK (quote_amount >= 0 OR line ? 'of'),
  DROP CONSTRAINT fee_amount_check,
  ADD CONSTRAINT fee_amount_check CHECK (amount >= 0 OR line ? 'of');
