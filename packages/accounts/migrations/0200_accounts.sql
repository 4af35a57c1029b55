-- The account centre's record: commands, parties and accounts, the ledger, positions and contracts of record,
-- limit cells and leases. Money is bigint minor units, prices have 8 decimals, FX rates 10, instants are
-- microseconds UTC (suffix _at), ids are dense and shared with the nodes.

CREATE SCHEMA accounts;

-- — commands: every change of the books is the effect of one row —

CREATE TABLE accounts.command (
  no          bigint      PRIMARY KEY CHECK (no > 0),
  id          text        NOT NULL UNIQUE CHECK (length(id) BETWEEN 1 AND 200),
  kind        text        NOT NULL,
  at          bigint      NOT NULL CHECK (at > 0),
  body        jsonb       NOT NULL,
  body_hash   text        NOT NULL,
  maker       text        NOT NULL,
  checker     text,
  outcome     jsonb       NOT NULL,
  recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  CONSTRAINT command_four_eyes CHECK (checker IS NULL OR checker <> maker),
  CONSTRAINT command_needs_checker CHECK (kind NOT IN ('set-limit', 'reverse-journal') OR checker IS NOT NULL)
);

-- — parties —

CREATE TABLE accounts.client_group (
  client_group bigint PRIMARY KEY CHECK (client_group > 0),
  code         text   NOT NULL UNIQUE
);

CREATE TABLE accounts.manager (
  manager bigint PRIMARY KEY CHECK (manager > 0),
  code    text   NOT NULL UNIQUE
);

CREATE TABLE accounts.client (
  client       bigint PRIMARY KEY CHECK (client > 0),
  token        text   NOT NULL UNIQUE,
  entity       bigint NOT NULL CHECK (entity > 0),
  client_group bigint REFERENCES accounts.client_group,
  manager      bigint REFERENCES accounts.manager,
  jurisdiction text   NOT NULL CHECK (jurisdiction ~ '^[A-Z]{2}$'),
  state        text   NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'closed')),
  opened_at    bigint NOT NULL
);

-- Real names live apart from the tokens everything else uses, and can be destroyed without touching the books.
CREATE TABLE accounts.client_name (
  client     bigint NOT NULL REFERENCES accounts.client,
  valid_from date   NOT NULL,
  name_zh    text   NOT NULL,
  name_en    text   NOT NULL,
  PRIMARY KEY (client, valid_from)
);

-- LEI, licence and other identifiers, effective-dated: valid on [valid_from, valid_to).
CREATE TABLE accounts.identifier (
  subject    text   NOT NULL CHECK (subject IN ('client', 'master', 'sub', 'business')),
  subject_id bigint NOT NULL,
  scheme     text   NOT NULL,
  value      text   NOT NULL,
  valid_from date   NOT NULL,
  valid_to   date   CHECK (valid_to > valid_from),
  PRIMARY KEY (subject, subject_id, scheme, valid_from)
);
CREATE UNIQUE INDEX identifier_current ON accounts.identifier (subject, subject_id, scheme) WHERE valid_to IS NULL;
CREATE UNIQUE INDEX identifier_value ON accounts.identifier (scheme, value) WHERE valid_to IS NULL;

-- A netting agreement: margin and close-out set off only inside one.
CREATE TABLE accounts.agreement (
  agreement  bigint PRIMARY KEY CHECK (agreement > 0),
  client     bigint NOT NULL REFERENCES accounts.client,
  entity     bigint NOT NULL CHECK (entity > 0),
  kind       text   NOT NULL,
  signed_on  date   NOT NULL,
  valid_to   date,
  UNIQUE (agreement, client)
);

-- — accounts: one client, one master (UA-1), many subs (UA-2), many business accounts (UA-3) —

