-- insert_lots --
-- Lots before their first parcel; the constraints of their series speak here.
INSERT INTO lot (id, instrument, plant, month, energy, category, trade, mechanism, province, reading,
                 first_serial, size, follows, valid_until, origin_registry, origin_lot, journal)
SELECT id, instrument, plant, month, energy, category, trade, mechanism, province, reading,
       first_serial, size, nullif(first_serial, 0), valid_until, origin_registry, origin_lot, journal
FROM unnest(%(id)s::bigint[], %(instrument)s::int[], %(plant)s::bigint[], %(month)s::date[], %(energy)s::text[],
            %(category)s::text[], %(trade)s::text[], %(mechanism)s::bool[], %(province)s::text[],
            %(reading)s::bigint[], %(first_serial)s::bigint[], %(size)s::bigint[], %(valid_until)s::date[],
            %(origin_registry)s::text[], %(origin_lot)s::text[], %(journal)s::bigint[])
     AS new (id, instrument, plant, month, energy, category, trade, mechanism, province, reading,
             first_serial, size, valid_until, origin_registry, origin_lot, journal);

-- insert_journals --
-- Journals with their record bytes and leaf hash, and each of them in the sealer's queue.
WITH entered AS (
    INSERT INTO journal (seq, grp, part, kind, at, day, party, reverses, rules, external_source, external_id, body,
                         leaf)
    SELECT seq, grp, part, kind, %(at)s::timestamptz, day, party, reverses, %(rules)s::bytea, external_source,
           external_id, body, leaf
    FROM unnest(%(seq)s::bigint[], %(grp)s::bigint[], %(part)s::int[], %(kind)s::text[], %(day)s::date[],
                %(party)s::bigint[], %(reverses)s::bigint[], %(external_source)s::text[], %(external_id)s::text[],
                %(body)s::bytea[], %(leaf)s::bytea[])
         AS new (seq, grp, part, kind, day, party, reverses, external_source, external_id, body, leaf)
    RETURNING seq, leaf)
INSERT INTO unsealed (journal, leaf) SELECT entered.seq, entered.leaf FROM entered;

-- insert_postings --
-- The only statement that writes postings.
INSERT INTO posting (journal, n, debit, credit, instrument, amount, debit_after, credit_after, lot, lo, price_fen)
SELECT * FROM unnest(%(journal)s::bigint[], %(n)s::int[], %(debit)s::bigint[], %(credit)s::bigint[],
                     %(instrument)s::int[], %(amount)s::bigint[], %(debit_after)s::bigint[],
                     %(credit_after)s::bigint[], %(lot)s::bigint[], %(lo)s::bigint[], %(price_fen)s::bigint[]);

-- insert_balances --
-- Balances of accounts opened in this very batch.
INSERT INTO balance (account, instrument, posted, held, floor, version)
SELECT * FROM unnest(%(account)s::bigint[], %(instrument)s::int[], %(posted)s::bigint[], %(held)s::bigint[],
                     %(floor)s::bigint[], %(version)s::bigint[]);

-- update_balances --
-- The version expected is part of the key: a balance that changed since it was read is not written.
WITH written AS (
    UPDATE balance AS b SET posted = new.posted, held = new.held, version = new.version
    FROM unnest(%(account)s::bigint[], %(instrument)s::int[], %(posted)s::bigint[], %(held)s::bigint[],
                %(version)s::bigint[], %(expected)s::bigint[])
         AS new (account, instrument, posted, held, version, expected)
    WHERE b.account = new.account AND b.instrument = new.instrument AND b.version = new.expected
    RETURNING 1)
SELECT confirm_rows(count(*), %(rows)s::bigint) FROM written;

-- insert_holds --
-- Holds opened, with what remains of them at the end of the batch.
INSERT INTO hold (id, kind, account, instrument, controller, beneficiary, original, remaining, expires_at,
                  reference, journal)
SELECT * FROM unnest(%(id)s::bigint[], %(kind)s::text[], %(account)s::bigint[], %(instrument)s::int[],
                     %(controller)s::bigint[], %(beneficiary)s::bigint[], %(original)s::bigint[],
                     %(remaining)s::bigint[], %(expires_at)s::timestamptz[], %(reference)s::text[],
                     %(journal)s::bigint[]);

-- update_holds --
-- What remains of holds opened earlier.
WITH written AS (
    UPDATE hold SET remaining = new.remaining
    FROM unnest(%(id)s::bigint[], %(remaining)s::bigint[], %(expected)s::bigint[]) AS new (id, remaining, expected)
    WHERE hold.id = new.id AND hold.remaining = new.expected
    RETURNING 1)
