"""Open the doors of a registry for one test, or one for many that leave each other room."""

from collections.abc import Iterator

import pytest

from ledger.database import Urls
from tests.databases import Clones
from tests.http.doors import Door, door_at
from tests.http.market import Market, market_at
from tests.http.offices import Office, office_at
from tests.http.reporting import Reporting, reporting_at
from tests.http.world import World, world_at


@pytest.fixture
def door(database: Urls) -> Iterator[Door]:
    """Give one test the doors of a registry of its own, empty but for an operator."""
    with door_at(database.app) as opened:
        yield opened


@pytest.fixture(scope="session")
def shared_door(shared_database: Urls) -> Iterator[Door]:
    """Give a worker's tests one registry's doors, never reset."""
    with door_at(shared_database.app) as opened:
        yield opened


@pytest.fixture(scope="session")
def market(clones: Clones) -> Iterator[Market]:
    """Give a worker's tests one market in January 2026; each brings plants of its own."""
    with clones.fresh() as urls, market_at(urls.app, "2026-01-05T04:00:00Z") as opened:
        yield opened


@pytest.fixture(scope="session")
def world(clones: Clones) -> Iterator[World]:
    """Give a worker's tests two parties that own one of everything; nobody changes what they own."""
    with clones.fresh() as urls, world_at(urls) as opened:
        yield opened


@pytest.fixture
def office(database: Urls) -> Iterator[Office]:
    """Give one test a regulator's office over three units with budgets."""
    with office_at(database) as opened:
        yield opened


@pytest.fixture(scope="session")
def reported(clones: Clones) -> Iterator[Reporting]:
    """Give a worker's tests two units with budgets, for which nothing is ever posted."""
    with clones.fresh() as urls, reporting_at(urls, units=2) as made:
        yield made


@pytest.fixture(scope="module")
def urls(clones: Clones) -> Iterator[Urls]:
    """Give this module one registry."""
    with clones.fresh() as found:
        yield found


@pytest.fixture(scope="module")
def fair(urls: Urls) -> Iterator[Market]:
    """Open its doors."""
    with market_at(urls.app, "2026-01-05T04:00:00Z") as found:
        found.lot(500)
        yield found
