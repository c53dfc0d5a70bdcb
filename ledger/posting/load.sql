-- claim_keys --
-- Outcomes stored under the keys of this batch; the rulebooks stay as they are until it commits.
SELECT c.client, c.key, c.request, c.outcome, rules.locked
FROM (SELECT pg_advisory_xact_lock_shared(hashtext('rulebook' || current_schema())) AS locked) AS rules
LEFT JOIN (SELECT command.* FROM unnest(%(clients)s::bigint[], %(keys)s::text[]) AS k (client, key)
           JOIN command ON command.client = k.client AND command.key = k.key) AS c ON true;

-- bar_rulebooks --
-- An adoption waits for the batches that decide by the old rules, and makes later ones wait.
SELECT pg_advisory_xact_lock(hashtext('rulebook' || current_schema()));

-- bar_keys --
-- A key that signs is ended after the batches that took it to be good, and before those that come later.
SELECT pg_advisory_xact_lock(hashtext('keys' || current_schema()));

-- share_keys --
-- No key is ended between the look at it and the commit of what it signed: so the log's order is the one it was good in.
SELECT pg_advisory_xact_lock_shared(hashtext('keys' || current_schema()));

-- read_ended_keys --
-- Which keys were rotated or revoked; asked behind the lock on keys, not with it.
SELECT key FROM signing_key_end WHERE key = ANY(%(ids)s::bigint[]);

-- bar_accounts --
-- An account that changes gets no new balance meanwhile, and nobody else changes one, which may have no balance
-- to be locked: whoever would waits here, before any other lock but the rulebooks' and the keys'. The account's
-- row would not do: its foreign keys are checked by who has balances locked.
SELECT pg_advisory_xact_lock(hashtext('accounts' || current_schema()));

-- open_balances --
-- A zero row for each balance that is missing, in lock order, so that it can be locked like any other. An
-- instrument that this batch brings gets its rows later, and bars closings all the same.
WITH missing AS MATERIALIZED (
    SELECT k.account, k.instrument,
           pg_advisory_xact_lock_shared(hashtext('accounts' || current_schema())) IS NOT NULL AS barred
    FROM unnest(%(accounts)s::bigint[], %(instruments)s::int[]) AS k (account, instrument)
    WHERE (SELECT b.version FROM balance AS b WHERE b.account = k.account AND b.instrument = k.instrument) IS NULL
)
INSERT INTO balance (account, instrument, floor)
SELECT account.id, instrument.id, account.floor
FROM missing
JOIN account ON account.id = missing.account
LEFT JOIN instrument ON instrument.id = missing.instrument
WHERE missing.barred AND instrument.id IS NOT NULL
ORDER BY account.id, instrument.id
ON CONFLICT DO NOTHING;

-- lock_balances --
-- Always in (account, instrument) order: batches may wait in line for each other, never in a circle.
-- One look-up a key, in the order of the keys; what changes an account adds all of its balances.
SELECT b.*
FROM (SELECT account, instrument FROM unnest(%(accounts)s::bigint[], %(instruments)s::int[])
          AS named (account, instrument)
      UNION
      SELECT account, instrument FROM balance WHERE account = ANY(%(whole)s::bigint[])
      ORDER BY account, instrument) AS k
CROSS JOIN LATERAL (
    SELECT account, instrument, posted, held, floor, version FROM balance
    WHERE account = k.account AND instrument = k.instrument
    FOR NO KEY UPDATE) AS b;

-- read_revoked --
-- Which of the keys that were not looked up again are revoked; asked when a decision assumed that they are not.
SELECT id FROM client WHERE id = ANY(%(ids)s::bigint[]) AND revoked;

-- read_accounts --
-- Read after the locks: what changes an account locks every balance of it first.
SELECT id, class, party, floor, frozen, status, approval_above, on_behalf_of,
       CASE WHEN on_behalf_of IS NOT NULL THEN (
           SELECT jsonb_agg(jsonb_build_array(mandate.id, mandate.scopes, mandate.valid_from, mandate.valid_to,
                                              ended.mandate IS NOT NULL))
           FROM mandate LEFT JOIN mandate_end AS ended ON ended.mandate = mandate.id
           WHERE mandate.account = account.id) END
FROM account WHERE id = ANY(%(ids)s::bigint[]);

-- lock_approvals --
-- Approvals to be decided; two deciders wait in line.
SELECT id, state, maker_person, expires_at, hold FROM approval
WHERE id = ANY(%(ids)s::bigint[])
ORDER BY id
FOR NO KEY UPDATE;

-- read_holds --
-- Holds named, and those of approvals to be decided; guarded by their balances, which are locked.
SELECT id, kind, account, instrument, controller, beneficiary, original, remaining, expires_at, reference
FROM hold
WHERE id = ANY(%(ids)s::bigint[])
   OR id IN (SELECT approval.hold FROM approval WHERE approval.id = ANY(%(approvals)s::bigint[]));

-- read_reversed --
-- Which of the journals to be taken back were taken back already; asked after the locks that both need.
SELECT reverses FROM journal WHERE reverses = ANY(%(ids)s::bigint[]);

-- read_rulebooks --
-- The latest version of each rulebook, by digest; the bytes are read when a digest is new.
SELECT DISTINCT ON (name) name, version, digest FROM rulebook ORDER BY name, version DESC;

