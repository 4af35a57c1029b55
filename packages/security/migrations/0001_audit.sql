-- The audit log of operator commands: each entry holds the hash of the one before it, the head is signed.

CREATE SCHEMA security;

CREATE TABLE security.audit_entry (
  no        bigint      PRIMARY KEY CHECK (no > 0),
  at        timestamptz NOT NULL,
  actor     text        NOT NULL,
  duty      text        NOT NULL,
  action    text        NOT NULL,
  target    text        NOT NULL,
  params    jsonb       NOT NULL,
  outcome   text        NOT NULL,
  prev_hash text        NOT NULL,
  hash      text        NOT NULL
);

-- One row: where the chain ends, signed with the key in the data folder.
CREATE TABLE security.audit_head (
  one       boolean PRIMARY KEY DEFAULT true CHECK (one),
  no        bigint  NOT NULL,
  hash      text    NOT NULL,
  key_id    text    NOT NULL,
  signature text    NOT NULL
);

CREATE FUNCTION security.refuse_audit_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'the audit log is append-only' USING ERRCODE = 'insufficient_privilege';
END $$;

CREATE TRIGGER audit_entry_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON security.audit_entry
  FOR EACH STATEMENT EXECUTE FUNCTION security.refuse_audit_change();
CREATE TRIGGER audit_head_stays BEFORE DELETE OR TRUNCATE ON security.audit_head
  FOR EACH STATEMENT EXECUTE FUNCTION security.refuse_audit_change();
