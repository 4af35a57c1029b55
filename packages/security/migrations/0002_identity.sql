-- Who may enter: users, their duties, what they prove themselves by, and the sessions they hold.

-- Raised by every change that a live session must feel; processes compare it twice a second. Names the key that peppers
-- and seals what is stored here: another key would refuse everybody without saying why.
CREATE TABLE security.identity_state (
  one    boolean PRIMARY KEY DEFAULT true CHECK (one),
  epoch  bigint  NOT NULL,
  key_id text
);
INSERT INTO security.identity_state (epoch) VALUES (1);

CREATE TABLE security.user (
  name             text        PRIMARY KEY CHECK (name ~ '^[a-z][a-z0-9._-]{1,31}$'
                                                  AND name NOT IN ('operator', 'system', 'scheduler', 'unknown')),
  title_zh         text        NOT NULL CHECK (title_zh <> ''),
  title_en         text        NOT NULL CHECK (title_en <> ''),
  state            text        NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'disabled')),
  jurisdictions    text[]      NOT NULL CHECK (cardinality(jurisdictions) BETWEEN 1 AND 16),
  clients          bigint[]    NOT NULL CHECK (cardinality(clients) <= 64),
  entities         bigint[]    NOT NULL CHECK (cardinality(entities) <= 64),
  credential_epoch bigint      NOT NULL DEFAULT 1,
  created_at       timestamptz NOT NULL
);

-- Duties that one person may not hold together, both ways round. The same table stands in code; a test compares them.
CREATE TABLE security.duty_conflict (
  one   text NOT NULL,
  other text NOT NULL,
  PRIMARY KEY (one, other),
  CHECK (one <> other)
);
INSERT INTO security.duty_conflict (one, other)
SELECT one, other FROM (
  VALUES ('client', ARRAY['trader', 'risk', 'clearing', 'compliance', 'security', 'auditor', 'model-owner',
                          'model-validator', 'administrator']),
         ('auditor', ARRAY['trader', 'risk', 'clearing', 'compliance', 'security', 'model-owner', 'model-validator',
                           'administrator']),
         ('administrator', ARRAY['trader', 'risk', 'clearing', 'compliance', 'security', 'model-owner',
                                 'model-validator']),
         ('trader', ARRAY['risk', 'clearing', 'compliance', 'security']),
         ('clearing', ARRAY['risk', 'compliance', 'security']),
         ('security', ARRAY['risk', 'model-owner']),
         ('model-owner', ARRAY['model-validator', 'risk', 'compliance'])
) AS apart (one, others), unnest(others) AS other;
INSERT INTO security.duty_conflict (one, other) SELECT other, one FROM security.duty_conflict;

CREATE TABLE security.user_duty (
  user_name text NOT NULL REFERENCES security.user,
  duty      text NOT NULL CHECK (duty IN ('trader', 'client', 'risk', 'clearing', 'compliance', 'security', 'auditor',
                                          'model-owner', 'model-validator', 'administrator')),
  PRIMARY KEY (user_name, duty)
);

CREATE FUNCTION security.refuse_duty_conflict() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  held text;
BEGIN
  -- Two transactions that each add one half of a conflict would not see each other.
  PERFORM 1 FROM security.user WHERE name = NEW.user_name FOR UPDATE;
  SELECT d.duty INTO held
    FROM security.user_duty d JOIN security.duty_conflict c ON c.one = d.duty AND c.other = NEW.duty
   WHERE d.user_name = NEW.user_name LIMIT 1;
  IF held IS NOT NULL THEN
    RAISE EXCEPTION 'one person does not hold % and %', held, NEW.duty
      USING ERRCODE = 'check_violation', CONSTRAINT = 'duties_apart';
  END IF;
  RETURN NEW;
END $$;
-- After the row is there: rows of one statement check each other as well.
CREATE TRIGGER duties_stay_apart AFTER INSERT OR UPDATE ON security.user_duty
  FOR EACH ROW EXECUTE FUNCTION security.refuse_duty_conflict();

-- A client's user is bound to clients and nobody else is; everybody has a duty.
CREATE FUNCTION security.check_user_whole() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  subject text := CASE TG_TABLE_NAME WHEN 'user' THEN to_jsonb(NEW) ->> 'name'
                                     ELSE coalesce(to_jsonb(NEW), to_jsonb(OLD)) ->> 'user_name' END;
BEGIN
  IF EXISTS (
    SELECT FROM security.user u
     WHERE u.name = subject
       AND (NOT EXISTS (SELECT FROM security.user_duty d WHERE d.user_name = u.name)
            OR (cardinality(u.clients) > 0)
               <> EXISTS (SELECT FROM security.user_duty d WHERE d.user_name = u.name AND d.duty = 'client'))
  ) THEN
    RAISE EXCEPTION 'user % has no duty, or clients without being a client''s user', subject
      USING ERRCODE = 'check_violation', CONSTRAINT = 'user_whole';
  END IF;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER user_is_whole AFTER INSERT OR UPDATE ON security.user
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION security.check_user_whole();
CREATE CONSTRAINT TRIGGER user_duty_is_whole AFTER INSERT OR UPDATE OR DELETE ON security.user_duty
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION security.check_user_whole();

