-- Models under governance: what there is, who made, validated and approved it, what it learnt from, what ran when.

CREATE SCHEMA ai;

CREATE TABLE ai.model (
  use_case   text        PRIMARY KEY CHECK (use_case ~ '^[a-z][a-z0-9-]{1,62}$'),
  tier       text        NOT NULL CHECK (tier IN ('T1', 'T2', 'T3')),
  title      text        NOT NULL,
  rule       text        NOT NULL,
  owner      text        NOT NULL,
  owner_team text        NOT NULL,
  opened_at  timestamptz NOT NULL
);

-- The bytes themselves, under their own hash.
CREATE TABLE ai.artefact (
  sha256 text PRIMARY KEY,
  body   text NOT NULL,
  CONSTRAINT artefact_is_its_hash CHECK (sha256 = encode(sha256(convert_to(body, 'UTF8')), 'hex'))
);

CREATE TABLE ai.dataset (
  id          text        PRIMARY KEY,
  sha256      text        NOT NULL,
  title       text        NOT NULL,
  source      text        NOT NULL CHECK (source <> ''),
  licence     text        NOT NULL CHECK (licence <> ''),
  legal_basis text        NOT NULL CHECK (legal_basis <> ''),
  class       text        NOT NULL CHECK (class IN ('core', 'important', 'general')),
  may_ship    boolean     NOT NULL,
  simulated   text        NOT NULL,
  residency   text        NOT NULL,
  first_date  date        NOT NULL,
  last_date   date        NOT NULL CHECK (last_date >= first_date),
  row_count   bigint      NOT NULL CHECK (row_count > 0),
  sampling    jsonb       NOT NULL,
  quality     jsonb       NOT NULL,
  recorded_at timestamptz NOT NULL
);

CREATE TABLE ai.model_version (
  id              text        PRIMARY KEY,
  use_case        text        NOT NULL REFERENCES ai.model,
  no              integer     NOT NULL CHECK (no > 0),
  tier            text        NOT NULL,
  owner_team      text        NOT NULL,
  artefact_sha256 text        NOT NULL REFERENCES ai.artefact,
  params          jsonb       NOT NULL,
  code_version    text        NOT NULL,
  environment     text        NOT NULL,
  trained_from    date        NOT NULL,
  trained_to      date        NOT NULL,
  seed            bigint      NOT NULL,
  operator        text        NOT NULL,
  started_at      timestamptz NOT NULL,
  ended_at        timestamptz NOT NULL CHECK (ended_at >= started_at),
  iterations      integer     NOT NULL CHECK (iterations > 0),
  registered_at   timestamptz NOT NULL,
  -- What follows is moved by transitions alone.
  state           text        NOT NULL DEFAULT 'DRAFT' CHECK (state IN ('DRAFT', 'SUBMITTED', 'IN_VALIDATION', 'VALIDATED',
                    'REJECTED', 'APPROVED', 'SHADOW', 'CANARY', 'CHAMPION', 'STANDBY', 'RETIRED', 'SUSPENDED')),
  since           timestamptz NOT NULL,
  round           integer     NOT NULL DEFAULT 0,
  validator       text,
  validator_team  text,
  approved_until  timestamptz,
  promoter        text,
  UNIQUE (use_case, no),
  UNIQUE (artefact_sha256)
);
CREATE UNIQUE INDEX one_champion ON ai.model_version (use_case) WHERE state = 'CHAMPION';

CREATE TABLE ai.version_author (
  version text NOT NULL REFERENCES ai.model_version,
  author  text NOT NULL,
  PRIMARY KEY (version, author)
);

CREATE TABLE ai.version_dataset (
  version text NOT NULL REFERENCES ai.model_version,
  dataset text NOT NULL REFERENCES ai.dataset,
  role    text NOT NULL CHECK (role IN ('training', 'test')),
  PRIMARY KEY (version, dataset, role)
);

CREATE TABLE ai.validation_run (
  no            bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  version       text        NOT NULL REFERENCES ai.model_version,
  round         integer     NOT NULL,
  suite         text        NOT NULL,
  test_case     text        NOT NULL,
  metric        text        NOT NULL,
  value         float8      NOT NULL,
  low           float8,
  high          float8,
  threshold     float8      NOT NULL,
  passed        boolean     NOT NULL,
  validator     text        NOT NULL,
  team          text        NOT NULL,
  report_sha256 text        NOT NULL,
  at            timestamptz NOT NULL
);
CREATE INDEX validation_run_version ON ai.validation_run (version, round);

