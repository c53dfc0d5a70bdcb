-- Guards that only refuse. ENABLE ALWAYS: session_replication_role cannot step around them.

-- The engine states how many rows a change must write; another number is a fault and nothing commits.
CREATE FUNCTION confirm_rows(written bigint, wanted bigint) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF written <> wanted THEN
        RAISE EXCEPTION '% rows written, % expected', written, wanted USING ERRCODE = 'data_exception';
    END IF;
END $$;

DO $$
DECLARE
    history text[] := ARRAY['party', 'plant', 'plant_approval', 'instrument', 'command', 'journal', 'posting',
        'document', 'rulebook', 'factor', 'meter_reading', 'lot', 'hold_event', 'retirement',
        'verified_emission', 'fossil_budget', 'fossil_budget_event', 'metric_use'];
    kept text[] := ARRAY['account', 'balance', 'hold', 'approval', 'client', 'parcel'];
    name text;
BEGIN
    FOREACH name IN ARRAY history LOOP
        EXECUTE format('CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON %I
                        FOR EACH ROW EXECUTE FUNCTION refuse_change()', name);
        EXECUTE format('ALTER TABLE %I ENABLE ALWAYS TRIGGER append_only', name);
    END LOOP;
    FOREACH name IN ARRAY history || kept LOOP
        EXECUTE format('CREATE TRIGGER never_emptied BEFORE TRUNCATE ON %I
                        FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()', name);
        EXECUTE format('ALTER TABLE %I ENABLE ALWAYS TRIGGER never_emptied', name);
    END LOOP;
    FOREACH name IN ARRAY ARRAY['account', 'balance', 'hold', 'approval', 'client'] LOOP
        EXECUTE format('CREATE TRIGGER never_deleted BEFORE DELETE ON %I
                        FOR EACH ROW EXECUTE FUNCTION refuse_change()', name);
        EXECUTE format('ALTER TABLE %I ENABLE ALWAYS TRIGGER never_deleted', name);
    END LOOP;
    -- A lookup inside a guard must not be shadowed by a caller's temporary table.
    EXECUTE format('ALTER FUNCTION refuse_unequal_merge() SET search_path = %I, pg_temp', current_schema());
END $$;

CREATE TRIGGER runs_are_fixed BEFORE UPDATE OF lot, lo, size ON parcel
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
ALTER TABLE parcel ENABLE ALWAYS TRIGGER runs_are_fixed;

CREATE TRIGGER merges_only BEFORE DELETE ON parcel
    FOR EACH ROW EXECUTE FUNCTION refuse_unequal_merge();
ALTER TABLE parcel ENABLE ALWAYS TRIGGER merges_only;

-- The registry itself and its contra accounts (sources and sinks): ids below 100, no floor, no balance row.
INSERT INTO party (id, scheme, identity, name, kinds) VALUES (1, 'internal', 'registry', 'registry', '{registry}');
INSERT INTO account (id, class, party, floor)
SELECT id, class, 1, 0
FROM (VALUES
    (1, 'source'), (2, 'certified'), (3, 'retired'), (4, 'expired'), (5, 'revoked'), (6, 'cancelled'),
    (7, 'surrendered'), (8, 'discharged'), (9, 'converted'), (10, 'external'), (11, 'fossil.direct'),
    (12, 'fossil.power'), (13, 'fossil.heat'), (14, 'recognised.traded'), (15, 'recognised.certificate'),
    (16, 'budget.source')
) AS contra (id, class);
INSERT INTO instrument (id, code, kind, unit) VALUES
    (1, 'GEC', 'serial', 'MWh'), (2, 'CNY', 'fungible', 'fen'),
    (11, 'KWH-on_grid', 'fungible', 'kWh'), (12, 'KWH-self_use', 'fungible', 'kWh'),
    (13, 'KWH-off_grid', 'fungible', 'kWh'), (14, 'KWH-storage', 'fungible', 'kWh'),
    (20, 'CEA-DEBT', 'fungible', 'tCO2e');
