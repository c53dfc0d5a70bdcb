-- Allowances carried over into a later vintage, and where a party stood when another registry's books came in.

CREATE TABLE carry_over (
    party     bigint NOT NULL REFERENCES party,
    year      integer NOT NULL,
    n         integer NOT NULL CHECK (n > 0),
    vintage   integer NOT NULL,
    quantity  bigint NOT NULL CHECK (quantity > 0),
    journal   bigint NOT NULL,
    CONSTRAINT carry_over_n PRIMARY KEY (party, year, n)
);

CREATE TABLE opening_standing (
    party    bigint NOT NULL REFERENCES party,
    source   text NOT NULL,
    as_of    date NOT NULL,
    sold     bigint NOT NULL CHECK (sold >= 0),
    bought   bigint NOT NULL CHECK (bought >= 0),
    on_time  integer[] NOT NULL,   -- the years whose duty was met by its deadline there
    journal  bigint NOT NULL,
    CONSTRAINT opening_standing_once PRIMARY KEY (party, source)
);

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON carry_over
FOR EACH ROW EXECUTE FUNCTION refuse_change();
ALTER TABLE carry_over ENABLE ALWAYS TRIGGER append_only;
CREATE TRIGGER never_emptied BEFORE TRUNCATE ON carry_over
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE carry_over ENABLE ALWAYS TRIGGER never_emptied;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON opening_standing
FOR EACH ROW EXECUTE FUNCTION refuse_change();
ALTER TABLE opening_standing ENABLE ALWAYS TRIGGER append_only;
CREATE TRIGGER never_emptied BEFORE TRUNCATE ON opening_standing
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE opening_standing ENABLE ALWAYS TRIGGER never_emptied;
