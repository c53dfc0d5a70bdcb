-- One certificate, one claim: projects registered for CCER, and metrics that do not share a certificate.

CREATE TABLE ccer_project (
    project        text CONSTRAINT ccer_project_once PRIMARY KEY,
    plant          bigint NOT NULL REFERENCES plant,
    method         text NOT NULL,
    first_month    date NOT NULL CHECK (extract(day FROM first_month) = 1),
    last_month     date NOT NULL CHECK (extract(day FROM last_month) = 1),
    registered_on  date NOT NULL,
    party          bigint NOT NULL REFERENCES party,   -- who registered it, and controls its freezes
    document_no    text NOT NULL,
    journal        bigint NOT NULL,
    CHECK (first_month <= last_month)
);
CREATE INDEX ccer_project_plant ON ccer_project (plant, first_month);

-- Of two metrics that share no certificates, a retirement serves one: whoever comes second meets this key.
CREATE TABLE metric_bar (
    retirement  bigint NOT NULL REFERENCES retirement,
    pair        text NOT NULL CHECK (pair IN ('fossil_budget.minimum_share', 'fossil_budget.rps', 'minimum_share.rps')),
    journal     bigint NOT NULL,
    CONSTRAINT metric_bar_once PRIMARY KEY (retirement, pair)
);

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON ccer_project
FOR EACH ROW EXECUTE FUNCTION refuse_change();
ALTER TABLE ccer_project ENABLE ALWAYS TRIGGER append_only;
CREATE TRIGGER never_emptied BEFORE TRUNCATE ON ccer_project
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE ccer_project ENABLE ALWAYS TRIGGER never_emptied;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON metric_bar
FOR EACH ROW EXECUTE FUNCTION refuse_change();
ALTER TABLE metric_bar ENABLE ALWAYS TRIGGER append_only;
CREATE TRIGGER never_emptied BEFORE TRUNCATE ON metric_bar
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE metric_bar ENABLE ALWAYS TRIGGER never_emptied;
