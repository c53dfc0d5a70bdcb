-- budget_is_its_parts --
-- A unit's budget account is its budget less what was charged, plus what was recognised.
SELECT b.account, b.instrument, b.posted, s.units
FROM balance AS b
JOIN instrument ON instrument.id = b.instrument AND instrument.code LIKE 'FEB-%'
LEFT JOIN LATERAL (
    SELECT coalesce(sum(posting.amount) FILTER (WHERE posting.credit = b.account), 0)
         - coalesce(sum(posting.amount) FILTER (WHERE posting.debit = b.account), 0) AS units
    FROM posting
    WHERE posting.instrument = b.instrument AND b.account IN (posting.debit, posting.credit)) AS s ON true
WHERE b.posted <> s.units;

-- budget_is_as_set --
-- A fossil budget is whose an act set it for, on that party's budget account.
SELECT b.id AS budget, b.journal
FROM fossil_budget AS b
LEFT JOIN journal AS j ON j.seq = b.journal AND j.kind = 'budget.set'
LEFT JOIN account AS a ON a.id = b.account
WHERE (a.class, a.party) IS DISTINCT FROM ('budget', b.party)
   OR pg_temp.differs(convert_from(j.body, 'UTF8')::jsonb -> 'body', jsonb_build_object(
          'budget_id', pg_temp.named('fbg', b.id), 'party_id', pg_temp.named('pty', b.party),
          'year', b.year::text, 'mode', b.mode));

-- budget_event_has_its_act --
-- What happened to a budget stands in an act about it, one event an act, numbered without a gap.
SELECT e.budget, e.n, e.kind, e.journal
FROM (SELECT fossil_budget_event.*, row_number() OVER (PARTITION BY budget ORDER BY n) AS place,
             count(*) OVER (PARTITION BY journal) AS of_journal FROM fossil_budget_event) AS e
LEFT JOIN journal AS j ON j.seq = e.journal
CROSS JOIN LATERAL (SELECT convert_from(j.body, 'UTF8')::jsonb -> 'body' AS body) AS r
WHERE e.n <> e.place OR e.of_journal <> 1
   OR j.kind IS DISTINCT FROM CASE e.kind WHEN 'set' THEN 'budget.set' WHEN 'close' THEN 'budget.close'
                                          WHEN 'confirm' THEN 'budget.confirm'
                                          WHEN 'reopen' THEN 'budget.reopen' ELSE 'budget.restate' END
   OR j.kind = 'budget.restate' AND r.body ->> 'event' <> e.kind
   OR pg_temp.differs(r.body, jsonb_build_object('budget_id', pg_temp.named('fbg', e.budget)))
   OR e.kind = 'reopen' AND pg_temp.differs(r.body, jsonb_build_object(
          'reason', e.body -> 'reason', 'document_no', e.body -> 'document_no'))
   OR e.kind = 'set' AND pg_temp.differs(r.body, jsonb_build_object(
          'budget_gce', e.body ->> 'budget_gce', 'mode', e.body -> 'mode', 'document_no', e.body -> 'document_no'));

-- confirmation_was_made --
-- What is confirmed of a unit's energy, an act confirmed; each part's versions are numbered without a gap.
WITH said AS (
    SELECT j.seq AS journal, told.body ->> 'budget_id' AS budget, one.part, one.version, one.kwh,
           told.body ->> 'document_no' AS document_no
    FROM journal AS j
    CROSS JOIN LATERAL (SELECT convert_from(j.body, 'UTF8')::jsonb -> 'body' AS body) AS told
    CROSS JOIN LATERAL jsonb_to_recordset(told.body -> 'confirmed') AS one (part text, version text, kwh text)
    WHERE j.kind = 'budget.confirm'
), kept AS (
    SELECT c.*, pg_temp.named('fbg', c.budget) AS name, e.body ->> 'document_no' AS paper,
           e.body -> 'confirmed' @> jsonb_build_array(jsonb_build_object(
               'part', c.part, 'version', c.version, 'kwh', c.kwh)) AS as_event,
           row_number() OVER (PARTITION BY c.budget, c.part ORDER BY c.journal) AS place
    FROM energy_confirmation AS c
    LEFT JOIN fossil_budget_event AS e ON e.budget = c.budget AND e.journal = c.journal AND e.kind = 'confirm'
)
SELECT coalesce(kept.journal, said.journal) AS journal, coalesce(kept.name, said.budget) AS budget,
       coalesce(kept.part, said.part) AS part, kept.version, kept.kwh, said.kwh AS recorded
FROM kept
FULL JOIN said ON said.journal = kept.journal AND said.budget = kept.name AND said.part = kept.part
WHERE (kept.version::text, kept.kwh::text, kept.document_no) IS DISTINCT FROM (said.version, said.kwh, said.document_no)
   OR kept.version <> kept.place OR kept.as_event IS NOT TRUE OR kept.paper IS DISTINCT FROM kept.document_no;

