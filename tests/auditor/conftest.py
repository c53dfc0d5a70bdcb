"""One whole life for all tests of auditors: it takes seconds, and nobody changes it."""

import pytest

from tests.auditor.life import Life, lived
from tests.databases import Clones


@pytest.fixture(scope="session")
def life(clones: Clones, tmp_path_factory: pytest.TempPathFactory) -> Life:
    """Live once."""
    with clones.fresh() as urls:
        return lived(urls, tmp_path_factory.mktemp("evidence"))