-- read_rulebook_bytes --
-- The rulebooks as adopted.
SELECT raw FROM rulebook WHERE digest = ANY(%(digests)s::bytea[]);

-- pick_parcels --
-- Free parcels of each account that fit each want, earliest expiry first, behind the last one found, no more
-- than asked for.
SELECT p.lot, p.lo, p.size, p.account, p.hold, p.acquired_journal, p.acquired_n, p.trades, p.origin,
       coalesce((SELECT n.lo FROM parcel AS n WHERE n.lot = p.lot AND n.lo > p.lo ORDER BY n.lo LIMIT 1), p.size) AS past,
       p.instrument, p.plant, p.month, p.energy, p.category, p.trade, p.mechanism, p.province, p.first_serial, p.valid_until,
       k.want
FROM unnest(%(wants)s::int[], %(accounts)s::bigint[], %(lots)s::bigint[], %(los)s::bigint[], %(ceilings)s::bigint[],
            %(months)s::date[], %(energies)s::text[], %(years)s::int[], %(trades)s::text[],
            %(categories)s::text[], %(mechanisms)s::boolean[], %(trades_below)s::int[],
            %(resold)s::boolean[], %(limits)s::int[])
     AS k (want, account, lot, lo, ceiling, month, energy, year, trade, category, mechanism, trades_below, resold, most)
CROSS JOIN LATERAL (
    SELECT parcel.*, lot.instrument, lot.plant, lot.month, lot.energy, lot.category, lot.trade, lot.mechanism,
           lot.province, lot.first_serial, lot.valid_until
    FROM parcel JOIN lot ON lot.id = parcel.lot
    WHERE parcel.account = k.account AND parcel.hold IS NULL
      AND (parcel.lot, parcel.lo) > (k.lot, k.lo) AND parcel.lot < k.ceiling
      AND (k.month IS NULL OR lot.month = k.month)
      AND (k.energy IS NULL OR lot.energy = k.energy)
      AND (k.year IS NULL OR extract(year FROM lot.month) = k.year)
      AND (k.trade IS NULL OR lot.trade = k.trade)
      AND (k.category IS NULL OR lot.category = k.category)
      AND (k.mechanism IS NULL OR lot.mechanism = k.mechanism)
      AND (k.trades_below IS NULL OR parcel.trades < k.trades_below)
      AND NOT (k.resold AND parcel.origin = 'green_power')
    ORDER BY parcel.lot, parcel.lo
    LIMIT k.most) AS p;

-- exact_parcels --
-- The parcels that cover the serials named, whoever holds them.
SELECT p.lot, p.lo, p.size, p.account, p.hold, p.acquired_journal, p.acquired_n, p.trades, p.origin,
       coalesce((SELECT min(n.lo) FROM parcel AS n WHERE n.lot = p.lot AND n.lo > p.lo), p.size) AS past,
       l.instrument, l.plant, l.month, l.energy, l.category, l.trade, l.mechanism, l.province, l.first_serial, l.valid_until
FROM unnest(%(lots)s::bigint[], %(los)s::bigint[], %(pasts)s::bigint[]) AS k (lot, lo, past)
CROSS JOIN LATERAL (
    SELECT parcel.* FROM parcel
    WHERE parcel.lot = k.lot AND parcel.lo < k.past
      AND parcel.lo >= coalesce((SELECT max(b.lo) FROM parcel AS b WHERE b.lot = k.lot AND b.lo <= k.lo), 0)
    ORDER BY parcel.lo
    LIMIT %(most)s::int) AS p
JOIN lot AS l ON l.id = p.lot;

-- held_parcels --
-- The parcels under those holds, with the neighbours that they may melt into when they are freed.
WITH named AS (   -- one list of holds, so that each is looked up by its index
    SELECT named.hold FROM unnest(%(ids)s::bigint[]) AS named (hold)
    UNION
    SELECT approval.hold FROM approval WHERE approval.id = ANY(%(approvals)s::bigint[])
), held AS (
    SELECT parcel.lot, parcel.lo FROM named JOIN parcel ON parcel.hold = named.hold
), k AS (
    SELECT held.lot, held.lo FROM held
    UNION
    SELECT held.lot, (SELECT max(b.lo) FROM parcel AS b WHERE b.lot = held.lot AND b.lo < held.lo) FROM held
    UNION
    SELECT held.lot, (SELECT min(a.lo) FROM parcel AS a WHERE a.lot = held.lot AND a.lo > held.lo) FROM held
)
SELECT p.lot, p.lo, p.size, p.account, p.hold, p.acquired_journal, p.acquired_n, p.trades, p.origin,
       coalesce((SELECT min(n.lo) FROM parcel AS n WHERE n.lot = p.lot AND n.lo > p.lo), p.size) AS past,
       l.instrument, l.plant, l.month, l.energy, l.category, l.trade, l.mechanism, l.province, l.first_serial, l.valid_until
FROM k
JOIN parcel AS p ON p.lot = k.lot AND p.lo = k.lo
JOIN lot AS l ON l.id = p.lot;

-- draw_seqs --
-- Numbers for the journals, drawn after the last lock: whoever waited for a lock comes later.
SELECT nextval('journal_seq') FROM generate_series(1, %(count)s::int);
