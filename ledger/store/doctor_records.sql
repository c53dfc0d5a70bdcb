-- leaf_is_of_its_record --
-- A journal's leaf is the hash of its record; a difference means that one of them was changed.
SELECT seq AS journal FROM journal WHERE leaf <> sha256('\x00'::bytea || body);

-- record_tells_its_postings --
-- The postings on file are those in the journal's record: accounts, units, serials and price; the record counts.
WITH account_name AS (
    SELECT id, pg_temp.named('acc', id) AS name FROM account
), lot_name AS (
    SELECT id, first_serial, pg_temp.named('lot', id) AS name
    FROM lot
), stored AS (
    SELECT p.journal, p.n::int, d.name AS debit, c.name AS credit, i.code AS instrument, p.amount::text,
           l.name AS lot, (l.first_serial + p.lo)::text AS first, p.price_fen::text
    FROM posting AS p
    LEFT JOIN account_name AS d ON d.id = p.debit
    LEFT JOIN account_name AS c ON c.id = p.credit
    LEFT JOIN instrument AS i ON i.id = p.instrument
    LEFT JOIN lot_name AS l ON l.id = p.lot
), recorded AS (
    SELECT j.seq AS journal, r.*
    FROM journal AS j
    CROSS JOIN LATERAL json_to_recordset(convert_from(j.body, 'UTF8')::json -> 'postings')
        AS r (n int, debit text, credit text, instrument text, amount text, lot text, first text, price_fen text)
)
SELECT journal, n, s.amount, r.amount AS recorded_amount, s.debit, r.debit AS recorded_debit,
       s.credit, r.credit AS recorded_credit
FROM stored AS s FULL JOIN recorded AS r USING (journal, n)
WHERE (s.debit, s.credit, s.instrument, s.amount, s.lot, s.first, s.price_fen)
      IS DISTINCT FROM (r.debit, r.credit, r.instrument, r.amount, r.lot, r.first, r.price_fen);

-- journal_waits_for_the_log --
-- A journal is in the log or waits for it, once.
SELECT journal.seq AS journal, count(unsealed.journal) AS waiting, count(log_leaf.seq) AS sealed
FROM journal
LEFT JOIN unsealed ON unsealed.journal = journal.seq AND unsealed.leaf = journal.leaf
LEFT JOIN log_leaf ON log_leaf.seq = journal.seq
GROUP BY journal.seq
HAVING count(unsealed.journal) + count(log_leaf.seq) <> 1;

-- log_is_of_journals --
-- A place in the log is a journal's, under the hash of its record, and no place before the last is empty.
SELECT l.idx, l.seq AS journal, encode(l.leaf_hash, 'hex') AS leaf
FROM (SELECT *, row_number() OVER (ORDER BY idx) - 1 AS place FROM log_leaf) AS l
LEFT JOIN journal AS j ON j.seq = l.seq AND j.leaf = l.leaf_hash
WHERE j.seq IS NULL OR l.idx <> l.place;

-- tree_is_of_its_leaves --
-- The log's frontier is what its leaves come to, by RFC 9162; where it is not, seal nothing and look at backups.
WITH RECURSIVE tier (level, place, hash) AS (
    SELECT 0, idx, leaf_hash FROM log_leaf
    UNION ALL
    SELECT level + 1, place / 2, sha256('\x01'::bytea || hash || beside)
    FROM (SELECT tier.*, lead(hash) OVER (ORDER BY place) AS beside FROM tier) AS pair
    WHERE place % 2 = 0 AND beside IS NOT NULL
), made AS (
    SELECT int8send(count(*)) || coalesce((
        SELECT string_agg(tier.hash, ''::bytea ORDER BY tier.level DESC)
        FROM tier, (SELECT count(*) AS size FROM log_leaf) AS whole
        WHERE (whole.size >> tier.level) % 2 = 1 AND tier.place = (whole.size >> tier.level) - 1), '') AS frontier
    FROM log_leaf
)
SELECT s.tree_size, encode(s.frontier, 'hex') AS frontier, encode(made.frontier, 'hex') AS made_of_leaves
FROM made LEFT JOIN log_state AS s ON true
WHERE s.frontier IS DISTINCT FROM made.frontier;

