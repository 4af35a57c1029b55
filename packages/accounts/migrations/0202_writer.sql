-- The writer's half in the database: one at a time, set-based.

-- Takes the books' lock for this transaction and says where they stand, which of the commands were executed
-- earlier, and what the accounts named hold. A function of its own statements, so that it
-- sees what the writer before it committed.
CREATE FUNCTION accounts.begin_write(p_ids text[] DEFAULT '{}', p_keys text[] DEFAULT '{}')
RETURNS TABLE (command_no bigint, journal bigint, journal_hash text, ledger_account bigint, hold bigint, node_message bigint,
               earlier jsonb, balances jsonb)
LANGUAGE plpgsql VOLATILE SET enable_seqscan = off SET plan_cache_mode = force_generic_plan AS $$
BEGIN
  PERFORM pg_advisory_xact_lock(7305804402462978163);
  RETURN QUERY SELECT
    coalesce((SELECT max(c.no) FROM accounts.command c), 0),
    coalesce((SELECT max(j.id) FROM accounts.journal j), 0),
    coalesce((SELECT j.hash FROM accounts.journal j ORDER BY j.id DESC LIMIT 1), repeat('0', 64)),
    coalesce((SELECT max(a.id) FROM accounts.ledger_account a), 0),
    coalesce((SELECT max(h.id) FROM accounts.hold h), 0),
    coalesce((SELECT max(m.no) FROM accounts.node_message m), 0),
    (SELECT jsonb_agg(jsonb_build_object('id', c.id, 'no', c.no::text, 'bodyHash', c.body_hash, 'outcome', c.outcome))
       FROM accounts.command c WHERE c.id = ANY (p_ids)),
    (SELECT jsonb_agg(jsonb_build_array(a.id::text, a.key, a.posted::text, a.pending_debit::text, a.pending_credit::text))
       FROM accounts.ledger_account a WHERE a.key = ANY (p_keys));
END $$;

-- Appends journals with their postings, in the order given, and moves the balances. Accounts are locked in id order.
CREATE FUNCTION accounts.append_journals(
  p_id bigint[], p_kind text[], p_rule text[], p_at bigint[], p_business_date date[], p_market text[], p_batch text[],
  p_command_no bigint[], p_source_market text[], p_source_seq bigint[], p_source_k integer[], p_reverses bigint[],
  p_lines integer[], p_prev_hash text[], p_hash text[],
  p_journal bigint[], p_line integer[], p_account bigint[], p_amount bigint[]
) RETURNS void LANGUAGE plpgsql SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off
  SET plan_cache_mode = force_generic_plan AS $$
BEGIN
  PERFORM 1 FROM accounts.ledger_account a WHERE a.id = ANY (p_account) ORDER BY a.id FOR NO KEY UPDATE;
  INSERT INTO accounts.journal (id, kind, rule, at, business_date, market, batch, command_no, source_market, source_seq,
                                source_k, reverses, lines, prev_hash, hash)
  SELECT * FROM unnest(p_id, p_kind, p_rule, p_at, p_business_date, p_market, p_batch, p_command_no, p_source_market,
                       p_source_seq, p_source_k, p_reverses, p_lines, p_prev_hash, p_hash);
  INSERT INTO accounts.posting (journal, line, account, currency, amount, balance_after, account_version)
  SELECT e.journal, e.line, e.account, a.currency, e.amount,
         a.posted + (sum(e.amount) OVER w)::bigint, a.version + row_number() OVER w
    FROM unnest(p_journal, p_line, p_account, p_amount) WITH ORDINALITY AS e (journal, line, account, amount, place)
    JOIN accounts.ledger_account a ON a.id = e.account
  WINDOW w AS (PARTITION BY e.account ORDER BY e.place ROWS UNBOUNDED PRECEDING);
  UPDATE accounts.ledger_account a SET posted = a.posted + d.amount, version = a.version + d.lines
    FROM (SELECT e.account, sum(e.amount)::bigint AS amount, count(*) AS lines
            FROM unnest(p_account, p_amount) AS e (account, amount) GROUP BY e.account) d
   WHERE a.id = d.account;
END $$;

CREATE FUNCTION accounts.append_commands(
  p_no bigint[], p_id text[], p_kind text[], p_at bigint[], p_body jsonb[], p_body_hash text[], p_maker text[],
  p_checker text[], p_outcome jsonb[]
) RETURNS void LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan AS $$
BEGIN
  INSERT INTO accounts.command (no, id, kind, at, body, body_hash, maker, checker, outcome)
  SELECT * FROM unnest(p_no, p_id, p_kind, p_at, p_body, p_body_hash, p_maker, p_checker, p_outcome);
END $$;

-- Both in one call.
CREATE FUNCTION accounts.append_commands_with_journals(
  p_no bigint[], p_command_id text[], p_command_kind text[], p_command_at bigint[], p_body jsonb[], p_body_hash text[],
  p_maker text[], p_checker text[], p_outcome jsonb[],
  p_id bigint[], p_kind text[], p_rule text[], p_at bigint[], p_business_date date[], p_market text[], p_batch text[],
  p_command_no bigint[], p_source_market text[], p_source_seq bigint[], p_source_k integer[], p_reverses bigint[],
  p_lines integer[], p_prev_hash text[], p_hash text[],
  p_journal bigint[], p_line integer[], p_account bigint[], p_amount bigint[]
) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM accounts.append_commands(p_no, p_command_id, p_command_kind, p_command_at, p_body, p_body_hash, p_maker, p_checker,
                                   p_outcome);
  PERFORM accounts.append_journals(p_id, p_kind, p_rule, p_at, p_business_date, p_market, p_batch, p_command_no,
                                   p_source_market, p_source_seq, p_source_k, p_reverses, p_lines, p_prev_hash, p_hash,
                                   p_journal, p_line, p_account, p_amount);
END $$;
