"""History refuses every change, by rights and by triggers; where an owner removes those, doctor speaks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import psycopg
import pytest

from ledger import embedded
from ledger.database import Urls
from ledger.store.shape import changed_guards
from tests.attacks.insider import Insider, history, inside
from tests.attacks.test_state import OTHER
from tests.databases import at
from tests.registry import NAME

# What is tried on every table as the app; each is refused for want of a right, whatever the table.
APP_TRIES: Final = (
    "UPDATE {t} SET {c} = {c}",
    "DELETE FROM {t}",
    "TRUNCATE {t}",
    "TRUNCATE {t} RESTART IDENTITY CASCADE",
    "MERGE INTO {t} USING (SELECT 1) AS x ON true WHEN MATCHED THEN UPDATE SET {c} = {t}.{c}",
    "MERGE INTO {t} USING (SELECT 1) AS x ON true WHEN MATCHED THEN DELETE",
    "INSERT INTO {t} ({all}) SELECT {all} FROM {t} ON CONFLICT ({key}) DO UPDATE SET {c} = excluded.{c}",
    "SELECT FROM {t} FOR UPDATE",
    "LOCK TABLE {t} IN ACCESS EXCLUSIVE MODE",
    "COPY {t} FROM PROGRAM 'echo'",
    "COPY {t} FROM '/etc/hostname'",
    "ALTER TABLE {t} DISABLE TRIGGER ALL",
    "ALTER TABLE {t} DISABLE TRIGGER append_only",
    "DROP TRIGGER append_only ON {t}",
    "CREATE OR REPLACE TRIGGER append_only BEFORE INSERT ON {t} EXECUTE FUNCTION refuse_change()",
    "DROP TABLE {t} CASCADE",
    "ALTER TABLE {t} RENAME TO other",
    "ALTER TABLE {t} SET SCHEMA public",
    "ALTER TABLE {t} ALTER COLUMN {c} SET DEFAULT NULL",
    "ALTER TABLE {t} ENABLE ROW LEVEL SECURITY",
    "ALTER TABLE {t} OWNER TO greenledger_app",
    "CREATE RULE forget AS ON INSERT TO {t} DO INSTEAD NOTHING",
    "CREATE TABLE child () INHERITS ({t})",
    "CREATE TEMPORARY TABLE child () INHERITS ({t})",
    "CREATE VIEW registry.{t}_view AS SELECT * FROM {t}",
    "GRANT UPDATE ON {t} TO greenledger_app; UPDATE {t} SET {c} = {c}",  # the first only warns
)
# What is tried as the owner on every table, and what refuses it.
OWNER_TRIES: Final = {
    "UPDATE {t} SET {c} = {c}": "append_only",
    "DELETE FROM {t}": "append_only",
    "TRUNCATE {t} CASCADE": "append_only",
    "MERGE INTO {t} USING (SELECT 1) AS x ON true WHEN MATCHED THEN DELETE": "append_only",
    "INSERT INTO {t} ({all}) SELECT {all} FROM {t} ON CONFLICT ({key}) DO UPDATE SET {c} = excluded.{c}": (
        "append_only"
    ),
    "SET LOCAL session_replication_role = replica; DELETE FROM {t}": "InsufficientPrivilege",
}
# What the owner may do to every table, and what of it doctor then names: the kind of thing, and which.
OWNER_MAY: Final = {
    "ALTER TABLE {t} DISABLE TRIGGER USER": ("trigger", "{t}.append_only"),
    "ALTER TABLE {t} DISABLE TRIGGER never_emptied": ("trigger", "{t}.never_emptied"),
    "ALTER TABLE {t} ENABLE TRIGGER append_only": ("trigger", "{t}.append_only"),  # not ALWAYS now
    "DROP TRIGGER append_only ON {t}": ("trigger", "{t}.append_only"),
    "CREATE OR REPLACE TRIGGER append_only BEFORE INSERT ON {t} EXECUTE FUNCTION refuse_change()": (
        ("trigger", "{t}.append_only")
    ),
    "DROP TABLE {t} CASCADE": ("table", "{t}"),
    "ALTER TABLE {t} RENAME TO {t}_other": ("table", "{t}"),
    "ALTER TABLE {t} RENAME TO {t}_other; CREATE VIEW {t} AS SELECT * FROM {t}_other": (
        "table",
        "{t}",
    ),
    "ALTER TABLE {t} ADD COLUMN extra text": ("column", "{t}.extra"),
    "ALTER TABLE {t} ENABLE ROW LEVEL SECURITY": ("table", "{t}"),
    "CREATE RULE forget AS ON INSERT TO {t} DO INSTEAD NOTHING": ("rule", "{t}.forget"),
    "CREATE TABLE {t}_child () INHERITS ({t})": ("table", "{t}_child"),
    "CREATE VIEW {t}_view AS SELECT * FROM {t}": ("table", "{t}_view"),
    "GRANT UPDATE ON {t} TO greenledger_app": ("right", "{t}"),
    "GRANT DELETE ON {t} TO PUBLIC": ("right", "{t}"),
}
APP_ANYWHERE: Final = (
    "SET session_replication_role = replica",
    "SET SESSION AUTHORIZATION greenledger_owner",
    "SET ROLE greenledger_owner",
    "GRANT greenledger_owner TO greenledger_app",
    "ALTER ROLE greenledger_app SUPERUSER",
    "ALTER ROLE greenledger_owner SET search_path = pg_temp",
    "CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END'",
    "DROP FUNCTION refuse_change() CASCADE",
    "ALTER FUNCTION refuse_unequal_merge() SET search_path = pg_temp",
    "CREATE FUNCTION registry.confirm_rows(int, int) RETURNS void LANGUAGE sql AS ''",
    "CREATE SCHEMA mine",
    "DROP SCHEMA registry CASCADE",
    "SELECT setval('journal_seq', 1)",
    "ALTER SEQUENCE journal_seq RESTART",
    "ALTER SEQUENCE entity_id INCREMENT 1",
    "DROP SEQUENCE lot_number",
    "DELETE FROM unsealed",
    "UPDATE unsealed SET leaf = leaf",
    "INSERT INTO migration (name, sha256) VALUES ('0099_mine', '')",
    "SELECT pg_read_file('PG_VERSION')",
    "SELECT pg_ls_dir('.')",
)
OWNER_ANYWHERE: Final = {
    "CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql "
    "AS 'BEGIN RETURN new; END'": "guards_stand",
    "CREATE OR REPLACE FUNCTION refuse_unequal_merge() RETURNS trigger LANGUAGE plpgsql "
    "AS 'BEGIN RETURN old; END'": "guards_stand",
    "CREATE OR REPLACE FUNCTION confirm_rows(written bigint, wanted bigint) RETURNS void "
    "LANGUAGE plpgsql AS 'BEGIN END'": "guards_stand",
    "ALTER FUNCTION refuse_unequal_merge() RESET search_path": "guards_stand",
    "CREATE FUNCTION confirm_rows(int, int) RETURNS void LANGUAGE sql AS ''": "guards_stand",
    "ALTER TABLE balance DROP CONSTRAINT balance_above_floor": "guards_stand",
    "ALTER TABLE balance DROP CONSTRAINT balance_above_floor; "
    "ALTER TABLE balance ADD CONSTRAINT balance_above_floor CHECK (posted - held >= floor) NOT VALID": (
        "guards_stand"
    ),
    "ALTER TABLE posting DROP CONSTRAINT posting_journal_fkey": "guards_stand",
    "ALTER TABLE posting ALTER COLUMN amount DROP NOT NULL": "guards_stand",
    "ALTER TABLE lot ALTER CONSTRAINT lot_starts NOT DEFERRABLE": "guards_stand",
    "ALTER TABLE account ALTER COLUMN frozen SET DEFAULT true": "guards_stand",
    "DROP INDEX journal_external": "guards_stand",
    "ALTER SEQUENCE journal_seq CYCLE": "guards_stand",
    "ALTER SEQUENCE lot_number INCREMENT 1": "guards_stand",
    "ALTER SEQUENCE journal_seq RESTART": "number_was_drawn",
    "ALTER SEQUENCE entity_id RESTART 1": "number_was_drawn",  # setval alike, but it is not undone
    "GRANT CREATE ON SCHEMA registry TO greenledger_app": "guards_stand",
    "GRANT UPDATE ON SEQUENCE journal_seq TO greenledger_app": "guards_stand",
    "GRANT UPDATE (floor) ON balance TO greenledger_app": "guards_stand",
    "DROP TRIGGER merges_only ON parcel": "guards_stand",
    "DELETE FROM migration WHERE name LIKE '0005%'": "guards_stand",
    "UPDATE account SET class = 'agent' WHERE id = 3": "guards_stand",
    "UPDATE account SET frozen = true WHERE id = 3": "guards_stand",
    "ALTER TABLE party DISABLE TRIGGER USER; UPDATE party SET name = 'other' WHERE id = 1": "guards_stand",
    "ALTER TABLE instrument DISABLE TRIGGER USER; UPDATE instrument SET unit = 'kWh' WHERE id = 1": (
        "guards_stand"
    ),
}
_BROUGHT: Final = "SELECT seq FROM journal WHERE kind = 'opening.lot'"
# Columns that no other row or record tells: changed by an owner who puts the guards back, doctor is silent.
# What of it the log finds is said beside it.
UNTOLD: Final = {
    ("command", "outcome"),  # nobody: answers are not records; their journals are
    ("command that was refused", "client"),  # nobody: a refusal is no act, and has no record
    ("command that was refused", "key"),
    ("command that was refused", "request"),
    ("command that was refused", "outcome"),
    ("command that was refused", "at"),
    ("fossil_budget_event", "body"),  # the log has the consumption and the result, not every figure
    ("party that is a person", "identity"),  # nobody, on purpose: records stay for ever
    ("party that is a person", "name"),
}
# Rows of a table that are told less of than the others, or otherwise; looked at on their own.
APART: Final = {
    "command": {"command": "grp IS NOT NULL", "command that was refused": "grp IS NULL"},
    "party": {"party": "scheme = 'uscc'", "party that is a person": "scheme = 'person'"},
    "instrument": {"instrument": "id >= 1000"},
    **{
        table: {
            table: f"journal NOT IN ({_BROUGHT})",
            f"{table} that was brought in": f"journal IN ({_BROUGHT})",
        }
        for table in ("lot", "meter_reading", "retirement")
    },
}
MORE: Final = {
    **OTHER,
    "jsonb": "jsonb_set({c}, '{{untold}}', '1')",
    "date": "coalesce({c}, date '2030-01-01') + 40",
    "bigint[]": "array_append({c}, 7)",
    "integer[]": "array_append({c}, 7)",
    "numeric": "{c} + 1",
}


@pytest.fixture(scope="module")
def tables(told: Urls) -> dict[str, dict[str, str]]:
    """Read the append-only tables from the catalogue, with what a statement about one needs."""
    with inside(told, "owner") as owner:
        return {name: _words(owner, name) for name in history(owner.tables())}


def _words(owner: Insider, table: str) -> dict[str, str]:
    columns = owner.columns(table)
    query = (
        "SELECT string_agg(attname, ', ') FROM pg_index JOIN pg_attribute ON attrelid = indrelid "
        "AND attnum = ANY(indkey) WHERE indisprimary AND indrelid = %s::regclass"
    )
    [(key,)] = owner.rows(query, table)
    return {"t": table, "c": next(iter(columns)), "all": ", ".join(columns), "key": key}


@pytest.mark.parametrize("statement", APP_TRIES)
def test_the_app_may_not_change_history(
    statement: str, told: Urls, tables: dict[str, dict[str, str]]
) -> None:
    """On every table that is not declared state, for want of the right."""
    with inside(told, "app") as app:
        refused = {name: app.refusal(statement.format(**words)) for name, words in tables.items()}

    assert set(refused.values()) == {"InsufficientPrivilege"}, refused


@pytest.mark.parametrize("statement", APP_ANYWHERE)
def test_the_app_may_not_change_what_guards(statement: str, told: Urls) -> None:
    """Roles, functions, sequences, the queue and the machine are the owner's."""
    with inside(told, "app") as app:
        assert app.refusal(statement) == "InsufficientPrivilege"