CREATE TABLE accounts.master_account (
  master        bigint PRIMARY KEY CHECK (master > 0),
  client        bigint NOT NULL UNIQUE REFERENCES accounts.client,
  entity        bigint NOT NULL,
  base_currency text   NOT NULL CHECK (base_currency ~ '^[A-Z]{3}$'),
  state         text   NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'closed')),
  UNIQUE (master, client),
  UNIQUE (master, entity)
);

CREATE TABLE accounts.sub_account (
  sub    bigint PRIMARY KEY CHECK (sub > 0),
  master bigint NOT NULL REFERENCES accounts.master_account,
  entity bigint NOT NULL,
  code   text   NOT NULL,
  -- Where the client's cash of this sub account is kept: onshore, offshore, bank …
  pool   text   NOT NULL,
  state  text   NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'closed')),
  UNIQUE (master, code),
  UNIQUE (sub, master),
  UNIQUE (sub, entity),
  FOREIGN KEY (master, entity) REFERENCES accounts.master_account (master, entity)
);

CREATE TABLE accounts.business_account (
  account              bigint PRIMARY KEY CHECK (account > 0),
  sub                  bigint NOT NULL,
  master               bigint NOT NULL,
  client               bigint NOT NULL,
  code                 text   NOT NULL,
  type                 text   NOT NULL,
  entity               bigint NOT NULL,
  book                 bigint NOT NULL,
  agreement            bigint NOT NULL,
  basis                text   NOT NULL CHECK (basis IN ('local', 'composite', 'quanto')),
  settlement_currency  text   NOT NULL CHECK (settlement_currency ~ '^[A-Z]{3}$'),
  -- The entity whose route hedges; another entity means a back-to-back contract.
  hedge_entity         bigint NOT NULL,
  route                bigint NOT NULL,
  margin_ppm           bigint NOT NULL CHECK (margin_ppm BETWEEN 0 AND 10000000),
  fee_buffer_ppm       bigint NOT NULL CHECK (fee_buffer_ppm BETWEEN 0 AND 1000000),
  commission_ppm       bigint NOT NULL CHECK (commission_ppm BETWEEN 0 AND 1000000),
  financing_spread_ppm bigint NOT NULL CHECK (financing_spread_ppm BETWEEN -1000000 AND 1000000),
  transfer_spread_ppm  bigint NOT NULL CHECK (transfer_spread_ppm BETWEEN -1000000 AND 1000000),
  permission           smallint NOT NULL CHECK (permission BETWEEN 0 AND 2),
  position_max         bigint NOT NULL CHECK (position_max >= 0),
  order_rate_max       bigint NOT NULL CHECK (order_rate_max >= 0),
  state                text   NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'closed')),
  UNIQUE (sub, code),
  FOREIGN KEY (sub, master) REFERENCES accounts.sub_account (sub, master),
  FOREIGN KEY (master, client) REFERENCES accounts.master_account (master, client),
  FOREIGN KEY (agreement, client) REFERENCES accounts.agreement (agreement, client)
);

-- — ledger —

-- posted is signed, debit +. Available is what may still be taken from the normal side: pending entries count.
CREATE TABLE accounts.ledger_account (
  id             bigint   PRIMARY KEY CHECK (id > 0),
  entity         bigint   NOT NULL,
  code           text     NOT NULL,
  pool           text,
  sub            bigint,
  contract       bigint,
  counterparty   bigint,
  listing        bigint,
  currency       text     NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
  key            text     NOT NULL UNIQUE GENERATED ALWAYS AS (
    entity::text || '/' || code || '/' || coalesce(pool, '') || '/' || coalesce(sub::text, '') || '/' ||
    coalesce(contract::text, '') || '/' || coalesce(counterparty::text, '') || '/' || coalesce(listing::text, '') || '/' || currency
  ) STORED,
  normal_side    smallint NOT NULL CHECK (normal_side IN (1, -1)),
  floor          bigint,
  posted         bigint   NOT NULL DEFAULT 0,
  pending_debit  bigint   NOT NULL DEFAULT 0 CHECK (pending_debit >= 0),
  pending_credit bigint   NOT NULL DEFAULT 0 CHECK (pending_credit >= 0),
  version        bigint   NOT NULL DEFAULT 0 CHECK (version >= 0),
  UNIQUE (id, currency),
  FOREIGN KEY (sub, entity) REFERENCES accounts.sub_account (sub, entity),
  CONSTRAINT ledger_account_floor CHECK (
    floor IS NULL OR
    normal_side * posted - CASE WHEN normal_side = 1 THEN pending_credit ELSE pending_debit END >= floor
  )
) WITH (fillfactor = 70);
CREATE INDEX ledger_account_sub ON accounts.ledger_account (sub) WHERE sub IS NOT NULL;
CREATE INDEX ledger_account_contract ON accounts.ledger_account (contract) WHERE contract IS NOT NULL;

