-- Outcomes are told by business date: see early-warning.
CREATE INDEX decision_date ON ai.decision (use_case, business_date);
