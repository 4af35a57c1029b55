-- Reference data of record. Every row is effective-dated, and made by one person and checked by another.
CREATE SCHEMA reference;

-- A booking entity: its own ledger and trial balance.
CREATE TABLE reference.entity (
  entity        bigint NOT NULL CHECK (entity > 0),
  code          text   NOT NULL,
  name_zh       text   NOT NULL,
  name_en       text   NOT NULL,
  jurisdiction  text   NOT NULL CHECK (jurisdiction ~ '^[A-Z]{2}$'),
  currency      text   NOT NULL,
  bank_calendar text   NOT NULL,
  zone          text   NOT NULL,
  valid_from    date   NOT NULL,
  valid_to      date   CHECK (valid_to >= valid_from),
  maker         text   NOT NULL,
  checker       text   NOT NULL CHECK (checker <> maker),
  PRIMARY KEY (entity, valid_from)
);

CREATE TABLE reference.book (
  book          bigint NOT NULL CHECK (book > 0),
  entity        bigint NOT NULL,
  code          text   NOT NULL,
  purpose       text   NOT NULL CHECK (purpose IN ('client', 'hedge', 'back-to-back')),
  valid_from    date   NOT NULL,
  valid_to      date   CHECK (valid_to >= valid_from),
  maker         text   NOT NULL,
  checker       text   NOT NULL CHECK (checker <> maker),
  PRIMARY KEY (book, valid_from)
);

CREATE TABLE reference.issuer (
  issuer        bigint NOT NULL CHECK (issuer > 0),
  name          text   NOT NULL,
  lei           text   CHECK (lei ~ '^[A-Z0-9]{18}[0-9]{2}$'),
  valid_from    date   NOT NULL,
  valid_to      date   CHECK (valid_to >= valid_from),
  maker         text   NOT NULL,
  checker       text   NOT NULL CHECK (checker <> maker),
  PRIMARY KEY (issuer, valid_from)
);

CREATE TABLE reference.security (
  security       bigint NOT NULL CHECK (security > 0),
  issuer         bigint NOT NULL,
  isin           text   CHECK (isin ~ '^[A-Z]{2}[A-Z0-9]{9}[0-9]$'),
  name           text   NOT NULL,
  security_class text   NOT NULL CHECK (security_class IN ('share', 'etf', 'reit', 'adr')),
  valid_from     date   NOT NULL,
  valid_to       date   CHECK (valid_to >= valid_from),
  maker          text   NOT NULL,
  checker        text   NOT NULL CHECK (checker <> maker),
  PRIMARY KEY (security, valid_from)
);

CREATE TABLE reference.listing (
  listing       bigint NOT NULL CHECK (listing > 0),
  security      bigint NOT NULL,
  mic           text   NOT NULL CHECK (mic ~ '^[A-Z0-9]{4}$'),
  code          text   NOT NULL,
  quote         text   NOT NULL,
  -- Widest distance of a limit from the reference price, parts per million.
  collar_ppm    bigint NOT NULL CHECK (collar_ppm > 0),
  quantity_max  bigint NOT NULL CHECK (quantity_max > 0),
  -- Minor units of the quote currency.
  notional_max  bigint NOT NULL CHECK (notional_max > 0),
  -- A reference price older than this is stale, microseconds.
  price_age_max bigint NOT NULL CHECK (price_age_max > 0),
  short_allowed boolean NOT NULL,
  valid_from    date   NOT NULL,
  valid_to      date   CHECK (valid_to >= valid_from),
  maker         text   NOT NULL,
  checker       text   NOT NULL CHECK (checker <> maker),
  PRIMARY KEY (listing, valid_from)
);
CREATE UNIQUE INDEX listing_on_market ON reference.listing (mic, code, valid_from);

