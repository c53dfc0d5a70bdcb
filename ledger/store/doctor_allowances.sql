-- instrument_was_opened --
-- A yearly instrument came with the act that opened its year, reductions with their import; otherwise units of
-- it come from nowhere.
SELECT i.id AS instrument, i.code
FROM instrument AS i
LEFT JOIN (VALUES ('CEA', 1000, 'tCO2e', 'cea.vintage', 'vintage'),
                  ('DUE-CEA', 2000, 'tCO2e', 'cea.verify', 'compliance_year'),
                  ('CCER-ROOM', 3000, 'tCO2e', 'cea.verify', 'compliance_year'),
                  ('FEB', 4000, 'gce', 'budget.set', 'year'),
                  ('QUOTA-CEA', 5000, 'tCO2e', 'cea.approve', 'year'),
                  ('CARRY-ROOM', 6000, 'tCO2e', 'cea.carry_over', 'year')) AS f (family, first, unit, kind, year)
    ON i.id - f.first BETWEEN 0 AND 99 AND i.code = f.family || '-' || (2000 + i.id - f.first)
WHERE i.id BETWEEN 1000 AND 4999999   -- caps come with whatever posts in them: see cap_is_named
  AND (f.family IS NULL OR i.kind <> 'fungible' OR i.unit <> f.unit
       OR NOT EXISTS (SELECT FROM journal AS j
                      WHERE j.kind = f.kind AND convert_from(j.body, 'UTF8')::jsonb #>> ARRAY['body', f.year]
                                                = (2000 + i.id - f.first)::text))
   OR i.id >= 6000000
      AND NOT EXISTS (SELECT FROM ccer_import AS c WHERE (i.id, i.code, i.kind, i.unit)
                                                      = (6000000 + c.n, 'CCER-' || c.n, 'fungible', 'tCO2e'));

-- entity_is_as_listed --
-- A party is on a year's list, or was taken off it, because an act said so, with these installations.
SELECT e.party, e.year, e.version, e.journal
FROM ets_entity AS e
LEFT JOIN journal AS j ON j.seq = e.journal AND j.kind = 'cea.list'
CROSS JOIN LATERAL (SELECT convert_from(j.body, 'UTF8')::jsonb -> 'body' AS body) AS told
WHERE pg_temp.differs(told.body, jsonb_build_object(
    'party', pg_temp.named('pty', e.party), 'year', e.year::text, 'version', e.version::text, 'status', e.status,
    'sector', e.sector, 'reason', e.reason, 'document_no', e.document_no))
   OR coalesce((SELECT jsonb_agg(one ORDER BY one ->> 'code')
                FROM jsonb_array_elements(told.body -> 'installations') AS one), '[]')
   <> coalesce((SELECT jsonb_agg(jsonb_strip_nulls(jsonb_build_object(
                    'code', i.code, 'class', i.class, 'capacity_kw', i.capacity_kw::text,
                    'commissioned_on', i.commissioned_on, 'closed_on', i.closed_on)) ORDER BY i.code)
                FROM ets_installation AS i
                WHERE (i.party, i.year, i.version, i.journal) = (e.party, e.year, e.version, e.journal)), '[]');

-- entitlement_is_as_approved --
-- What a year gives an entity is what an act approved, worked out as that act tells.
SELECT e.party, e.year, e.n, e.journal
FROM entitlement AS e
LEFT JOIN journal AS j ON j.seq = e.journal AND j.kind = 'cea.approve'
CROSS JOIN LATERAL (SELECT convert_from(j.body, 'UTF8')::jsonb -> 'body' AS body) AS told
WHERE pg_temp.differs(told.body, jsonb_build_object(
    'party', pg_temp.named('pty', e.party), 'year', e.year::text, 'n', e.n::text, 'stage', e.stage,
    'quantity', e.quantity::text, 'change', e.change::text, 'verified_version', e.verified_version::text,
    'ground', e.ground, 'document_no', e.document_no))
   OR e.body IS DISTINCT FROM jsonb_build_object(
    'formula', told.body -> 'formula', 'inputs', told.body -> 'inputs', 'steps', told.body -> 'steps');

