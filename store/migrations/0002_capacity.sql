-- A shop's real capacity: who does the work, how long a bay stays blocked after it, and slots kept
-- for a moment for the caller to whom they were offered.

ALTER TABLE appointments
    ADD COLUMN technician     text CHECK (technician <> ''),  -- null: nobody in particular
    ADD COLUMN buffer_minutes integer NOT NULL DEFAULT 0 CHECK (buffer_minutes BETWEEN 0 AND 480),
    ADD COLUMN blocked_until  timestamptz,                    -- the end of work and buffer
    ADD COLUMN visit          text NOT NULL DEFAULT 'drop_off'
        CHECK (visit IN ('waiter', 'drop_off'));

UPDATE appointments SET blocked_until = ends_at;

-- The referees: one car on a bay, and one car before a technician, at a time.
ALTER TABLE appointments
    ALTER COLUMN blocked_until SET NOT NULL,
    DROP CONSTRAINT appointments_bay_once,
    ADD CONSTRAINT appointments_bay_once EXCLUDE USING gist (
        bay WITH =, tstzrange(scheduled_at, blocked_until) WITH &&
    ) WHERE (status IN ('scheduled', 'confirmed')),
    ADD CONSTRAINT appointments_technician_once EXCLUDE USING gist (
        technician WITH =, tstzrange(scheduled_at, blocked_until) WITH &&
    ) WHERE (status IN ('scheduled', 'confirmed'));

-- What was offered to the caller of a call and is kept for them until `expires_at`. A call's own
-- holds may overlap: they are alternatives. Lost with a crash, which harms nobody: hence unlogged.
CREATE UNLOGGED TABLE slot_holds (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    call_sid   text NOT NULL,
    bay        smallint NOT NULL,
    technician text,
    period     tstzrange NOT NULL,  -- work and buffer
    expires_at timestamptz NOT NULL,

    CONSTRAINT slot_holds_bay_once EXCLUDE USING gist (
        bay WITH =, call_sid WITH <>, period WITH &&
    ),
    CONSTRAINT slot_holds_technician_once EXCLUDE USING gist (
        technician WITH =, call_sid WITH <>, period WITH &&
    )
);

CREATE INDEX slot_holds_call ON slot_holds (call_sid);
CREATE INDEX slot_holds_expiry ON slot_holds (expires_at);

-- Whoever places a visit or a hold on these days waits for us, and then sees what we took. Without
-- this two could choose the same free bay while the next one stays empty. In order of days, so
-- that two who need several do not wait for each other.
CREATE FUNCTION lock_days(starts timestamptz[], ends timestamptz[]) RETURNS void
    LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(1113682252, days.day)
        FROM (
            SELECT DISTINCT day
            FROM unnest(starts, ends) AS visit (first, last), generate_series(
                (first AT TIME ZONE 'UTC')::date - date '2000-01-01',
                (last AT TIME ZONE 'UTC')::date - date '2000-01-01'
            ) AS day
            ORDER BY day
        ) AS days;
END $$;

-- The first of the bays in `choice` (null: of all) that no live visit but `besides` has and, for a
-- call, that is held for no other call. Who is no call (a person at the desk) may take what is
-- held, but takes what is not where there is a choice; `wanted` comes before all others.
CREATE FUNCTION free_bay(
    during tstzrange, choice smallint[], wanted smallint, call text, besides bigint
) RETURNS smallint LANGUAGE plpgsql AS $$
BEGIN
    RETURN (
        SELECT candidate.bay
        FROM shop_capacity,
            unnest(coalesce(choice, ARRAY(SELECT generate_series(1, bays)::smallint)))
                WITH ORDINALITY AS candidate (bay, rank),
            LATERAL (SELECT EXISTS (
                SELECT FROM slot_holds AS hold
                WHERE hold.bay = candidate.bay AND hold.period && during
                  AND hold.expires_at > clock_timestamp() AND hold.call_sid IS DISTINCT FROM call
            )) AS held (elsewhere)
        WHERE candidate.bay BETWEEN 1 AND bays
          AND (call IS NULL OR NOT elsewhere)
          AND NOT EXISTS (
            SELECT FROM appointments AS other
            WHERE other.bay = candidate.bay
              AND other.id IS DISTINCT FROM besides
              AND other.status IN ('scheduled', 'confirmed')
              AND tstzrange(other.scheduled_at, other.blocked_until) && during
        )
        ORDER BY (candidate.bay = wanted) IS TRUE DESC, elsewhere, rank
        LIMIT 1
    );
