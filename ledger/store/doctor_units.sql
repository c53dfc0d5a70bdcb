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
   OR j.kind IN ('units.freeze', 'ccer.freeze') AND (h.beneficiary IS NOT NULL OR h.expires_at IS NOT NULL
          OR h.kind <> CASE r.record #>> '{body,cause}' WHEN 'court_order' THEN 'judicial' WHEN 'ccer' THEN 'ccer'
                                                        ELSE 'freeze' END
          OR pg_temp.differs(r.record -> 'body', jsonb_build_object(
                 'hold', pg_temp.named('hld', h.id), 'account', pg_temp.named('acc', h.account),
                 'controller', pg_temp.named('pty', h.controller), 'quantity', h.original::text,
                 'document_no', h.reference)))
   OR j.kind NOT IN ('hold.open', 'units.freeze', 'ccer.freeze', 'approval.open')
   OR j.kind = 'approval.open' AND ((h.kind, h.controller) <> ('approval', 1) OR h.beneficiary IS NOT NULL
          OR h.expires_at IS NOT NULL
          OR pg_temp.differs(r.record -> 'body', jsonb_build_object('operation', h.reference)));

-- reading_is_as_recorded --
-- A meter reading is the one that an act recorded, or that came in with its lot.
SELECT m.id AS reading, m.journal
FROM meter_reading AS m
LEFT JOIN journal AS j ON j.seq = m.journal AND j.kind IN ('reading.record', 'opening.lot')
CROSS JOIN LATERAL (
    SELECT convert_from(j.body, 'UTF8')::jsonb -> 'body'
        || CASE j.kind WHEN 'opening.lot' THEN '{"version": "1", "source": "opening"}' ELSE '{}' END::jsonb AS body) AS r
WHERE pg_temp.differs(r.body, jsonb_build_object(
    'reading_id', pg_temp.named('rdg', m.id), 'plant_id', pg_temp.named('plt', m.plant),
    'month', to_char(m.month, 'YYYY-MM'), 'category', m.category, 'version', m.version::text,
    'energy_kwh', m.energy_kwh::text, 'mechanism', m.mechanism, 'source', m.source));

-- lot_is_as_issued --
-- A lot is what the act that issued it or brought it in says: plant, month, energy, first serial, validity, origin.
SELECT l.id AS lot, l.journal
FROM lot AS l
LEFT JOIN journal AS j ON j.seq = l.journal AND j.kind IN ('gec.issue', 'opening.lot')
CROSS JOIN LATERAL (
    SELECT convert_from(j.body, 'UTF8')::jsonb -> 'body'
        || CASE j.kind WHEN 'opening.lot' THEN jsonb_build_object(
                           'first_serial', '0', 'origin_registry', j.external_source, 'origin_lot', j.external_id)
                       ELSE jsonb_build_object('origin_lot', pg_temp.named('lot', l.id)) END AS body) AS r
WHERE pg_temp.differs(r.body, jsonb_build_object(
    'lot_id', pg_temp.named('lot', l.id), 'plant_id', pg_temp.named('plt', l.plant),
    'month', to_char(l.month, 'YYYY-MM'), 'energy', l.energy, 'category', l.category, 'trade', l.trade,
    'mechanism', l.mechanism, 'province', l.province, 'origin_registry', l.origin_registry,
    'origin_lot', l.origin_lot, 'reading_id', pg_temp.named('rdg', l.reading),
    'first_serial', l.first_serial::text, 'count', l.size::text, 'valid_until', l.valid_until));

