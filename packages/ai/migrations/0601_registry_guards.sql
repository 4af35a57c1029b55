-- What the database itself refuses, whoever asks: states move by legal transitions alone, of people who may.

CREATE FUNCTION ai.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% is append-only', TG_TABLE_SCHEMA || '.' || TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;

DO $$
DECLARE t text;
BEGIN
  FOREACH t IN ARRAY ARRAY['model', 'artefact', 'dataset', 'version_author', 'version_dataset', 'validation_run', 'approval',
                           'legal_transition', 'transition'] LOOP
    EXECUTE format('CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ai.%I
                    FOR EACH STATEMENT EXECUTE FUNCTION ai.refuse_change()', t);
  END LOOP;
END $$;
CREATE TRIGGER rows_stay BEFORE DELETE OR TRUNCATE ON ai.model_version
  FOR EACH STATEMENT EXECUTE FUNCTION ai.refuse_change();
CREATE TRIGGER rows_stay BEFORE DELETE OR TRUNCATE ON ai.deployment
  FOR EACH STATEMENT EXECUTE FUNCTION ai.refuse_change();
CREATE TRIGGER edges_stay BEFORE INSERT ON ai.legal_transition
  FOR EACH STATEMENT EXECUTE FUNCTION ai.refuse_change();

-- A version begins as a draft of its model and is moved by ai.apply_transition alone.
CREATE FUNCTION ai.check_version() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'UPDATE' THEN
    IF pg_trigger_depth() < 2 THEN
      RAISE EXCEPTION 'version % moves by a transition only', OLD.id
        USING ERRCODE = 'restrict_violation', CONSTRAINT = 'moved_by_transition';
    END IF;
    RETURN NEW;
  END IF;
  IF NEW.state <> 'DRAFT' OR NEW.round <> 0 OR NEW.validator IS NOT NULL OR NEW.validator_team IS NOT NULL
     OR NEW.approved_until IS NOT NULL OR NEW.promoter IS NOT NULL THEN
    RAISE EXCEPTION 'version % does not begin as a draft', NEW.id
      USING ERRCODE = 'check_violation', CONSTRAINT = 'begins_as_draft';
  END IF;
  IF NOT EXISTS (SELECT 1 FROM ai.model m WHERE m.use_case = NEW.use_case AND m.tier = NEW.tier
                    AND m.owner_team = NEW.owner_team) THEN
    RAISE EXCEPTION 'version % has another tier or team than its model', NEW.id
      USING ERRCODE = 'check_violation', CONSTRAINT = 'as_its_model';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER version_checked BEFORE INSERT OR UPDATE ON ai.model_version
  FOR EACH ROW EXECUTE FUNCTION ai.check_version();

-- Authors and data stand before anybody judges.
CREATE FUNCTION ai.check_draft() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (SELECT 1 FROM ai.model_version v WHERE v.id = NEW.version AND v.state = 'DRAFT') THEN
    RAISE EXCEPTION 'version % is no draft any more', NEW.version
      USING ERRCODE = 'check_violation', CONSTRAINT = 'only_drafts';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER only_drafts BEFORE INSERT ON ai.version_author FOR EACH ROW EXECUTE FUNCTION ai.check_draft();
CREATE TRIGGER only_drafts BEFORE INSERT ON ai.version_dataset FOR EACH ROW EXECUTE FUNCTION ai.check_draft();

-- Nobody who made it, and nobody of the team that did.
CREATE FUNCTION ai.refuse_maker(p_version text, p_actor text, p_team text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM ai.model_version v WHERE v.id = p_version AND v.owner_team = p_team)
     OR EXISTS (SELECT 1 FROM ai.version_author a WHERE a.version = p_version AND a.author = p_actor) THEN
    RAISE EXCEPTION '% of % made version %', p_actor, p_team, p_version
      USING ERRCODE = 'check_violation', CONSTRAINT = 'separation_of_duties';
  END IF;
END $$;

CREATE FUNCTION ai.check_validation_run() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE v ai.model_version;
BEGIN
  SELECT * INTO v FROM ai.model_version WHERE id = NEW.version;
  PERFORM ai.refuse_maker(NEW.version, NEW.validator, NEW.team);
  IF NEW.round <> v.round OR v.state NOT IN ('IN_VALIDATION', 'SUSPENDED')
     OR (v.state = 'IN_VALIDATION' AND v.validator <> NEW.validator) THEN
    RAISE EXCEPTION 'version % is not under validation by %', NEW.version, NEW.validator
      USING ERRCODE = 'check_violation', CONSTRAINT = 'under_validation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER run_checked BEFORE INSERT ON ai.validation_run FOR EACH ROW EXECUTE FUNCTION ai.check_validation_run();

CREATE FUNCTION ai.check_approval() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE v ai.model_version;
BEGIN
  SELECT * INTO v FROM ai.model_version WHERE id = NEW.version;
  PERFORM ai.refuse_maker(NEW.version, NEW.approver, NEW.team);
  IF v.validator = NEW.approver THEN
    RAISE EXCEPTION '% validated version %', NEW.approver, NEW.version
      USING ERRCODE = 'check_violation', CONSTRAINT = 'separation_of_duties';
  END IF;
  IF NEW.round <> v.round OR v.state <> 'VALIDATED' THEN
    RAISE EXCEPTION 'version % is not to be approved', NEW.version
      USING ERRCODE = 'check_violation', CONSTRAINT = 'to_be_approved';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER approval_checked BEFORE INSERT ON ai.approval FOR EACH ROW EXECUTE FUNCTION ai.check_approval();

-- Checks a transition and carries it out: the only way by which a version moves.
CREATE FUNCTION ai.apply_transition() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE v ai.model_version;
BEGIN
  SELECT * INTO v FROM ai.model_version WHERE id = NEW.version FOR UPDATE;
  IF v.state IS DISTINCT FROM NEW.from_state OR NOT EXISTS (
       SELECT 1 FROM ai.legal_transition l WHERE l.transition = NEW.transition AND l.from_state = NEW.from_state
          AND l.to_state = NEW.to_state AND l.duty = NEW.duty) THEN
    RAISE EXCEPTION 'no % of version % from % to % as %', NEW.transition, NEW.version, NEW.from_state, NEW.to_state, NEW.duty
      USING ERRCODE = 'check_violation', CONSTRAINT = 'legal_transition';
  END IF;
  IF NEW.transition IN ('assign', 'pass', 'fail', 'approve', 'decline', 'deploy', 'canary', 'promote', 'reinstate',
                        'revalidate') THEN
    PERFORM ai.refuse_maker(NEW.version, NEW.actor, NEW.team);
  END IF;
  IF (NEW.transition = 'submit' AND (NEW.team <> v.owner_team OR NOT EXISTS (
        SELECT 1 FROM ai.version_author a WHERE a.version = NEW.version AND a.author = NEW.actor)))
     OR (NEW.transition = 'retire' AND NEW.duty = 'model-owner' AND NEW.team <> v.owner_team)
     OR (NEW.transition IN ('pass', 'fail') AND NEW.actor <> v.validator)
     OR (NEW.transition IN ('approve', 'decline') AND NEW.actor = v.validator)
     OR (NEW.transition = 'promote' AND NEW.actor = v.promoter) THEN
    RAISE EXCEPTION '% may not % version %', NEW.actor, NEW.transition, NEW.version
      USING ERRCODE = 'check_violation', CONSTRAINT = 'separation_of_duties';
  END IF;
  IF NEW.transition = 'submit' AND NOT EXISTS (
       SELECT 1 FROM ai.version_dataset d WHERE d.version = NEW.version AND d.role = 'training') THEN
    RAISE EXCEPTION 'version % names no training data', NEW.version USING ERRCODE = 'check_violation', CONSTRAINT = 'lineage';
  END IF;
  IF NEW.transition IN ('deploy', 'canary', 'promote', 'reinstall', 'reinstate')
     AND (v.approved_until IS NULL OR v.approved_until <= NEW.at) THEN
    RAISE EXCEPTION 'version % has no approval in force', NEW.version
      USING ERRCODE = 'check_violation', CONSTRAINT = 'approval_in_force';
  END IF;
  IF NEW.transition = 'approve' AND (SELECT count(DISTINCT a.duty) FROM ai.approval a
       WHERE a.version = NEW.version AND a.round = v.round) < 2 THEN
    RAISE EXCEPTION 'version % lacks signatures', NEW.version USING ERRCODE = 'check_violation', CONSTRAINT = 'two_signatures';
  END IF;
  IF NEW.transition IN ('pass', 'reinstate') AND EXISTS (
       SELECT 1 FROM unnest(ARRAY['baseline', 'discrimination', 'out-of-time', 'extreme', 'robustness', 'fairness']) AS s (suite)
        WHERE NOT coalesce((SELECT bool_and(r.passed) FROM (
                SELECT DISTINCT ON (x.test_case) x.passed FROM ai.validation_run x
                 WHERE x.version = NEW.version AND x.round = v.round AND x.suite = s.suite
                   AND (NEW.transition = 'pass' OR x.at >= v.since)
                 ORDER BY x.test_case, x.no DESC) r), false)) THEN
    RAISE EXCEPTION 'version % has not passed every mandatory suite', NEW.version
      USING ERRCODE = 'check_violation', CONSTRAINT = 'mandatory_suites';
  END IF;
  UPDATE ai.model_version SET
      state = NEW.to_state,
      since = NEW.at,
      round = round + (NEW.transition IN ('assign', 'revalidate'))::int,
      validator = CASE WHEN NEW.transition IN ('assign', 'revalidate') THEN NEW.actor ELSE validator END,
      validator_team = CASE WHEN NEW.transition IN ('assign', 'revalidate') THEN NEW.team ELSE validator_team END,
      approved_until = CASE NEW.transition
        WHEN 'approve' THEN NEW.at + CASE tier WHEN 'T3' THEN interval '730 days' ELSE interval '365 days' END
        WHEN 'assign' THEN NULL WHEN 'revalidate' THEN NULL ELSE approved_until END,
      promoter = CASE NEW.transition
        WHEN 'canary' THEN NEW.actor WHEN 'assign' THEN NULL WHEN 'revalidate' THEN NULL ELSE promoter END
    WHERE id = NEW.version;
  UPDATE ai.deployment SET closed_at = NEW.at WHERE version = NEW.version AND closed_at IS NULL;
  IF NEW.to_state IN ('SHADOW', 'CANARY', 'CHAMPION', 'STANDBY') THEN
    INSERT INTO ai.deployment (version, route, opened_at) VALUES (NEW.version, NEW.to_state, NEW.at);
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER transition_applied BEFORE INSERT ON ai.transition FOR EACH ROW EXECUTE FUNCTION ai.apply_transition();

-- What ran when is told by transitions, too.
CREATE FUNCTION ai.check_deployment() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF pg_trigger_depth() < 2 THEN
    RAISE EXCEPTION 'a deployment follows from a transition' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'moved_by_transition';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER deployment_checked BEFORE INSERT OR UPDATE ON ai.deployment
  FOR EACH ROW EXECUTE FUNCTION ai.check_deployment();
