-- role_is_bounded --
-- Nobody but the owner who may write here has the owner's rights, by membership or otherwise, or settings that bend names.
SELECT DISTINCT r.rolname AS role, r.rolsuper, pg_has_role(r.oid, n.nspowner, 'MEMBER') AS is_owner, s.setconfig
FROM pg_namespace AS n
JOIN pg_class AS c ON c.relnamespace = n.oid
CROSS JOIN LATERAL aclexplode(c.relacl) AS g
JOIN pg_roles AS r ON r.oid = g.grantee AND r.oid <> n.nspowner
LEFT JOIN pg_db_role_setting AS s
    ON s.setrole IN (r.oid, 0) AND s.setdatabase IN (0, (SELECT oid FROM pg_database WHERE datname = current_database()))
   AND s.setconfig::text ~ 'search_path|session_replication_role|check_function_bodies'
WHERE n.nspname = current_schema() AND g.privilege_type <> 'SELECT'
  AND (r.rolsuper OR r.rolcreaterole OR r.rolbypassrls OR pg_has_role(r.oid, n.nspowner, 'MEMBER') OR s.setconfig IS NOT NULL);

-- number_was_drawn --
-- No id lies beyond what its sequence has given out; the next one drawn would meet it.
SELECT held.name, held.highest, drawn.last_value
FROM (SELECT 'journal' AS name, max(seq) AS highest FROM journal
      UNION ALL SELECT 'lot', max(id & 4294967295) FROM lot
      UNION ALL SELECT 'party', max(id) FROM party
      UNION ALL SELECT 'account', max(id) FROM account
      UNION ALL SELECT 'plant', max(id) FROM plant
      UNION ALL SELECT 'client', max(id) FROM client
      UNION ALL SELECT 'approval', max(id) FROM approval
      UNION ALL SELECT 'hold', max(id) FROM hold
      UNION ALL SELECT 'document', max(id) FROM document
      UNION ALL SELECT 'meter_reading', max(id) FROM meter_reading
      UNION ALL SELECT 'retirement', max(id) FROM retirement
      UNION ALL SELECT 'fossil_budget', max(id) FROM fossil_budget) AS held
CROSS JOIN LATERAL (
    SELECT CASE held.name WHEN 'journal' THEN (SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM journal_seq)
                          WHEN 'lot' THEN (SELECT last_value + 1023 FROM lot_number)
                          ELSE (SELECT last_value + 63 FROM entity_id) END AS last_value) AS drawn
WHERE held.highest > drawn.last_value AND held.highest >= 1000 OR held.name = 'journal' AND held.highest > drawn.last_value;

-- party_is_as_registered --
-- A party is who its registration says.
SELECT p.id AS party, p.journal
FROM party AS p
LEFT JOIN journal AS j ON j.seq = p.journal AND j.kind = 'party.register'
WHERE p.id >= 1000
  AND (p.scheme <> 'uscc' OR pg_temp.differs(convert_from(j.body, 'UTF8')::jsonb -> 'body', jsonb_build_object(
      'party', pg_temp.named('pty', p.id), 'credit_code', p.identity, 'name', p.name, 'kinds', p.kinds,
      'province', p.province, 'sandbox', p.sandbox)));

-- account_is_as_opened --
-- An account is what the act that opened it says: class, party, plant and limit; its floor follows from its class.
SELECT a.id AS account, a.journal, j.kind
FROM account AS a
LEFT JOIN journal AS j
    ON j.seq = a.journal AND j.kind IN ('account.open', 'plant.register', 'cea.verify', 'budget.set')
CROSS JOIN LATERAL (SELECT convert_from(j.body, 'UTF8')::jsonb -> 'body' AS body) AS r
WHERE a.id >= 100
  AND (a.floor <> CASE WHEN a.class IN ('plant', 'budget') THEN -(2::numeric ^ 62)::bigint ELSE 0 END
       OR a.status <> 'open'   -- no act closes an account
       OR pg_temp.differs(r.body || jsonb_build_object(
              'account', coalesce(r.body ->> 'account', r.body ->> 'account_id', pg_temp.named('acc', a.id)),
              'class', coalesce(r.body ->> 'class', CASE j.kind WHEN 'plant.register' THEN 'plant'
                                                                WHEN 'cea.verify' THEN 'duty' ELSE 'budget' END),
              'party', coalesce(r.body ->> 'party', r.body ->> 'party_id')),
          jsonb_build_object(
              'account', pg_temp.named('acc', a.id), 'class', a.class, 'party', pg_temp.named('pty', a.party),
              'plant_id', pg_temp.named('plt', a.plant), 'on_behalf_of', pg_temp.named('pty', a.on_behalf_of),
              'approval_above', a.approval_above::text)));