-- quote_is_as_told --
-- What an exchange told of a day is on file as its act has it, all of it.
WITH filed AS (
    SELECT journal, jsonb_agg(jsonb_strip_nulls(jsonb_build_object(
               'vintage', nullif(vintage, 0)::text, 'version', version::text, 'close_fen', close_fen::text,
               'volume', volume::text, 'turnover_fen', turnover_fen::text)) ORDER BY vintage) AS quotes,
           jsonb_agg(DISTINCT day::text) AS days
    FROM market_quote GROUP BY journal
), told AS (
    SELECT seq, jsonb_build_array(record #> '{body,day}') AS days,
           (SELECT jsonb_agg(one ORDER BY coalesce((one ->> 'vintage')::integer, 0))
            FROM jsonb_array_elements(record #> '{body,quotes}') AS one) AS quotes
    FROM (SELECT seq, convert_from(body, 'UTF8')::jsonb AS record FROM journal WHERE kind = 'cea.quote') AS r
)
SELECT coalesce(told.seq, filed.journal) AS journal, filed.days
FROM told FULL JOIN filed ON filed.journal = told.seq
WHERE (told.days, told.quotes) IS DISTINCT FROM (filed.days, filed.quotes);

-- reductions_are_as_brought_in --
-- Reductions came in by an act, for an account of the party they are on file under, and all of it was posted.
SELECT c.n, c.journal
FROM ccer_import AS c
LEFT JOIN journal AS j ON j.seq = c.journal AND j.kind = 'ccer.import'
LEFT JOIN account AS a ON a.id = c.account AND a.party = c.party
LEFT JOIN posting AS p ON p.journal = c.journal AND p.credit = c.account AND p.amount = c.quantity
WHERE a.id IS NULL OR p.journal IS NULL
   OR pg_temp.differs(convert_from(j.body, 'UTF8')::jsonb -> 'body', jsonb_build_object(
    'account', pg_temp.named('acc', c.account), 'instrument', 'CCER-' || c.n, 'project', c.project,
    'registered_on', c.registered_on::text, 'inside_ets', c.inside_ets, 'quantity', c.quantity::text,
    'cancellation_no', c.cancellation_no, 'document_no', c.document_no));

-- carried_is_as_converted --
-- What a party carried over is what its acts say, one after the other, and as much came as gave way.
SELECT c.party, c.year, c.n, c.journal
FROM (SELECT *, row_number() OVER (PARTITION BY party, year ORDER BY journal) AS place FROM carry_over) AS c
LEFT JOIN journal AS j ON j.seq = c.journal AND j.kind = 'cea.carry_over'
CROSS JOIN LATERAL (SELECT convert_from(j.body, 'UTF8')::jsonb -> 'body' AS body) AS told
LEFT JOIN account AS a ON pg_temp.named('acc', a.id) = told.body ->> 'account'
                      AND coalesce(a.on_behalf_of, a.party) = c.party
LEFT JOIN posting AS gone ON gone.journal = c.journal AND gone.credit = 9 AND gone.debit = a.id
                         AND (gone.instrument, gone.amount) = (c.vintage - 1000, c.quantity)
LEFT JOIN posting AS made ON made.journal = c.journal AND made.debit = 1 AND made.credit = a.id
                         AND (made.instrument, made.amount) = (c.year - 1000, c.quantity)
WHERE gone.journal IS NULL OR made.journal IS NULL OR c.place <> c.n
   OR pg_temp.differs(told.body, jsonb_build_object(
    'year', c.year::text, 'vintage', c.vintage::text, 'quantity', c.quantity::text));

-- standing_is_as_brought_in --
-- Where a party stood in another registry is what the act that brought its allowances in says.
WITH told AS (
    SELECT j.seq, r.record #>> '{external,source}' AS source, r.record -> 'body' AS body,
           pg_temp.named('pty', coalesce(a.on_behalf_of, a.party)) AS party
    FROM journal AS j
    CROSS JOIN LATERAL (SELECT convert_from(j.body, 'UTF8')::jsonb AS record) AS r
    LEFT JOIN account AS a ON pg_temp.named('acc', a.id) = r.record #>> '{body,account}'
    WHERE j.kind = 'opening.balance' AND r.record -> 'body' ? 'on_time'
)
SELECT coalesce(told.seq, o.journal) AS journal, o.party, o.source
FROM told FULL JOIN opening_standing AS o ON o.journal = told.seq
WHERE o.party IS NULL OR pg_temp.named('pty', o.party) IS DISTINCT FROM told.party
   OR o.source IS DISTINCT FROM told.source
   OR pg_temp.differs(told.body, jsonb_build_object(
    'as_of', o.as_of::text, 'sold', o.sold::text, 'bought', o.bought::text, 'on_time', to_jsonb(o.on_time::text[])));

-- granted_is_as_said --
-- Quotas, and room for reductions and for carrying over, come and go by acts that say how much.
WITH word AS (
    SELECT * FROM (VALUES ('cea.verify', 'room', 3000), ('cea.approve', 'change', 5000),
                          ('cea.carry_over', 'room_change', 6000)) AS w (kind, member, first)
), posted AS (
    SELECT p.journal, word.kind, sum(CASE p.debit WHEN 1 THEN p.amount ELSE -p.amount END) AS units
    FROM word JOIN posting AS p ON p.instrument BETWEEN word.first AND word.first + 99 AND 1 IN (p.debit, p.credit)
    GROUP BY p.journal, word.kind
), said AS (
    SELECT j.seq, j.kind, (convert_from(j.body, 'UTF8')::jsonb -> 'body' ->> word.member)::bigint AS units
    FROM journal AS j JOIN word ON word.kind = j.kind
)
SELECT coalesce(said.seq, posted.journal) AS journal, said.units AS said, posted.units AS posted
FROM said FULL JOIN posted ON posted.journal = said.seq AND posted.kind = said.kind
WHERE said.seq IS NULL   -- records from before did not say their room
   OR coalesce(said.units, posted.units, 0) <> coalesce(posted.units, 0);
