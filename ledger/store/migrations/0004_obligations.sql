-- Duties of emitters and fossil-energy budgets of key energy-using units.

CREATE TABLE verified_emission (
    party            bigint NOT NULL REFERENCES party,
    compliance_year  integer NOT NULL,
    version          integer NOT NULL CHECK (version > 0),
    tco2e            bigint NOT NULL CHECK (tco2e >= 0),
    verifier         bigint NOT NULL REFERENCES party,
    document_no      text NOT NULL,
    journal          bigint NOT NULL,
    CONSTRAINT verified_emission_version PRIMARY KEY (party, compliance_year, version)
);

CREATE TABLE fossil_budget (
    id       bigint PRIMARY KEY,
    party    bigint NOT NULL REFERENCES party,
    year     integer NOT NULL,
    account  bigint NOT NULL REFERENCES account,
    mode     text NOT NULL CHECK (mode IN ('net', 'gross')),
    journal  bigint NOT NULL,
    CONSTRAINT fossil_budget_one_per_year UNIQUE (party, year)
);

CREATE TABLE fossil_budget_event (
    budget   bigint NOT NULL REFERENCES fossil_budget,
    n        integer NOT NULL CHECK (n > 0),
    kind     text NOT NULL CHECK (kind IN ('set', 'consumption', 'offset', 'close', 'reopen')),
    body     jsonb NOT NULL,
    journal  bigint NOT NULL,
    CONSTRAINT fossil_budget_event_n PRIMARY KEY (budget, n)
);

-- One retirement serves one metric once: the key is the promise.
CREATE TABLE metric_use (
    retirement  bigint NOT NULL REFERENCES retirement,
    metric      text NOT NULL CHECK (metric IN ('fossil_budget', 'minimum_share', 'rps')),
    budget      bigint REFERENCES fossil_budget,
    journal     bigint NOT NULL,
    CONSTRAINT metric_use_once PRIMARY KEY (retirement, metric)
);
