"""Give tests a real PostgreSQL: one server a worker, one migrated template, one clone a test."""

import gc
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from ledger import embedded
from ledger.database import Urls
from tests.databases import Clones

REGISTRY = "registry"
PG_WANTED = os.environ.get("GREENLEDGER_TEST_PG")
MEMORY = Path("/dev/shm")  # noqa: S108  # a folder of ours below it, private like any other
ROOM_BYTES = 2 * 2**30  # what one worker's server may come to

settings.register_profile(
    "quick",
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile("deep", max_examples=1500, stateful_step_count=80, deadline=None)
settings.load_profile("quick")


def pytest_report_header() -> str:
    """Say which PostgreSQL the tests of the store will meet."""
    if PG_WANTED is None:
        return "PostgreSQL: the embedded one (GREENLEDGER_TEST_PG=15 chooses an installed one)"
    found = embedded.find_binaries(int(PG_WANTED))
    return f"PostgreSQL {PG_WANTED}: {found.bin if found else 'not installed, its tests skip'}"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what needs a server, so that `-m database` chooses it."""
    for item in items:
        if "server" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.database)


def pytest_collection_finish() -> None:
    """Let the collector of garbage leave alone what stays until the end: modules, tests, schemas."""
    gc.collect()
    gc.freeze()


def folder_in_memory() -> Path | None:
    """Choose where files are copied soonest, if every worker has room there; None for the usual folder."""
    workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    roomy = MEMORY.is_dir() and os.access(MEMORY, os.W_OK)
    return MEMORY if roomy and shutil.disk_usage(MEMORY).free >= workers * ROOM_BYTES else None


@pytest.fixture(scope="session")
def server() -> Iterator[embedded.Server]:
    """Start a throwaway server, not durable, for this worker alone."""
    binaries = embedded.find_binaries(int(PG_WANTED) if PG_WANTED else None)
    if binaries is None:
        pytest.skip(f"PostgreSQL {PG_WANTED} is not installed on this machine")
    with tempfile.TemporaryDirectory(prefix="greenledger-", dir=folder_in_memory()) as scratch:
        home = Path(scratch)
        home.chmod(0o711)  # our own: the server's user must reach below it
        with embedded.start(home / "data", durable=False, binaries=binaries) as running:
            yield running


@pytest.fixture(scope="session")
def clones(server: embedded.Server) -> Clones:
    """Migrate one template database; every other one is a copy of its files."""
    return Clones(server, registry=REGISTRY)


@pytest.fixture
def database(clones: Clones) -> Iterator[Urls]:
    """Give one test a migrated registry of its own, empty."""
    with clones.fresh() as urls:
        yield urls


@pytest.fixture(scope="session")
def shared_database(clones: Clones) -> Iterator[Urls]:
    """Give a worker's tests one migrated registry, never reset: leave room for others' rows."""
    with clones.fresh() as urls:
        yield urls


@pytest.fixture
def empty_database(server: embedded.Server) -> Iterator[Urls]:
    """Give one test a database in which no migration has run."""
    with Clones(server, registry=None).fresh() as urls:
        yield urls
