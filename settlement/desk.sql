-- find_outcomes --
-- Outcomes given before, by client and key.
SELECT command.client, command.key, command.request, command.outcome
FROM unnest(%(clients)s::bigint[], %(keys)s::text[]) AS k (client, key)
JOIN command ON command.client = k.client AND command.key = k.key;
