-- The switch over all models (AI 总开关): with "rules" no model answers anybody. The newest row counts.
CREATE TABLE ai.mode_change (
  no       bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  mode     text        NOT NULL CHECK (mode IN ('model', 'rules')),
  actor    text        NOT NULL,
  team     text        NOT NULL,
  duty     text        NOT NULL CHECK (duty IN ('risk', 'compliance', 'system', 'operator')),
  reason   text        NOT NULL CHECK (btrim(reason) <> ''),
  at       timestamptz NOT NULL,
  audit_no bigint      NOT NULL,
  -- A machine may switch off; only people switch on.
  CONSTRAINT people_switch_on CHECK (mode = 'rules' OR duty IN ('risk', 'compliance'))
);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ai.mode_change
  FOR EACH STATEMENT EXECUTE FUNCTION ai.refuse_change();
