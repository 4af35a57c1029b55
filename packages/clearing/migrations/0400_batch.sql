-- The clearing runner: batches, their attempts and steps, what went in, what went wrong, who holds what, what is due
-- and what is to be mailed. Columns ending in _at are business instants (microseconds UTC); wall time, which exists for
-- liveness only, is timestamptz and ends in _wall.

CREATE SCHEMA clearing;

-- One batch: market x business x clearing date x seq. For a client day, market is '-'. CL-a
CREATE TABLE clearing.batch (
  batch         text    PRIMARY KEY,
  kind          text    NOT NULL CHECK (kind IN ('market', 'client-day')),
  market        text    NOT NULL,
  business      text    NOT NULL,
  clearing_date date    NOT NULL,
  seq           integer NOT NULL CHECK (seq BETWEEN 1 AND 99),
  live_attempt  integer,
  published_at  bigint,
  output_hash   text,
  UNIQUE (market, business, clearing_date, seq),
  CHECK ((live_attempt IS NULL) = (published_at IS NULL))
);

CREATE TABLE clearing.attempt (
  batch          text        NOT NULL REFERENCES clearing.batch,
  attempt        integer     NOT NULL CHECK (attempt >= 1),
  parent_attempt integer,
  from_step      integer     NOT NULL CHECK (from_step >= 0),
  trigger        text        NOT NULL CHECK (trigger IN ('auto', 'manual')),
  actor          text        NOT NULL,
  reason         text        NOT NULL,
  epoch          integer     NOT NULL CHECK (epoch >= 1),
  state          text        NOT NULL CHECK (state IN ('running', 'succeeded', 'failed')),
  at             bigint      NOT NULL,
  config_hash    text        NOT NULL,
  code_version   text        NOT NULL,
  holder         text        NOT NULL,
  lease_wall     timestamptz NOT NULL DEFAULT clock_timestamp(),
  started_wall   timestamptz NOT NULL DEFAULT clock_timestamp(),
  ended_wall     timestamptz,
  PRIMARY KEY (batch, attempt),
  FOREIGN KEY (batch, parent_attempt) REFERENCES clearing.attempt (batch, attempt),
  CHECK ((state = 'running') = (ended_wall IS NULL))
);

-- Mutual exclusion is the database's business: whoever comes second gets 23505. CL-g
CREATE UNIQUE INDEX attempt_running ON clearing.attempt (batch) WHERE state = 'running';

ALTER TABLE clearing.batch
  ADD FOREIGN KEY (batch, live_attempt) REFERENCES clearing.attempt (batch, attempt) DEFERRABLE INITIALLY DEFERRED;

-- The outcome of a step in an attempt; an inherited step names the attempt that computed its data. CL-d, CL-e
CREATE TABLE clearing.step_run (
  batch        text        NOT NULL,
  attempt      integer     NOT NULL,
  step         integer     NOT NULL CHECK (step >= 0),
  name         text        NOT NULL,
  state        text        NOT NULL CHECK (state IN ('done', 'inherited', 'failed')),
  data_attempt integer     NOT NULL,
  input_hash   text        NOT NULL,
  output_hash  text,
  rows_in      bigint      NOT NULL CHECK (rows_in >= 0),
  rows_out     bigint      NOT NULL CHECK (rows_out >= 0),
  errors       integer     NOT NULL CHECK (errors >= 0),
  summary      jsonb       NOT NULL,
  started_wall timestamptz NOT NULL,
  ended_wall   timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (batch, attempt, step),
  FOREIGN KEY (batch, attempt) REFERENCES clearing.attempt,
  CHECK ((state = 'failed') = (output_hash IS NULL)),
  CHECK (state = 'inherited' OR data_attempt = attempt)
);

-- Where and why: file, line, byte, field and value, or a contract. CL-d
CREATE TABLE clearing.batch_error (
  batch      text    NOT NULL,
  attempt    integer NOT NULL,
  no         integer NOT NULL CHECK (no >= 1),
  step       integer NOT NULL,
  rule       text    NOT NULL,
  severity   text    NOT NULL CHECK (severity IN ('fatal', 'warning')),
  file       text,
  line       integer,
  byte       bigint,
  field      text,
  value      text,
  contract   bigint,
  reason_zh  text    NOT NULL,
  reason_en  text    NOT NULL,
  advice_zh  text    NOT NULL,
  advice_en  text    NOT NULL,
  PRIMARY KEY (batch, attempt, no),
  FOREIGN KEY (batch, attempt) REFERENCES clearing.attempt
);

