-- The audit trail: rows are captured by triggers as they happen and sealed into one hash chain when their transaction commits.
-- Sealing at commit keeps the head of the chain locked for the shortest time; the sequence number comes from the head under
-- its lock, so that it has no gaps and its order is the order of the chain.
-- Every function names pg_temp last: else a caller's temporary table called audit_entry would be found first.

CREATE FUNCTION audit_setting(setting text) RETURNS text LANGUAGE sql STABLE
    SET search_path = pg_catalog, public, pg_temp AS
$$ SELECT coalesce(current_setting('exomark.' || setting, true), '') $$;

CREATE FUNCTION audit_write(
    p_object_type text, p_object_id text, p_operation text, p_before jsonb, p_after jsonb
) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    INSERT INTO audit_entry (recorded_at, transaction_id, actor, actor_name, action, reason, request_id, client_address,
                             software_version, database_user, object_type, object_id, operation, before, after)
    VALUES (clock_timestamp(), txid_current(),
            coalesce(nullif(audit_setting('actor'), ''), 'db:' || session_user), audit_setting('actor_name'),
            audit_setting('action'), audit_setting('reason'), audit_setting('request_id'), audit_setting('client_address'),
            audit_setting('software_version'), session_user, p_object_type, p_object_id, p_operation, p_before, p_after);
END $$;

REVOKE EXECUTE ON FUNCTION audit_write(text, text, text, jsonb, jsonb) FROM PUBLIC;

-- The only row that the application may write by itself: an event, never an insert, update or delete.
CREATE FUNCTION audit_record_event(p_object_type text, p_object_id text, p_facts jsonb) RETURNS void
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS
$$ SELECT audit_write(p_object_type, p_object_id, 'event', NULL, p_facts) $$;

REVOKE EXECUTE ON FUNCTION audit_record_event(text, text, jsonb) FROM PUBLIC;

CREATE FUNCTION audit_mask(image jsonb, columns text) RETURNS jsonb LANGUAGE plpgsql IMMUTABLE
    SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE name text;
BEGIN
    FOREACH name IN ARRAY string_to_array(columns, ',') LOOP
        IF image ? name THEN image := jsonb_set(image, ARRAY[name], '"•••"'); END IF;
    END LOOP;
    RETURN image;
END $$;

-- Arguments: columns whose change alone is ignored; columns whose value is masked (comma-separated).
-- The time zone is fixed because jsonb writes moments in the caller's, and `verify_audit --records` compares texts.
CREATE FUNCTION audit_capture() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, public, pg_temp SET timezone = 'UTC' AS $$
DECLARE
    old_image jsonb := CASE WHEN TG_OP <> 'INSERT' THEN to_jsonb(OLD) END;
    new_image jsonb := CASE WHEN TG_OP <> 'DELETE' THEN to_jsonb(NEW) END;
    row_id text := coalesce(new_image, old_image) ->> 'id';
    ignored text[] := string_to_array(TG_ARGV[0], ',');
BEGIN
    IF TG_OP = 'UPDATE' THEN
        SELECT coalesce(jsonb_object_agg(o.key, o.value), '{}'), coalesce(jsonb_object_agg(o.key, n.value), '{}')
          INTO old_image, new_image
          FROM jsonb_each(old_image) o JOIN jsonb_each(new_image) n USING (key)
         WHERE o.value IS DISTINCT FROM n.value AND NOT (o.key = ANY (ignored));
        IF new_image = '{}' THEN RETURN NULL; END IF;
    END IF;
    PERFORM audit_write(TG_TABLE_NAME, row_id, lower(TG_OP),
                        audit_mask(old_image, TG_ARGV[1]), audit_mask(new_image, TG_ARGV[1]));
    RETURN NULL;
END $$;

-- Whoever may execute it may hang it on a table of their own, and so forge rows of ours.
REVOKE EXECUTE ON FUNCTION audit_capture() FROM PUBLIC;

-- What is hashed: every column, in a fixed order, with the hash of the row before.
CREATE FUNCTION audit_hash(entry audit_entry) RETURNS text LANGUAGE sql IMMUTABLE
    SET search_path = pg_catalog, public, pg_temp AS $$
SELECT encode(sha256(convert_to(entry.previous_hash || jsonb_build_array(
        entry.sequence, to_char(entry.recorded_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), entry.transaction_id,
        entry.actor, entry.actor_name, entry.action, entry.reason, entry.request_id, entry.client_address,
        entry.software_version, entry.database_user, entry.object_type, entry.object_id, entry.operation,
        entry.before, entry.after)::text, 'UTF8')), 'hex')
$$;

-- Fires for every entry of a transaction; the first one seals them all, so that the head is written once a transaction:
-- thousands of versions of its one row within a transaction would be walked through again and again.
CREATE FUNCTION audit_seal() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    head audit_head;
    entry audit_entry;
