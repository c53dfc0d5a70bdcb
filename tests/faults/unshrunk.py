"""Let Hypothesis stop at the first failure: whether a fault is seen matters here, not how briefly."""

from __future__ import annotations

from hypothesis import Phase, settings


def pytest_collection_finish() -> None:
    """Load the profile last, after the suite's own."""
    settings.register_profile("unshrunk", phases=[Phase.explicit, Phase.generate], database=None)
    settings.load_profile("unshrunk")