-- plant_is_as_registered --
-- A plant is what its registration says.
SELECT p.id AS plant, p.journal
FROM plant AS p
LEFT JOIN journal AS j ON j.seq = p.journal AND j.kind = 'plant.register'
WHERE pg_temp.differs(convert_from(j.body, 'UTF8')::jsonb -> 'body', jsonb_build_object(
    'plant_id', pg_temp.named('plt', p.id), 'account_id', pg_temp.named('acc', p.account),
    'party', pg_temp.named('pty', p.party), 'name', p.name, 'energy', p.energy, 'technology', p.technology,
    'capacity_kw', p.capacity_kw::text, 'commissioned_on', p.commissioned_on, 'province', p.province,
    'grid_connection', p.grid_connection, 'market_based', p.market_based, 'storage', p.storage,
    'registration_code', p.registration_code));

-- approved_plant_was_approved --
-- A plant may issue because an act approved it.
SELECT a.plant, a.journal
FROM plant_approval AS a
LEFT JOIN journal AS j ON j.seq = a.journal AND j.kind = 'plant.approve'
WHERE pg_temp.differs(convert_from(j.body, 'UTF8')::jsonb -> 'body',
                      jsonb_build_object('plant_id', pg_temp.named('plt', a.plant)));

-- instrument_was_opened --
-- A yearly instrument came with the act that opened its year; otherwise units of it come from nowhere.
SELECT i.id AS instrument, i.code
FROM instrument AS i
LEFT JOIN (VALUES ('CEA', 1000, 'tCO2e', 'cea.vintage', 'vintage'),
                  ('DUE-CEA', 2000, 'tCO2e', 'cea.verify', 'compliance_year'),
                  ('CCER-ROOM', 3000, 'tCO2e', 'cea.verify', 'compliance_year'),
                  ('FEB', 4000, 'gce', 'budget.set', 'year')) AS f (family, first, unit, kind, year)
    ON i.id - f.first BETWEEN 0 AND 99 AND i.code = f.family || '-' || (2000 + i.id - f.first)
WHERE i.id >= 1000
  AND (f.family IS NULL OR i.kind <> 'fungible' OR i.unit <> f.unit
       OR NOT EXISTS (SELECT FROM journal AS j
                      WHERE j.kind = f.kind AND convert_from(j.body, 'UTF8')::jsonb #>> ARRAY['body', f.year]
                                                = (2000 + i.id - f.first)::text));

-- key_was_made --
-- An API key is what the act that made it says, and is revoked if and only if an act revoked it.
SELECT c.id AS client, c.journal, c.revoked
FROM client AS c
LEFT JOIN journal AS j ON j.seq = c.journal AND j.kind = 'client.create'
LEFT JOIN (SELECT DISTINCT convert_from(body, 'UTF8')::jsonb #>> '{body,client_id}' AS client FROM journal
           WHERE kind = 'client.revoke') AS r ON r.client = pg_temp.named('clt', c.id)
WHERE pg_temp.differs(convert_from(j.body, 'UTF8')::jsonb -> 'body', jsonb_build_object(
          'client_id', pg_temp.named('clt', c.id), 'party', pg_temp.named('pty', c.party), 'person', c.person,
          'label', c.label, 'role', c.role, 'scopes', c.scopes, 'expires_at', pg_temp.spelt(c.expires_at),
          'key_name', c.key_name, 'secret_sha256', encode(c.secret_sha256, 'hex')))
   OR c.revoked <> (r.client IS NOT NULL);

-- document_is_as_filed --
-- Evidence is what was put on file, by digest.
SELECT d.id AS document, d.journal
FROM document AS d
LEFT JOIN journal AS j ON j.seq = d.journal AND j.kind = 'document.store'
WHERE pg_temp.differs(convert_from(j.body, 'UTF8')::jsonb -> 'body', jsonb_build_object(
    'document_id', pg_temp.named('doc', d.id), 'party', pg_temp.named('pty', d.party),
    'sha256', encode(d.sha256, 'hex'), 'title', d.title, 'media_type', d.media_type));

