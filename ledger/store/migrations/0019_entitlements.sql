-- What a year gives an entity, as approved stage by stage, and under which key a verifier signed.

CREATE TABLE entitlement (
    party             bigint NOT NULL REFERENCES party,
    year              integer NOT NULL,
    n                 integer NOT NULL CHECK (n > 0),
    stage             text NOT NULL CHECK (stage IN ('pre', 'final', 'adjustment', 'auction')),
    quantity          bigint NOT NULL CHECK (quantity >= 0),   -- the whole of the year after it
    change            bigint NOT NULL,
    verified_version  integer CHECK (verified_version > 0),
    ground            text,
    body              jsonb NOT NULL,
    document_no       text NOT NULL,
    journal           bigint NOT NULL,
    CONSTRAINT entitlement_n PRIMARY KEY (party, year, n)
);
CREATE UNIQUE INDEX entitlement_stage ON entitlement (party, year, stage) WHERE stage IN ('pre', 'final');
CREATE INDEX entitlement_year ON entitlement (year, party, n);

ALTER TABLE verified_emission
    ADD COLUMN key bigint REFERENCES signing_key,
    ADD COLUMN signature bytea,
    ADD CHECK ((key IS NULL) = (signature IS NULL));

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON entitlement
FOR EACH ROW EXECUTE FUNCTION refuse_change();
ALTER TABLE entitlement ENABLE ALWAYS TRIGGER append_only;
CREATE TRIGGER never_emptied BEFORE TRUNCATE ON entitlement
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE entitlement ENABLE ALWAYS TRIGGER never_emptied;
