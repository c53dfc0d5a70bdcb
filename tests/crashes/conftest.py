"""A market to crash in, copied for each test, and a warm process that forks those that are to die."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.crashes.nursery import Fair, Nursery
from tests.crashes.stream import open_stalls
from tests.databases import Clones
from tests.registry import opened

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def template(clones: Clones) -> Iterator[Fair]:
    """Open the market once; nobody is connected to it afterwards."""
    with clones.fresh() as urls:
        with opened(urls.app) as registry:
            stalls = open_stalls(registry)
        yield Fair(urls, stalls)


@pytest.fixture
def fair(clones: Clones, template: Fair) -> Iterator[Fair]:
    """Give one test a copy of the market."""
    with clones.copy_of(urlsplit(template.urls.app).path[1:]) as urls:
        yield Fair(urls, template.stalls)


@pytest.fixture(scope="session")
def nursery() -> Iterator[Nursery]:
    """Start the warm process once."""
    command = [sys.executable, "-m", "tests.crashes.child"]
    with subprocess.Popen(
        command, cwd=ROOT, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        yield Nursery(process)
        assert process.stdin is not None
        process.stdin.close()