END $$;

-- The same for technicians, of whom only those named in `choice` come into question.
CREATE FUNCTION free_technician(
    during tstzrange, choice text[], call text, besides bigint
) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    RETURN (
        SELECT candidate.name
        FROM unnest(choice) WITH ORDINALITY AS candidate (name, rank),
            LATERAL (SELECT EXISTS (
                SELECT FROM slot_holds AS hold
                WHERE hold.technician = candidate.name AND hold.period && during
                  AND hold.expires_at > clock_timestamp() AND hold.call_sid IS DISTINCT FROM call
            )) AS held (elsewhere)
        WHERE (call IS NULL OR NOT elsewhere)
          AND NOT EXISTS (
            SELECT FROM appointments AS other
            WHERE other.technician = candidate.name
              AND other.id IS DISTINCT FROM besides
              AND other.status IN ('scheduled', 'confirmed')
              AND tstzrange(other.scheduled_at, other.blocked_until) && during
        )
        ORDER BY elsewhere, rank
        LIMIT 1
    );
END $$;

-- Where a call's visit goes: one row, or an exclusion violation. Without `technician_choice` it is
-- nobody's in particular. The days stay locked until the end of the transaction.
CREATE FUNCTION find_place(
    starts timestamptz, until timestamptz, call text,
    bay_choice smallint[], wanted_bay smallint, technician_choice text[], besides bigint
) RETURNS TABLE (on_bay smallint, by_technician text) LANGUAGE plpgsql AS $$
DECLARE
    during tstzrange := tstzrange(starts, until);
BEGIN
    PERFORM lock_days(ARRAY[starts], ARRAY[until]);
    on_bay := free_bay(during, bay_choice, wanted_bay, call, besides);
    IF on_bay IS NULL THEN
        RAISE EXCEPTION 'no bay is free from % to %', starts, until
            USING ERRCODE = 'exclusion_violation', CONSTRAINT = 'appointments_bay_free';
    END IF;
    by_technician := free_technician(during, technician_choice, call, besides);
    IF by_technician IS NULL AND technician_choice IS NOT NULL THEN
        RAISE EXCEPTION 'no technician is free from % to %', starts, until
            USING ERRCODE = 'exclusion_violation', CONSTRAINT = 'appointments_technician_free';
    END IF;
    RETURN NEXT;
END $$;

-- Holds what is still free of `wishes`, [{"start", "until", "bays", "technicians"}, ...], for a call
-- instead of what it held before; returns which of them, counted from 0, on which bay and by whom.
CREATE FUNCTION hold_slots(call text, seconds double precision, wishes jsonb)
    RETURNS TABLE (wish integer, on_bay smallint, by_technician text) LANGUAGE plpgsql AS $$
DECLARE
    one     record;
    staffed boolean;