-- rulebook_was_adopted --
-- The law in force was adopted by an act that names its digest.
SELECT b.name, b.version, b.journal
FROM rulebook AS b
LEFT JOIN journal AS j ON j.seq = b.journal AND j.kind = 'rulebook.adopt'
WHERE pg_temp.differs(convert_from(j.body, 'UTF8')::jsonb -> 'body', jsonb_build_object(
    'name', b.name, 'version', b.version::text, 'digest', encode(b.digest, 'hex')));

-- factor_was_set --
-- A province's figure is the one that an act set by document.
SELECT f.name, f.province, f.year, f.version, f.value
FROM factor AS f
LEFT JOIN journal AS j ON j.seq = f.journal AND j.kind = 'factor.set'
CROSS JOIN LATERAL (SELECT convert_from(j.body, 'UTF8')::jsonb -> 'body' AS body) AS r
WHERE (r.body ->> 'value')::numeric IS DISTINCT FROM f.value
   OR pg_temp.differs(r.body, jsonb_build_object(
          'name', f.name, 'province', f.province, 'year', f.year::text, 'version', f.version::text,
          'document_no', f.document_no));

-- approval_is_as_opened --
-- An approval waits, or was decided, as the acts about it say: what, whose, by whom, until when, with which hold.
SELECT a.id AS approval, a.state, a.journal, d.seq AS decision
FROM approval AS a
LEFT JOIN journal AS j ON j.seq = a.journal AND j.kind = 'approval.open'
CROSS JOIN LATERAL (SELECT convert_from(j.body, 'UTF8')::jsonb AS record) AS r
LEFT JOIN (
    SELECT k.seq, k.grp, k.record #>> '{actor,person}' AS person, k.record #>> '{body,approval_id}' AS approval,
           CASE k.kind WHEN 'approval.approve' THEN 'approved' WHEN 'approval.reject' THEN 'rejected'
                       WHEN 'approval.expire' THEN 'expired' END AS state
    FROM (SELECT journal.*, convert_from(body, 'UTF8')::jsonb AS record FROM journal
          WHERE kind IN ('approval.approve', 'approval.reject', 'approval.expire')) AS k
) AS d ON d.approval = pg_temp.named('apr', a.id)
WHERE pg_temp.differs(r.record -> 'body', jsonb_build_object(
          'approval_id', pg_temp.named('apr', a.id), 'operation', a.operation,
          'payload_sha256', encode(a.payload_sha256, 'hex'), 'expires_at', pg_temp.spelt(a.expires_at)))
   OR pg_temp.differs(r.record -> 'actor', jsonb_build_object(
          'party', pg_temp.named('pty', a.maker_party), 'person', a.maker_person,
          'client', pg_temp.named('clt', a.maker_client)))
   OR r.record #>> '{holds,0,hold}' IS DISTINCT FROM pg_temp.named('hld', a.hold)
   OR a.state <> coalesce(d.state, 'pending')
   OR a.outcome_group IS DISTINCT FROM d.grp
   OR a.checker_person IS DISTINCT FROM CASE WHEN d.state <> 'expired' THEN d.person END;

-- hold_is_as_opened --
-- A hold is what the act that opened it says: units of which account, for whom, until when, for what.
SELECT h.id AS hold, h.kind, h.journal
FROM hold AS h
LEFT JOIN hold_event AS e ON e.journal = h.journal AND e.hold = h.id AND e.event = 'open'
LEFT JOIN journal AS j ON j.seq = e.journal
CROSS JOIN LATERAL (SELECT convert_from(j.body, 'UTF8')::jsonb AS record) AS r
WHERE e.hold IS NULL
   OR NOT coalesce(r.record -> 'touched' @> jsonb_build_array(jsonb_build_object(
          'account', pg_temp.named('acc', h.account),
          'instrument', (SELECT code FROM instrument WHERE instrument.id = h.instrument))), false)
   OR j.kind = 'hold.open' AND (h.kind <> 'order' OR pg_temp.differs(r.record -> 'body', jsonb_build_object(
          'hold', pg_temp.named('hld', h.id), 'account', pg_temp.named('acc', h.account),
          'controller', pg_temp.named('pty', h.controller), 'reference', h.reference,
          'beneficiary', pg_temp.named('acc', h.beneficiary), 'expires_at', pg_temp.spelt(h.expires_at))))
   OR j.kind = 'approval.open' AND ((h.kind, h.controller) <> ('approval', 1) OR h.beneficiary IS NOT NULL
          OR h.expires_at IS NOT NULL
          OR pg_temp.differs(r.record -> 'body', jsonb_build_object('operation', h.reference)));

