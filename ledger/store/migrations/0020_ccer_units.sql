-- Certified reductions that came in, import by import: each its own instrument, date and evidence.

CREATE TABLE ccer_import (
    n                integer NOT NULL CHECK (n BETWEEN 1 AND 999999999),
    account          bigint NOT NULL REFERENCES account,
    party            bigint NOT NULL REFERENCES party,
    project          text NOT NULL,
    registered_on    date NOT NULL,
    inside_ets       boolean NOT NULL,
    quantity         bigint NOT NULL CHECK (quantity > 0),
    cancellation_no  text NOT NULL,   -- of the cancellation in the registry it came from
    document_no      text NOT NULL,
    journal          bigint NOT NULL,
    CONSTRAINT ccer_import_n PRIMARY KEY (n),
    CONSTRAINT ccer_import_cancellation UNIQUE (cancellation_no)
);
CREATE INDEX ccer_import_account ON ccer_import (account, n);

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON ccer_import
FOR EACH ROW EXECUTE FUNCTION refuse_change();
ALTER TABLE ccer_import ENABLE ALWAYS TRIGGER append_only;
CREATE TRIGGER never_emptied BEFORE TRUNCATE ON ccer_import
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE ccer_import ENABLE ALWAYS TRIGGER never_emptied;
