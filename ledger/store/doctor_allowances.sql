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
