-- The statements on which fossil budgets' years were closed, byte for byte; a later one supersedes, and edits nothing.

CREATE TABLE budget_statement (
    budget   bigint NOT NULL REFERENCES fossil_budget,
    n        integer NOT NULL CHECK (n > 0),
    sha256   bytea NOT NULL CHECK (sha256 = sha256(bytes)),
    bytes    bytea NOT NULL,
    journal  bigint NOT NULL,
    CONSTRAINT budget_statement_n PRIMARY KEY (budget, n)
);

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON budget_statement
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
ALTER TABLE budget_statement ENABLE ALWAYS TRIGGER append_only;
CREATE TRIGGER never_emptied BEFORE TRUNCATE ON budget_statement
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE budget_statement ENABLE ALWAYS TRIGGER never_emptied;
