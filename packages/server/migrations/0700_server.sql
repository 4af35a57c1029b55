-- What the composition root remembers between its lives.
CREATE SCHEMA server;

-- How far a market's node has taken the account centre's messages.
CREATE TABLE server.door_cursor (
  market text   PRIMARY KEY,
  no     bigint NOT NULL CHECK (no >= 0)
);

-- What the scheduler has done, once each: rate sets announced, days opened.
CREATE TABLE server.duty_done (
  duty    text   PRIMARY KEY,
  done_at bigint NOT NULL
);
