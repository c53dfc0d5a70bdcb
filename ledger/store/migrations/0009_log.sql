-- The log: where each journal stands in it, and the frontier from which its tree grows.

-- No foreign key: it would lock, and so write again, every journal's row. The statement that seals joins the
-- journals and counts them, and journals are never deleted.
CREATE TABLE log_leaf (
    idx        bigint PRIMARY KEY CHECK (idx >= 0),
    seq        bigint NOT NULL CONSTRAINT log_leaf_once UNIQUE,
    leaf_hash  bytea NOT NULL CHECK (length(leaf_hash) = 32)
);

CREATE TABLE log_state (
    only_row   boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    tree_size  bigint NOT NULL,
    frontier   bytea NOT NULL,   -- the size again, then a hash for each perfect tree in it
    CONSTRAINT frontier_is_of_its_size CHECK (
        int8send(tree_size) = substr(frontier, 1, 8)
        AND length(frontier) = 8 + 32 * bit_count(substr(frontier, 1, 8)))
);
INSERT INTO log_state (tree_size, frontier) VALUES (0, int8send(0));

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON log_leaf
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
ALTER TABLE log_leaf ENABLE ALWAYS TRIGGER append_only;
CREATE TRIGGER never_emptied BEFORE TRUNCATE ON log_leaf
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE log_leaf ENABLE ALWAYS TRIGGER never_emptied;

CREATE TRIGGER only_grows BEFORE UPDATE ON log_state
    FOR EACH ROW WHEN (new.tree_size <= old.tree_size) EXECUTE FUNCTION refuse_change();
ALTER TABLE log_state ENABLE ALWAYS TRIGGER only_grows;
CREATE TRIGGER never_deleted BEFORE DELETE ON log_state
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
ALTER TABLE log_state ENABLE ALWAYS TRIGGER never_deleted;
CREATE TRIGGER never_emptied BEFORE TRUNCATE ON log_state
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE log_state ENABLE ALWAYS TRIGGER never_emptied;