SELECT confirm_rows(count(*), %(rows)s::bigint) FROM written;

-- insert_hold_events --
-- The history of holds.
INSERT INTO hold_event (journal, hold, event, amount)
SELECT * FROM unnest(%(journal)s::bigint[], %(hold)s::bigint[], %(event)s::text[], %(amount)s::bigint[]);

-- insert_parcels --
-- New cuts: a run begins here, and by that the one before it ends.
INSERT INTO parcel (lot, lo, size, account, hold, acquired_journal, acquired_n, trades, origin)
SELECT * FROM unnest(%(lot)s::bigint[], %(lo)s::bigint[], %(size)s::bigint[], %(account)s::bigint[],
                     %(hold)s::bigint[], %(journal)s::bigint[], %(n)s::int[], %(trades)s::int[], %(origin)s::text[]);

-- update_parcels --
-- Runs that changed holder, hold or history as a whole.
WITH written AS (
    UPDATE parcel AS p
    SET account = new.account, hold = new.hold, acquired_journal = new.journal, acquired_n = new.n,
        trades = new.trades, origin = new.origin
    FROM unnest(%(lot)s::bigint[], %(lo)s::bigint[], %(account)s::bigint[], %(hold)s::bigint[], %(journal)s::bigint[],
                %(n)s::int[], %(trades)s::int[], %(origin)s::text[])
         AS new (lot, lo, account, hold, journal, n, trades, origin)
    WHERE p.lot = new.lot AND p.lo = new.lo
    RETURNING 1)
SELECT confirm_rows(count(*), %(rows)s::bigint) FROM written;

-- delete_parcels --
-- Runs that melted into an equal neighbour; a trigger refuses any other.
WITH written AS (
    DELETE FROM parcel AS p USING unnest(%(lot)s::bigint[], %(lo)s::bigint[]) AS gone (lot, lo)
    WHERE p.lot = gone.lot AND p.lo = gone.lo
    RETURNING 1)
SELECT confirm_rows(count(*), %(rows)s::bigint) FROM written;

-- update_accounts --
-- Accounts frozen, freed or closed; one that is not as it was read is not written.
WITH written AS (
    UPDATE account SET frozen = new.frozen, status = new.status
    FROM unnest(%(id)s::bigint[], %(frozen)s::bool[], %(status)s::text[], %(was_frozen)s::bool[], %(was)s::text[])
         AS new (id, frozen, status, was_frozen, was)
    WHERE account.id = new.id AND account.frozen = new.was_frozen AND account.status = new.was
    RETURNING 1)
SELECT confirm_rows(count(*), %(rows)s::bigint) FROM written;

-- update_approvals --
-- Decisions; a pending approval is decided once.
WITH written AS (
    UPDATE approval SET state = new.state, checker_person = new.person, outcome_group = new.grp
    FROM unnest(%(id)s::bigint[], %(state)s::text[], %(person)s::text[], %(grp)s::bigint[])
         AS new (id, state, person, grp)
    WHERE approval.id = new.id AND approval.state = 'pending'
    RETURNING 1)
SELECT confirm_rows(count(*), %(rows)s::bigint) FROM written;

-- revoke_clients --
-- Keys that no longer open a door.
UPDATE client SET revoked = true WHERE id = ANY(%(id)s::bigint[]);

-- insert_evidence --
-- What was signed, once for all that came of one request; the same from another client breaks the key.
INSERT INTO evidence (digest, client, key, nonce, base, signature, body, at)
SELECT new.*, %(at)s::timestamptz
FROM unnest(%(digest)s::bytea[], %(client)s::bigint[], %(key)s::bigint[], %(nonce)s::text[], %(base)s::bytea[],
            %(signature)s::bytea[], %(body)s::bytea[]) AS new (digest, client, key, nonce, base, signature, body)
WHERE NOT EXISTS (SELECT FROM evidence AS kept WHERE kept.digest = new.digest AND kept.client = new.client);

-- insert_commands --
-- The outcome under its key, for ever: a retry gets the same answer. Late, so that the key refuses a race.
INSERT INTO command (client, key, request, outcome, evidence, grp, at)
SELECT new.*, %(at)s::timestamptz
FROM unnest(%(client)s::bigint[], %(key)s::text[], %(request)s::bytea[], %(outcome)s::jsonb[], %(evidence)s::bytea[],
            %(grp)s::bigint[]) AS new (client, key, request, outcome, evidence, grp);
