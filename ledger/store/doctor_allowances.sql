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
