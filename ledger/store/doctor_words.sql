-- named --
-- Spell an id as records do: thirteen characters of five bits each, after what it is an id of.
CREATE FUNCTION pg_temp.named(prefix text, id bigint) RETURNS text LANGUAGE sql IMMUTABLE STRICT AS $$
    SELECT prefix || '_' || string_agg(substr('0123456789abcdefghjkmnpqrstvwxyz', ((id >> 60 - 5 * i) & 31)::int + 1, 1),
                                       '' ORDER BY i)
    FROM generate_series(0, 12) AS i
$$;

-- spelt --
-- Spell an instant as records do.
CREATE FUNCTION pg_temp.spelt(at timestamptz) RETURNS text LANGUAGE sql IMMUTABLE STRICT AS $$
    SELECT to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
$$;

-- differs --
-- Tell whether a record says otherwise than its row, of what the row says; nothing is said where it would be null.
CREATE FUNCTION pg_temp.differs(record jsonb, told jsonb) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
    SELECT record IS NULL OR EXISTS (
        SELECT FROM jsonb_each(told) AS t WHERE coalesce(record -> t.key, 'null') IS DISTINCT FROM t.value)
$$;
