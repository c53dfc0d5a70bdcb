"""Named SQL: `-- name --` opens a statement, the comment under it says what it is for."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

_NAME: Final = re.compile(r"^-- (\w+) --$", re.MULTILINE)


def statements(source: Traversable) -> dict[str, bytes]:
    """Read a file of named statements; psycopg takes the text as bytes."""
    _, *rest = _NAME.split(source.read_text("utf-8"))
    return {
        name: text.strip().rstrip(";").encode()
        for name, text in zip(rest[::2], rest[1::2], strict=True)
    }
