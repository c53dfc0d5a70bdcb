"""Many objects that live together and make no cycles: nobody looks for cycles among them meanwhile."""

from __future__ import annotations

import gc
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def uncollected() -> Iterator[bool]:
    """Leave cycles alone until what is made is let go: a search would go over all of it again and again.

    Gives whether anybody would look for them otherwise.

    It holds for the whole process. Of two threads whose times overlap, the first to end may let
    the search begin again early, which only costs time.
    """
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield enabled
    finally:
        if enabled:
            gc.enable()
