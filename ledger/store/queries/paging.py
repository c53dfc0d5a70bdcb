"""Pages of a list: a total order, a key to go on after, and never more than the cap."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Generic, TypeAlias, TypeVar

from sqlalchemy import literal, true, tuple_

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sqlalchemy import ColumnElement, Connection, Row, Select

LIMIT_MAX: Final = 500

Key: TypeAlias = tuple[int | str, ...]
_T = TypeVar("_T")
_U = TypeVar("_U")


@dataclass(frozen=True, slots=True)
class Page:
    """At most `limit` rows that come after the one with this key; None starts at the beginning."""

    limit: int = 100
    after: Key | None = None

    @property
    def size(self) -> int:
        """The rows that will be given: the cap is ours, not the caller's."""
        return max(1, min(self.limit, LIMIT_MAX))


@dataclass(frozen=True, slots=True)
class Listed(Generic[_T]):
    """The rows of one page, and the key to ask on with; None when there are no more."""

    items: tuple[_T, ...]
    after: Key | None = None

    def map(self, change: Callable[[_T], _U]) -> Listed[_U]:
        """Change each row; the page stays where it is."""
        return Listed(tuple(map(change, self.items)), self.after)


def beyond(page: Page, *keys: ColumnElement[Any], descending: bool = False) -> ColumnElement[bool]:
    """Require a row to come after the last one of the page before."""
    if page.after is None:
        return true()
    here = tuple_(*keys)
    there = tuple_(*(literal(v, k.type) for v, k in zip(page.after, keys, strict=True)))
    return here < there if descending else here > there


def ordered(
    query: Select[Any], page: Page, *keys: ColumnElement[Any], descending: bool = False
) -> Select[Any]:
    """Put a question's rows in the order of `keys` and keep a page of them, and one row more."""
    order = [key.desc() if descending else key.asc() for key in keys]
    return (
        query.where(beyond(page, *keys, descending=descending))
        .order_by(*order)
        .limit(page.size + 1)
    )


def cut(rows: Sequence[_T], page: Page, key_of: Callable[[_T], Key]) -> Listed[_T]:
    """Take the one row more off again: it only says that there is more."""
    items = tuple(rows[: page.size])
    return Listed(items, key_of(items[-1]) if len(rows) > page.size else None)


def fetch(
    conn: Connection,
    query: Select[Any],
    page: Page,
    *keys: ColumnElement[Any],
    descending: bool = False,
) -> Listed[Row[Any]]:
    """Answer a page of a question; the keys are columns of its rows, and together unique."""
    rows = conn.execute(ordered(query, page, *keys, descending=descending)).all()
    return cut(rows, page, lambda row: tuple(getattr(row, str(key.key)) for key in keys))