BEGIN
    PERFORM pg_advisory_xact_lock(1212501068, hashtext(call));
    DELETE FROM slot_holds WHERE call_sid = call;
    PERFORM lock_days(array_agg(start), array_agg(until))
        FROM jsonb_to_recordset(wishes) AS one (start timestamptz, until timestamptz);
    -- What has run out is in nobody's way but the constraints'.
    DELETE FROM slot_holds WHERE id IN (
        SELECT id FROM slot_holds WHERE expires_at <= clock_timestamp() FOR UPDATE SKIP LOCKED
    );
    FOR one IN
        SELECT rank, said -> 'bays' AS bays, said -> 'technicians' AS technicians,
            tstzrange((said ->> 'start')::timestamptz, (said ->> 'until')::timestamptz) AS period
        FROM jsonb_array_elements(wishes) WITH ORDINALITY AS wished (said, rank)
        ORDER BY rank
    LOOP
        wish := one.rank - 1;
        staffed := jsonb_typeof(one.technicians) = 'array';
        on_bay := free_bay(
            one.period,
            ARRAY(SELECT value::smallint FROM jsonb_array_elements_text(one.bays)),
            NULL, call, NULL
        );
        by_technician := NULL;
        IF staffed THEN
            by_technician := free_technician(
                one.period,
                ARRAY(SELECT value FROM jsonb_array_elements_text(one.technicians)),
                call, NULL
            );
        END IF;
        CONTINUE WHEN on_bay IS NULL OR (staffed AND by_technician IS NULL);
        INSERT INTO slot_holds (call_sid, bay, technician, period, expires_at)
            VALUES (call, on_bay, by_technician, one.period,
                    clock_timestamp() + make_interval(secs => seconds));
        RETURN NEXT;
    END LOOP;
END $$;

-- Gives every visit its ends and, unless one was asked for, the first bay that is free throughout.
CREATE OR REPLACE FUNCTION place_appointment() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    pinned  boolean := NEW.bay IS NOT NULL;
    named   boolean := NEW.technician IS NOT NULL;
    wanted  smallint := NEW.bay;
    during  tstzrange;
BEGIN
    NEW.ends_at := NEW.scheduled_at + make_interval(mins => NEW.duration_minutes);
    NEW.blocked_until := NEW.ends_at + make_interval(mins => NEW.buffer_minutes);
    NEW.updated_at := now();
    IF NOT appointment_is_live(NEW.status) THEN
        NEW.bay := coalesce(NEW.bay, 1);
        RETURN NEW;
    END IF;
    IF TG_OP = 'UPDATE' THEN
        IF appointment_is_live(OLD.status)
           AND (OLD.scheduled_at, OLD.ends_at, OLD.blocked_until, OLD.bay, OLD.technician)
               IS NOT DISTINCT FROM
               (NEW.scheduled_at, NEW.ends_at, NEW.blocked_until, NEW.bay, NEW.technician) THEN
            RETURN NEW;
        END IF;
        -- A visit that was only moved keeps its bay if it can; it does not insist on it.
        pinned := NEW.bay IS NOT NULL AND NEW.bay IS DISTINCT FROM OLD.bay;
        named := NEW.technician IS DISTINCT FROM OLD.technician;
    END IF;
    PERFORM lock_days(ARRAY[NEW.scheduled_at], ARRAY[NEW.blocked_until]);
    during := tstzrange(NEW.scheduled_at, NEW.blocked_until);
    -- Nor on its technician: then it is for the people in the shop to say who does it.
    IF NOT named AND free_technician(during, ARRAY[NEW.technician], NULL, NEW.id) IS NULL THEN
        NEW.technician := NULL;
    END IF;
    IF pinned THEN
        IF NEW.bay > (SELECT bays FROM shop_capacity) THEN
            RAISE EXCEPTION 'there is no bay %', NEW.bay
                USING ERRCODE = 'check_violation', CONSTRAINT = 'appointments_bay_exists';
        END IF;
        RETURN NEW;
    END IF;
    NEW.bay := free_bay(during, NULL, wanted, NULL, NEW.id);
    IF NEW.bay IS NULL THEN
        RAISE EXCEPTION 'no bay is free from % to %', NEW.scheduled_at, NEW.blocked_until
            USING ERRCODE = 'exclusion_violation', CONSTRAINT = 'appointments_bay_free';
    END IF;
    RETURN NEW;
END $$;

DROP TRIGGER appointments_place ON appointments;
CREATE TRIGGER appointments_place
    BEFORE INSERT OR UPDATE OF scheduled_at, duration_minutes, buffer_minutes, ends_at,
        blocked_until, bay, technician, status ON appointments
    FOR EACH ROW EXECUTE FUNCTION place_appointment();
