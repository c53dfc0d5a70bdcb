"""Lend the tests of the embedded server a folder that its user can reach."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """Give a folder of our own below which `nobody` may go, unlike pytest's own."""
    with tempfile.TemporaryDirectory(prefix="greenledger-") as scratch:
        folder = Path(scratch)
        folder.chmod(0o711)
        yield folder
