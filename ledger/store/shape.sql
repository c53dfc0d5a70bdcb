-- shape --
-- Everything that holds a registry's rows true, one row a thing: tables, columns, constraints, indexes, triggers,
-- rules, policies, functions, sequences and rights to write.
WITH place AS (
    SELECT oid, nspname, nspowner, nspacl FROM pg_namespace WHERE nspname = current_schema()
), relation AS (
    SELECT c.* FROM pg_class AS c JOIN place ON place.oid = c.relnamespace
), rights AS (
    SELECT relname::text AS name, '' AS part, relowner AS owner, relacl AS acl FROM relation
    UNION ALL
    SELECT relation.relname, a.attname, relation.relowner, a.attacl
    FROM relation JOIN pg_attribute AS a ON a.attrelid = relation.oid WHERE a.attacl IS NOT NULL
    UNION ALL
    SELECT p.oid::regprocedure::text, '', p.proowner, p.proacl FROM pg_proc AS p JOIN place ON place.oid = p.pronamespace
    UNION ALL
    SELECT '(schema)', '', nspowner, nspacl FROM place
)
SELECT 'table' AS what, relname::text AS name,
       concat_ws(' ', relkind, relpersistence, 'of', pg_get_userbyid(relowner),
                 CASE WHEN relrowsecurity THEN 'with policies' END,
                 (SELECT 'below ' || string_agg(inhparent::regclass::text, ', ') FROM pg_inherits
                  WHERE inhrelid = relation.oid)) AS stands
FROM relation WHERE relkind NOT IN ('i', 'I', 't')
UNION ALL
SELECT 'column', relation.relname || '.' || a.attname,
       concat_ws(' ', format_type(a.atttypid, a.atttypmod), CASE WHEN a.attnotnull THEN 'not null' END,
                 nullif(a.attgenerated, ''), nullif(a.attidentity, ''), pg_get_expr(d.adbin, d.adrelid))
FROM relation
JOIN pg_attribute AS a ON a.attrelid = relation.oid AND a.attnum > 0 AND NOT a.attisdropped
LEFT JOIN pg_attrdef AS d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
WHERE relation.relkind NOT IN ('i', 'I', 'S', 't')
UNION ALL
SELECT 'constraint', relation.relname || '.' || k.conname,
       concat_ws(' ', pg_get_constraintdef(k.oid), 'triggers',   -- a foreign key works through four of them
                 (SELECT string_agg(t.tgenabled, '') FROM pg_trigger AS t WHERE t.tgconstraint = k.oid))
FROM relation JOIN pg_constraint AS k ON k.conrelid = relation.oid
UNION ALL
SELECT 'index', relation.relname, concat_ws(' ', i.indisvalid, pg_get_indexdef(i.indexrelid, 0, true))
FROM relation JOIN pg_index AS i ON i.indexrelid = relation.oid WHERE i.indisunique
UNION ALL
SELECT 'trigger', relation.relname || '.' || t.tgname, concat_ws(' ', t.tgenabled, pg_get_triggerdef(t.oid, true))
FROM relation JOIN pg_trigger AS t ON t.tgrelid = relation.oid WHERE NOT t.tgisinternal
UNION ALL
SELECT 'rule', relation.relname || '.' || r.rulename, concat_ws(' ', r.ev_enabled, pg_get_ruledef(r.oid, true))
FROM relation JOIN pg_rewrite AS r ON r.ev_class = relation.oid
UNION ALL
SELECT 'policy', relation.relname || '.' || p.polname,
       concat_ws(' ', p.polcmd, pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid))
FROM relation JOIN pg_policy AS p ON p.polrelid = relation.oid
UNION ALL
SELECT 'function', p.oid::regprocedure::text,
       concat_ws(' ', pg_get_userbyid(p.proowner), l.lanname, p.prosecdef, p.prorettype::regtype,
                 replace(p.proconfig::text, quote_ident(place.nspname), '(schema)'), p.prosrc)
FROM place JOIN pg_proc AS p ON p.pronamespace = place.oid JOIN pg_language AS l ON l.oid = p.prolang
UNION ALL
SELECT 'sequence', relation.relname, concat_ws(' ', s.seqstart, s.seqincrement, s.seqmin, s.seqmax, s.seqcycle)
FROM relation JOIN pg_sequence AS s ON s.seqrelid = relation.oid
UNION ALL
SELECT 'right', concat_ws('.', rights.name, nullif(rights.part, '')),
       string_agg(concat_ws(' ', coalesce(r.rolname, 'everybody'), g.privilege_type, CASE WHEN g.is_grantable THEN 'and on' END),
                  ', ' ORDER BY r.rolname, g.privilege_type)
FROM rights
CROSS JOIN LATERAL aclexplode(rights.acl) AS g
LEFT JOIN pg_roles AS r ON r.oid = g.grantee
WHERE g.grantee <> rights.owner AND g.privilege_type <> 'SELECT'   -- who only reads changes nothing
GROUP BY rights.name, rights.part;

-- seeds --
-- The rows that migrations themselves brought: which they were, and the registry's own accounts and instruments.
SELECT 'migration' AS what, name, encode(sha256, 'hex') AS stands FROM migration
UNION ALL
SELECT 'account', id::text, to_jsonb(account)::text FROM account WHERE id < 100
UNION ALL
SELECT 'party', id::text, to_jsonb(party)::text FROM party WHERE id < 1000
UNION ALL
SELECT 'instrument', id::text, to_jsonb(instrument)::text FROM instrument WHERE id < 1000;
