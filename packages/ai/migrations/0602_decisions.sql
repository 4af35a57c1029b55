-- What was decided, by whom (model or rules), from what, and what people made of it.

CREATE TABLE ai.decision (
  no              bigint      PRIMARY KEY CHECK (no > 0),
  use_case        text        NOT NULL,
  subject         text        NOT NULL,
  business_date   date        NOT NULL,
  at              timestamptz NOT NULL,
  route           text        NOT NULL CHECK (route IN ('rules', 'SHADOW', 'CANARY', 'CHAMPION')),
  version         text        REFERENCES ai.model_version,
  artefact_sha256 text        REFERENCES ai.artefact,
  fallback        text,
  input           jsonb       NOT NULL,
  score           float8      CHECK (score >= 0 AND score <= 1),
  threshold       float8      NOT NULL,
  outcome         text        NOT NULL CHECK (outcome IN ('quiet', 'warn', 'unknown')),
  tier            text        NOT NULL,
  reasons         jsonb       NOT NULL,
  counterfactual  jsonb,
  explanation_zh  text        NOT NULL,
  explanation_en  text        NOT NULL,
  latency_us      bigint      NOT NULL CHECK (latency_us >= 0),
  recorded_at     timestamptz NOT NULL,
  prev_hash       text        NOT NULL,
  hash            text        NOT NULL,
  CONSTRAINT answered_by CHECK ((route = 'rules') = (version IS NULL) AND (version IS NULL) = (artefact_sha256 IS NULL)),
  CONSTRAINT unknown_has_no_score CHECK ((outcome = 'unknown') = (score IS NULL))
);
CREATE INDEX decision_subject ON ai.decision (use_case, subject, no);
CREATE INDEX decision_version ON ai.decision (version, business_date) WHERE version IS NOT NULL;

-- One row: where the chain ends.
CREATE TABLE ai.decision_head (
  one  boolean PRIMARY KEY DEFAULT true CHECK (one),
  no   bigint  NOT NULL,
  hash text    NOT NULL
);

CREATE TABLE ai.decision_outcome (
  decision bigint      PRIMARY KEY REFERENCES ai.decision,
  happened boolean     NOT NULL,
  known_at timestamptz NOT NULL
);

CREATE TABLE ai.review_item (
  no        bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  decision  bigint      NOT NULL UNIQUE REFERENCES ai.decision,
  use_case  text        NOT NULL,
  subject   text        NOT NULL,
  duty      text        NOT NULL CHECK (duty IN ('risk', 'compliance')),
  action    text        NOT NULL,
  state     text        NOT NULL DEFAULT 'OPEN' CHECK (state IN ('OPEN', 'UPHELD', 'VETOED', 'LAPSED')),
  raised_at timestamptz NOT NULL,
  due_at    timestamptz NOT NULL CHECK (due_at > raised_at),
  ended_at  timestamptz,
  CONSTRAINT open_has_no_end CHECK ((state = 'OPEN') = (ended_at IS NULL))
);
CREATE UNIQUE INDEX one_open_review ON ai.review_item (use_case, subject) WHERE state = 'OPEN';

-- One verdict an item: a veto is final.
CREATE TABLE ai.review_verdict (
  item     bigint      PRIMARY KEY REFERENCES ai.review_item,
  verdict  text        NOT NULL CHECK (verdict IN ('uphold', 'veto')),
  reason   text        NOT NULL CHECK (length(btrim(reason)) >= 4),
  reviewer text        NOT NULL,
  team     text        NOT NULL,
  duty     text        NOT NULL,
  at       timestamptz NOT NULL,
  audit_no bigint      NOT NULL
);

DO $$
DECLARE t text;
BEGIN
  FOREACH t IN ARRAY ARRAY['decision', 'decision_outcome', 'review_verdict'] LOOP
    EXECUTE format('CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ai.%I
                    FOR EACH STATEMENT EXECUTE FUNCTION ai.refuse_change()', t);
  END LOOP;
  FOREACH t IN ARRAY ARRAY['decision_head', 'review_item'] LOOP
    EXECUTE format('CREATE TRIGGER rows_stay BEFORE DELETE OR TRUNCATE ON ai.%I
                    FOR EACH STATEMENT EXECUTE FUNCTION ai.refuse_change()', t);
  END LOOP;
END $$;

-- A decision names the artefact its version was registered with.
CREATE FUNCTION ai.check_decision() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.version IS NOT NULL AND NOT EXISTS (
       SELECT 1 FROM ai.model_version v
        WHERE v.id = NEW.version AND v.artefact_sha256 = NEW.artefact_sha256 AND v.use_case = NEW.use_case) THEN
    RAISE EXCEPTION 'decision % names another artefact than version %', NEW.no, NEW.version
      USING ERRCODE = 'check_violation', CONSTRAINT = 'registered_artefact';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER decision_checked BEFORE INSERT ON ai.decision FOR EACH ROW EXECUTE FUNCTION ai.check_decision();

-- A review ends by a verdict, or lapses when its time is over.
CREATE FUNCTION ai.check_review() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    IF NEW.state <> 'OPEN' THEN
      RAISE EXCEPTION 'a review begins open' USING ERRCODE = 'check_violation', CONSTRAINT = 'review_begins_open';
    END IF;
    RETURN NEW;
  END IF;
  IF (to_jsonb(NEW) - ARRAY['state', 'ended_at']) IS DISTINCT FROM (to_jsonb(OLD) - ARRAY['state', 'ended_at'])
     OR OLD.state <> 'OPEN'
     OR NOT (pg_trigger_depth() >= 2 OR (NEW.state = 'LAPSED' AND NEW.ended_at >= OLD.due_at)) THEN
    RAISE EXCEPTION 'review % ends by a verdict', OLD.no
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'ended_by_verdict';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER review_checked BEFORE INSERT OR UPDATE ON ai.review_item FOR EACH ROW EXECUTE FUNCTION ai.check_review();

CREATE FUNCTION ai.apply_verdict() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE i ai.review_item;
BEGIN
  SELECT * INTO i FROM ai.review_item WHERE no = NEW.item FOR UPDATE;
  IF i.no IS NULL OR i.state <> 'OPEN' OR NEW.at < i.raised_at THEN
    RAISE EXCEPTION 'review % is not open', NEW.item USING ERRCODE = 'check_violation', CONSTRAINT = 'review_open';
  END IF;
  IF NEW.duty <> i.duty THEN
    RAISE EXCEPTION 'review % is for %', NEW.item, i.duty USING ERRCODE = 'check_violation', CONSTRAINT = 'review_duty';
  END IF;
  -- Who made the model judges none of its decisions, whichever answered.
  IF EXISTS (SELECT 1 FROM ai.model m WHERE m.use_case = i.use_case AND (m.owner_team = NEW.team OR m.owner = NEW.reviewer))
     OR EXISTS (SELECT 1 FROM ai.version_author a JOIN ai.model_version v ON v.id = a.version
                 WHERE v.use_case = i.use_case AND a.author = NEW.reviewer) THEN
    RAISE EXCEPTION '% made the model', NEW.reviewer USING ERRCODE = 'check_violation', CONSTRAINT = 'separation_of_duties';
  END IF;
  UPDATE ai.review_item SET state = CASE NEW.verdict WHEN 'veto' THEN 'VETOED' ELSE 'UPHELD' END, ended_at = NEW.at
   WHERE no = NEW.item;
  RETURN NEW;
END $$;
CREATE TRIGGER verdict_applied BEFORE INSERT ON ai.review_verdict FOR EACH ROW EXECUTE FUNCTION ai.apply_verdict();