-- reading_is_as_recorded --
-- A meter reading is the one that an act recorded.
SELECT m.id AS reading, m.journal
FROM meter_reading AS m
LEFT JOIN journal AS j ON j.seq = m.journal AND j.kind = 'reading.record'
WHERE pg_temp.differs(convert_from(j.body, 'UTF8')::jsonb -> 'body', jsonb_build_object(
    'reading_id', pg_temp.named('rdg', m.id), 'plant_id', pg_temp.named('plt', m.plant),
    'month', to_char(m.month, 'YYYY-MM'), 'category', m.category, 'version', m.version::text,
    'energy_kwh', m.energy_kwh::text, 'mechanism', m.mechanism, 'source', m.source));

-- lot_is_as_issued --
-- A lot is what the act that issued it says: plant, month, energy, first serial, validity.
SELECT l.id AS lot, l.journal
FROM lot AS l
LEFT JOIN journal AS j ON j.seq = l.journal AND j.kind = 'gec.issue'
WHERE l.origin_lot <> pg_temp.named('lot', l.id)
   OR pg_temp.differs(convert_from(j.body, 'UTF8')::jsonb -> 'body', jsonb_build_object(
          'lot_id', pg_temp.named('lot', l.id), 'plant_id', pg_temp.named('plt', l.plant),
          'month', to_char(l.month, 'YYYY-MM'), 'energy', l.energy, 'category', l.category, 'trade', l.trade,
          'mechanism', l.mechanism, 'province', l.province, 'origin_registry', l.origin_registry, 'reading_id', pg_temp.named('rdg', l.reading),
          'first_serial', l.first_serial::text, 'count', l.size::text, 'valid_until', l.valid_until));

-- claim_is_as_made --
-- A retirement is claimed as the act says: whose account, for whom, for what, about which year.
SELECT t.id AS retirement, t.journal
FROM retirement AS t
LEFT JOIN journal AS j ON j.seq = t.journal AND j.kind = 'gec.retire'
LEFT JOIN account AS a ON a.id = t.account
WHERE t.at IS DISTINCT FROM j.at OR t.party IS DISTINCT FROM a.party
   OR NOT EXISTS (SELECT FROM posting AS p WHERE p.journal = t.journal AND p.debit = t.account AND p.credit = 3)
   OR pg_temp.differs(convert_from(j.body, 'UTF8')::jsonb -> 'body', jsonb_build_object(
          'retirement_id', pg_temp.named('ret', t.id), 'statement_no', t.statement_no,
          'beneficiary_code', t.beneficiary_code, 'beneficiary_name', t.beneficiary_name, 'purpose', t.purpose,
          'consumption_year', t.consumption_year::text, 'quantity', t.quantity::text, 'public', t.public,
          'note', CASE WHEN t.note <> '' THEN to_jsonb(string_to_array(t.note, E'\n')) END));

-- emission_is_as_verified --
-- Verified emissions are those that an act put on file by document.
SELECT v.party, v.compliance_year, v.version, v.journal
FROM verified_emission AS v
LEFT JOIN journal AS j ON j.seq = v.journal AND j.kind = 'cea.verify'
WHERE pg_temp.differs(convert_from(j.body, 'UTF8')::jsonb -> 'body', jsonb_build_object(
    'party', pg_temp.named('pty', v.party), 'compliance_year', v.compliance_year::text, 'version', v.version::text,
    'tco2e', v.tco2e::text, 'verifier', pg_temp.named('pty', v.verifier), 'document_no', v.document_no));

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
                                          ELSE 'budget.restate' END
   OR j.kind = 'budget.restate' AND r.body ->> 'event' <> e.kind
   OR pg_temp.differs(r.body, jsonb_build_object('budget_id', pg_temp.named('fbg', e.budget)))
   OR e.kind = 'set' AND pg_temp.differs(r.body, jsonb_build_object(
          'budget_gce', e.body ->> 'budget_gce', 'mode', e.body -> 'mode', 'document_no', e.body -> 'document_no'));