-- Every change of a user, who made it and who checked it.
CREATE TABLE security.user_change (
  no        bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at        timestamptz NOT NULL,
  user_name text        NOT NULL,
  kind      text        NOT NULL CHECK (kind IN ('create', 'duties', 'scope', 'disable', 'enable', 'password', 'factor',
                                                 'federate')),
  detail    jsonb       NOT NULL,
  maker     text        NOT NULL CHECK (maker <> '' AND maker <> user_name),
  checker   text        CHECK (checker <> '' AND checker <> user_name),
  CONSTRAINT four_eyes CHECK (maker <> checker),
  CONSTRAINT checked CHECK (checker IS NOT NULL OR maker = 'operator')
);
CREATE INDEX user_change_by_user ON security.user_change (user_name, no);

-- Whoever holds the machine sets the house up alone; as soon as two administrators can check each other, that ends.
-- Taking rights away stays possible alone.
CREATE FUNCTION security.refuse_lone_operator() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.checker IS NULL AND NEW.kind <> 'disable' AND 2 <= (
    SELECT count(*) FROM security.user u JOIN security.user_duty d ON d.user_name = u.name
     WHERE u.state = 'active' AND d.duty = 'administrator'
  ) THEN
    RAISE EXCEPTION 'the house has administrators: this change needs a checker'
      USING ERRCODE = 'check_violation', CONSTRAINT = 'operator_alone';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER operator_needs_a_checker BEFORE INSERT ON security.user_change
  FOR EACH ROW EXECUTE FUNCTION security.refuse_lone_operator();

CREATE FUNCTION security.refuse_identity_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER user_change_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON security.user_change
  FOR EACH STATEMENT EXECUTE FUNCTION security.refuse_identity_change();
CREATE TRIGGER duty_conflict_stays BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON security.duty_conflict
  FOR EACH STATEMENT EXECUTE FUNCTION security.refuse_identity_change();
-- Users are disabled, never deleted: the audit log names them for twenty years.
CREATE TRIGGER user_stays BEFORE DELETE OR TRUNCATE ON security.user
  FOR EACH STATEMENT EXECUTE FUNCTION security.refuse_identity_change();

-- argon2id; its parameters stand with each hash so that they can rise.
CREATE TABLE security.password (
  user_name   text        PRIMARY KEY REFERENCES security.user,
  hash        bytea       NOT NULL,
  salt        bytea       NOT NULL,
  memory_kib  integer     NOT NULL CHECK (memory_kib >= 8),
  passes      integer     NOT NULL CHECK (passes > 0),
  must_change boolean     NOT NULL,
  changed_at  timestamptz NOT NULL
);

-- One-time codes by time (RFC 6238). `sealed` is in use, `pending` waits for its first code.
CREATE TABLE security.totp (
  user_name text   PRIMARY KEY REFERENCES security.user,
  sealed    bytea,
  pending   bytea,
  last_step bigint NOT NULL DEFAULT 0
);

CREATE TABLE security.recovery_code (
  user_name text        NOT NULL REFERENCES security.user,
  hash      bytea       NOT NULL,
  used_at   timestamptz,
  PRIMARY KEY (user_name, hash)
);

CREATE TABLE security.passkey (
  credential text        PRIMARY KEY,
  user_name  text        NOT NULL REFERENCES security.user,
  public_key bytea       NOT NULL,
  counter    bigint      NOT NULL CHECK (counter >= 0),
  transports text[]      NOT NULL,
  label      text        NOT NULL,
  created_at timestamptz NOT NULL,
  used_at    timestamptz
);
CREATE INDEX passkey_by_user ON security.passkey (user_name);

-- Failures by account, second factor and address; the key is an HMAC of what it limits.
CREATE TABLE security.sign_in_limit (
  key          text        PRIMARY KEY,
  failures     integer     NOT NULL CHECK (failures >= 0),
  last_failure timestamptz NOT NULL,
  locked_until timestamptz
);
CREATE INDEX sign_in_limit_by_age ON security.sign_in_limit (last_failure);

-- The token itself is never stored. A session belongs to the credentials it was opened with.
CREATE TABLE security.session (
  id               text        PRIMARY KEY,
  token_hash       bytea       NOT NULL UNIQUE,
  user_name        text        NOT NULL REFERENCES security.user,
  stage            text        NOT NULL CHECK (stage IN ('second-factor', 'change-password', 'enrol', 'open')),
  by_password      boolean     NOT NULL,
  strong           boolean     NOT NULL,
  jurisdiction     text        NOT NULL CHECK (jurisdiction ~ '^[A-Z]{2}$'),
  address          text        NOT NULL,
  credential_epoch bigint      NOT NULL,
  signed_in_at     timestamptz NOT NULL,
  seen_at          timestamptz NOT NULL,
  expires_at       timestamptz NOT NULL,
  challenge        text,
  ended_at         timestamptz,
  end_reason       text,
  CHECK ((ended_at IS NULL) = (end_reason IS NULL))
);
CREATE INDEX session_of_user ON security.session (user_name) WHERE ended_at IS NULL;
CREATE INDEX session_by_age ON security.session (expires_at);

-- Whom another issuer's subject is here. OpenID Connect.
CREATE TABLE security.federated_subject (
  issuer    text NOT NULL,
  subject   text NOT NULL,
  user_name text NOT NULL REFERENCES security.user,
  PRIMARY KEY (issuer, subject)
);

-- A sign-in on its way through another issuer; taken once.
CREATE TABLE security.oidc_attempt (
  state_hash   bytea       PRIMARY KEY,
  browser_hash bytea       NOT NULL,
  issuer       text        NOT NULL,
  nonce        text        NOT NULL,
  verifier     text        NOT NULL,
  begun_at     timestamptz NOT NULL
);
CREATE INDEX oidc_attempt_by_age ON security.oidc_attempt (begun_at);