-- Black and white lists of underlyings: what a scope may do in a listing. A listing without an entry is not traded.
CREATE TABLE reference.list_entry (
  entry         bigint NOT NULL CHECK (entry > 0),
  listing       bigint NOT NULL,
  scope         text   NOT NULL CHECK (scope IN ('firm', 'group', 'client')),
  scope_id      bigint NOT NULL CHECK (scope_id > 0),
  -- 0 none, 1 open and close, 2 close only.
  permission    integer NOT NULL CHECK (permission BETWEEN 0 AND 2),
  valid_from    date   NOT NULL,
  valid_to      date   CHECK (valid_to >= valid_from),
  maker         text   NOT NULL,
  checker       text   NOT NULL CHECK (checker <> maker),
  PRIMARY KEY (entry, valid_from)
);

-- A hedge route: entity × channel × trading account × custodian.
CREATE TABLE reference.route (
  route           bigint NOT NULL CHECK (route > 0),
  entity          bigint NOT NULL,
  mic             text   NOT NULL,
  channel         text   NOT NULL,
  trading_account text   NOT NULL,
  custodian       text   NOT NULL,
  session         bigint NOT NULL,
  short_allowed   boolean NOT NULL,
  valid_from      date   NOT NULL,
  valid_to        date   CHECK (valid_to >= valid_from),
  maker           text   NOT NULL,
  checker         text   NOT NULL CHECK (checker <> maker),
  PRIMARY KEY (route, valid_from)
);

-- A FIX session of a client (home = one market's node) or of a venue.
CREATE TABLE reference.session (
  session        bigint NOT NULL CHECK (session > 0),
  mic            text   NOT NULL,
  role           text   NOT NULL CHECK (role IN ('client', 'hedge', 'market-data')),
  client         bigint,
  own_comp_id    text   NOT NULL,
  peer_comp_id   text   NOT NULL,
  valid_from     date   NOT NULL,
  valid_to       date   CHECK (valid_to >= valid_from),
  maker          text   NOT NULL,
  checker        text   NOT NULL CHECK (checker <> maker),
  PRIMARY KEY (session, valid_from),
  CHECK ((role = 'client') = (client IS NOT NULL))
);

-- A published set of exchange rates, in force from its publication on. Exact: units of `quote` per one `base`, 1e10.
CREATE TABLE reference.rate_set (
  rate_set      bigint PRIMARY KEY CHECK (rate_set > 0),
  source        text   NOT NULL,
  rate_date     date   NOT NULL,
  published_at  bigint NOT NULL,
  maker         text   NOT NULL,
  checker       text   NOT NULL CHECK (checker <> maker),
  UNIQUE (source, rate_date)
);

CREATE TABLE reference.rate (
  rate_set      bigint NOT NULL REFERENCES reference.rate_set,
  base          text   NOT NULL,
  quote         text   NOT NULL,
  rate          bigint NOT NULL CHECK (rate > 0),
  PRIMARY KEY (rate_set, base, quote)
);

-- A correction of a market's session calendar, with its reason. Null hours: no session that day.
CREATE TABLE reference.calendar_override (
  market        text   NOT NULL,
  session_date  date   NOT NULL,
  open_wall     text,
  close_wall    text,
  reason        text   NOT NULL,
  source        text   NOT NULL,
  maker         text   NOT NULL,
  checker       text   NOT NULL CHECK (checker <> maker),
  PRIMARY KEY (market, session_date),
  CHECK ((open_wall IS NULL) = (close_wall IS NULL))
);

-- A rule row of record (phases, ticks, lots, settlement, fees …) as the market room interprets it.
CREATE TABLE reference.rule_row (
  topic         text   NOT NULL,
  id            text   NOT NULL,
  market        text   NOT NULL,
  valid_from    date   NOT NULL,
  valid_to      date,
  confidence    text   NOT NULL CHECK (confidence IN ('seen', 'checked')),
  source        text   NOT NULL,
  body          jsonb  NOT NULL,
  maker         text   NOT NULL,
  checker       text   NOT NULL CHECK (checker <> maker),
  PRIMARY KEY (topic, id, valid_from)
);
