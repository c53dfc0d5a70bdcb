"""Lists, page by page: a cursor continues exactly the list it came from, and no other."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Annotated, Any, Final, TypeAlias, TypeVar

from fastapi import Depends, Query
from starlette.requests import Request

from api.problems import DoorCode, FieldFault, Problem
from ledger.store.queries import paging as queries

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Engine, Select

    from ledger.store.queries.paging import Listed
    from settlement.desk import AnyRow

_T = TypeVar("_T")

LIMIT_MAX: Final = queries.LIMIT_MAX
LIMIT_USUAL: Final = 50
_CURSOR_CHARS: Final = 300
_HASH_CHARS: Final = 12
_KEY_MAX: Final = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Page:
    """What part of a list is asked: at most `limit` items after the key `after`."""

    limit: int
    after: tuple[int, ...] | None
    filters: str  # digest of path and filters: a cursor is good for one list only

    def read(
        self,
        engine: Engine,
        query: Select[Any],
        order: tuple[ColumnElement[Any], ...],
        tell: Callable[[AnyRow], dict[str, Any]],
    ) -> dict[str, Any]:
        """Read a page of a query in an order of integer columns that no two rows share.

        The columns must be selected under their own names.
        """
        page = self.asked(len(order))
        with engine.connect() as conn:
            return self.told(queries.fetch(conn, query, page, *order), tell)

    def asked(self, key_length: int) -> queries.Page:
        """Turn this into what the registry's questions take; their keys are whole numbers here."""
        if self.after is not None and len(self.after) != key_length:
            raise _invalid()
        return queries.Page(self.limit, self.after)

    def told(self, listed: Listed[_T], tell: Callable[[_T], dict[str, Any]]) -> dict[str, Any]:
        """Tell the rows of an answered question, and where the next page starts."""
        key = listed.after
        return {
            "items": [tell(item) for item in listed.items],
            "next_cursor": _written(key, self.filters) if key is not None else None,
        }


def _written(key: queries.Key, filters: str) -> str:
    raw = json.dumps([filters, *key], separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _read(cursor: str, filters: str) -> tuple[int, ...]:
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        parts = json.loads(base64.b64decode(padded, b"-_", validate=True))
    except (ValueError, RecursionError):
        raise _invalid() from None
    if not isinstance(parts, list) or parts[:1] != [filters]:
        raise _invalid()
    if not all(type(part) is int and abs(part) <= _KEY_MAX for part in parts[1:]):
        raise _invalid()
    return tuple(parts[1:])


def _invalid() -> Problem:
    fault = FieldFault("?cursor", "cursor_invalid", "")
    return Problem(DoorCode.CURSOR_INVALID, [fault])


async def _page(
    request: Request,
    limit: Annotated[int, Query(ge=1, le=LIMIT_MAX)] = LIMIT_USUAL,
    cursor: Annotated[str | None, Query(max_length=_CURSOR_CHARS)] = None,
) -> Page:
    given = sorted(
        (name, value)
        for name, value in request.query_params.multi_items()
        if name not in {"limit", "cursor"}
    )
    told = json.dumps([request.scope["path"], given]).encode()
    filters = sha256(told).hexdigest()[:_HASH_CHARS]
    return Page(limit, None if cursor is None else _read(cursor, filters), filters)


Paged: TypeAlias = Annotated[Page, Depends(_page)]
