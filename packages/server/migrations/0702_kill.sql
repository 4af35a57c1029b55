-- Why somebody stopped trading: the markets' logs hold what and who, not the words.
CREATE TABLE server.kill_note (
  market text        NOT NULL,
  -- Of the command that threw the switch.
  seq    bigint      NOT NULL CHECK (seq > 0),
  reason text        NOT NULL,
  at     timestamptz NOT NULL,
  PRIMARY KEY (market, seq)
);
