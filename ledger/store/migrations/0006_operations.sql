-- Mandates, objections, consolidations, and what came in at cut-over.

-- A freeze takes units out of an order; a decision takes units out of a freeze.
ALTER TABLE hold_event DROP CONSTRAINT hold_event_event_check;
ALTER TABLE hold_event ADD CONSTRAINT hold_event_event_check
    CHECK (event IN ('open', 'settle', 'release', 'expire', 'freeze', 'take'));

-- What an owner lets an agent do with the account held on its behalf; both days included.
CREATE TABLE mandate (
    id           bigint PRIMARY KEY,
    account      bigint NOT NULL REFERENCES account,
    agent        bigint NOT NULL REFERENCES party,
    owner        bigint NOT NULL REFERENCES party,
    scopes       text[] NOT NULL CHECK (scopes <@ ARRAY['sell', 'retire'] AND cardinality(scopes) > 0),
    valid_from   date NOT NULL,
    valid_to     date NOT NULL,
    document_no  text NOT NULL,
    journal      bigint NOT NULL,
    CHECK (valid_from <= valid_to),
    CHECK (agent <> owner)
);
CREATE INDEX mandate_account ON mandate (account, id);

CREATE TABLE mandate_end (
    mandate  bigint CONSTRAINT mandate_ended_once PRIMARY KEY REFERENCES mandate,
    journal  bigint NOT NULL
);

CREATE TABLE objection (
    id         bigint PRIMARY KEY,
    party      bigint NOT NULL REFERENCES party,
    target     bigint NOT NULL REFERENCES journal,
    reason     text NOT NULL,
    documents  bigint[] NOT NULL,
    at         timestamptz NOT NULL,
    journal    bigint NOT NULL
);
CREATE INDEX objection_party ON objection (party, id);

CREATE TABLE objection_decision (
    objection    bigint CONSTRAINT objection_decided_once PRIMARY KEY REFERENCES objection,
    outcome      text NOT NULL CHECK (outcome IN ('upheld', 'dismissed')),
    document_no  text NOT NULL,
    journal      bigint NOT NULL
);

-- Parcels that became one: from this journal on they have one history.
CREATE TABLE consolidation (
    account  bigint NOT NULL REFERENCES account,
    lot      bigint NOT NULL REFERENCES lot,
    lo       bigint NOT NULL CHECK (lo >= 0),
    amount   bigint NOT NULL CHECK (amount > 1),
    journal  bigint NOT NULL,
    PRIMARY KEY (lot, lo, journal)
);

-- Pieces of lots that came in at cut-over: how often they were traded before.
CREATE TABLE imported_parcel (
    lot      bigint NOT NULL REFERENCES lot DEFERRABLE INITIALLY DEFERRED,
    lo       bigint NOT NULL CHECK (lo >= 0),
    amount   bigint NOT NULL CHECK (amount > 0),
    trades   integer NOT NULL CHECK (trades >= 0),
    journal  bigint NOT NULL,
    PRIMARY KEY (lot, lo)
);

DO $$
DECLARE
    history text[] := ARRAY['mandate', 'mandate_end', 'objection', 'objection_decision', 'consolidation',
        'imported_parcel'];
    name text;
BEGIN
    FOREACH name IN ARRAY history LOOP
        EXECUTE format('CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON %I
                        FOR EACH ROW EXECUTE FUNCTION refuse_change()', name);
        EXECUTE format('ALTER TABLE %I ENABLE ALWAYS TRIGGER append_only', name);
        EXECUTE format('CREATE TRIGGER never_emptied BEFORE TRUNCATE ON %I
                        FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()', name);
        EXECUTE format('ALTER TABLE %I ENABLE ALWAYS TRIGGER never_emptied', name);
    END LOOP;
END $$;
