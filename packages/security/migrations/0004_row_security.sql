-- Who reads as a client sees that client's rows and no others, whatever statement reaches the database. The clients of a
-- transaction stand in a setting that everybody can write and nobody can forge: it is sealed with a key that only the
-- functions below read, and bound to this connection and this transaction. The policies are applied after all rooms'
-- migrations (applyRowSecurity).

-- The two padded halves of an HMAC key (RFC 2104), for sha256(): no extension is needed.
CREATE TABLE security.row_key (
  one       boolean PRIMARY KEY DEFAULT true CHECK (one),
  inner_pad bytea   NOT NULL CHECK (length(inner_pad) = 64),
  outer_pad bytea   NOT NULL CHECK (length(outer_pad) = 64)
);
-- Without a policy nobody but the owner sees a row, whatever rights they are granted.
ALTER TABLE security.row_key ENABLE ROW LEVEL SECURITY;

DO $$
DECLARE
  -- Each uuid brings 122 random bits.
  v_key   bytea := sha256(convert_to(concat(gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), gen_random_uuid()), 'UTF8'));
  v_inner bytea := decode(repeat('36', 64), 'hex');
  v_outer bytea := decode(repeat('5c', 64), 'hex');
BEGIN
  FOR i IN 0 .. 31 LOOP
    v_inner := set_byte(v_inner, i, get_byte(v_key, i) # 54);
    v_outer := set_byte(v_outer, i, get_byte(v_key, i) # 92);
  END LOOP;
  INSERT INTO security.row_key (inner_pad, outer_pad) VALUES (v_inner, v_outer);
END $$;

-- "7,9|<hmac>": clients as read in this transaction of this connection.
CREATE FUNCTION security.sealed_clients(p_clients text) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT p_clients || '|' || encode(sha256(k.outer_pad || sha256(k.inner_pad || convert_to(
           concat_ws(' ', 'meridian clients', pg_backend_pid(),
                     (extract(epoch FROM transaction_timestamp()) * 1000000)::bigint, p_clients), 'UTF8'))), 'hex')
    FROM security.row_key k
$$;

-- For the programs: says whose rows this transaction is to see.
CREATE FUNCTION security.enter_clients(p_clients bigint[]) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM set_config('meridian.clients', security.sealed_clients(array_to_string(p_clients, ',')), true);
END $$;

-- For the policies. Nothing said: nobody's rows. Something forged, or left over from another transaction: an error.
CREATE FUNCTION security.client_ids() RETURNS bigint[]
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  v_said    text := current_setting('meridian.clients', true);
  v_clients text := split_part(v_said, '|', 1);
BEGIN
  IF coalesce(v_said, '') = '' THEN
    RETURN '{}';
  ELSIF v_said IS DISTINCT FROM security.sealed_clients(v_clients) THEN
    RAISE EXCEPTION 'the clients of this transaction were not said by the programs' USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN string_to_array(v_clients, ',')::bigint[];
END $$;

REVOKE ALL ON FUNCTION security.sealed_clients(text), security.enter_clients(bigint[]), security.client_ids() FROM PUBLIC;