-- statement_is_as_named --
-- A budget's year is closed on the statement that its act names, kept byte for byte and numbered without a gap.
WITH named AS (
    SELECT j.seq AS journal, told.body
    FROM journal AS j
    CROSS JOIN LATERAL (SELECT convert_from(j.body, 'UTF8')::jsonb -> 'body' AS body) AS told
    WHERE j.kind = 'budget.close' AND told.body ? 'statement_sha256'
), kept AS (
    SELECT s.*, convert_from(s.bytes, 'UTF8')::jsonb AS told, e.body -> 'statement' AS event,
           lag(encode(s.sha256, 'hex')) OVER (PARTITION BY s.budget ORDER BY s.n) AS before,
           row_number() OVER (PARTITION BY s.budget ORDER BY s.journal) AS place
    FROM budget_statement AS s
    LEFT JOIN fossil_budget_event AS e ON e.budget = s.budget AND e.journal = s.journal AND e.kind = 'close'
)
SELECT coalesce(kept.journal, named.journal) AS journal, kept.budget, kept.n, encode(kept.sha256, 'hex') AS sha256
FROM kept
FULL JOIN named ON named.journal = kept.journal
WHERE kept.journal IS NULL OR named.journal IS NULL OR kept.n <> kept.place
   OR kept.sha256 <> sha256(kept.bytes)
   OR pg_temp.differs(named.body, jsonb_build_object(
          'budget_id', pg_temp.named('fbg', kept.budget), 'n', kept.n::text,
          'statement_sha256', encode(kept.sha256, 'hex'), 'supersedes', kept.before,
          'status', kept.event -> 'status', 'mode', kept.event -> 'mode'))
   OR pg_temp.differs(kept.told, jsonb_build_object(
          'budget_id', named.body -> 'budget_id', 'n', named.body -> 'n', 'supersedes', kept.before,
          'mode', named.body -> 'mode', 'status', named.body -> 'status',
          'balance_gce', named.body -> 'balance_gce', 'rules', named.body -> 'rules_digest'))
   OR (kept.told ->> 'balance_gce') IS DISTINCT FROM (kept.event ->> 'balance_gce')
   OR pg_temp.differs(kept.event, jsonb_build_object('statement_sha256', encode(kept.sha256, 'hex'), 'charge', (
          SELECT jsonb_object_agg(part.key, part.value::numeric)
          FROM jsonb_each_text(kept.told -> 'modes' -> (kept.told ->> 'mode')) AS part
          WHERE part.key IN ('direct_gce', 'power_gce', 'heat_gce', 'traded_gce', 'certificate_gce'))));

-- use_was_recognised --
-- A retirement serves a metric because an act offered it to that budget, or none any more since it was taken back.
WITH offered AS (
    SELECT j.seq AS journal, 'fossil_budget' AS metric, told.body ->> 'budget_id' AS budget, u.retirement
    FROM journal AS j
    CROSS JOIN LATERAL (SELECT convert_from(j.body, 'UTF8')::jsonb -> 'body' AS body) AS told
    CROSS JOIN LATERAL jsonb_array_elements_text(told.body -> 'retirement_ids') AS u (retirement)
    WHERE j.kind = 'budget.restate' AND told.body ->> 'event' = 'offset' OR j.kind = 'budget.close'
    UNION ALL
    SELECT j.seq, told.body ->> 'metric', NULL, u.retirement
    FROM journal AS j
    CROSS JOIN LATERAL (SELECT convert_from(j.body, 'UTF8')::jsonb -> 'body' AS body) AS told
    CROSS JOIN LATERAL jsonb_array_elements_text(told.body -> 'retirement_ids') AS u (retirement)
    WHERE j.kind = 'share.claim'
    UNION ALL
    SELECT back.seq, every.metric, NULL, pg_temp.named('ret', t.id)
    FROM journal AS back
    JOIN retirement AS t ON t.journal = back.reverses
    CROSS JOIN (VALUES ('fossil_budget'), ('minimum_share'), ('rps')) AS every (metric)
)
SELECT coalesce(m.journal, offered.journal) AS journal, m.retirement, m.metric, m.budget, offered.retirement AS recorded
FROM metric_use AS m
FULL JOIN offered ON offered.journal = m.journal AND offered.metric = m.metric
                     AND offered.retirement = pg_temp.named('ret', m.retirement)
WHERE m.journal IS NULL OR offered.journal IS NULL OR offered.budget IS DISTINCT FROM pg_temp.named('fbg', m.budget);

-- share_is_as_set --
-- A unit's share is what an act set for it, numbered without a gap.
SELECT c.party, c.metric, c.year, c.version, c.journal
FROM (SELECT share_target.*, row_number() OVER (PARTITION BY party, metric, year ORDER BY journal) AS place
      FROM share_target) AS c
LEFT JOIN journal AS j ON j.seq = c.journal AND j.kind = 'share.target'
WHERE c.version <> c.place
   OR pg_temp.differs(convert_from(j.body, 'UTF8')::jsonb -> 'body', jsonb_build_object(
          'party_id', pg_temp.named('pty', c.party), 'metric', c.metric, 'year', c.year::text,
          'version', c.version::text, 'share', c.share::text, 'document_no', c.document_no));

