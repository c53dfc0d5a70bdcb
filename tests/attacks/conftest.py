"""A told registry for each worker, and an insider's way into it that leaves no trace behind."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ledger.database import Urls
from tests.attacks.story import tell
from tests.databases import Clones
from tests.sealer.logs import seal_some


@pytest.fixture(scope="session")
def told(clones: Clones) -> Iterator[Urls]:
    """Lend the registry; whoever attacks it rolls back."""
    with clones.fresh() as urls:
        tell(urls.app)
        seal_some(urls.owner)
        yield urls
