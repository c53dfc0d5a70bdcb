-- pace --
-- Sort and hash in memory, on this connection's own core: a worker more would be a core less for who is being served.
SET LOCAL work_mem = '64MB';
SET LOCAL max_parallel_workers_per_gather = 0;
SET LOCAL jit = off;

-- named --
-- Spell an id as records do: thirteen characters of five bits each, after what it is an id of. One expression, no query:
-- the planner writes it out where it is called, which is several times faster.
CREATE FUNCTION pg_temp.named(prefix text, id bigint) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT prefix || '_'
        || substr('0123456789abcdefghjkmnpqrstvwxyz', (id >> 60 & 31)::int + 1, 1)
        || substr('0123456789abcdefghjkmnpqrstvwxyz', (id >> 55 & 31)::int + 1, 1)
        || substr('0123456789abcdefghjkmnpqrstvwxyz', (id >> 50 & 31)::int + 1, 1)
        || substr('0123456789abcdefghjkmnpqrstvwxyz', (id >> 45 & 31)::int + 1, 1)
        || substr('0123456789abcdefghjkmnpqrstvwxyz', (id >> 40 & 31)::int + 1, 1)
        || substr('0123456789abcdefghjkmnpqrstvwxyz', (id >> 35 & 31)::int + 1, 1)
        || substr('0123456789abcdefghjkmnpqrstvwxyz', (id >> 30 & 31)::int + 1, 1)
        || substr('0123456789abcdefghjkmnpqrstvwxyz', (id >> 25 & 31)::int + 1, 1)
        || substr('0123456789abcdefghjkmnpqrstvwxyz', (id >> 20 & 31)::int + 1, 1)
        || substr('0123456789abcdefghjkmnpqrstvwxyz', (id >> 15 & 31)::int + 1, 1)
        || substr('0123456789abcdefghjkmnpqrstvwxyz', (id >> 10 & 31)::int + 1, 1)
        || substr('0123456789abcdefghjkmnpqrstvwxyz', (id >> 5 & 31)::int + 1, 1)
        || substr('0123456789abcdefghjkmnpqrstvwxyz', (id & 31)::int + 1, 1)
$$;

-- spelt --
-- Spell an instant as records do.
CREATE FUNCTION pg_temp.spelt(at timestamptz) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
$$;

-- differs --
-- Tell whether a record says otherwise than its row, of what the row says; nothing is said where it would be null.
CREATE FUNCTION pg_temp.differs(record jsonb, told jsonb) RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT record IS NULL OR EXISTS (
        SELECT FROM jsonb_each(told) AS t WHERE coalesce(record -> t.key, 'null') IS DISTINCT FROM t.value)
$$;
