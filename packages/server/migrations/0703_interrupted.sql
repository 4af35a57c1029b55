-- A change is noted in the audit log together with its first answer. What a dying server left unanswered is noted by the next
-- one: `entry` says what was asked, and by whom, without how it went; `interrupted` is the number of that note in the chain.
ALTER TABLE server.idempotency ADD COLUMN entry jsonb, ADD COLUMN interrupted bigint;

-- Claims of a server that knew no entries: what they say of themselves.
UPDATE server.idempotency
   SET entry = jsonb_build_object('actor', user_name, 'duty', 'system', 'action', route, 'target', route,
                                  'params', jsonb_build_object('route', route))
 WHERE status IS NULL;

ALTER TABLE server.idempotency
  ADD CONSTRAINT entry_until_answered CHECK (status IS NOT NULL OR entry IS NOT NULL),
  ADD CONSTRAINT interrupted_is_unanswered CHECK (status IS NULL OR interrupted IS NULL);
CREATE INDEX idempotency_unanswered ON server.idempotency (at) WHERE status IS NULL;
