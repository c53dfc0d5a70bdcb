-- balance_is_its_postings --
-- A balance is the sum of its postings; set it right from them, or find who wrote it by hand.
SELECT coalesce(b.account, s.account) AS account, coalesce(b.instrument, s.instrument) AS instrument,
       b.posted, s.units AS postings
FROM balance AS b
FULL JOIN (
    SELECT moves.account, moves.instrument, sum(moves.units) AS units
    FROM (SELECT credit AS account, instrument, amount AS units FROM posting
          UNION ALL
          SELECT debit, instrument, -amount FROM posting) AS moves
    WHERE moves.account >= 100
    GROUP BY moves.account, moves.instrument) AS s USING (account, instrument)
WHERE coalesce(b.posted, 0) <> coalesce(s.units, 0);

-- instrument_is_conserved --
-- What all accounts hold of an instrument is what came out of the sources less what went to the sinks.
SELECT coalesce(h.instrument, s.instrument) AS instrument, h.units AS held_by_all, s.units AS from_sources
FROM (SELECT instrument, sum(posted) AS units FROM balance GROUP BY instrument) AS h
FULL JOIN (
    SELECT instrument,
           sum(amount) FILTER (WHERE debit < 100) - coalesce(sum(amount) FILTER (WHERE credit < 100), 0) AS units
    FROM posting GROUP BY instrument) AS s USING (instrument)
WHERE coalesce(h.units, 0) <> coalesce(s.units, 0);

-- running_balance_goes_on --
-- The balance after each posting is the one before it and this posting; a gap means a changed or lost posting.
SELECT chain.account, chain.instrument, chain.journal, chain.n, chain.after, chain.running
FROM (
    SELECT moves.*, sum(moves.units) OVER (
               PARTITION BY moves.account, moves.instrument ORDER BY moves.journal, moves.n) AS running
    FROM (SELECT journal, n, credit AS account, instrument, amount AS units, credit_after AS after FROM posting
          UNION ALL
          SELECT journal, n, debit, instrument, -amount, debit_after FROM posting) AS moves
    WHERE moves.account >= 100) AS chain
WHERE chain.after <> chain.running;

-- held_is_what_holds_say --
-- What a balance has held is what its holds still have; release or set right whichever is wrong.
SELECT coalesce(b.account, h.account) AS account, coalesce(b.instrument, h.instrument) AS instrument,
       b.held, h.remaining
FROM (SELECT account, instrument, held FROM balance WHERE held <> 0) AS b
FULL JOIN (SELECT account, instrument, sum(remaining) AS remaining FROM hold WHERE remaining > 0
           GROUP BY account, instrument) AS h USING (account, instrument)
WHERE coalesce(b.held, 0) <> coalesce(h.remaining, 0);

-- hold_is_its_events --
-- A hold's remainder is what was opened less what was settled, released and lapsed.
SELECT coalesce(hold.id, e.hold) AS hold, hold.original, hold.remaining, coalesce(e.opened, 0) AS opened, coalesce(e.ended, 0) AS ended
FROM hold
FULL JOIN (
    SELECT hold, sum(amount) FILTER (WHERE event = 'open') AS opened,
           sum(amount) FILTER (WHERE event <> 'open') AS ended
    FROM hold_event GROUP BY hold) AS e ON e.hold = hold.id
WHERE hold.original IS DISTINCT FROM coalesce(e.opened, 0)
   OR hold.remaining IS DISTINCT FROM coalesce(e.opened, 0) - coalesce(e.ended, 0);

-- held_parcels_are_the_hold --
-- The certificates marked by a hold are as many as it still has, all in its account.
WITH run AS (
    SELECT p.*, coalesce(lead(p.lo) OVER (PARTITION BY p.lot ORDER BY p.lo), p.size) - p.lo AS units
    FROM parcel AS p
)
SELECT hold.id AS hold, hold.remaining, coalesce(m.units, 0) AS marked
FROM hold
JOIN instrument ON instrument.id = hold.instrument AND instrument.kind = 'serial'
LEFT JOIN (SELECT run.hold, run.account, sum(run.units) AS units FROM run WHERE run.hold IS NOT NULL
           GROUP BY run.hold, run.account) AS m ON m.hold = hold.id AND m.account = hold.account
WHERE hold.remaining <> coalesce(m.units, 0)
UNION ALL
SELECT run.hold, 0, sum(run.units)
FROM run JOIN hold ON hold.id = run.hold
WHERE run.account <> hold.account
GROUP BY run.hold;

