-- work_alone --
-- One sealer at a time works on a registry's log, for as long as its connection lasts.
SELECT pg_try_advisory_lock(hashtextextended('sealer of ' || current_schema(), 0)) AS alone;

-- read_state --
-- The tree as it was last committed; its frontier begins with its size.
SELECT frontier FROM log_state;

-- something_waits --
-- Whether anything waits for the log, at the price of a look.
SELECT count(*) > 0 AS waits FROM (SELECT FROM unsealed LIMIT 1) AS one;

-- sweep --
-- Give the places of what was taken back to the queue, without the short exclusive lock of making it shorter.
VACUUM (SKIP_LOCKED, TRUNCATE false) unsealed;

-- seal --
-- Take the first of all that this snapshot shows, in the order of their numbers, give them the next places, and
-- return their records, which are published next.
-- Whoever waited for another's locks drew a later number and is not visible before it, so no order is lost.
-- What was taken and is no journal's leaf comes without a record; then nothing of it may stand.
WITH taken AS (
    DELETE FROM unsealed
    WHERE journal <= (SELECT max(journal) FROM (SELECT journal FROM unsealed ORDER BY journal LIMIT %(most)s) AS first)
    RETURNING journal, leaf
), entered AS (
    INSERT INTO log_leaf (idx, seq, leaf_hash)
    SELECT %(size)s + row_number() OVER (ORDER BY journal) - 1, journal, leaf FROM taken
)
SELECT journal.seq, journal.leaf, journal.body
FROM taken LEFT JOIN journal ON journal.seq = taken.journal AND journal.leaf = taken.leaf
ORDER BY taken.journal;

-- advance --
-- Let the tree grow from exactly the one we know; any other is not ours to build on.
UPDATE log_state SET tree_size = %(new_size)s, frontier = %(new)s WHERE frontier = %(old)s;

-- read_leaves --
-- The leaf hashes of a run of the log.
SELECT leaf_hash FROM log_leaf WHERE idx >= %(first)s AND idx < %(past)s ORDER BY idx;

-- read_entries --
-- The entries of a run of the log, and the hashes they were sealed under.
SELECT log_leaf.seq, log_leaf.leaf_hash, journal.body
FROM log_leaf JOIN journal ON journal.seq = log_leaf.seq
WHERE log_leaf.idx >= %(first)s AND log_leaf.idx < %(past)s
ORDER BY log_leaf.idx;
