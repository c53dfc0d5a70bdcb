-- project_is_as_registered --
-- A project for CCER is what the act that registered it says, and its freezes are controlled by who did.
SELECT c.project, c.journal
FROM ccer_project AS c
LEFT JOIN journal AS j ON j.seq = c.journal AND j.kind = 'ccer.project'
CROSS JOIN LATERAL (SELECT convert_from(j.body, 'UTF8')::jsonb AS record) AS r
WHERE pg_temp.differs(r.record -> 'body', jsonb_build_object(
          'project', c.project, 'plant_id', pg_temp.named('plt', c.plant), 'method', c.method,
          'first_month', to_char(c.first_month, 'YYYY-MM'), 'last_month', to_char(c.last_month, 'YYYY-MM'),
          'registered_on', c.registered_on::text, 'document_no', c.document_no))
   OR r.record #>> '{actor,party}' IS DISTINCT FROM pg_temp.named('pty', c.party);

-- freeze_is_of_a_project --
-- What is frozen as it is issued is of a plant and month for which a project was registered before, under its number.
SELECT j.seq AS journal, r.body ->> 'project' AS project, r.body ->> 'lot_id' AS lot
FROM journal AS j
CROSS JOIN LATERAL (SELECT convert_from(j.body, 'UTF8')::jsonb -> 'body' AS body) AS r
LEFT JOIN ccer_project AS c ON c.project = r.body ->> 'project' AND c.journal < j.seq
LEFT JOIN hold_event AS e ON e.journal = j.seq AND e.event = 'open'
LEFT JOIN lot AS l ON pg_temp.named('lot', l.id) = r.body ->> 'lot_id' AND l.plant = c.plant
                  AND l.month BETWEEN c.first_month AND c.last_month
WHERE j.kind = 'ccer.freeze'
  AND (c.project IS NULL OR l.id IS NULL OR e.hold IS NULL OR c.document_no <> r.body ->> 'document_no'
       OR pg_temp.named('pty', c.party) <> r.body ->> 'controller');

-- credit_is_of_its_month --
-- What is cancelled for the energy of a plant's month is of that plant and month, for a project registered for it.
SELECT j.seq AS journal, p.lot, p.lo
FROM posting AS p
JOIN journal AS j ON j.seq = p.journal AND j.kind = 'gec.cancel_ccer'
JOIN lot AS l ON l.id = p.lot
CROSS JOIN LATERAL (SELECT convert_from(j.body, 'UTF8')::jsonb -> 'body' AS body) AS r
LEFT JOIN ccer_project AS c ON c.project = r.body ->> 'project' AND c.plant = l.plant AND c.journal < j.seq
                           AND l.month BETWEEN c.first_month AND c.last_month
WHERE r.body ? 'plant_id'
  AND (c.project IS NULL OR pg_temp.named('plt', l.plant) <> r.body ->> 'plant_id'
       OR to_char(l.month, 'YYYY-MM') <> r.body ->> 'month');

-- bar_is_of_a_use --
-- A retirement is kept from one metric of a pair because the other uses it, by the same act.
SELECT b.retirement, b.pair, b.journal
FROM metric_bar AS b
LEFT JOIN metric_use AS m ON m.retirement = b.retirement AND m.journal = b.journal
                         AND m.metric = ANY(string_to_array(b.pair, '.'))
WHERE m.retirement IS NULL;
