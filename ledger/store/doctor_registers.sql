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
      UNION ALL SELECT 'mandate', max(id) FROM mandate
      UNION ALL SELECT 'objection', max(id) FROM objection
      UNION ALL SELECT 'key_challenge', max(id) FROM key_challenge
      UNION ALL SELECT 'signing_key', max(id) FROM signing_key
      UNION ALL SELECT 'fossil_budget', max(id) FROM fossil_budget) AS held
CROSS JOIN LATERAL (
    SELECT CASE held.name WHEN 'journal' THEN (SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM journal_seq)
                          WHEN 'lot' THEN (SELECT last_value + 1023 FROM lot_number)
                          ELSE (SELECT last_value + 63 FROM entity_id) END AS last_value) AS drawn
WHERE held.highest > drawn.last_value AND held.highest >= 1000 OR held.name = 'journal' AND held.highest > drawn.last_value;

-- party_is_as_registered --
-- A party is who its registration says; of a person the record tells neither name nor number.
SELECT p.id AS party, p.journal
FROM party AS p
LEFT JOIN journal AS j ON j.seq = p.journal AND j.kind = 'party.register'
WHERE p.id >= 1000
  AND (p.scheme = 'internal'
       OR pg_temp.differs(convert_from(j.body, 'UTF8')::jsonb -> 'body', jsonb_build_object(
           'party', pg_temp.named('pty', p.id), 'kinds', p.kinds, 'province', p.province, 'sandbox', p.sandbox,
           'scheme', nullif(p.scheme, 'uscc'),
           'credit_code', CASE p.scheme WHEN 'uscc' THEN p.identity END))
       OR p.scheme = 'uscc' AND p.name IS DISTINCT FROM convert_from(j.body, 'UTF8')::jsonb #>> '{body,name}');

-- account_is_as_opened --
-- An account is what the act that opened it says: class, party, plant and limit; its floor follows from its class.
WITH known AS (
    SELECT pg_temp.named('acc', id) AS name, class, pg_temp.named('pty', party) AS keeper,
           pg_temp.named('pty', coalesce(on_behalf_of, party)) AS owner
    FROM account
), act AS (
    SELECT seq, kind, convert_from(body, 'UTF8')::jsonb -> 'body' AS body
    FROM journal
    WHERE kind IN ('account.open', 'plant.register', 'cea.verify', 'cea.approve', 'cea.reduce', 'cea.return', 'budget.set',
                   'cea.carry_over', 'party.succession')
), told AS (   -- of an account opened along, an act says whose and what it is, if not its name
    SELECT seq, body FROM act WHERE kind = 'account.open'
    UNION ALL SELECT seq, body || jsonb_build_object('account', body -> 'account_id', 'class', 'plant')
    FROM act WHERE kind = 'plant.register'
    UNION ALL SELECT seq, jsonb_build_object('class', 'duty', 'party', body -> 'party')
    FROM act WHERE kind IN ('cea.verify', 'cea.approve')
    UNION ALL SELECT seq, jsonb_build_object('class', 'budget', 'party', body -> 'party_id')
    FROM act WHERE kind = 'budget.set'
    UNION ALL SELECT act.seq, jsonb_build_object('class', 'duty', 'party', known.owner)
    FROM act JOIN known ON known.name = act.body ->> 'account'
    WHERE act.kind IN ('cea.reduce', 'cea.return', 'cea.carry_over')
    UNION ALL
    SELECT act.seq,
           jsonb_build_object('account', p.to_account, 'class', known.class)
           || CASE WHEN known.class = 'province_custody'
                   THEN jsonb_build_object('party', known.keeper, 'on_behalf_of', act.body -> 'to_party')
                   ELSE jsonb_build_object('party', act.body -> 'to_party') END
    FROM act
    CROSS JOIN LATERAL jsonb_to_recordset(act.body -> 'passed') AS p (account text, to_account text)
    JOIN known ON known.name = p.account
    WHERE act.kind = 'party.succession'
), opened AS (
    SELECT DISTINCT a.id
    FROM account AS a
    JOIN told ON told.seq = a.journal
    CROSS JOIN LATERAL (SELECT pg_temp.named('acc', a.id) AS name) AS own
    WHERE NOT pg_temp.differs(jsonb_build_object('account', own.name) || told.body, jsonb_build_object(
        'account', own.name, 'class', a.class, 'party', pg_temp.named('pty', a.party),
        'plant_id', pg_temp.named('plt', a.plant), 'on_behalf_of', pg_temp.named('pty', a.on_behalf_of),
        'approval_above', a.approval_above::text))
)
SELECT a.id AS account, a.journal, a.class, a.party
FROM account AS a LEFT JOIN opened ON opened.id = a.id
WHERE a.id >= 100
  AND (a.floor <> CASE WHEN a.class IN ('plant', 'budget') THEN -(2::numeric ^ 62)::bigint ELSE 0 END
       OR opened.id IS NULL);

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
          'key_name', c.key_name, 'secret_sha256', encode(c.secret_sha256, 'hex'),
          'signature_required', nullif(c.signature_required, false)))
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

