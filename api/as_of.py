"""Questions about the past: what was known when the log had fewer leaves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, TypeAlias

from fastapi import Query

from api.problems import DoorCode, Problem
from ledger.log.tree import SIZE_MAX
from ledger.store.queries.rulebooks import sealed_size

if TYPE_CHECKING:
    from sqlalchemy import Connection

AsOfSize: TypeAlias = Annotated[
    int | None,
    Query(
        ge=0, le=SIZE_MAX, description="As known when the log had so many leaves; now, if left out."
    ),
]


def check_size(conn: Connection, size: int | None) -> None:
    """Refuse a size that the log has not come to with `log_size_unknown`: nobody knows it yet."""
    if size is not None and size > (sealed := sealed_size(conn)):
        raise Problem(DoorCode.LOG_SIZE_UNKNOWN, facts={"size": sealed})