-- cap_is_named --
-- The room under a cap is named by province, way and year, and came with an act that posts in it or set it.
SELECT i.id AS instrument, i.code
FROM instrument AS i
CROSS JOIN LATERAL (
    SELECT (i.id - 5000000) / 10000 AS province, (i.id - 5000000) % 10000 / 1000 AS way, 2000 + i.id % 1000 AS year) AS n
WHERE (i.id BETWEEN 5000000 AND 5999999 OR i.code LIKE 'CAP-%')
  AND (i.code <> concat_ws('-', 'CAP', n.province, CASE n.way WHEN 1 THEN 'in' WHEN 2 THEN 'out' END, n.year)
       OR n.way NOT IN (1, 2) OR i.kind <> 'fungible' OR i.unit <> 'MWh'
       OR NOT EXISTS (SELECT FROM posting AS p WHERE p.instrument = i.id)
      AND NOT EXISTS (SELECT FROM cap AS c WHERE c.province = n.province::text AND c.year = n.year
                         AND c.direction = CASE n.way WHEN 1 THEN 'in_province' ELSE 'out_of_province' END));

-- cap_was_set --
-- A province's cap is the one that an act set by document, version by version.
SELECT c.province, c.year, c.direction, c.version, c.journal
FROM (SELECT cap.*, row_number() OVER (PARTITION BY province, year, direction ORDER BY version) AS place FROM cap) AS c
LEFT JOIN journal AS j ON j.seq = c.journal AND j.kind = 'cap.set'
WHERE c.version <> c.place
   OR pg_temp.differs(convert_from(j.body, 'UTF8')::jsonb -> 'body', jsonb_build_object(
          'province', c.province, 'year', c.year::text, 'direction', c.direction, 'version', c.version::text,
          'cap', c.cap::text, 'document_no', c.document_no));

-- cap_was_shared_out --
-- A cap was shared out by an act, as it says.
SELECT c.province, c.year, c.direction, c.version, c.journal
FROM (SELECT a.*, row_number() OVER (PARTITION BY province, year, direction ORDER BY version) AS place
      FROM cap_apportionment AS a) AS c
LEFT JOIN journal AS j ON j.seq = c.journal AND j.kind = 'cap.apportion'
WHERE c.version <> c.place
   OR pg_temp.differs(convert_from(j.body, 'UTF8')::jsonb -> 'body', jsonb_build_object(
          'province', c.province, 'year', c.year::text, 'direction', c.direction, 'version', c.version::text,
          'room', c.room::text, 'asked', c.asked::text, 'document_no', c.document_no));

-- cap_is_never_passed --
-- All the room there is of a cap, free, given or used, is the cap; without one it is what was used, owed by the registry.
WITH latest AS (
    SELECT DISTINCT ON (province, year, direction) cap,
           'CAP-' || province || CASE direction WHEN 'in_province' THEN '-in-' ELSE '-out-' END || year AS code
    FROM cap ORDER BY province, year, direction, version DESC
), lying AS (
    SELECT i.code, sum(b.posted) AS units, bool_or(b.posted < 0 AND a.party <> 1) AS is_owed,
           coalesce(sum(b.posted) FILTER (WHERE a.party = 1 AND a.class = 'budget'), 0) AS beyond
    FROM balance AS b
    JOIN instrument AS i ON i.id = b.instrument AND i.code LIKE 'CAP-%'
    JOIN account AS a ON a.id = b.account
    GROUP BY i.code
)
SELECT code, latest.cap, lying.units, lying.beyond
FROM latest FULL JOIN lying USING (code)
WHERE coalesce(lying.units, 0) <> coalesce(latest.cap, 0) OR lying.is_owed OR lying.beyond > 0
   OR latest.cap IS NOT NULL AND lying.beyond <> 0;

-- budget_takes_its_room --
-- A budget holds as much room under caps as its latest restatement says it has recognised.
WITH told AS (
    SELECT DISTINCT ON (r.body ->> 'budget_id') r.body ->> 'budget_id' AS name, j.seq, r.body -> 'capped' AS capped
    FROM journal AS j
    CROSS JOIN LATERAL (SELECT convert_from(j.body, 'UTF8')::jsonb -> 'body' AS body) AS r
    WHERE j.kind = 'budget.restate'
    ORDER BY r.body ->> 'budget_id', j.seq DESC
)
SELECT b.id AS budget, told.seq AS journal, told.capped, h.inside, h.outside
FROM fossil_budget AS b
LEFT JOIN told ON told.name = pg_temp.named('fbg', b.id)
CROSS JOIN LATERAL (
    SELECT coalesce(sum(l.posted) FILTER (WHERE i.code LIKE 'CAP-%-in-%'), 0) AS inside,
           coalesce(sum(l.posted) FILTER (WHERE i.code LIKE 'CAP-%-out-%'), 0) AS outside
    FROM balance AS l
    JOIN instrument AS i ON i.id = l.instrument AND i.code LIKE 'CAP-%-' || b.year
    WHERE l.account = b.account) AS h
WHERE h.inside <> coalesce((told.capped ->> 'in_province')::numeric, 0)
   OR h.outside <> coalesce((told.capped ->> 'out_of_province')::numeric, 0);
