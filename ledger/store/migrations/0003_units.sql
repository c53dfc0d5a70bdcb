-- Certificates: readings, lots, and the parcels that tile them. A parcel says where a run starts and who
-- holds it; it ends where the next parcel of its lot starts, or at the lot's end.

CREATE TABLE meter_reading (
    id          bigint PRIMARY KEY,
    plant       bigint NOT NULL REFERENCES plant,
    month       date NOT NULL CHECK (extract(day FROM month) = 1),
    category    text NOT NULL CHECK (category IN ('on_grid', 'self_use', 'off_grid', 'storage')),
    version     integer NOT NULL CHECK (version > 0),
    energy_kwh  bigint NOT NULL CHECK (energy_kwh >= 0),
    mechanism   boolean NOT NULL,
    source      text NOT NULL,
    journal     bigint NOT NULL,
    CONSTRAINT meter_reading_version UNIQUE (plant, month, category, version)
);

CREATE TABLE lot (
    id               bigint PRIMARY KEY,
    instrument       integer NOT NULL REFERENCES instrument,
    plant            bigint NOT NULL REFERENCES plant,
    month            date NOT NULL CHECK (extract(day FROM month) = 1),
    energy           text NOT NULL,
    category         text NOT NULL,
    trade            text NOT NULL CHECK (trade IN ('tradable', 'non_tradable')),
    mechanism        boolean NOT NULL,
    province         text NOT NULL,
    reading          bigint NOT NULL REFERENCES meter_reading,
    first_serial     bigint NOT NULL CHECK (first_serial >= 0),
    size             bigint NOT NULL CHECK (size > 0),
    first            bigint NOT NULL DEFAULT 0 CHECK (first = 0),
    past_serial      bigint GENERATED ALWAYS AS (first_serial + size) STORED,
    follows          bigint,
    valid_until      date NOT NULL,
    origin_registry  text NOT NULL,
    origin_lot       text NOT NULL,
    journal          bigint NOT NULL,
    -- sorting by id is earliest expiry first
    CHECK (id >> 48 = instrument AND (id >> 32) & 65535 = valid_until - date '2000-01-01'),
    -- serials of one series run on without gap or overlap: each lot starts where another ended, or at 0
    CHECK (CASE WHEN first_serial = 0 THEN follows IS NULL
                ELSE follows IS NOT DISTINCT FROM first_serial END),
    CONSTRAINT lot_size UNIQUE (id, size),
    CONSTRAINT lot_series_start UNIQUE (plant, month, category, trade, first_serial),
    CONSTRAINT lot_series_end UNIQUE (plant, month, category, trade, past_serial),
    CONSTRAINT lot_series_runs_on FOREIGN KEY (plant, month, category, trade, follows)
        REFERENCES lot (plant, month, category, trade, past_serial),
    CONSTRAINT lot_origin UNIQUE (origin_registry, origin_lot)
);

CREATE TABLE hold (
    id           bigint PRIMARY KEY,
    kind         text NOT NULL CHECK (kind IN ('order', 'trade', 'approval', 'freeze', 'judicial',
                                               't_plus_one', 'carry_over', 'ccer')),
    account      bigint NOT NULL REFERENCES account,
    instrument   integer NOT NULL REFERENCES instrument,
    controller   bigint NOT NULL REFERENCES party,
    beneficiary  bigint REFERENCES account,
    original     bigint NOT NULL CHECK (original > 0),
    remaining    bigint NOT NULL,
    expires_at   timestamptz,
    reference    text NOT NULL,
    journal      bigint NOT NULL,
    CONSTRAINT hold_remaining CHECK (remaining BETWEEN 0 AND original)
);
CREATE INDEX hold_account ON hold (account, id);
CREATE INDEX hold_due ON hold (expires_at) WHERE remaining > 0 AND expires_at IS NOT NULL;

CREATE TABLE hold_event (
    journal  bigint NOT NULL REFERENCES journal,
    hold     bigint NOT NULL,
    event    text NOT NULL CHECK (event IN ('open', 'settle', 'release', 'expire')),
    amount   bigint NOT NULL CHECK (amount > 0),
    PRIMARY KEY (journal, hold, event)
);
CREATE INDEX hold_event_hold ON hold_event (hold, journal);

CREATE TABLE parcel (
    lot               bigint NOT NULL,
    lo                bigint NOT NULL CHECK (lo >= 0),
    size              bigint NOT NULL,
    account           bigint NOT NULL REFERENCES account,
    hold              bigint REFERENCES hold DEFERRABLE INITIALLY DEFERRED,
    acquired_journal  bigint NOT NULL,
    acquired_n        smallint NOT NULL,
    trades            smallint NOT NULL DEFAULT 0 CHECK (trades >= 0),
    origin            text NOT NULL CHECK (origin IN ('issued', 'traded', 'green_power', 'assigned', 'imported')),
    PRIMARY KEY (lot, lo),
    CHECK (lo < size),
    CHECK (hold IS NULL OR account >= 100),
    FOREIGN KEY (lot, size) REFERENCES lot (id, size)
) WITH (fillfactor = 90);
CREATE INDEX parcel_pick ON parcel (account, lot, lo) WHERE hold IS NULL;
CREATE INDEX parcel_hold ON parcel (hold, lot, lo) WHERE hold IS NOT NULL;
ALTER TABLE lot ADD CONSTRAINT lot_starts
    FOREIGN KEY (id, first) REFERENCES parcel (lot, lo) DEFERRABLE INITIALLY DEFERRED;

-- The only delete there is: a parcel that continues its neighbour (same holder, hold and history) melts into it.
CREATE FUNCTION refuse_unequal_merge() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    before parcel%rowtype;
BEGIN
    SELECT * INTO before FROM parcel WHERE lot = old.lot AND lo < old.lo ORDER BY lo DESC LIMIT 1;
    IF before.lot IS NULL
       OR (before.account, before.acquired_journal, before.acquired_n, before.trades, before.origin)
          <> (old.account, old.acquired_journal, old.acquired_n, old.trades, old.origin)
       OR before.hold IS DISTINCT FROM old.hold THEN
        RAISE EXCEPTION 'parcel %/% does not continue its neighbour', old.lot, old.lo
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'parcel_tiles';
    END IF;
    RETURN old;
END $$;

CREATE TABLE retirement (
    id                bigint PRIMARY KEY,
    account           bigint NOT NULL REFERENCES account,
    party             bigint NOT NULL REFERENCES party,
    beneficiary_code  text NOT NULL,
    beneficiary_name  text NOT NULL,
    purpose           text NOT NULL,
    consumption_year  integer NOT NULL,
    quantity          bigint NOT NULL CHECK (quantity > 0),
    statement_no      text NOT NULL CONSTRAINT retirement_statement_no UNIQUE,
    public            boolean NOT NULL,
    note              text NOT NULL,
    at                timestamptz NOT NULL,
    journal           bigint NOT NULL
);
CREATE INDEX retirement_party ON retirement (party, id);
CREATE INDEX retirement_beneficiary ON retirement (beneficiary_code, consumption_year);
