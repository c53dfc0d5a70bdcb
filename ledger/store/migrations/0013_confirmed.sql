-- What a regulator, a province or an exchange confirms of a unit's energy; the latest version of a part counts.

CREATE TABLE energy_confirmation (
    budget       bigint NOT NULL REFERENCES fossil_budget,
    part         text NOT NULL CHECK (part IN ('traded', 'physical')),
    version      integer NOT NULL CHECK (version > 0),
    kwh          bigint NOT NULL CHECK (kwh >= 0),
    document_no  text NOT NULL,
    journal      bigint NOT NULL,
    CONSTRAINT energy_confirmation_version PRIMARY KEY (budget, part, version)
);

-- A confirmation takes a number among a budget's events, so that a closing decided before it is decided again.
ALTER TABLE fossil_budget_event DROP CONSTRAINT fossil_budget_event_kind_check;
ALTER TABLE fossil_budget_event ADD CONSTRAINT fossil_budget_event_kind_check
    CHECK (kind IN ('set', 'consumption', 'offset', 'confirm', 'close', 'reopen'));

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON energy_confirmation
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
ALTER TABLE energy_confirmation ENABLE ALWAYS TRIGGER append_only;
CREATE TRIGGER never_emptied BEFORE TRUNCATE ON energy_confirmation
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE energy_confirmation ENABLE ALWAYS TRIGGER never_emptied;
