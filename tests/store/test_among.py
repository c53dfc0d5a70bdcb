"""Lists longer than PostgreSQL binds values are compared with all the same."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any, Final

import pytest
from sqlalchemy import Connection, select

from ledger.database import Urls
from ledger.model.account import REGISTRY_PARTY
from ledger.store import tables as t
from ledger.store.queries.among import among, rows_among
from settlement.issuance import due
from settlement.readings import plants_by_id
from tests.registry import opened

MANY: Final = 70_000  # PostgreSQL binds at most 65,535 values


@pytest.fixture
def conn(database: Urls) -> Iterator[Connection]:
    """Open a connection as the app, in a registry that knows its operator."""
    with opened(database.app) as registry, registry.desk.reads.connect() as conn:
        yield conn


def test_more_values_than_can_be_bound_are_found_among(conn: Connection) -> None:
    """Whoever is among them is found, and nobody else."""
    p = t.party.c
    there = select(p.id).where(among(p.id, range(1, MANY + 1)))
    others = select(p.id).where(among(p.id, range(2**40, 2**40 + MANY)))

    assert REGISTRY_PARTY in set(conn.execute(there).scalars())
    assert not conn.execute(others).all()


def test_more_rows_than_can_be_bound_are_found_among(conn: Connection) -> None:
    """Each column beside its neighbours: parts of two rows make no third."""
    p = t.party.c
    told = conn.execute(select(p.scheme, p.identity).where(p.id == REGISTRY_PARTY)).one()
    crowd = [(n, told.scheme, f"nobody {n}") for n in range(MANY)]
    crowd.append((2**40, told.scheme, told.identity))
    columns = (p.id, p.scheme, p.identity)

    assert not conn.execute(select(p.id).where(rows_among(columns, crowd))).all()
    crowd.append((REGISTRY_PARTY, told.scheme, told.identity))
    found = conn.execute(select(p.id).where(rows_among(columns, crowd))).scalars().all()
    assert found == [REGISTRY_PARTY]


@pytest.mark.parametrize("few", [[], [(1, date(2025, 10, 1), "on_grid")]])
def test_few_rows_and_none_are_compared_too(conn: Connection, few: list[Any]) -> None:
    """Nothing is among nothing."""
    m = t.meter_reading.c
    query = select(m.id).where(rows_among((m.plant, m.month, m.category), few))

    assert not conn.execute(query).all()
    assert not conn.execute(select(m.id).where(among(m.plant, [row[0] for row in few]))).all()


def test_as_many_plants_and_readings_as_a_country_has_are_asked_for(database: Urls) -> None:
    """The decisions that read them all send each list as one value."""
    with opened(database.app) as registry, registry.desk.reader() as read:
        assert not plants_by_id(read, range(MANY))
        assert not due(read, readings=range(MANY))