-- mandate_is_as_granted --
-- An agent may do what an act granted it, and until which day.
SELECT m.id AS mandate, m.journal
FROM mandate AS m
LEFT JOIN journal AS j ON j.seq = m.journal AND j.kind = 'mandate.grant'
WHERE pg_temp.differs(convert_from(j.body, 'UTF8')::jsonb -> 'body', jsonb_build_object(
    'mandate_id', pg_temp.named('mnd', m.id), 'account_id', pg_temp.named('acc', m.account),
    'agent_id', pg_temp.named('pty', m.agent), 'owner_id', pg_temp.named('pty', m.owner), 'scopes', m.scopes,
    'valid_from', m.valid_from, 'valid_to', m.valid_to, 'document_no', m.document_no));

-- mandate_was_ended --
-- A mandate has ended because an act ended it.
SELECT e.mandate, e.journal
FROM mandate_end AS e
LEFT JOIN journal AS j ON j.seq = e.journal AND j.kind = 'mandate.end'
WHERE pg_temp.differs(convert_from(j.body, 'UTF8')::jsonb -> 'body',
                      jsonb_build_object('mandate_id', pg_temp.named('mnd', e.mandate)));

-- challenge_is_as_given --
-- A challenge asks what the act that gave it says: of whom, for what, to which key, until when.
SELECT c.id AS challenge, c.journal
FROM key_challenge AS c
LEFT JOIN journal AS j ON j.seq = c.journal AND j.kind = 'key.challenge'
WHERE pg_temp.differs(convert_from(j.body, 'UTF8')::jsonb -> 'body', jsonb_build_object(
    'challenge_id', pg_temp.named('chl', c.id), 'party_id', pg_temp.named('pty', c.party), 'purpose', c.purpose,
    'suite', c.suite, 'public_key', encode(c.public_key, 'hex'), 'label', c.label,
    'challenge', encode(c.challenge, 'hex'), 'expires_at', pg_temp.spelt(c.expires_at)));

-- signing_key_is_as_registered --
-- A key signs for whom, and for what, an act registered it in answer to a challenge; a successor ended the one before.
SELECT k.id AS key, k.journal
FROM signing_key AS k
JOIN key_challenge AS c ON c.id = k.challenge
LEFT JOIN signing_key_end AS e ON e.key = k.predecessor AND e.journal = k.journal AND e.reason = 'rotated'
LEFT JOIN journal AS j ON j.seq = k.journal
    AND j.kind = CASE WHEN k.predecessor IS NULL THEN 'key.register' ELSE 'key.rotate' END
              || CASE k.purpose WHEN 'request' THEN '' ELSE '_official' END