CREATE TABLE accounts.journal (
  id            bigint PRIMARY KEY CHECK (id > 0),
  kind          text   NOT NULL,
  rule          text   NOT NULL,
  at            bigint NOT NULL,
  business_date date   NOT NULL,
  market        text,
  batch         text,
  command_no    bigint NOT NULL,
  source_market text,
  source_seq    bigint,
  source_k      integer,
  reverses      bigint REFERENCES accounts.journal,
  lines         integer NOT NULL CHECK (lines BETWEEN 2 AND 200000),
  prev_hash     text   NOT NULL,
  hash          text   NOT NULL
);
CREATE INDEX journal_command ON accounts.journal (command_no);
CREATE INDEX journal_batch ON accounts.journal (batch) WHERE batch IS NOT NULL;
-- A journal is reversed once.
CREATE UNIQUE INDEX journal_reversed ON accounts.journal (reverses) WHERE reverses IS NOT NULL;

CREATE TABLE accounts.posting (
  journal         bigint  NOT NULL,
  line            integer NOT NULL CHECK (line >= 0),
  account         bigint  NOT NULL,
  currency        text    NOT NULL,
  amount          bigint  NOT NULL CHECK (amount <> 0),
  balance_after   bigint  NOT NULL,
  account_version bigint  NOT NULL CHECK (account_version > 0),
  PRIMARY KEY (journal, line),
  UNIQUE (account, account_version)
);

-- Two-phase entries: a pending hold reserves on both sides, then is posted (whole or in part, the rest falls) or voided.
CREATE TABLE accounts.hold (
  id             bigint PRIMARY KEY CHECK (id > 0),
  rule           text   NOT NULL,
  debit_account  bigint NOT NULL,
  credit_account bigint NOT NULL CHECK (credit_account <> debit_account),
  currency       text   NOT NULL,
  amount         bigint NOT NULL CHECK (amount > 0),
  posted_amount  bigint NOT NULL DEFAULT 0 CHECK (posted_amount BETWEEN 0 AND amount),
  state          text   NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'posted', 'voided')),
  source_market  text,
  source_seq     bigint,
  source_k       integer,
  created_no     bigint NOT NULL,
  ended_no       bigint,
  journal        bigint REFERENCES accounts.journal,
  FOREIGN KEY (debit_account, currency) REFERENCES accounts.ledger_account (id, currency),
  FOREIGN KEY (credit_account, currency) REFERENCES accounts.ledger_account (id, currency),
  CHECK ((state = 'pending') = (ended_no IS NULL)),
  CHECK ((state = 'posted') = (journal IS NOT NULL)),
  CHECK ((state = 'posted') = (posted_amount > 0))
);
CREATE INDEX hold_source ON accounts.hold (source_market, source_seq, source_k) WHERE state = 'pending';

-- — what the markets said —

CREATE TABLE accounts.market_day (
  market        text   NOT NULL,
  trade_date    date   NOT NULL,
  -- Given by day-open; otherwise the Beijing date of the cut.
  business_date date,
  opened_at     bigint,
  cut_seq       bigint,
  cut_k         integer,
  cut_at        bigint,
  PRIMARY KEY (market, trade_date)
);