-- outcome_has_its_journals --
-- An accepted command's journals are there, all of them.
SELECT command.client, command.key
FROM command
WHERE command.outcome ? 'journals'
  AND EXISTS (SELECT FROM jsonb_array_elements_text(command.outcome -> 'journals') AS j (seq)
              WHERE NOT EXISTS (SELECT FROM journal WHERE journal.seq = j.seq::bigint));

-- journal_has_one_outcome --
-- A group of journals belongs to one command, and only to one.
SELECT journal.grp, count(command.key) AS commands
FROM journal LEFT JOIN command ON command.grp = journal.grp
WHERE journal.seq = journal.grp
GROUP BY journal.grp
HAVING count(command.key) <> 1;

-- evidence_is_of_its_command --
-- What was signed is kept for the commands that name it, of the client that sent it, then, under its own nonce and key.
SELECT encode(coalesce(e.digest, c.evidence), 'hex') AS evidence, c.client
FROM evidence AS e
FULL JOIN (SELECT client, evidence, min(at) AS at FROM command WHERE evidence IS NOT NULL
           GROUP BY client, evidence) AS c ON c.evidence = e.digest AND c.client = e.client
WHERE (e.at = c.at) IS NOT TRUE
   OR strpos(convert_from(e.base, 'UTF8'), ';nonce="' || e.nonce || '"') = 0
   OR strpos(convert_from(e.base, 'UTF8'), ';keyid="' || pg_temp.named('key', e.key) || '"') = 0;

-- record_tells_its_journal --
-- A journal's columns say what its record says; the record counts, set the columns right from it.
SELECT j.seq, j.kind, j.at, j.day, r.kind AS record_kind, r.at AS record_at
FROM journal AS j
CROSS JOIN LATERAL json_to_record(convert_from(j.body, 'UTF8')::json) AS r (
    id text, "group" text, actor json, part int, kind text, at text, day text, rules text, external json, log text,
    reverses text)
WHERE (r.id, r."group", r.actor ->> 'party', r.part, r.kind, r.at::timestamptz, r.day::date, r.rules,
       r.external ->> 'source', r.external ->> 'id', r.log, r.reverses)
      IS DISTINCT FROM
      (pg_temp.named('jrn', j.seq), CASE j.grp WHEN j.seq THEN r.id ELSE pg_temp.named('jrn', j.grp) END,
       pg_temp.named('pty', j.party), j.part::int,
       j.kind, j.at, j.day, encode(j.rules, 'hex'), j.external_source, j.external_id, current_schema()::text,
       pg_temp.named('jrn', j.reverses));

