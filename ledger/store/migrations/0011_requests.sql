-- Signed requests: which clients must sign, and what is kept of every signature that was acted upon.

ALTER TABLE client ADD COLUMN signature_required boolean NOT NULL DEFAULT false;

-- Signature base, signature and body of a request (RFC 9421), by the digest that records name. A nonce is used once
-- for ever, by one client; so is a request.
CREATE TABLE evidence (
    digest     bytea CONSTRAINT evidence_once PRIMARY KEY
               CHECK (digest = sha256(sha256(base) || sha256(signature) || sha256(body))),
    client     bigint NOT NULL,
    key        bigint NOT NULL REFERENCES signing_key,
    nonce      text NOT NULL CHECK (length(nonce) BETWEEN 16 AND 64),
    base       bytea NOT NULL CHECK (length(base) <= 16384),
    signature  bytea NOT NULL CHECK (length(signature) = 64),
    body       bytea NOT NULL CHECK (length(body) <= 8388608),
    at         timestamptz NOT NULL,
    CONSTRAINT evidence_nonce UNIQUE (key, nonce)
);

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON evidence
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
ALTER TABLE evidence ENABLE ALWAYS TRIGGER append_only;
CREATE TRIGGER never_emptied BEFORE TRUNCATE ON evidence
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE evidence ENABLE ALWAYS TRIGGER never_emptied;