-- lot_is_tiled --
-- A lot's parcels begin at its first certificate and end at its last.
SELECT lot.id AS lot, lot.size, min(parcel.lo) AS first, max(parcel.lo) AS last
FROM lot LEFT JOIN parcel ON parcel.lot = lot.id
GROUP BY lot.id, lot.size
HAVING min(parcel.lo) IS DISTINCT FROM 0 OR max(parcel.lo) >= lot.size
    OR bool_or(parcel.size <> lot.size);

-- lot_is_what_was_issued --
-- A lot is as large as the postings that brought it into being, and its energy was certified in the same journal.
SELECT lot.id AS lot, lot.size, i.units AS issued, i.kwh AS certified_kwh
FROM lot
LEFT JOIN (
    SELECT journal, max(lot) AS lot, sum(amount) FILTER (WHERE debit IN (1, 10) AND lot IS NOT NULL) AS units,
           sum(amount) FILTER (WHERE credit = 2) AS kwh
    FROM posting GROUP BY journal) AS i ON i.journal = lot.journal
WHERE i.units IS DISTINCT FROM lot.size OR i.lot IS DISTINCT FROM lot.id
   OR i.kwh IS NULL OR i.kwh % lot.size <> 0;

-- parcel_is_where_postings_left_it --
-- A parcel lies with the receiver of the last posting that moved its certificates, whole, and of that history.
WITH meaning (kind, trades, origin) AS (
    VALUES ('gec.issue', 0, 1), ('opening.lot', 0, 2), ('transfer.listing', 1, 3), ('transfer.bilateral', 1, 3),
           ('transfer.auction', 1, 3), ('transfer.green_power', 1, 4), ('transfer.allocation', 0, 5),
           ('transfer.hydro_assignment', 0, 5), ('transfer.self_use', 0, 5),
           ('transfer.mechanism_assignment', 0, 5), ('transfer.off_grid', 0, 5)
), act AS MATERIALIZED (   -- what was taken back, and what took it back, leave no trace in a parcel
    SELECT journal.seq, meaning.trades, meaning.origin
    FROM journal LEFT JOIN meaning ON meaning.kind = journal.kind
    WHERE journal.reverses IS NULL AND NOT EXISTS (SELECT FROM journal AS back WHERE back.reverses = journal.seq)
), span AS (
    SELECT posting.lot, posting.lo, posting.lo + posting.amount AS past, posting.journal * 100 + posting.n AS place,
           posting.credit, act.trades, act.origin, NULL::bigint AS joined
    FROM posting JOIN act ON act.seq = posting.journal
    WHERE posting.lot IS NOT NULL
    UNION ALL
    SELECT lot, lo, lo + amount, NULL, NULL, trades, NULL, NULL FROM imported_parcel
    UNION ALL
    SELECT lot, lo, lo + amount, NULL, NULL, NULL, NULL, journal * 100 FROM consolidation
), met AS (
    SELECT span.*, part.lo AS run
    FROM span
    CROSS JOIN LATERAL (   -- by the key of parcels: by the lot alone it would be spans times parcels
        SELECT parcel.lo FROM parcel
        WHERE parcel.lot = span.lot AND parcel.lo < span.past
          AND parcel.lo >= (SELECT max(f.lo) FROM parcel AS f WHERE f.lot = span.lot AND f.lo <= span.lo)
        OFFSET 0) AS part
), run AS (
    SELECT p.*, coalesce(lead(p.lo) OVER (PARTITION BY p.lot ORDER BY p.lo), p.size) AS past FROM parcel AS p
), told AS (   -- from a consolidation on, a run has one history, whatever brought its units
    SELECT run.lot, run.lo, run.past, run.account, run.trades, run.origin,
           run.acquired_journal * 100 + run.acquired_n AS acquired,
           greatest(max(met.place), max(met.joined) FILTER (WHERE cover.whole)) AS latest,
           max(met.place) FILTER (WHERE NOT cover.whole)
               > coalesce(max(met.joined) FILTER (WHERE cover.whole), 0) AS is_broken,
           coalesce(sum(met.trades * cover.units), 0) AS traded,
           (max(ARRAY[met.place, met.credit]) FILTER (WHERE met.place IS NOT NULL))[2] AS holder,
           ('{issued,imported,traded,green_power,assigned}'::text[])[   -- the one with the latest place
               (max(ARRAY[met.place, met.origin]) FILTER (WHERE met.origin IS NOT NULL))[2]] AS origin_posted
    FROM run
    LEFT JOIN met ON met.lot = run.lot AND met.run = run.lo
    CROSS JOIN LATERAL (
        SELECT met.lo <= run.lo AND met.past >= run.past AS whole,
               least(met.past, run.past) - greatest(met.lo, run.lo) AS units) AS cover
    GROUP BY run.lot, run.lo, run.past, run.account, run.trades, run.origin, acquired
)
SELECT lot, lo, past, account, holder, trades, origin, origin_posted
FROM told
WHERE holder IS DISTINCT FROM account OR latest IS DISTINCT FROM acquired OR traded <> trades * (past - lo)
   OR origin_posted IS DISTINCT FROM origin OR is_broken;