-- record_tells_its_holds --
-- What happened to holds is what the journal's record says; the record counts.
WITH recorded AS (   -- few records tell of holds; where there is no such key, spelt so or with an escape, none is read
    SELECT j.seq AS journal, r.hold, r.event, r.amount
    FROM journal AS j
    CROSS JOIN LATERAL json_to_recordset(convert_from(j.body, 'UTF8')::json -> 'holds')
        AS r (hold text, event text, amount text)
    WHERE strpos(convert_from(j.body, 'UTF8'), '"holds"') > 0 OR strpos(convert_from(j.body, 'UTF8'), '\') > 0
), stored AS (
    SELECT e.journal, e.event, e.amount::text,
           pg_temp.named('hld', e.hold) AS hold
    FROM hold_event AS e
)
SELECT journal, hold, event, s.amount, r.amount AS recorded_amount
FROM stored AS s FULL JOIN recorded AS r USING (journal, hold, event)
WHERE s.amount IS DISTINCT FROM r.amount;

-- balance_was_touched_as_recorded --
-- A balance has the version that the records count up to; otherwise something else than the engine wrote it.
WITH account_name AS (
    SELECT id, pg_temp.named('acc', id) AS name FROM account
), recorded AS (
    SELECT t.account, t.instrument, count(*) AS touched, max(t.version) AS last
    FROM journal AS j
    CROSS JOIN LATERAL json_to_recordset(convert_from(j.body, 'UTF8')::json -> 'touched')
        AS t (account text, instrument text, version bigint)
    GROUP BY t.account, t.instrument
)
SELECT account, instrument, b.version, r.touched, r.last
FROM balance AS b
FULL JOIN (SELECT a.id AS account, i.id AS instrument, sum(t.touched) AS touched, max(t.last) AS last
           FROM recorded AS t
           LEFT JOIN account_name AS a ON a.name = t.account
           LEFT JOIN instrument AS i ON i.code = t.instrument
           GROUP BY a.id, i.id) AS r USING (account, instrument)
WHERE b.version IS NULL OR b.version <> coalesce(r.touched, 0) OR b.version <> coalesce(r.last, 0);

-- floor_is_of_its_account --
-- A balance keeps to its account's floor; a changed floor lets units go that are not there.
SELECT b.account, b.instrument, b.posted, b.held, b.floor, a.floor AS account_floor
FROM balance AS b JOIN account AS a ON a.id = b.account
WHERE b.floor <> a.floor OR b.posted - b.held < b.floor;

-- freeze_was_decided --
-- An account is frozen if and only if the last decision about it says so; set it as decided.
WITH account_name AS (
    SELECT id, pg_temp.named('acc', id) AS name FROM account
)
SELECT a.id AS account, a.frozen, d.seq AS decision, d.kind
FROM account AS a
JOIN account_name AS n ON n.id = a.id
LEFT JOIN (SELECT DISTINCT ON (r.account) r.account, j.seq, j.kind
           FROM journal AS j
           CROSS JOIN LATERAL (
               SELECT convert_from(j.body, 'UTF8')::jsonb #>> '{body,account_id}' AS account) AS r
           WHERE j.kind IN ('account.freeze', 'account.unfreeze')
           ORDER BY r.account, j.seq DESC) AS d ON d.account = n.name
WHERE a.frozen <> (coalesce(d.kind, '') = 'account.freeze');

-- closing_was_posted --
-- An account is closed if and only if an act closed it, and a closed account holds nothing.
WITH account_name AS (
    SELECT id, pg_temp.named('acc', id) AS name FROM account
), closed AS (
    SELECT convert_from(body, 'UTF8')::jsonb #>> '{body,account_id}' AS name FROM journal WHERE kind = 'account.close'
)
SELECT a.id AS account, a.status, closed.name IS NOT NULL AS closed_by_act, b.instrument, b.posted, b.held
FROM account AS a
JOIN account_name AS n ON n.id = a.id
LEFT JOIN closed ON closed.name = n.name
LEFT JOIN balance AS b ON b.account = a.id AND a.status = 'closed' AND (b.posted <> 0 OR b.held <> 0)
WHERE (a.status = 'closed') <> (closed.name IS NOT NULL) OR b.account IS NOT NULL;

-- reading_is_posted --
-- The energy credited to a plant is what its latest readings say; record the reading again, one version on.
SELECT plant, category, r.kwh AS read_kwh, m.kwh AS posted_kwh
FROM (SELECT plant, category, sum(energy_kwh) AS kwh
      FROM (SELECT DISTINCT ON (plant, month, category) * FROM meter_reading
            ORDER BY plant, month, category, version DESC) AS latest
      GROUP BY plant, category) AS r
FULL JOIN (SELECT a.plant, substr(i.code, 5) AS category, sum(line.amount) AS kwh
           FROM (SELECT credit AS account, instrument, amount FROM posting WHERE debit IN (1, 10)
                 UNION ALL
                 SELECT debit, instrument, -amount FROM posting WHERE credit = 1) AS line
           JOIN account AS a ON a.id = line.account
           JOIN instrument AS i ON i.id = line.instrument AND i.code LIKE 'KWH-%'
           GROUP BY a.plant, i.code) AS m USING (plant, category)
WHERE coalesce(r.kwh, 0) <> coalesce(m.kwh, 0);

-- decision_has_its_journal --
-- An approval that was decided points to the journals that followed, and was not decided by its maker.
SELECT a.id AS approval, a.state, a.outcome_group
FROM approval AS a LEFT JOIN journal AS j ON j.seq = a.outcome_group AND j.grp = j.seq
WHERE (a.state <> 'pending') <> (j.seq IS NOT NULL) OR a.checker_person = a.maker_person;