@pytest.mark.parametrize("statement", OWNER_TRIES)
def test_the_owner_is_refused(
    statement: str, told: Urls, tables: dict[str, dict[str, str]]
) -> None:
    """Changes of history meet a trigger."""
    with inside(told, "owner") as owner:
        refused = {name: owner.refusal(statement.format(**words)) for name, words in tables.items()}

    assert set(refused.values()) == {OWNER_TRIES[statement]}, refused


@pytest.mark.parametrize("statement", OWNER_MAY)
def test_what_the_owner_does_to_the_guards_of_a_table_is_named(
    statement: str, told: Urls, tables: dict[str, dict[str, str]]
) -> None:
    """Changes of the trigger meet doctor, which names the very thing for each of the tables."""
    what, which = OWNER_MAY[statement]
    with inside(told, "owner") as owner:
        for words in tables.values():
            owner.run(statement.format(**words))
        named = {(row["what"], row["name"]) for row in changed_guards(owner.conn, NAME)}
        assert owner.found("guards_stand") == {"guards_stand"}

    assert named >= {(what, which.format(**words)) for words in tables.values()}


@pytest.mark.parametrize("statement", OWNER_ANYWHERE)
def test_the_owner_s_changes_of_guards_are_named(statement: str, told: Urls) -> None:
    """Functions, constraints, sequences, rights and the rows that migrations brought."""
    with inside(told, "owner") as owner:
        assert owner.outcome(statement, OWNER_ANYWHERE[statement]) == {OWNER_ANYWHERE[statement]}


