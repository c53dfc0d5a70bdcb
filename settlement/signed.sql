-- find_signatures --
-- What was signed under these nonces before, by whom, and whether the keys have ended.
SELECT k.key, k.nonce, evidence.digest, evidence.client, ended.key IS NOT NULL
FROM unnest(%(keys)s::bigint[], %(nonces)s::text[]) AS k (key, nonce)
LEFT JOIN evidence ON evidence.key = k.key AND evidence.nonce = k.nonce
LEFT JOIN signing_key_end AS ended ON ended.key = k.key;
