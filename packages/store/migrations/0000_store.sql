-- The ground every room stands on: which migrations were applied, how far each consumer of events has come,
-- and what is to be delivered outside.

CREATE SCHEMA store;

CREATE TABLE store.migration (
  no         integer     PRIMARY KEY CHECK (no BETWEEN 0 AND 9999),
  room       text        NOT NULL,
  file       text        NOT NULL,
  sha256     text        NOT NULL,
  applied_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- The last event of a stream whose effect a consumer has stored, in the same transaction as the effect.
CREATE TABLE store.consumer_offset (
  consumer text    NOT NULL,
  stream   text    NOT NULL,
  seq      bigint  NOT NULL CHECK (seq >= 0),
  k        integer NOT NULL CHECK (k >= 0),
  PRIMARY KEY (consumer, stream)
);

CREATE TABLE store.outbox (
  id         text        PRIMARY KEY,
  no         bigint      GENERATED ALWAYS AS IDENTITY UNIQUE,
  topic      text        NOT NULL,
  key        text        NOT NULL,
  body       jsonb       NOT NULL,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  state      text        NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'delivered', 'dead')),
  attempts   integer     NOT NULL DEFAULT 0 CHECK (attempts >= 0),
  next_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
  ended_at   timestamptz,
  last_error text,
  CHECK ((state = 'pending') = (ended_at IS NULL))
);

CREATE INDEX outbox_due ON store.outbox (next_at) WHERE state = 'pending';
CREATE INDEX outbox_pending_of_key ON store.outbox (topic, key, no) WHERE state = 'pending';