-- cuts_have_a_reason --
-- Two neighbours with one holder, hold and history were cut for nothing: no posting and no hold ends there.
WITH run AS (
    SELECT p.*, lag(p.account) OVER w AS account_before, lag(p.hold) OVER w AS hold_before,
           lag(p.acquired_journal) OVER w AS journal_before, lag(p.acquired_n) OVER w AS n_before
    FROM parcel AS p
    WINDOW w AS (PARTITION BY p.lot ORDER BY p.lo)
)
SELECT run.lot, run.lo, run.account
FROM run
WHERE run.lo > 0 AND run.account = run.account_before AND run.hold IS NOT DISTINCT FROM run.hold_before
  AND run.acquired_journal = run.journal_before AND run.acquired_n = run.n_before
  AND run.hold IS NULL   -- two questions, each a join by key: one question of both would read all of the lot's postings
  AND NOT EXISTS (SELECT FROM posting WHERE posting.lot = run.lot AND posting.lo = run.lo)
  AND NOT EXISTS (SELECT FROM posting WHERE posting.lot = run.lot AND posting.lo + posting.amount = run.lo);

-- balance_is_its_parcels --
-- An account's balance of certificates is the number of certificates in its parcels.
WITH run AS (
    SELECT p.account, p.lot >> 48 AS instrument,
           coalesce(lead(p.lo) OVER (PARTITION BY p.lot ORDER BY p.lo), p.size) - p.lo AS units
    FROM parcel AS p
), held AS (
    SELECT account, instrument, sum(units) AS units FROM run GROUP BY account, instrument
), booked AS (
    SELECT balance.account, balance.instrument, balance.posted AS units
    FROM balance JOIN instrument ON instrument.id = balance.instrument AND instrument.kind = 'serial'
    UNION ALL
    SELECT line.sink, line.instrument, sum(line.units)
    FROM (SELECT credit AS sink, instrument, amount AS units FROM posting WHERE credit < 100
          UNION ALL
          SELECT debit, instrument, -amount FROM posting WHERE debit IN (3, 4, 5, 6)) AS line
    JOIN instrument ON instrument.id = line.instrument AND instrument.kind = 'serial'
    GROUP BY line.sink, line.instrument
)
SELECT coalesce(held.account, booked.account) AS account, held.units AS in_parcels, booked.units AS in_balance
FROM held FULL JOIN booked USING (account, instrument)
WHERE coalesce(held.units, 0) <> coalesce(booked.units, 0);

-- retirement_is_its_postings --
-- A retirement's quantity is what its journals moved to the retired certificates.
WITH retired AS (
    SELECT journal.seq, journal.grp, journal.kind, posting.debit AS account, posting.amount
    FROM posting JOIN journal ON journal.seq = posting.journal AND journal.kind IN ('gec.retire', 'opening.lot')
    WHERE posting.credit = 3
), here AS (
    SELECT grp, account, sum(amount) AS units FROM retired WHERE kind = 'gec.retire' GROUP BY grp, account
), before AS (   -- before cut-over
    SELECT seq, sum(amount) AS units FROM retired WHERE kind = 'opening.lot' GROUP BY seq
), claimed AS (
    SELECT retirement.id, retirement.quantity,
           CASE WHEN here.units IS NULL THEN before.units ELSE here.units + coalesce(before.units, 0) END AS units
    FROM retirement
    JOIN journal AS first ON first.seq = retirement.journal
    LEFT JOIN here ON here.grp = first.grp AND here.account = retirement.account
    LEFT JOIN before ON before.seq = first.seq
)
SELECT id AS retirement, quantity, units AS retired
FROM claimed
WHERE units IS NULL OR units < quantity;

-- retired_is_claimed --
-- Every retired certificate belongs to a retirement with one beneficiary and one year.
SELECT p.units AS retired, r.units AS claimed
FROM (SELECT coalesce(sum(CASE credit WHEN 3 THEN amount ELSE -amount END), 0) AS units
      FROM posting WHERE 3 IN (debit, credit)) AS p
CROSS JOIN (SELECT coalesce(sum(quantity), 0) AS units FROM retirement
            WHERE NOT EXISTS (SELECT FROM journal AS back WHERE back.reverses = retirement.journal)) AS r