CREATE TABLE ai.approval (
  version  text        NOT NULL REFERENCES ai.model_version,
  round    integer     NOT NULL,
  approver text        NOT NULL,
  team     text        NOT NULL,
  duty     text        NOT NULL CHECK (duty IN ('risk', 'compliance')),
  comment  text        NOT NULL,
  at       timestamptz NOT NULL,
  PRIMARY KEY (version, round, approver),
  CONSTRAINT one_signature_a_duty UNIQUE (version, round, duty)
);

-- The legal edges. A test holds them against the program's own table.
CREATE TABLE ai.legal_transition (
  transition text NOT NULL,
  from_state text NOT NULL,
  to_state   text NOT NULL,
  duty       text NOT NULL,
  PRIMARY KEY (transition, from_state, duty)
);
INSERT INTO ai.legal_transition (transition, from_state, to_state, duty)
SELECT t.transition, f.state, t.to_state, d.duty
  FROM (VALUES
    ('submit', ARRAY['DRAFT'], 'SUBMITTED', ARRAY['model-owner']),
    ('assign', ARRAY['SUBMITTED'], 'IN_VALIDATION', ARRAY['model-validator']),
    ('pass', ARRAY['IN_VALIDATION'], 'VALIDATED', ARRAY['model-validator']),
    ('fail', ARRAY['IN_VALIDATION'], 'REJECTED', ARRAY['model-validator']),
    ('approve', ARRAY['VALIDATED'], 'APPROVED', ARRAY['risk', 'compliance']),
    ('decline', ARRAY['VALIDATED'], 'REJECTED', ARRAY['risk', 'compliance']),
    ('deploy', ARRAY['APPROVED'], 'SHADOW', ARRAY['risk']),
    ('canary', ARRAY['SHADOW'], 'CANARY', ARRAY['risk']),
    ('promote', ARRAY['CANARY'], 'CHAMPION', ARRAY['risk']),
    ('supersede', ARRAY['CHAMPION'], 'STANDBY', ARRAY['risk']),
    ('rollback', ARRAY['CHAMPION'], 'SUSPENDED', ARRAY['risk', 'system', 'operator']),
    ('reinstall', ARRAY['STANDBY'], 'CHAMPION', ARRAY['risk', 'system', 'operator']),
    ('suspend', ARRAY['SHADOW', 'CANARY', 'CHAMPION', 'STANDBY'], 'SUSPENDED',
      ARRAY['risk', 'compliance', 'model-validator', 'model-owner', 'system', 'operator']),
    ('expire', ARRAY['APPROVED', 'SHADOW', 'CANARY', 'CHAMPION', 'STANDBY'], 'SUSPENDED', ARRAY['system']),
    ('reinstate', ARRAY['SUSPENDED'], 'SHADOW', ARRAY['model-validator']),
    ('revalidate', ARRAY['SUSPENDED'], 'IN_VALIDATION', ARRAY['model-validator']),
    ('retire', ARRAY['DRAFT', 'SUBMITTED', 'VALIDATED', 'APPROVED', 'SHADOW', 'STANDBY', 'SUSPENDED'], 'RETIRED',
      ARRAY['model-owner', 'risk'])
  ) AS t (transition, from_states, to_state, duties), unnest(t.from_states) AS f (state), unnest(t.duties) AS d (duty);

CREATE TABLE ai.transition (
  no         bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  version    text        NOT NULL REFERENCES ai.model_version,
  transition text        NOT NULL,
  from_state text        NOT NULL,
  to_state   text        NOT NULL,
  actor      text        NOT NULL,
  team       text        NOT NULL,
  duty       text        NOT NULL,
  reason     text        NOT NULL,
  at         timestamptz NOT NULL,
  audit_no   bigint      NOT NULL
);
CREATE INDEX transition_version ON ai.transition (version, no);

-- What answered when, and for which share of the accounts; the rules need no row: they always stand behind.
CREATE TABLE ai.deployment (
  no        bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  version   text        NOT NULL REFERENCES ai.model_version,
  route     text        NOT NULL CHECK (route IN ('SHADOW', 'CANARY', 'CHAMPION', 'STANDBY')),
  opened_at timestamptz NOT NULL,
  closed_at timestamptz
);
CREATE UNIQUE INDEX one_open_deployment ON ai.deployment (version) WHERE closed_at IS NULL;