-- piece_is_as_brought_in --
-- How often the pieces of a lot were traded before it came here is what the act says of each.
WITH piece AS (
    SELECT p.journal, p.lot, p.lo, p.amount, row_number() OVER (PARTITION BY p.journal ORDER BY p.n) AS place
    FROM posting AS p
    JOIN journal AS j ON j.seq = p.journal AND j.kind = 'opening.lot'
    WHERE p.debit = 10 AND p.lot IS NOT NULL
), traded AS (
    SELECT piece.journal, piece.lot, piece.lo, piece.amount, t.trades::bigint AS trades
    FROM piece
    JOIN journal AS j ON j.seq = piece.journal
    CROSS JOIN LATERAL jsonb_array_elements_text(convert_from(j.body, 'UTF8')::jsonb #> '{body,trades}')
        WITH ORDINALITY AS t (trades, place)
    WHERE t.place = piece.place AND t.trades <> '0'
)
SELECT journal, lot, lo, i.amount, i.trades, traded.trades AS recorded_trades
FROM imported_parcel AS i FULL JOIN traded USING (journal, lot, lo)
WHERE (i.amount, i.trades) IS DISTINCT FROM (traded.amount, traded.trades);

-- claim_is_as_made --
-- A retirement is claimed as the act says: whose account, for whom, for what, about which year.
SELECT t.id AS retirement, t.journal
FROM retirement AS t
LEFT JOIN journal AS j ON j.seq = t.journal
LEFT JOIN account AS a ON a.id = t.account
WHERE j.kind IS DISTINCT FROM 'opening.lot' AND (j.kind IS DISTINCT FROM 'gec.retire'
   OR t.at IS DISTINCT FROM j.at OR t.party IS DISTINCT FROM a.party
   OR NOT EXISTS (SELECT FROM posting AS p WHERE p.journal = t.journal AND p.debit = t.account AND p.credit = 3)
   OR pg_temp.differs(convert_from(j.body, 'UTF8')::jsonb -> 'body', jsonb_build_object(
          'retirement_id', pg_temp.named('ret', t.id), 'statement_no', t.statement_no,
          'beneficiary_code', t.beneficiary_code, 'beneficiary_name', t.beneficiary_name, 'purpose', t.purpose,
          'consumption_year', t.consumption_year::text, 'quantity', t.quantity::text, 'public', t.public,
          'note', CASE WHEN t.note <> '' THEN to_jsonb(string_to_array(t.note, E'\n')) END)));

-- claim_is_as_brought_in --
-- A retirement from before cut-over is one that its lot's act states, by digest, with certificates of that lot.
WITH stated AS (
    SELECT j.seq AS journal, j.at, c.digest, c.place
    FROM journal AS j
    CROSS JOIN LATERAL jsonb_array_elements_text(convert_from(j.body, 'UTF8')::jsonb #> '{body,claims}')
        WITH ORDINALITY AS c (digest, place)
    WHERE j.kind = 'opening.lot'
), piece AS (
    SELECT p.journal, p.amount, row_number() OVER (PARTITION BY p.journal ORDER BY p.n) AS place
    FROM posting AS p JOIN journal AS j ON j.seq = p.journal AND j.kind = 'opening.lot'
    WHERE p.credit = 3
), claimed AS (
    SELECT t.*, encode(sha256(convert_to(concat_ws(E'\n', pg_temp.named('ret', t.id), pg_temp.named('acc', t.account),
                                                   t.beneficiary_code, t.beneficiary_name, t.purpose,
                                                   t.consumption_year, t.quantity, t.statement_no), 'UTF8')), 'hex') AS digest
    FROM retirement AS t JOIN journal AS j ON j.seq = t.journal AND j.kind = 'opening.lot'
)
SELECT journal, claimed.id AS retirement, stated.place, claimed.quantity, piece.amount
FROM claimed
FULL JOIN stated USING (journal, digest)
LEFT JOIN piece USING (journal, place)
WHERE claimed.quantity IS DISTINCT FROM piece.amount OR claimed.at IS DISTINCT FROM stated.at
   OR claimed.public OR claimed.note <> ''
   OR claimed.party IS DISTINCT FROM (SELECT party FROM account WHERE account.id = claimed.account);

-- emission_is_as_verified --
-- Verified emissions are those that an act put on file by document.
SELECT v.party, v.compliance_year, v.version, v.journal
FROM verified_emission AS v
LEFT JOIN journal AS j ON j.seq = v.journal AND j.kind = 'cea.verify'
WHERE pg_temp.differs(convert_from(j.body, 'UTF8')::jsonb -> 'body', jsonb_build_object(
    'party', pg_temp.named('pty', v.party), 'compliance_year', v.compliance_year::text, 'version', v.version::text,
    'tco2e', v.tco2e::text, 'verifier', pg_temp.named('pty', v.verifier), 'document_no', v.document_no,
    'key_id', pg_temp.named('key', v.key), 'signature', encode(v.signature, 'hex')));

-- parcels_joined_are_as_told --
-- Parcels have one history from an act on because that act joined them: these serials, of this account.
WITH told AS (
    SELECT j.seq AS journal, r.body ->> 'account' AS account, run.lot, run.first, run.count
    FROM journal AS j
    CROSS JOIN LATERAL (SELECT convert_from(j.body, 'UTF8')::jsonb -> 'body' AS body) AS r
    CROSS JOIN LATERAL jsonb_to_recordset(r.body -> 'runs') AS run (lot text, first text, count text)
    WHERE j.kind = 'units.consolidate'
), stored AS (
    SELECT c.journal, pg_temp.named('acc', c.account) AS account, pg_temp.named('lot', c.lot) AS lot,
           (lot.first_serial + c.lo)::text AS first, c.amount::text AS count
    FROM consolidation AS c LEFT JOIN lot ON lot.id = c.lot
)
SELECT journal, lot, first, s.account, s.count, t.account AS recorded_account, t.count AS recorded_count
FROM stored AS s FULL JOIN told AS t USING (journal, lot, first)
WHERE (s.account, s.count) IS DISTINCT FROM (t.account, t.count);
