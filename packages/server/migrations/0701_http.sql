-- The first answer to every change asked for over HTTP, so that asking again changes nothing. Kept for a day and longer.
CREATE TABLE server.idempotency (
  user_name    text        NOT NULL,
  route        text        NOT NULL,
  key          text        NOT NULL CHECK (length(key) BETWEEN 8 AND 100),
  request_hash text        NOT NULL CHECK (length(request_hash) = 64),
  -- The life of the server that works on it; another life takes over what this one left undone.
  life         uuid        NOT NULL,
  at           timestamptz NOT NULL,
  -- Null until it is answered.
  status       integer     CHECK (status BETWEEN 200 AND 499),
  etag         text,
  answer       text        CHECK (length(answer) <= 1048576),
  PRIMARY KEY (user_name, route, key),
  CONSTRAINT answered CHECK ((status IS NULL) = (answer IS NULL))
);
CREATE INDEX idempotency_at ON server.idempotency (at);

-- Long jobs: what somebody started, how far it has come and how it ended.
CREATE TABLE server.operation (
  operation uuid             PRIMARY KEY,
  kind      text             NOT NULL,
  target    text             NOT NULL,
  maker     text             NOT NULL,
  state     text             NOT NULL CHECK (state IN ('running', 'done', 'failed', 'cancelled')),
  progress  double precision CHECK (progress BETWEEN 0 AND 1),
  started   timestamptz      NOT NULL,
  ended     timestamptz,
  result    jsonb,
  problem   jsonb,
  log       jsonb            NOT NULL,
  CONSTRAINT ended_when_not_running CHECK ((state = 'running') = (ended IS NULL))
);
CREATE INDEX operation_started ON server.operation (started DESC);