def test_a_replica_s_role_does_not_step_around_the_triggers(
    told: Urls, server: embedded.Server, tables: dict[str, dict[str, str]]
) -> None:
    """Even a superuser who switches ordinary triggers off meets those that are always on."""
    url = at(server.url_superuser, told.owner.rsplit("/", 1)[1])
    with psycopg.connect(url, options=f"-c search_path={NAME}") as conn:
        conn.execute("SET session_replication_role = replica")
        for words in tables.values():
            with pytest.raises(psycopg.errors.IntegrityConstraintViolation), conn.transaction():
                conn.execute("UPDATE {t} SET {c} = {c}".format(**words).encode())
        conn.rollback()


def test_a_role_that_grew_is_named(told: Urls, server: embedded.Server) -> None:
    """Membership in the owner's role, or a search path that bends names, is a finding."""
    url = at(server.url_superuser, told.owner.rsplit("/", 1)[1])
    with psycopg.connect(url, row_factory=psycopg.rows.dict_row) as conn:
        insider = Insider(conn)
        for statement in (
            "GRANT greenledger_owner TO greenledger_app",
            "ALTER ROLE greenledger_app SUPERUSER",
            "ALTER ROLE greenledger_app SET search_path = public, registry",
        ):
            assert insider.outcome(statement, "role_is_bounded") == {"role_is_bounded"}
        conn.rollback()


