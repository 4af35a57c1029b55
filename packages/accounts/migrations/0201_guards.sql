-- What the database itself refuses, whoever asks.

CREATE FUNCTION accounts.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% is append-only: corrections are reversals', TG_TABLE_SCHEMA || '.' || TG_TABLE_NAME
    USING ERRCODE = 'restrict_violation';
END $$;

DO $$
DECLARE t text;
BEGIN
  FOREACH t IN ARRAY ARRAY['command', 'journal', 'posting', 'contract_version', 'node_message', 'client_day', 'published_batch'] LOOP
    EXECUTE format('CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON accounts.%I
                    FOR EACH STATEMENT EXECUTE FUNCTION accounts.refuse_change()', t);
    EXECUTE format('REVOKE UPDATE, DELETE, TRUNCATE ON accounts.%I FROM PUBLIC', t);
  END LOOP;
END $$;

-- Double entry, checked over all rows of one statement at once: a journal's lines come together, exactly those it
-- announced; they add up to nothing per entity and currency; client money never moves from one master to another
-- (UA-5), whoever writes the journal — a publication's lines are checked in pairs before they are summed up, every other
-- journal touches one master only; every account exists in that currency; and a floor holds at every version, not only
-- at the last. Journals and ledger accounts are never deleted, so that this is as good as foreign keys and much cheaper.
CREATE FUNCTION accounts.check_postings() RETURNS trigger LANGUAGE plpgsql
  SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET plan_cache_mode = force_generic_plan AS $$
DECLARE v_bad record;
BEGIN
  SELECT c.journal, c.is_orphan, c.is_low, c.lo <> c.hi AS is_mixed INTO v_bad
    FROM (SELECT g.journal, sum(g.lines) AS lines, bool_or(g.total <> 0) AS is_off, bool_or(g.is_orphan) AS is_orphan,
                 bool_or(g.is_low) AS is_low, min(g.lo) AS lo, max(g.hi) AS hi
            FROM (SELECT n.journal, count(*) AS lines, sum(n.amount) AS total, bool_or(a.id IS NULL) AS is_orphan,
                         coalesce(bool_or(a.normal_side * n.balance_after < a.floor), false) AS is_low,
                         min(s.master) AS lo, max(s.master) AS hi
                    FROM added n
                    LEFT JOIN accounts.ledger_account a ON a.id = n.account AND a.currency = n.currency
                    LEFT JOIN accounts.sub_account s ON s.sub = a.sub
                   GROUP BY n.journal, a.entity, n.currency) g
           GROUP BY g.journal) c
    LEFT JOIN accounts.journal j ON j.id = c.journal
    LEFT JOIN accounts.journal r ON r.id = j.reverses
   WHERE c.is_orphan OR c.is_low OR c.is_off OR j.lines IS DISTINCT FROM c.lines
      OR (c.lo <> c.hi AND coalesce(r.kind, j.kind) <> 'publish-batch')
   ORDER BY c.journal LIMIT 1;
  IF NOT FOUND THEN
    RETURN NULL;
  ELSIF v_bad.is_orphan THEN
    RAISE EXCEPTION 'journal % names no account of its currency', v_bad.journal
      USING ERRCODE = 'foreign_key_violation', CONSTRAINT = 'posting_account';
  ELSIF v_bad.is_low THEN
    RAISE EXCEPTION 'journal % takes an account below its floor', v_bad.journal
      USING ERRCODE = 'check_violation', CONSTRAINT = 'ledger_account_floor';
  ELSIF v_bad.is_mixed THEN
    RAISE EXCEPTION 'journal % moves client money between masters', v_bad.journal
      USING ERRCODE = 'check_violation', CONSTRAINT = 'one_master';
  END IF;
  RAISE EXCEPTION 'journal % does not balance or has not the lines it announced', v_bad.journal
    USING ERRCODE = 'check_violation', CONSTRAINT = 'journal_balanced';
END $$;
CREATE TRIGGER postings_checked AFTER INSERT ON accounts.posting
  REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION accounts.check_postings();

-- At commit a journal has its lines (all of them: see above) and its command.
CREATE FUNCTION accounts.check_journal() RETURNS trigger LANGUAGE plpgsql SET enable_seqscan = off AS $$
BEGIN
  IF NOT EXISTS (SELECT 1 FROM accounts.posting p WHERE p.journal = NEW.id AND p.line = 0) THEN
    RAISE EXCEPTION 'journal % has no lines', NEW.id USING ERRCODE = 'check_violation', CONSTRAINT = 'journal_balanced';
  END IF;
  IF NOT EXISTS (SELECT 1 FROM accounts.command c WHERE c.no = NEW.command_no) THEN
    RAISE EXCEPTION 'journal % has no command', NEW.id USING ERRCODE = 'foreign_key_violation', CONSTRAINT = 'journal_command';
  END IF;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER journal_balanced AFTER INSERT ON accounts.journal
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION accounts.check_journal();

-- A ledger account stays what it is: only its balances move.
CREATE FUNCTION accounts.check_ledger_account() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'ledger account % stays what it is', OLD.id USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER ledger_account_stays BEFORE DELETE ON accounts.ledger_account
  FOR EACH ROW EXECUTE FUNCTION accounts.check_ledger_account();
CREATE TRIGGER ledger_account_identity BEFORE UPDATE ON accounts.ledger_account FOR EACH ROW
  WHEN ((OLD.id, OLD.entity, OLD.code, OLD.pool, OLD.sub, OLD.contract, OLD.counterparty, OLD.listing, OLD.currency, OLD.normal_side)
        IS DISTINCT FROM
        (NEW.id, NEW.entity, NEW.code, NEW.pool, NEW.sub, NEW.contract, NEW.counterparty, NEW.listing, NEW.currency, NEW.normal_side))
  EXECUTE FUNCTION accounts.check_ledger_account();
CREATE TRIGGER ledger_account_kept BEFORE TRUNCATE ON accounts.ledger_account
  FOR EACH STATEMENT EXECUTE FUNCTION accounts.refuse_change();

-- A hold ends once; what it reserved never changes.
CREATE FUNCTION accounts.check_hold() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' OR OLD.state <> 'pending'
     OR (NEW.id, NEW.debit_account, NEW.credit_account, NEW.amount, NEW.created_no)
        IS DISTINCT FROM (OLD.id, OLD.debit_account, OLD.credit_account, OLD.amount, OLD.created_no) THEN
    RAISE EXCEPTION 'hold % has ended or may not be changed so', OLD.id USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER hold_once BEFORE UPDATE OR DELETE ON accounts.hold FOR EACH ROW EXECUTE FUNCTION accounts.check_hold();

-- I4: counters of a lease only rise.
CREATE FUNCTION accounts.check_lease() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' OR NEW.granted_cum < OLD.granted_cum OR NEW.returned_cum < OLD.returned_cum
     OR NEW.booking_cum < OLD.booking_cum OR NEW.booking_acked_cum < OLD.booking_acked_cum THEN
    RAISE EXCEPTION 'lease counters of cell % only rise', OLD.cell USING ERRCODE = 'restrict_violation', CONSTRAINT = 'lease_monotone';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER lease_monotone BEFORE UPDATE OR DELETE ON accounts.lease FOR EACH ROW EXECUTE FUNCTION accounts.check_lease();

-- I1: at commit a cell's leases and bookings stay inside its limit, unless it is declared over-leased.
CREATE FUNCTION accounts.check_cell() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE v_cell record;
BEGIN
  SELECT c.lim, c.booked, c.state, coalesce(sum(l.granted_cum - l.returned_cum - (l.booking_cum - l.booking_acked_cum)), 0) AS leased
    INTO v_cell FROM accounts.limit_cell c LEFT JOIN accounts.lease l ON l.cell = c.cell
   WHERE c.cell = NEW.cell GROUP BY c.cell;
  IF v_cell.state <> 'over-leased' AND v_cell.leased + v_cell.booked > v_cell.lim THEN
    RAISE EXCEPTION 'cell %: leased % and booked % exceed its limit %', NEW.cell, v_cell.leased, v_cell.booked, v_cell.lim
      USING ERRCODE = 'check_violation', CONSTRAINT = 'cell_inside_limit';
  END IF;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER cell_inside_limit AFTER INSERT OR UPDATE ON accounts.limit_cell
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION accounts.check_cell();
CREATE CONSTRAINT TRIGGER lease_inside_limit AFTER INSERT OR UPDATE ON accounts.lease
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION accounts.check_cell();