WHERE p.units <> r.units;

-- duty_is_verified_less_discharged --
-- A duty is the latest verified emissions and what came from a predecessor, less what was surrendered or passed on.
WITH latest AS (
    SELECT DISTINCT ON (party, compliance_year) party, compliance_year, tco2e
    FROM verified_emission ORDER BY party, compliance_year, version DESC
), owed AS (
    SELECT account.party, right(instrument.code, 4)::int AS compliance_year, balance.posted,
           (SELECT coalesce(sum(CASE posting.credit WHEN 8 THEN posting.amount ELSE -posting.amount END), 0)
            FROM posting
            WHERE posting.instrument = balance.instrument
              AND (posting.debit, posting.credit) IN ((balance.account, 8), (8, balance.account))) AS discharged,
           (SELECT coalesce(sum(CASE posting.credit WHEN balance.account THEN posting.amount ELSE -posting.amount END), 0)
            FROM posting
            WHERE posting.instrument = balance.instrument AND posting.debit >= 100 AND posting.credit >= 100
              AND balance.account IN (posting.debit, posting.credit)) AS passed
    FROM balance
    JOIN account ON account.id = balance.account
    JOIN instrument ON instrument.id = balance.instrument AND instrument.code LIKE 'DUE-CEA-%'
)
SELECT coalesce(latest.party, owed.party) AS party, compliance_year, latest.tco2e, owed.posted, owed.discharged, owed.passed
FROM latest FULL JOIN owed USING (party, compliance_year)
WHERE coalesce(latest.tco2e, 0) + coalesce(owed.passed, 0) - coalesce(owed.discharged, 0) <> coalesce(owed.posted, 0)
   OR owed.posted < 0;

-- surrender_discharges_as_much --
-- A journal hands in as many allowances and reductions as it discharges of a duty.
SELECT line.journal, sum(line.units) FILTER (WHERE line.sink = 7) AS surrendered,
       sum(line.units) FILTER (WHERE line.sink = 8) AS discharged
FROM (SELECT journal, credit AS sink, instrument, amount AS units FROM posting WHERE credit IN (7, 8)
      UNION ALL
      SELECT journal, debit, instrument, -amount FROM posting WHERE debit IN (7, 8)) AS line
JOIN instrument ON instrument.id = line.instrument AND (line.sink = 7 OR instrument.code LIKE 'DUE-CEA-%')
GROUP BY line.journal
HAVING coalesce(sum(line.units) FILTER (WHERE line.sink = 7), 0)
    <> coalesce(sum(line.units) FILTER (WHERE line.sink = 8), 0);

-- debt_is_cut_less_kept_back --
-- What an emitter owes of allowances is what was cut or could not be returned, less what was kept back or passed on.
WITH known AS (
    SELECT pg_temp.named('acc', id) AS name, coalesce(on_behalf_of, party) AS owner FROM account
), act AS (   -- what was taken back did not happen
    SELECT kind, convert_from(body, 'UTF8')::jsonb -> 'body' AS body
    FROM journal
    WHERE kind IN ('cea.reduce', 'cea.return', 'cea.allocate', 'party.succession')
      AND NOT EXISTS (SELECT FROM journal AS back WHERE back.reverses = journal.seq)
), change AS (
    SELECT known.owner, CASE act.kind WHEN 'cea.reduce' THEN (act.body ->> 'quantity')::bigint
                                      WHEN 'cea.return' THEN (act.body ->> 'debt')::bigint
                                                          + coalesce((act.body ->> 'unkept')::bigint, 0)
                                      ELSE -(act.body ->> 'kept_back')::bigint END AS units
    FROM act JOIN known ON known.name = act.body ->> 'account'
    UNION ALL
    SELECT known.owner, CASE known.name WHEN p.account THEN -p.quantity ELSE p.quantity END
    FROM act
    CROSS JOIN LATERAL jsonb_to_recordset(act.body -> 'passed')
        AS p (account text, to_account text, instrument text, quantity bigint)
    JOIN known ON known.name IN (p.account, p.to_account)
    WHERE act.kind = 'party.succession' AND p.instrument = 'CEA-DEBT'
)
SELECT owner AS party, b.posted, c.units AS decided
FROM (SELECT account.party AS owner, sum(balance.posted) AS posted
      FROM balance JOIN account ON account.id = balance.account WHERE balance.instrument = 20
      GROUP BY account.party) AS b
FULL JOIN (SELECT owner, sum(units) AS units FROM change GROUP BY owner) AS c USING (owner)
WHERE coalesce(b.posted, 0) <> coalesce(c.units, 0);
