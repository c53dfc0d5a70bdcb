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
