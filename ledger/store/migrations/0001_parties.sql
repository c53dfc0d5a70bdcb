-- Who is in the registry, and the places where units are held.

-- History is append-only by three means: missing rights, an owner the app is not, and these triggers.
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% on % is refused', tg_op, tg_table_name
        USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'append_only';
END $$;

CREATE SEQUENCE entity_id START 1000 INCREMENT 64;   -- blocks of 64 ids; a process spends its block alone
CREATE SEQUENCE lot_number START 1 INCREMENT 1024;   -- the low 32 bits of a lot id, in blocks

CREATE TABLE party (
    id        bigint PRIMARY KEY,
    scheme    text NOT NULL CHECK (scheme IN ('internal', 'uscc', 'person')),
    identity  text NOT NULL CHECK (length(identity) BETWEEN 1 AND 128),
    name      text NOT NULL,
    kinds     text[] NOT NULL,
    province  text,
    sandbox   boolean NOT NULL DEFAULT false,
    journal   bigint,
    CONSTRAINT party_identity UNIQUE (scheme, identity)
);

CREATE TABLE plant (
    id                 bigint PRIMARY KEY,
    party              bigint NOT NULL REFERENCES party,
    name               text NOT NULL,
    energy             text NOT NULL,
    technology         text NOT NULL,
    capacity_kw        bigint NOT NULL CHECK (capacity_kw > 0),
    commissioned_on    date NOT NULL,
    province           text NOT NULL,
    grid_connection    text NOT NULL CHECK (grid_connection IN ('grid', 'self_use', 'off_grid')),
    market_based       boolean NOT NULL,
    storage            boolean NOT NULL,
    registration_code  text NOT NULL CONSTRAINT plant_registration_code UNIQUE
                       CHECK (registration_code ~ '^[0-9A-Z]{17}$'),
    account            bigint NOT NULL,
    journal            bigint NOT NULL
);
CREATE INDEX plant_party ON plant (party, id);

CREATE TABLE plant_approval (
    plant    bigint CONSTRAINT plant_approved_once PRIMARY KEY REFERENCES plant,
    journal  bigint NOT NULL
);

CREATE TABLE account (
    id              bigint PRIMARY KEY,
    class           text NOT NULL,
    party           bigint NOT NULL REFERENCES party,
    on_behalf_of    bigint REFERENCES party,
    plant           bigint REFERENCES plant DEFERRABLE INITIALLY DEFERRED,
    floor           bigint NOT NULL,
    approval_above  bigint CHECK (approval_above >= 0),
    frozen          boolean NOT NULL DEFAULT false,
    status          text NOT NULL DEFAULT 'open' CHECK (status IN ('open', 'closed')),
    journal         bigint,
    CONSTRAINT account_one_per_class UNIQUE NULLS NOT DISTINCT (party, class, on_behalf_of, plant)
);
ALTER TABLE plant ADD CONSTRAINT plant_account
    FOREIGN KEY (account) REFERENCES account DEFERRABLE INITIALLY DEFERRED;

CREATE TABLE instrument (
    id    integer PRIMARY KEY CHECK (id > 0),
    code  text NOT NULL CONSTRAINT instrument_code UNIQUE,
    kind  text NOT NULL CHECK (kind IN ('serial', 'fungible')),
    unit  text NOT NULL,
    CHECK (kind = 'fungible' OR id < 32768)   -- a serial instrument is the top 15 bits of its lots' ids
);

CREATE TABLE balance (
    account     bigint NOT NULL REFERENCES account,
    instrument  integer NOT NULL REFERENCES instrument,
    posted      bigint NOT NULL DEFAULT 0,
    held        bigint NOT NULL DEFAULT 0,
    floor       bigint NOT NULL,
    version     bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (account, instrument),
    CONSTRAINT balance_account_is_real CHECK (account >= 100),
    CONSTRAINT balance_held CHECK (held >= 0),
    CONSTRAINT balance_above_floor CHECK (posted - held >= floor)
) WITH (fillfactor = 60);   -- room for HOT updates: no other index, only counters change

CREATE TABLE client (
    id             bigint PRIMARY KEY,
    party          bigint NOT NULL REFERENCES party,
    person         text NOT NULL,
    label          text NOT NULL,
    role           text NOT NULL,
    scopes         text[] NOT NULL,
    key_name       text NOT NULL CONSTRAINT client_key_name UNIQUE,
    secret_sha256  bytea NOT NULL CHECK (length(secret_sha256) = 32),
    expires_at     timestamptz NOT NULL,
    revoked        boolean NOT NULL DEFAULT false,
    journal        bigint
);
