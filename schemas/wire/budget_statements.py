"""Bodies of `/v1/fossil-budgets/{id}/statements` and `/versions`."""

from typing import Any

from schemas.wire.body import Told


class StatementTold(Told):
    """A statement on which a budget's year was closed, without its bytes."""

    budget_id: str
    n: int
    sha256: str
    status: str
    balance_gce: int
    journal_id: str


class StatementList(Told):
    """All statements of a budget, first to last; the last one stands unless the year was reopened."""

    items: list[StatementTold]
    next_cursor: str | None


class VersionTold(Told):
    """One decision or report about a budget: what it said, in the order of all of them."""

    budget_id: str
    n: int
    kind: str
    told: dict[str, Any]
    journal_id: str


class VersionList(Told):
    """All that was decided and reported about a budget, first to last."""

    items: list[VersionTold]
    next_cursor: str | None
