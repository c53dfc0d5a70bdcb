"""Deciding without a view: what stands for the connection, and sees nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

from sqlalchemy import Connection

if TYPE_CHECKING:
    from sqlalchemy import Engine


class NeedsView(Exception):
    """The decision asks the book; it is made again on a view. Never leaves the desk."""


class Blind(Connection):
    """Knows which registry it is of, and has no session there."""

    def __init__(self, engine: Engine) -> None:
        """Stand for a connection of this pool; none is taken."""
        self.engine = engine

    def execute(self, *_: Any, **__: Any) -> NoReturn:
        """Refuse."""
        raise NeedsView
