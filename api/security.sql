-- find_clients --
-- Clients by the names of their keys, and where their parties are at home.
SELECT client.id, client.party, client.person, client.role, client.scopes, client.key_name, client.secret_sha256,
       client.expires_at, client.revoked, party.province, client.signature_required
FROM client
JOIN party ON party.id = client.party
WHERE client.key_name = ANY(%(names)s::text[]);