-- use_was_recognised --
-- A retirement serves a metric because an act offered it to that budget, and if one did.
SELECT coalesce(m.journal, r.journal) AS journal, m.retirement, m.metric, m.budget, r.retirement AS recorded
FROM metric_use AS m
FULL JOIN (SELECT j.seq AS journal, told.body ->> 'budget_id' AS budget, u.retirement
           FROM journal AS j
           CROSS JOIN LATERAL (SELECT convert_from(j.body, 'UTF8')::jsonb -> 'body' AS body) AS told
           CROSS JOIN LATERAL jsonb_array_elements_text(told.body -> 'retirement_ids') AS u (retirement)
           WHERE j.kind = 'budget.restate' AND told.body ->> 'event' = 'offset') AS r
    ON r.journal = m.journal AND r.retirement = pg_temp.named('ret', m.retirement)
WHERE m.metric IS DISTINCT FROM 'fossil_budget' OR r.budget IS DISTINCT FROM pg_temp.named('fbg', m.budget);

-- outcome_is_of_its_request --
-- A command's outcome belongs to the request, the client and the moment that its record names.
SELECT c.client, c.key, c.grp
FROM command AS c
LEFT JOIN journal AS j ON j.seq = c.grp
LEFT JOIN (SELECT grp, jsonb_agg(seq ORDER BY seq) AS journals FROM journal GROUP BY grp) AS g ON g.grp = c.grp
CROSS JOIN LATERAL (SELECT convert_from(j.body, 'UTF8')::jsonb AS record) AS r
WHERE (c.grp IS NOT NULL OR c.outcome -> 'journals' <> '[]')
  AND (j.at IS DISTINCT FROM c.at OR r.record ->> 'req' IS DISTINCT FROM encode(c.request, 'hex')
       OR r.record #>> '{actor,client}' IS DISTINCT FROM pg_temp.named('clt', c.client)
       OR c.outcome -> 'journals' IS DISTINCT FROM g.journals);

-- queue_is_of_journals --
-- What waits for the log is a journal's leaf, nothing else.
SELECT u.journal, encode(u.leaf, 'hex') AS leaf
FROM unsealed AS u LEFT JOIN journal AS j ON j.seq = u.journal AND j.leaf = u.leaf
WHERE j.seq IS NULL;

-- entry_is_there --
-- What an act entered in a register is still there.
WITH entered AS (
    SELECT 'party.register' AS kind, journal FROM party
    UNION ALL SELECT 'account.open', journal FROM account
    UNION ALL SELECT 'plant.register', journal FROM plant
    UNION ALL SELECT 'plant.approve', journal FROM plant_approval
    UNION ALL SELECT 'client.create', journal FROM client
    UNION ALL SELECT 'document.store', journal FROM document
    UNION ALL SELECT 'rulebook.adopt', journal FROM rulebook
    UNION ALL SELECT 'factor.set', journal FROM factor
    UNION ALL SELECT 'approval.open', journal FROM approval
    UNION ALL SELECT 'hold.open', journal FROM hold
    UNION ALL SELECT 'reading.record', journal FROM meter_reading
    UNION ALL SELECT 'gec.issue', journal FROM lot
    UNION ALL SELECT 'gec.retire', journal FROM retirement
    UNION ALL SELECT 'cea.verify', journal FROM verified_emission
    UNION ALL SELECT 'budget.set', journal FROM fossil_budget_event
    UNION ALL SELECT 'budget.close', journal FROM fossil_budget_event
    UNION ALL SELECT 'budget.restate', journal FROM fossil_budget_event
)
SELECT j.seq AS journal, j.kind
FROM journal AS j LEFT JOIN entered AS e ON e.journal = j.seq AND e.kind = j.kind
WHERE e.journal IS NULL AND NOT convert_from(j.body, 'UTF8')::jsonb ? 'continues'
  AND j.kind IN ('party.register', 'account.open', 'plant.register', 'plant.approve', 'client.create', 'document.store',
                 'rulebook.adopt', 'factor.set', 'approval.open', 'hold.open', 'reading.record', 'gec.issue',
                 'gec.retire', 'cea.verify', 'budget.set', 'budget.close', 'budget.restate')
  AND (j.kind <> 'budget.restate'   -- one that follows from something else enters nothing
       OR convert_from(j.body, 'UTF8')::jsonb #>> '{body,event}' IN ('consumption', 'offset'));