WHERE (c.party, c.purpose, c.suite, c.public_key) IS DISTINCT FROM (k.party, k.purpose, k.suite, k.public_key)
   OR e.key IS DISTINCT FROM k.predecessor
   OR pg_temp.differs(convert_from(j.body, 'UTF8')::jsonb -> 'body', jsonb_build_object(
          'key_id', pg_temp.named('key', k.id), 'challenge_id', pg_temp.named('chl', k.challenge),
          'party_id', pg_temp.named('pty', k.party), 'purpose', k.purpose, 'suite', k.suite,
          'public_key', encode(k.public_key, 'hex'), 'label', k.label, 'challenge', encode(c.challenge, 'hex'),
          'predecessor_id', pg_temp.named('key', k.predecessor)));

-- signing_key_was_ended --
-- A key is good no more because an act revoked it or put another in its place.
SELECT e.key, e.journal
FROM signing_key_end AS e
LEFT JOIN signing_key AS s ON s.predecessor = e.key AND s.journal = e.journal
LEFT JOIN journal AS j ON j.seq = e.journal AND j.kind = 'key.revoke'
WHERE CASE e.reason WHEN 'rotated' THEN s.id IS NULL
      ELSE pg_temp.differs(convert_from(j.body, 'UTF8')::jsonb -> 'body', jsonb_build_object(
               'key_id', pg_temp.named('key', e.key), 'compromised_from_index', e.compromised_from_index::text)) END;

-- objection_is_as_filed --
-- An objection is what was filed: by whom, when, to which act, why, with which evidence.
SELECT o.id AS objection, o.journal
FROM objection AS o
LEFT JOIN journal AS j ON j.seq = o.journal AND j.kind = 'objection.file'
CROSS JOIN LATERAL (SELECT convert_from(j.body, 'UTF8')::jsonb AS record) AS r
CROSS JOIN LATERAL (
    SELECT coalesce(jsonb_agg(pg_temp.named('doc', d.id) ORDER BY d.place), '[]') AS documents
    FROM unnest(o.documents) WITH ORDINALITY AS d (id, place)) AS evidence
WHERE o.at IS DISTINCT FROM j.at OR r.record #>> '{actor,party}' IS DISTINCT FROM pg_temp.named('pty', o.party)
   OR pg_temp.differs(r.record -> 'body', jsonb_build_object(
          'objection_id', pg_temp.named('obj', o.id), 'act_id', pg_temp.named('jrn', o.target), 'reason', o.reason,
          'document_ids', evidence.documents));

-- objection_is_as_decided --
-- An objection was decided by an act, as it says.
SELECT d.objection, d.journal
FROM objection_decision AS d
LEFT JOIN journal AS j ON j.seq = d.journal AND j.kind = 'objection.decide'
WHERE pg_temp.differs(convert_from(j.body, 'UTF8')::jsonb -> 'body', jsonb_build_object(
    'objection_id', pg_temp.named('obj', d.objection), 'outcome', d.outcome, 'document_no', d.document_no));

-- outcome_is_of_its_request --
-- A command's outcome belongs to the key, the request, the client and the moment that its record names.
WITH caller AS (
    SELECT client, pg_temp.named('clt', client) AS name FROM (SELECT DISTINCT client FROM command) AS every
), more AS (   -- a group is named after its first journal, and most have no other
    SELECT grp, jsonb_agg(seq ORDER BY seq) AS journals FROM journal WHERE seq <> grp GROUP BY grp
)
SELECT c.client, c.key, c.grp
FROM command AS c
LEFT JOIN caller ON caller.client = c.client
LEFT JOIN journal AS j ON j.seq = c.grp
LEFT JOIN more ON more.grp = c.grp
LEFT JOIN LATERAL json_to_record(convert_from(j.body, 'UTF8')::json) AS r (req text, key text, actor json, evidence text)
    ON true