-- What an attempt was computed from: files by hash, event ranges, other batches' attempts. Lineage. CL-3
CREATE TABLE clearing.batch_input (
  batch   text    NOT NULL,
  attempt integer NOT NULL,
  kind    text    NOT NULL,
  ref     text    NOT NULL,
  hash    text    NOT NULL,
  PRIMARY KEY (batch, attempt, kind, ref),
  FOREIGN KEY (batch, attempt) REFERENCES clearing.attempt
);

-- The planner's explicit list of what is due; people can see, move and skip each row. CL-b
CREATE TABLE clearing.batch_due (
  kind          text   NOT NULL CHECK (kind IN ('market', 'client-day')),
  market        text   NOT NULL,
  business      text   NOT NULL,
  clearing_date date   NOT NULL,
  close_at      bigint NOT NULL,
  due_at        bigint NOT NULL CHECK (due_at >= close_at),
  state         text   NOT NULL CHECK (state IN ('planned', 'done', 'skipped')),
  changed_by    text,
  reason        text,
  PRIMARY KEY (market, business, clearing_date),
  CHECK ((changed_by IS NULL) = (reason IS NULL))
);

-- What a person is shown; correctness rests on attempt_running and the epoch. CL-g
CREATE TABLE clearing.op_lock (
  scope      text        NOT NULL,
  key        text        NOT NULL,
  holder     text        NOT NULL,
  purpose    text        NOT NULL,
  since_wall timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (scope, key)
);

-- Every version of every file that arrived, bytes included: nothing that was handed to us is lost. CL-2
CREATE TABLE clearing.source_file (
  name          text        NOT NULL,
  version       integer     NOT NULL CHECK (version >= 1),
  sha256        text        NOT NULL,
  bytes         bigint      NOT NULL CHECK (bytes >= 0),
  content       bytea       NOT NULL,
  market        text        NOT NULL,
  clearing_date date        NOT NULL,
  state         text        NOT NULL CHECK (state IN ('registered', 'accepted', 'refused')),
  layout        text,
  records       bigint,
  totals        jsonb,
  received_wall timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (name, version),
  UNIQUE (name, sha256)
);

-- Differences found by reconciliation. 'break' is not a word SQL lets us use bare.
CREATE TABLE clearing.recon_break (
  batch       text    NOT NULL,
  attempt     integer NOT NULL,
  recon       text    NOT NULL,
  key         text    NOT NULL,
  kind        text    NOT NULL CHECK (kind IN ('missing', 'extra', 'duplicate', 'mismatch')),
  field       text    NOT NULL,
  left_value  text,
  right_value text,
  difference  text,
  severity    text    NOT NULL CHECK (severity IN ('fatal', 'quarantine', 'warning')),
  state       text    NOT NULL CHECK (state IN ('open', 'explained', 'resolved', 'waived')),
  maker       text,
  checker     text,
  explanation text,
  PRIMARY KEY (batch, attempt, recon, key, kind, field),
  FOREIGN KEY (batch, attempt) REFERENCES clearing.attempt,
  CHECK (checker IS NULL OR checker <> maker),
  CHECK (state IN ('open', 'explained') OR checker IS NOT NULL)
);

-- One mail to one recipient about one attempt. The id is derived, so a repeat is the same mail. CL-f
CREATE TABLE clearing.notification (
  id         text        PRIMARY KEY,
  batch      text        NOT NULL,
  attempt    integer     NOT NULL,
  kind       text        NOT NULL,
  recipient  text        NOT NULL,
  subject    text        NOT NULL,
  documents  text[]      NOT NULL,
  state      text        NOT NULL CHECK (state IN ('queued', 'sent', 'dead')),
  tries      integer     NOT NULL DEFAULT 0 CHECK (tries >= 0),
  next_wall  timestamptz NOT NULL DEFAULT clock_timestamp(),
  sent_wall  timestamptz,
  last_error text,
  UNIQUE (batch, attempt, kind, recipient),
  FOREIGN KEY (batch, attempt) REFERENCES clearing.attempt,
  CHECK ((state = 'sent') = (sent_wall IS NOT NULL))
);
CREATE INDEX notification_queued ON clearing.notification (next_wall) WHERE state = 'queued';

-- A rendered report, confirmation or statement.
CREATE TABLE clearing.document (
  id         text    PRIMARY KEY,
  batch      text    NOT NULL,
  attempt    integer NOT NULL,
  kind       text    NOT NULL CHECK (kind IN ('batch-report', 'failure-report', 'confirmation', 'statement')),
  client     bigint,
  format     text    NOT NULL CHECK (format IN ('html', 'xlsx')),
  file_name  text    NOT NULL,
  sha256     text    NOT NULL,
  content    bytea   NOT NULL,
  FOREIGN KEY (batch, attempt) REFERENCES clearing.attempt
);