CREATE TABLE accounts.fill (
  market        text     NOT NULL,
  seq           bigint   NOT NULL,
  k             integer  NOT NULL,
  at            bigint   NOT NULL,
  trade_date    date     NOT NULL,
  business_date date,
  order_id      bigint   NOT NULL,
  account       bigint   NOT NULL REFERENCES accounts.business_account,
  listing       bigint   NOT NULL,
  -- FIX 54 and 77: 1 buy, 2 sell, 5 sell short; 1 open, 2 close.
  side          smallint NOT NULL CHECK (side IN (1, 2, 5)),
  effect        smallint NOT NULL CHECK (effect IN (1, 2)),
  quantity      bigint   NOT NULL CHECK (quantity >= 0),
  price         bigint   NOT NULL,
  exec_type     text     NOT NULL CHECK (exec_type IN ('F', 'G', 'H')),
  state         text     NOT NULL CHECK (state IN ('provisional', 'booked', 'busted')),
  -- What booking this row adds to the position, units: + buy, − sell; a bust of a booked fill takes its effect back.
  delta         bigint   NOT NULL,
  hold          bigint   NOT NULL CHECK (hold >= 0),
  rate_set      bigint   NOT NULL,
  hedge_seq     bigint,
  hedge_k       integer,
  ref_seq       bigint,
  ref_k         integer,
  batch         text,
  PRIMARY KEY (market, seq, k),
  CHECK ((state = 'booked') = (batch IS NOT NULL))
);
CREATE INDEX fill_account ON accounts.fill (account, listing);
CREATE INDEX fill_provisional ON accounts.fill (market, seq, k) WHERE state = 'provisional';

CREATE TABLE accounts.hedge_fill (
  market         text     NOT NULL,
  seq            bigint   NOT NULL,
  k              integer  NOT NULL,
  at             bigint   NOT NULL,
  trade_date     date     NOT NULL,
  child          bigint   NOT NULL,
  intent         bigint   NOT NULL,
  route          bigint   NOT NULL,
  listing        bigint   NOT NULL,
  side           smallint NOT NULL,
  quantity       bigint   NOT NULL CHECK (quantity >= 0),
  price          bigint   NOT NULL,
  exec_type      text     NOT NULL CHECK (exec_type IN ('F', 'G', 'H')),
  exec_id        text     NOT NULL,
  exec_ref_id    text,
  venue_order_id text     NOT NULL,
  transact_at    bigint   NOT NULL,
  state          text     NOT NULL CHECK (state IN ('good', 'busted', 'corrected')),
  PRIMARY KEY (market, seq, k)
);
CREATE INDEX hedge_fill_exec ON accounts.hedge_fill (market, exec_id);
CREATE INDEX hedge_fill_route ON accounts.hedge_fill (route, listing);

CREATE TABLE accounts.mark (
  listing    bigint NOT NULL,
  trade_date date   NOT NULL,
  price      bigint NOT NULL,
  kind       text   NOT NULL CHECK (kind IN ('closing-print', 'last-mid')),
  source_at  bigint NOT NULL,
  market     text   NOT NULL,
  seq        bigint NOT NULL,
  k          integer NOT NULL,
  PRIMARY KEY (listing, trade_date)
);

-- What needs a person: raised by a node, or by the intake when a fact does not fit the books.
CREATE TABLE accounts.exception (
  market       text    NOT NULL,
  seq          bigint  NOT NULL,
  k            integer NOT NULL,
  kind         text    NOT NULL,
  at           bigint  NOT NULL,
  listing      bigint,
  child        bigint,
  order_id     bigint,
  side         smallint,
  quantity     bigint,
  price        bigint,
  exec_id      text,
  state        text    NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'explained')),
  explanation  text,
  PRIMARY KEY (market, seq, k, kind)
);

