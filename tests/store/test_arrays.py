"""Columns written as binary arrays are what the server reads."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ledger.database import Urls
from ledger.store.arrays import column

_TEXT: Final = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]))
_INSTANT: Final = st.integers(-(10**16), 10**16).map(  # 300 years around the epoch, to the µs
    lambda micros: datetime(2000, 1, 1, tzinfo=UTC) + timedelta(microseconds=micros)
)
VALUES: Final[dict[str, st.SearchStrategy[Any]]] = {
    "bigint": st.integers(-(2**63), 2**63 - 1),
    "int": st.integers(-(2**31), 2**31 - 1),
    "text": _TEXT,
    "bytea": st.binary(),
    "bool": st.booleans(),
    "date": _INSTANT.map(datetime.date),
    "timestamptz": _INSTANT,
    "jsonb": st.dictionaries(_TEXT, st.integers() | _TEXT).map(
        lambda value: json.dumps(value).encode()
    ),
}


@pytest.fixture
def conn(database: Urls) -> Iterator[psycopg.Connection[Any]]:
    """Open a connection as the app."""
    with psycopg.connect(database.app, autocommit=True) as conn:
        yield conn


@pytest.mark.parametrize("kind", VALUES)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])  # it only answers questions
@given(data=st.data())
def test_the_server_reads_the_values_that_were_written(
    kind: str, conn: psycopg.Connection[Any], data: st.DataObject
) -> None:
    """None anywhere, the same value twice, no value at all: the array holds them in order."""
    values = data.draw(st.lists(st.none() | VALUES[kind]))

    assert _read(conn, values, kind) == [
        json.loads(v) if kind == "jsonb" and v is not None else v for v in values
    ]


def _read(conn: psycopg.Connection[Any], values: Sequence[Any], kind: str) -> list[Any]:
    found = conn.execute(f"SELECT %s::{kind}[]".encode(), [column(values, kind)]).fetchone()
    assert found is not None
    return list(found[0])