WHERE (c.grp IS NOT NULL OR c.outcome -> 'journals' <> '[]')
  AND (j.grp IS DISTINCT FROM c.grp OR j.at IS DISTINCT FROM c.at OR r.req IS DISTINCT FROM encode(c.request, 'hex')
       OR r.key IS DISTINCT FROM encode(sha256(convert_to(c.key, 'UTF8')), 'hex')
       OR r.actor ->> 'client' IS DISTINCT FROM caller.name OR r.evidence IS DISTINCT FROM encode(c.evidence, 'hex')
       OR c.outcome -> 'journals' IS DISTINCT FROM jsonb_build_array(c.grp) || coalesce(more.journals, '[]'));

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
    UNION ALL SELECT k.kind, journal FROM hold, unnest(ARRAY['units.freeze', 'ccer.freeze']) AS k (kind)
    UNION ALL SELECT 'ccer.project', journal FROM ccer_project
    UNION ALL SELECT 'gec.issue', journal FROM lot
    UNION ALL SELECT 'opening.lot', journal FROM lot
    UNION ALL SELECT 'mandate.grant', journal FROM mandate
    UNION ALL SELECT 'mandate.end', journal FROM mandate_end
    UNION ALL SELECT 'key.challenge', journal FROM key_challenge
    UNION ALL SELECT kind, journal FROM signing_key, unnest(ARRAY['key.register', 'key.register_official']) AS k (kind)
    UNION ALL SELECT kind, s.journal FROM signing_key AS s JOIN signing_key_end AS e USING (journal),
                                          unnest(ARRAY['key.rotate', 'key.rotate_official']) AS k (kind)
    UNION ALL SELECT 'key.revoke', journal FROM signing_key_end
    UNION ALL SELECT 'objection.file', journal FROM objection
    UNION ALL SELECT 'objection.decide', journal FROM objection_decision
    UNION ALL SELECT 'units.consolidate', journal FROM consolidation
    UNION ALL SELECT 'gec.retire', journal FROM retirement
    UNION ALL SELECT 'cea.verify', journal FROM verified_emission
    UNION ALL SELECT 'cea.list', journal FROM ets_entity
    UNION ALL SELECT 'cea.approve', journal FROM entitlement
    UNION ALL SELECT 'budget.set', journal FROM fossil_budget_event
    UNION ALL SELECT 'budget.close', journal FROM fossil_budget_event
    UNION ALL SELECT 'budget.reopen', journal FROM fossil_budget_event
    UNION ALL SELECT 'budget.restate', journal FROM fossil_budget_event
    UNION ALL SELECT 'cap.set', journal FROM cap
    UNION ALL SELECT 'cap.apportion', journal FROM cap_apportionment
    UNION ALL SELECT 'budget.confirm', journal FROM energy_confirmation
    UNION ALL SELECT 'share.target', journal FROM share_target
    UNION ALL SELECT 'cea.carry_over', journal FROM carry_over
    UNION ALL SELECT 'ccer.import', journal FROM ccer_import
)
SELECT j.seq AS journal, j.kind
FROM journal AS j LEFT JOIN entered AS e ON e.journal = j.seq AND e.kind = j.kind
WHERE e.journal IS NULL AND NOT convert_from(j.body, 'UTF8')::jsonb ? 'continues'
  AND j.kind IN ('party.register', 'account.open', 'plant.register', 'plant.approve', 'client.create', 'document.store',
                 'rulebook.adopt', 'factor.set', 'approval.open', 'hold.open', 'reading.record', 'gec.issue',
                 'gec.retire', 'cea.verify', 'cea.list', 'cea.approve', 'cea.carry_over', 'ccer.import', 'budget.set',
                 'budget.close', 'budget.restate', 'budget.confirm', 'budget.reopen', 'units.freeze', 'opening.lot',
                 'mandate.grant', 'mandate.end', 'objection.file', 'objection.decide', 'units.consolidate',
                 'key.challenge', 'key.register', 'key.register_official', 'key.rotate', 'key.rotate_official',
                 'key.revoke', 'ccer.project', 'ccer.freeze', 'share.target', 'cap.set', 'cap.apportion')
  AND (j.kind <> 'budget.restate'   -- one that follows from something else enters nothing
       OR convert_from(j.body, 'UTF8')::jsonb #>> '{body,event}' IN ('consumption', 'offset'));