@pytest.fixture
def owner(told: Urls, tables: dict[str, dict[str, str]]) -> Iterator[Insider]:
    """Enter as the owner, the guards of history switched off."""
    with inside(told, "owner") as insider:
        for table in tables:
            insider.run(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        yield insider


def test_history_changed_behind_the_guards_is_named_but_for_what_nothing_tells(
    owner: Insider, tables: dict[str, dict[str, str]]
) -> None:
    """Each column of each table is changed alone, in some rows; columns are the catalogue's."""
    untold = {
        (called, column)
        for table in tables
        for called, some in _some_rows(owner, table).items()
        for column, kind in owner.columns(table).items()
        if any(owner.is_unseen(_change(table, column, kind, row)) for row in some)
    }

    assert untold == UNTOLD


def _change(table: str, column: str, kind: str, row: str) -> str:
    return f"UPDATE {table} SET {column} = {MORE[kind].format(c=column)} WHERE ctid = '{row}'"


def _some_rows(owner: Insider, table: str) -> dict[str, list[str]]:
    """Choose up to five rows from first to last, of those that an act brought, of every sort."""
    return {
        called: _first_to_last(owner, f"SELECT ctid::text FROM {table} WHERE {which} ORDER BY ctid")
        for called, which in APART.get(table, {table: "true"}).items()
    }


def _first_to_last(owner: Insider, query: str) -> list[str]:
    rows = [row for (row,) in owner.rows(query)]
    assert rows, query
    return rows[:: max(1, len(rows) // 4)]


def test_history_taken_away_behind_the_guards_is_missed(
    owner: Insider, tables: dict[str, dict[str, str]]
) -> None:
    """A row of any table, removed alone: a foreign key refuses it, or doctor misses it.

    A refusal that is gone is not missed: whoever asks again under its key is answered anew. Nor is
    what kept two from claiming at once: later claims are held against the use itself.
    """
    unmissed = {
        called
        for table in tables
        for called, some in _some_rows(owner, table).items()
        for row in some
        if owner.is_unseen(f"DELETE FROM {table} WHERE ctid = '{row}'")
    }

    assert unmissed == {"command that was refused", "metric_bar"}
