-- Shares of renewable energy that units owe, as decided for each; the latest version counts.

CREATE TABLE share_target (
    party        bigint NOT NULL REFERENCES party,
    metric       text NOT NULL CHECK (metric IN ('minimum_share', 'rps')),
    year         integer NOT NULL,
    version      integer NOT NULL CHECK (version > 0),
    share        numeric NOT NULL CHECK (share BETWEEN 0 AND 1),
    document_no  text NOT NULL,
    journal      bigint NOT NULL,
    CONSTRAINT share_target_version PRIMARY KEY (party, metric, year, version)
);

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON share_target
FOR EACH ROW EXECUTE FUNCTION refuse_change();
ALTER TABLE share_target ENABLE ALWAYS TRIGGER append_only;
CREATE TRIGGER never_emptied BEFORE TRUNCATE ON share_target
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE share_target ENABLE ALWAYS TRIGGER never_emptied;

-- Green power and what was assigned count apart from the rest; few hold much of either.
CREATE INDEX parcel_apart ON parcel (account, lot, lo) WHERE origin IN ('green_power', 'assigned');