BEGIN
    SELECT * INTO entry FROM audit_entry WHERE id = NEW.id;
    IF NOT FOUND OR entry.hash IS NOT NULL THEN RETURN NULL; END IF;
    INSERT INTO audit_head (id, sequence, hash) VALUES (1, 0, '') ON CONFLICT (id) DO NOTHING;
    SELECT * INTO head FROM audit_head WHERE id = 1 FOR UPDATE;
    FOR entry IN SELECT * FROM audit_entry
        WHERE id >= NEW.id AND hash IS NULL AND transaction_id = txid_current() ORDER BY id
    LOOP
        entry.sequence := head.sequence + 1;
        entry.previous_hash := head.hash;
        entry.hash := audit_hash(entry);
        UPDATE audit_entry SET sequence = entry.sequence, previous_hash = entry.previous_hash, hash = entry.hash
         WHERE id = entry.id;
        head.sequence := entry.sequence;
        head.hash := entry.hash;
    END LOOP;
    UPDATE audit_head SET sequence = head.sequence, hash = head.hash WHERE id = 1;
    RETURN NULL;
END $$;

REVOKE EXECUTE ON FUNCTION audit_seal() FROM PUBLIC;

CREATE CONSTRAINT TRIGGER audit_seal AFTER INSERT ON audit_entry
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION audit_seal();

-- An audit row changes once, when it is sealed, and only in the three columns of the seal.
CREATE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.hash IS NULL
       AND to_jsonb(OLD) - 'sequence' - 'previous_hash' - 'hash' = to_jsonb(NEW) - 'sequence' - 'previous_hash' - 'hash' THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'The audit trail is append-only.' USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER audit_refuse BEFORE UPDATE OR DELETE ON audit_entry FOR EACH ROW EXECUTE FUNCTION audit_refuse();

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'Rows of % are append-only: record a new one that supersedes.', TG_TABLE_NAME
        USING ERRCODE = 'insufficient_privilege';
END $$;

-- Only a superuser who also says so (the throw-away servers of the tests) may empty an append-only table.
CREATE FUNCTION refuse_truncate() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF audit_setting('allow_truncate') = 'on' AND (SELECT rolsuper FROM pg_roles WHERE rolname = session_user) THEN
        RETURN NULL;
    END IF;
    RAISE EXCEPTION '% is append-only and cannot be emptied.', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER audit_refuse_truncate BEFORE TRUNCATE ON audit_entry FOR EACH STATEMENT EXECUTE FUNCTION refuse_truncate();

-- Arguments: state column; initial states (JSON list); edges (JSON object of lists).
CREATE FUNCTION guard_transition() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    new_state text := to_jsonb(NEW) ->> TG_ARGV[0];
    old_state text;
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NOT TG_ARGV[1]::jsonb ? new_state THEN
            RAISE EXCEPTION 'A row of % cannot begin in state %.', TG_TABLE_NAME, new_state USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END IF;
    old_state := to_jsonb(OLD) ->> TG_ARGV[0];
    IF new_state IS DISTINCT FROM old_state AND NOT coalesce(TG_ARGV[2]::jsonb -> old_state ? new_state, false) THEN
        RAISE EXCEPTION 'A row of % cannot move from % to %.', TG_TABLE_NAME, old_state, new_state
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;

-- Arguments: state column; states in which the row is frozen (JSON list); columns that stay free (JSON list).
CREATE FUNCTION freeze_row() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    free text[] := ARRAY(SELECT jsonb_array_elements_text(TG_ARGV[2]::jsonb));
    old_state text := to_jsonb(OLD) ->> TG_ARGV[0];
BEGIN
    IF NOT TG_ARGV[1]::jsonb ? old_state THEN
        RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
    END IF;
    IF TG_OP = 'DELETE' OR to_jsonb(OLD) - free IS DISTINCT FROM to_jsonb(NEW) - free THEN
        RAISE EXCEPTION 'Row % of % is % and cannot be changed: supersede it.', to_jsonb(OLD) ->> 'id', TG_TABLE_NAME, old_state
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END $$;

-- Arguments: foreign key column; parent table; its state column; states in which children may be written (JSON list).
CREATE FUNCTION freeze_children() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    image jsonb := CASE WHEN TG_OP = 'DELETE' THEN to_jsonb(OLD) ELSE to_jsonb(NEW) END;
    parent_id bigint := (image ->> TG_ARGV[0])::bigint;
    parent_state text;
BEGIN
    IF TG_OP = 'UPDATE' AND (to_jsonb(OLD) ->> TG_ARGV[0])::bigint <> parent_id THEN
        RAISE EXCEPTION 'A row of % cannot move to another parent.', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
    END IF;
    EXECUTE format('SELECT %I FROM %I WHERE id = $1 FOR SHARE', TG_ARGV[2], TG_ARGV[1]) INTO parent_state USING parent_id;
    IF parent_state IS NOT NULL AND NOT TG_ARGV[3]::jsonb ? parent_state THEN
        RAISE EXCEPTION 'Rows of % cannot be written while their % is %.', TG_TABLE_NAME, TG_ARGV[1], parent_state
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
END $$;
