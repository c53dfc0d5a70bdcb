-- Provincial caps on certificates, and their shares. The room itself is units in accounts: CAP-<province>-<way>-<year>.

CREATE TABLE cap (
    province     text NOT NULL,
    year         integer NOT NULL CHECK (year BETWEEN 2000 AND 2099),
    direction    text NOT NULL CHECK (direction IN ('in_province', 'out_of_province')),
    version      integer NOT NULL CHECK (version > 0),
    cap          bigint NOT NULL CHECK (cap >= 0),
    document_no  text NOT NULL,
    journal      bigint NOT NULL,
    CONSTRAINT cap_version PRIMARY KEY (province, year, direction, version)
);

-- A run that shared out what room was left among the units of a province.
CREATE TABLE cap_apportionment (
    province     text NOT NULL,
    year         integer NOT NULL CHECK (year BETWEEN 2000 AND 2099),
    direction    text NOT NULL CHECK (direction IN ('in_province', 'out_of_province')),
    version      integer NOT NULL CHECK (version > 0),
    room         bigint NOT NULL CHECK (room >= 0),
    asked        bigint NOT NULL CHECK (asked >= 0),
    document_no  text NOT NULL,
    journal      bigint NOT NULL,
    CONSTRAINT cap_apportionment_version PRIMARY KEY (province, year, direction, version)
);

-- Finds the retirement that a posting is of: an account's begin in the order of its journals.
CREATE INDEX retirement_account ON retirement (account, journal);

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['cap', 'cap_apportionment'] LOOP
        EXECUTE format('CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON %I
                        FOR EACH ROW EXECUTE FUNCTION refuse_change()', name);
        EXECUTE format('ALTER TABLE %I ENABLE ALWAYS TRIGGER append_only', name);
        EXECUTE format('CREATE TRIGGER never_emptied BEFORE TRUNCATE ON %I
                        FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()', name);
        EXECUTE format('ALTER TABLE %I ENABLE ALWAYS TRIGGER never_emptied', name);
    END LOOP;
END $$;
