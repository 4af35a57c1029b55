-- What was said beside what happened (可靠性), by bins of equal count, as a validator measured it out of time. The newest counts.
CREATE TABLE ai.reliability_bin (
  no            bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  version       text        NOT NULL REFERENCES ai.model_version,
  round         integer     NOT NULL,
  source        text        NOT NULL CHECK (source IN ('model', 'rule')),
  bin           integer     NOT NULL CHECK (bin BETWEEN 1 AND 100),
  low           float8      NOT NULL CHECK (low >= 0),
  high          float8      NOT NULL CHECK (high <= 1),
  predicted     float8      NOT NULL CHECK (predicted BETWEEN 0 AND 1),
  observed      float8      NOT NULL CHECK (observed BETWEEN 0 AND 1),
  row_count     bigint      NOT NULL CHECK (row_count > 0),
  validator     text        NOT NULL,
  team          text        NOT NULL,
  report_sha256 text        NOT NULL,
  at            timestamptz NOT NULL,
  CONSTRAINT edges_in_order CHECK (low <= high)
);
CREATE INDEX reliability_bin_version ON ai.reliability_bin (version, no);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ai.reliability_bin
  FOR EACH STATEMENT EXECUTE FUNCTION ai.refuse_change();
CREATE TRIGGER bin_checked BEFORE INSERT ON ai.reliability_bin
  FOR EACH ROW EXECUTE FUNCTION ai.check_validation_run();