-- — positions and contracts of record —

CREATE TABLE accounts.position (
  account              bigint  NOT NULL REFERENCES accounts.business_account,
  listing              bigint  NOT NULL,
  quantity             bigint  NOT NULL DEFAULT 0,
  provisional_quantity bigint  NOT NULL DEFAULT 0,
  -- Exact Σ quantity × price of the open lots, 8 decimals of the quote currency, signed as the quantity.
  cost_value           numeric(38, 0) NOT NULL DEFAULT 0,
  PRIMARY KEY (account, listing)
);

CREATE TABLE accounts.contract (
  contract            bigint PRIMARY KEY CHECK (contract > 0),
  uti                 text   NOT NULL UNIQUE,
  entity              bigint NOT NULL,
  book                bigint NOT NULL,
  agreement           bigint REFERENCES accounts.agreement,
  client              bigint REFERENCES accounts.client,
  master              bigint,
  sub                 bigint,
  account             bigint REFERENCES accounts.business_account,
  listing             bigint NOT NULL,
  -- The client's (or, in a back-to-back, the booking parent's) direction.
  side                text   NOT NULL CHECK (side IN ('long', 'short')),
  basis               text   NOT NULL CHECK (basis IN ('local', 'composite', 'quanto')),
  settlement_currency text   NOT NULL,
  state               text   NOT NULL CHECK (state IN ('open', 'closed')),
  back_to_back_of     bigint UNIQUE REFERENCES accounts.contract,
  hedge_entity        bigint NOT NULL,
  terms               jsonb  NOT NULL,
  opened_on           date   NOT NULL,
  closed_on           date,
  version             bigint NOT NULL CHECK (version > 0),
  CHECK ((state = 'closed') = (closed_on IS NOT NULL)),
  -- A back-to-back carries house identities only.
  CONSTRAINT contract_house_identity CHECK (
    CASE WHEN back_to_back_of IS NULL
      THEN num_nulls(agreement, client, master, sub, account) = 0
      ELSE num_nonnulls(agreement, client, master, sub, account) = 0 END
  )
);
CREATE INDEX contract_client ON accounts.contract (client) WHERE client IS NOT NULL;
CREATE INDEX contract_account ON accounts.contract (account, listing) WHERE account IS NOT NULL;

CREATE TABLE accounts.contract_lot (
  contract      bigint NOT NULL REFERENCES accounts.contract,
  lot           integer NOT NULL CHECK (lot > 0),
  trade_date    date   NOT NULL,
  quantity_open bigint NOT NULL CHECK (quantity_open >= 0),
  quantity      bigint NOT NULL CHECK (quantity > 0),
  price         bigint NOT NULL,
  -- Opening FX, 1e10 settlement currency per quote currency; null for the local basis.
  fx_rate       bigint,
  fx_rate_set   bigint,
  fx_at         bigint,
  PRIMARY KEY (contract, lot),
  CHECK (quantity_open <= quantity)
);

CREATE TABLE accounts.contract_version (
  contract  bigint NOT NULL REFERENCES accounts.contract,
  version   bigint NOT NULL,
  batch     text   NOT NULL,
  economics jsonb  NOT NULL,
  PRIMARY KEY (contract, version)
);

-- — limits —

CREATE TABLE accounts.limit_cell (
  cell     bigint PRIMARY KEY CHECK (cell > 0),
  scope    text   NOT NULL,
  scope_id bigint NOT NULL,
  measure  text   NOT NULL,
  currency text,
  issuer   bigint,
  lim      bigint NOT NULL CHECK (lim >= 0),
  booked   bigint NOT NULL DEFAULT 0 CHECK (booked >= 0),
  state    text   NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'frozen', 'over-leased')),
  version  bigint NOT NULL DEFAULT 1 CHECK (version > 0),
  maker    text   NOT NULL,
  checker  text   NOT NULL,
  UNIQUE NULLS NOT DISTINCT (scope, scope_id, measure, currency, issuer),
  CONSTRAINT limit_four_eyes CHECK (maker <> checker),
  CHECK ((measure = 'position') = (currency IS NULL))
);

