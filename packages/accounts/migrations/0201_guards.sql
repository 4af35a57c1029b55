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

-- At commit every journal holds exactly the lines it announced and they add up to nothing per entity and currency; and
-- client money never moves from one master to another (UA-5), whoever writes the journal: a publication's lines are checked in pairs
-- before they are summed up, every other journal touches one master only.
CREATE FUNCTION accounts.check_journal() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  v_lines bigint;
  v_off bigint;
  v_masters bigint;
BEGIN
  SELECT coalesce(sum(c.lines), 0), count(*) FILTER (WHERE c.total <> 0) INTO v_lines, v_off
    FROM (SELECT count(*) AS lines, sum(p.amount) AS total
            FROM accounts.posting p JOIN accounts.ledger_account a ON a.id = p.account
           WHERE p.journal = NEW.id GROUP BY a.entity, p.currency) c;
  IF v_lines <> NEW.lines OR v_off > 0 THEN
    RAISE EXCEPTION 'journal % does not balance (% of % lines)', NEW.id, v_lines, NEW.lines
      USING ERRCODE = 'check_violation', CONSTRAINT = 'journal_balanced';
  END IF;
  IF NEW.kind <> 'publish-batch'
     AND NOT EXISTS (SELECT 1 FROM accounts.journal r WHERE r.id = NEW.reverses AND r.kind = 'publish-batch') THEN
    SELECT count(DISTINCT s.master) INTO v_masters FROM accounts.posting p
      JOIN accounts.ledger_account a ON a.id = p.account
      JOIN accounts.sub_account s ON s.sub = a.sub WHERE p.journal = NEW.id;
    IF v_masters > 1 THEN
      RAISE EXCEPTION 'journal % moves client money between masters', NEW.id
        USING ERRCODE = 'check_violation', CONSTRAINT = 'one_master';
    END IF;
  END IF;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER journal_balanced AFTER INSERT ON accounts.journal
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION accounts.check_journal();

-- A line beyond the announced ones would escape the check at commit; a floor holds at every version, not only at the last.
CREATE FUNCTION accounts.check_postings() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE v_bad record;
BEGIN
  SELECT n.journal, n.line INTO v_bad FROM added n JOIN accounts.journal j ON j.id = n.journal WHERE n.line >= j.lines LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION 'journal % announced fewer lines', v_bad.journal USING ERRCODE = 'check_violation', CONSTRAINT = 'journal_balanced';
  END IF;
  SELECT n.account INTO v_bad FROM added n JOIN accounts.ledger_account a ON a.id = n.account
   WHERE a.floor IS NOT NULL AND a.normal_side * n.balance_after < a.floor LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION 'account % would fall below its floor', v_bad.account
      USING ERRCODE = 'check_violation', CONSTRAINT = 'ledger_account_floor';
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER postings_checked AFTER INSERT ON accounts.posting
  REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION accounts.check_postings();

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
