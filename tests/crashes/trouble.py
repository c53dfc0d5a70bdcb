"""Trouble for a database, made by sessions that are none of ours."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final, LiteralString
from urllib.parse import urlsplit

import psycopg
from psycopg import sql

from tests.registry import NAME, rows

_SECONDS_MAX: Final = 60


@contextmanager
def held_rows(url: str, *accounts: int) -> Iterator[psycopg.Connection[Any]]:
    """Hold the balance rows of accounts, from a session that does nothing with them."""
    with psycopg.connect(url, options=f"-c search_path={NAME}") as conn:
        query = "SELECT FROM balance WHERE account = ANY(%s) ORDER BY account FOR UPDATE"
        conn.execute(query, [list(accounts)])
        yield conn
        conn.rollback()


def wait_for_a_waiter(url: str) -> None:
    """Wait until somebody waits for a lock."""
    until = time.monotonic() + _SECONDS_MAX
    while rows(url, "SELECT count(*) FROM pg_locks WHERE NOT granted") == [(0,)]:
        assert time.monotonic() < until
        time.sleep(0.01)


def end_sessions(superuser: str, url: str) -> None:
    """End every session of a database but those of its owner, who looks on."""
    with psycopg.connect(superuser, autocommit=True) as conn:
        conn.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = %s AND usename = 'greenledger_app'",
            [urlsplit(url).path[1:]],
        )


@contextmanager
def database_set(
    superuser: str, url: str, change: LiteralString, back: LiteralString
) -> Iterator[None]:
    """Alter a database, for the sessions that begin from now on; and back again."""
    name = sql.Identifier(urlsplit(url).path[1:])
    with psycopg.connect(superuser, autocommit=True) as conn:
        alter = sql.SQL("ALTER DATABASE {} ").format(name)
        conn.execute(alter + sql.SQL(change))
        try:
            yield
        finally:
            conn.execute(alter + sql.SQL(back))


@contextmanager
def failing_store(url: str, errcode: str, times: int) -> Iterator[None]:
    """Let the first `times` attempts to store a journal fail with a condition of PostgreSQL's."""
    with psycopg.connect(url, autocommit=True, options=f"-c search_path={NAME}") as conn:
        conn.execute(
            f"CREATE SEQUENCE fault_n; GRANT USAGE ON SEQUENCE fault_n TO PUBLIC; "
            f"CREATE FUNCTION fault() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
            f"IF nextval('{NAME}.fault_n') <= {times} THEN "
            f"RAISE EXCEPTION 'planted' USING ERRCODE = '{errcode}'; END IF; RETURN NULL; END $$; "
            f"CREATE TRIGGER fault BEFORE INSERT ON journal EXECUTE FUNCTION fault()".encode()
        )
        try:
            yield
        finally:
            conn.execute(
                "DROP TRIGGER fault ON journal; DROP FUNCTION fault; DROP SEQUENCE fault_n"
            )