-- Counters of one slice, cumulative and monotone. booking_cum − booking_acked_cum is on its way to the node: it has
-- left the slice for the books here and is still in `used` there.
CREATE TABLE accounts.lease (
  cell              bigint NOT NULL REFERENCES accounts.limit_cell,
  node              text   NOT NULL,
  epoch             bigint NOT NULL CHECK (epoch >= 0),
  granted_cum       bigint NOT NULL DEFAULT 0 CHECK (granted_cum >= 0),
  returned_cum      bigint NOT NULL DEFAULT 0 CHECK (returned_cum >= 0),
  booking_cum       bigint NOT NULL DEFAULT 0 CHECK (booking_cum >= 0),
  booking_acked_cum bigint NOT NULL DEFAULT 0 CHECK (booking_acked_cum >= 0),
  used_reported     bigint NOT NULL DEFAULT 0 CHECK (used_reported >= 0),
  PRIMARY KEY (cell, node),
  CONSTRAINT lease_inside CHECK (
    booking_acked_cum <= booking_cum AND returned_cum + booking_cum - booking_acked_cum <= granted_cum
    AND used_reported <= granted_cum - returned_cum
  )
);

CREATE TABLE accounts.node_message (
  no         bigint PRIMARY KEY CHECK (no > 0),
  market     text   NOT NULL,
  command    jsonb  NOT NULL,
  created_no bigint NOT NULL REFERENCES accounts.command DEFERRABLE INITIALLY DEFERRED
);
CREATE INDEX node_message_market ON accounts.node_message (market, no);

-- — margin calls and the client day —

CREATE TABLE accounts.margin_call (
  id          text   PRIMARY KEY,
  client      bigint NOT NULL REFERENCES accounts.client,
  master      bigint NOT NULL,
  currency    text   NOT NULL,
  amount      bigint NOT NULL CHECK (amount > 0),
  raised_at   bigint NOT NULL,
  due_at      bigint NOT NULL,
  state       text   NOT NULL CHECK (state IN ('raised', 'met', 'breached')),
  ended_at    bigint,
  equity      bigint NOT NULL,
  requirement bigint NOT NULL,
  cause       jsonb  NOT NULL,
  CHECK (due_at > raised_at),
  CHECK ((state = 'raised') = (ended_at IS NULL)),
  FOREIGN KEY (master, client) REFERENCES accounts.master_account (master, client)
);

CREATE TABLE accounts.client_day (
  client         bigint NOT NULL REFERENCES accounts.client,
  business_date  date   NOT NULL,
  closed_at      bigint NOT NULL,
  batches        jsonb  NOT NULL,
  statement_hash text   NOT NULL,
  command_no     bigint NOT NULL REFERENCES accounts.command DEFERRABLE INITIALLY DEFERRED,
  PRIMARY KEY (client, business_date)
);

-- A published batch, so that a batch is published once per attempt and the client day knows what it rests on.
CREATE TABLE accounts.published_batch (
  batch         text   NOT NULL,
  attempt       integer NOT NULL CHECK (attempt > 0),
  market        text   NOT NULL,
  business_date date   NOT NULL,
  command_no    bigint NOT NULL REFERENCES accounts.command DEFERRABLE INITIALLY DEFERRED,
  PRIMARY KEY (batch, attempt)
);

-- A withdrawal ends once, a receipt is identified once.
CREATE UNIQUE INDEX withdrawal_ended ON accounts.command ((body ->> 'withdrawal')) WHERE kind = 'withdraw-settle';
CREATE UNIQUE INDEX receipt_identified ON accounts.command ((body ->> 'receipt')) WHERE kind = 'identify-receipt';
