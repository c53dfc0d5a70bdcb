-- Who is under the cap in a year, as listed by document, and the installations it is there for; the latest
-- version counts. What the exchange tells of a day's trade in allowances.

CREATE TABLE ets_entity (
    party        bigint NOT NULL REFERENCES party,
    year         integer NOT NULL,
    version      integer NOT NULL CHECK (version > 0),
    status       text NOT NULL CHECK (status IN ('listed', 'removed')),
    sector       text NOT NULL CHECK (sector IN ('power', 'steel', 'cement', 'aluminium')),
    reason       text NOT NULL,
    document_no  text NOT NULL,
    journal      bigint NOT NULL,
    CONSTRAINT ets_entity_version PRIMARY KEY (party, year, version)
);
CREATE INDEX ets_entity_year ON ets_entity (year, party, version);

CREATE TABLE ets_installation (
    party            bigint NOT NULL,
    year             integer NOT NULL,
    version          integer NOT NULL,
    code             text NOT NULL,
    class            text NOT NULL,
    capacity_kw      bigint CHECK (capacity_kw > 0),
    commissioned_on  date,
    closed_on        date,
    journal          bigint NOT NULL,
    CONSTRAINT ets_installation_once PRIMARY KEY (party, year, version, code),
    FOREIGN KEY (party, year, version) REFERENCES ets_entity
);

CREATE TABLE market_quote (
    day           date NOT NULL,
    vintage       integer NOT NULL,   -- 0 for all vintages together
    version       integer NOT NULL CHECK (version > 0),
    close_fen     bigint NOT NULL CHECK (close_fen > 0),
    volume        bigint NOT NULL CHECK (volume >= 0),
    turnover_fen  bigint NOT NULL CHECK (turnover_fen >= 0),
    journal       bigint NOT NULL,
    CONSTRAINT market_quote_version PRIMARY KEY (day, vintage, version)
);

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON ets_entity
FOR EACH ROW EXECUTE FUNCTION refuse_change();
ALTER TABLE ets_entity ENABLE ALWAYS TRIGGER append_only;
CREATE TRIGGER never_emptied BEFORE TRUNCATE ON ets_entity
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE ets_entity ENABLE ALWAYS TRIGGER never_emptied;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON ets_installation
FOR EACH ROW EXECUTE FUNCTION refuse_change();
ALTER TABLE ets_installation ENABLE ALWAYS TRIGGER append_only;
CREATE TRIGGER never_emptied BEFORE TRUNCATE ON ets_installation
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE ets_installation ENABLE ALWAYS TRIGGER never_emptied;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON market_quote
FOR EACH ROW EXECUTE FUNCTION refuse_change();
ALTER TABLE market_quote ENABLE ALWAYS TRIGGER append_only;
CREATE TRIGGER never_emptied BEFORE TRUNCATE ON market_quote
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE market_quote ENABLE ALWAYS TRIGGER never_emptied;
