"""A fault that can no longer be planted proves nothing."""

from pathlib import Path

import pytest

from tests.faults.fault import Fault
from tests.faults.planted import FAULTS

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_every_fault_finds_the_text_that_it_changes(fault: Fault) -> None:
    """Each text stands exactly once, also behind the fault's edits before it; `make faults` plants it."""
    texts = {file: (ROOT / file).read_text("utf-8") for file, _, _ in fault.edits}
    for file, old, new in fault.edits:
        assert texts[file].count(old) == 1, (file, old)
        texts[file] = texts[file].replace(old, new)
