-- Keys that sign: challenges given, keys registered in answer, and how each key came to its end.

CREATE TABLE key_challenge (
    id          bigint PRIMARY KEY,
    party       bigint NOT NULL REFERENCES party,
    purpose     text NOT NULL CHECK (purpose IN ('request', 'log', 'statement', 'governance', 'witness')),
    suite       text NOT NULL CHECK (suite = 'ed25519'),
    public_key  bytea NOT NULL CHECK (length(public_key) = 32),
    label       text NOT NULL,
    challenge   bytea NOT NULL CONSTRAINT key_challenge_is_fresh UNIQUE CHECK (length(challenge) = 32),
    expires_at  timestamptz NOT NULL,
    journal     bigint NOT NULL
);

-- A key is registered once for ever: for one party and one purpose, by one answer to one challenge.
CREATE TABLE signing_key (
    id           bigint PRIMARY KEY,
    challenge    bigint NOT NULL CONSTRAINT signing_key_challenge_once UNIQUE REFERENCES key_challenge,
    party        bigint NOT NULL REFERENCES party,
    purpose      text NOT NULL CHECK (purpose IN ('request', 'log', 'statement', 'governance', 'witness')),
    suite        text NOT NULL CHECK (suite = 'ed25519'),
    public_key   bytea NOT NULL CONSTRAINT signing_key_once UNIQUE CHECK (length(public_key) = 32),
    label        text NOT NULL,
    predecessor  bigint CONSTRAINT signing_key_succeeded_once UNIQUE REFERENCES signing_key,
    journal      bigint NOT NULL
);
CREATE INDEX signing_key_party ON signing_key (party, id);

CREATE TABLE signing_key_end (
    key                     bigint CONSTRAINT signing_key_ended_once PRIMARY KEY REFERENCES signing_key,
    reason                  text NOT NULL CHECK (reason IN ('rotated', 'revoked')),
    compromised_from_index  bigint CHECK (compromised_from_index >= 0),
    journal                 bigint NOT NULL,
    CHECK (reason = 'revoked' OR compromised_from_index IS NULL)
);

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['key_challenge', 'signing_key', 'signing_key_end'] LOOP
        EXECUTE format('CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON %I
                        FOR EACH ROW EXECUTE FUNCTION refuse_change()', name);
        EXECUTE format('ALTER TABLE %I ENABLE ALWAYS TRIGGER append_only', name);
        EXECUTE format('CREATE TRIGGER never_emptied BEFORE TRUNCATE ON %I
                        FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()', name);
        EXECUTE format('ALTER TABLE %I ENABLE ALWAYS TRIGGER never_emptied', name);
    END LOOP;
END $$;
