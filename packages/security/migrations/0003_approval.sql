-- Requests under four eyes. What the programs check, the database refuses as well: whoever holds its rights but not its
-- owner's can neither check their own request, nor decide twice, nor change what was decided, nor skip a state.

CREATE TABLE security.approval (
  id              uuid        PRIMARY KEY,
  no              bigint      GENERATED ALWAYS AS IDENTITY UNIQUE,
  kind            text        NOT NULL,
  target          text        NOT NULL,
  -- One for each checker needed.
  duties          text[]      NOT NULL CHECK (cardinality(duties) BETWEEN 1 AND 2 AND array_position(duties, NULL) IS NULL),
  client          bigint,
  entity          bigint,
  payload         jsonb       NOT NULL,
  before          jsonb       NOT NULL,
  version         text        NOT NULL,
  diff            jsonb       NOT NULL,
  request_hash    text        NOT NULL CHECK (request_hash ~ '^[0-9a-f]{64}$'),
  idempotency_key text        NOT NULL CHECK (length(idempotency_key) BETWEEN 1 AND 100),
  reason          text        NOT NULL,
  maker           text        NOT NULL CHECK (maker <> ''),
  made_at         timestamptz NOT NULL,
  expires_at      timestamptz NOT NULL,
  state           text        NOT NULL CHECK (state IN
                    ('waiting', 'approved', 'executed', 'refused', 'returned', 'withdrawn', 'expired', 'failed')),
  state_at        timestamptz NOT NULL,
  note            text,
  CONSTRAINT approval_key UNIQUE (maker, kind, idempotency_key),
  CHECK (expires_at > made_at),
  CHECK (state_at >= made_at)
);
CREATE INDEX approval_open ON security.approval (no) WHERE state IN ('waiting', 'approved');

CREATE TABLE security.approval_decision (
  approval uuid        NOT NULL REFERENCES security.approval,
  checker  text        NOT NULL CHECK (checker <> ''),
  duty     text        NOT NULL,
  verdict  text        NOT NULL CHECK (verdict IN ('approve', 'refuse', 'return')),
  reason   text        NOT NULL,
  at       timestamptz NOT NULL,
  PRIMARY KEY (approval, checker)
);
-- "Risk" and "risk" are one person to everybody who reads them.
CREATE UNIQUE INDEX approval_decision_once ON security.approval_decision (approval, lower(checker));

CREATE FUNCTION security.refuse_approval_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% stays as it was written', TG_TABLE_NAME
    USING ERRCODE = 'restrict_violation', CONSTRAINT = 'approval_immutable';
END $$;
CREATE TRIGGER approval_stays BEFORE DELETE OR TRUNCATE ON security.approval
  FOR EACH STATEMENT EXECUTE FUNCTION security.refuse_approval_change();
CREATE TRIGGER approval_decision_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON security.approval_decision
  FOR EACH STATEMENT EXECUTE FUNCTION security.refuse_approval_change();

CREATE FUNCTION security.check_approval_made() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.state <> 'waiting' OR NEW.note IS NOT NULL THEN
    RAISE EXCEPTION 'a request begins by waiting' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'approval_transition';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER approval_made BEFORE INSERT ON security.approval
  FOR EACH ROW EXECUTE FUNCTION security.check_approval_made();

CREATE FUNCTION security.check_approval_moved() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  v_moving text[] := '{state,state_at,note}';
  v_fault  text;
BEGIN
  IF to_jsonb(NEW) - v_moving IS DISTINCT FROM to_jsonb(OLD) - v_moving THEN
    RAISE EXCEPTION 'what was requested stays as it was' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'approval_immutable';
  END IF;
  v_fault := CASE
    WHEN (OLD.state, NEW.state) NOT IN (('waiting', 'approved'), ('waiting', 'refused'), ('waiting', 'returned'),
           ('waiting', 'withdrawn'), ('waiting', 'expired'), ('approved', 'executed'), ('approved', 'returned'),
           ('approved', 'failed'), ('approved', 'expired'))
      THEN 'no such step'
    WHEN NEW.state_at < OLD.state_at THEN 'time runs backwards'
    WHEN (NEW.state = 'expired') <> (NEW.state_at >= NEW.expires_at) AND NEW.state IN ('expired', 'approved', 'executed')
      THEN 'expiry'
    WHEN (NEW.note IS NOT NULL) <> (OLD.state = 'approved' AND NEW.state IN ('returned', 'failed')) THEN 'note'
    WHEN OLD.state = 'waiting' AND NEW.state IN ('refused', 'returned') AND NOT EXISTS
           (SELECT FROM security.approval_decision d
             WHERE d.approval = NEW.id AND d.verdict = CASE NEW.state WHEN 'refused' THEN 'refuse' ELSE 'return' END)
      THEN 'nobody decided so'
    WHEN NEW.state = 'approved' AND EXISTS
           (SELECT FROM unnest(NEW.duties) AS needed(duty) GROUP BY needed.duty
            HAVING count(*) > (SELECT count(*) FROM security.approval_decision d
                                WHERE d.approval = NEW.id AND d.verdict = 'approve' AND d.duty = needed.duty))
      THEN 'checkers are missing'
  END;
  IF v_fault IS NOT NULL THEN
    RAISE EXCEPTION 'a request does not go from % to %: %', OLD.state, NEW.state, v_fault
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'approval_transition';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER approval_moved BEFORE UPDATE ON security.approval
  FOR EACH ROW EXECUTE FUNCTION security.check_approval_moved();

CREATE FUNCTION security.check_approval_decided() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  v_request security.approval;
  v_fault   text;
BEGIN
  -- Deciders of one request wait for each other.
  SELECT * INTO v_request FROM security.approval WHERE id = NEW.approval FOR UPDATE;
  v_fault := CASE
    WHEN v_request.id IS NULL THEN 'no such request'
    WHEN v_request.state <> 'waiting' THEN 'it is ' || v_request.state
    WHEN lower(v_request.maker) = lower(NEW.checker) THEN 'its maker is not its checker'
    WHEN NEW.at < v_request.state_at OR NEW.at >= v_request.expires_at THEN 'not in its time'
    WHEN NOT NEW.duty = ANY (v_request.duties) THEN 'not of its duty'
    WHEN NEW.verdict = 'approve' AND
         (SELECT count(*) FROM security.approval_decision d
           WHERE d.approval = NEW.approval AND d.verdict = 'approve' AND d.duty = NEW.duty)
         >= (SELECT count(*) FROM unnest(v_request.duties) AS needed(duty) WHERE needed.duty = NEW.duty)
      THEN 'that duty has approved'
  END;
  IF v_fault IS NOT NULL THEN
    RAISE EXCEPTION 'request % is not decided by %: %', NEW.approval, NEW.checker, v_fault
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'approval_decision';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER approval_decided BEFORE INSERT ON security.approval_decision
  FOR EACH ROW EXECUTE FUNCTION security.check_approval_decided();
