-- What was asked, what was decided, and the postings that followed.

CREATE SEQUENCE journal_seq START 1 CACHE 1;   -- drawn after the last lock, so order is causal

CREATE TABLE command (
    client    bigint NOT NULL,
    key       text NOT NULL CHECK (length(key) BETWEEN 1 AND 300),
    request   bytea NOT NULL CHECK (length(request) = 32),
    evidence  bytea,
    outcome   jsonb NOT NULL,
    grp       bigint,
    at        timestamptz NOT NULL,
    CONSTRAINT command_key PRIMARY KEY (client, key)
);

CREATE TABLE journal (
    seq              bigint PRIMARY KEY,
    grp              bigint NOT NULL,
    part             smallint NOT NULL CHECK (part >= 1),
    kind             text NOT NULL,
    at               timestamptz NOT NULL,
    day              date NOT NULL,
    party            bigint NOT NULL,
    reverses         bigint CONSTRAINT journal_reversed_once UNIQUE REFERENCES journal,
    rules            bytea NOT NULL CHECK (length(rules) = 32),
    external_source  text,
    external_id      text,
    body             bytea NOT NULL CHECK (length(body) <= 65535),
    leaf             bytea NOT NULL CHECK (length(leaf) = 32),
    CHECK ((external_source IS NULL) = (external_id IS NULL)),
    CHECK (grp <= seq)
);
CREATE UNIQUE INDEX journal_external ON journal (external_source, external_id)
    WHERE external_id IS NOT NULL;
CREATE INDEX journal_kind ON journal (kind, seq);

CREATE TABLE posting (
    journal       bigint NOT NULL REFERENCES journal,
    n             smallint NOT NULL CHECK (n BETWEEN 1 AND 64),
    debit         bigint NOT NULL,
    credit        bigint NOT NULL,
    instrument    integer NOT NULL,
    amount        bigint NOT NULL CHECK (amount > 0),
    debit_after   bigint,
    credit_after  bigint,
    lot           bigint,
    lo            bigint CHECK (lo >= 0),
    price_fen     bigint CHECK (price_fen >= 0),
    PRIMARY KEY (journal, n),
    CHECK (debit <> credit),
    CHECK ((lot IS NULL) = (lo IS NULL)),
    CHECK ((debit < 100) = (debit_after IS NULL)),     -- contra accounts have no balance
    CHECK ((credit < 100) = (credit_after IS NULL))
);
CREATE INDEX posting_debit ON posting (debit, instrument, journal);
CREATE INDEX posting_credit ON posting (credit, instrument, journal);
CREATE INDEX posting_lot ON posting (lot, lo) WHERE lot IS NOT NULL;

-- The sealer's queue: a heap without an index; DELETE … RETURNING by the sealer is the only way out.
CREATE TABLE unsealed (
    journal  bigint NOT NULL,
    leaf     bytea NOT NULL
);

CREATE TABLE document (
    id          bigint PRIMARY KEY,
    party       bigint NOT NULL REFERENCES party,
    sha256      bytea NOT NULL CHECK (length(sha256) = 32),
    media_type  text NOT NULL,
    title       text NOT NULL,
    bytes       bytea NOT NULL CHECK (length(bytes) <= 4194304),
    journal     bigint NOT NULL,
    CHECK (sha256(bytes) = sha256),
    CONSTRAINT document_once_per_party UNIQUE (party, sha256)
);

CREATE TABLE rulebook (
    name     text NOT NULL,
    version  integer NOT NULL CHECK (version > 0),
    digest   bytea NOT NULL CHECK (length(digest) = 32),
    raw      bytea NOT NULL CHECK (sha256(raw) = digest),
    journal  bigint NOT NULL,
    CONSTRAINT rulebook_version PRIMARY KEY (name, version)
);

CREATE TABLE factor (
    name         text NOT NULL,
    province     text NOT NULL,
    year         integer NOT NULL,
    version      integer NOT NULL CHECK (version > 0),
    value        numeric NOT NULL,
    document_no  text NOT NULL,
    journal      bigint NOT NULL,
    CONSTRAINT factor_version PRIMARY KEY (name, province, year, version)
);

CREATE TABLE approval (
    id              bigint PRIMARY KEY,
    operation       text NOT NULL,
    payload         bytea NOT NULL,
    payload_sha256  bytea NOT NULL CHECK (sha256(payload) = payload_sha256),
    maker_party     bigint NOT NULL REFERENCES party,
    maker_person    text NOT NULL,
    maker_client    bigint NOT NULL,
    hold            bigint,
    expires_at      timestamptz NOT NULL,
    state           text NOT NULL DEFAULT 'pending'
                    CHECK (state IN ('pending', 'approved', 'rejected', 'expired')),
    checker_person  text,
    outcome_group   bigint,
    journal         bigint NOT NULL,
    CONSTRAINT approval_four_eyes CHECK (checker_person IS NULL OR checker_person <> maker_person),
    CHECK ((state IN ('approved', 'rejected')) = (checker_person IS NOT NULL))
);
CREATE INDEX approval_pending ON approval (expires_at) WHERE state = 'pending';
