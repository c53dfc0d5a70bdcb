"""Bodies of `/v1/reports`."""

from typing import Any

from schemas.wire.body import Told
from schemas.wire.fossil_budgets import OpenPointTold


class ReportTold(Told):
    """A report of one year as the log's first `size` leaves tell it; rows by the names of columns."""

    report: str
    registry: str
    year: int
    size: int
    sums: dict[str, int]
    items: list[dict[str, Any]]
    open_points: list[OpenPointTold]
    """What the figures rest on that was not read in the law; of closed years, as their closings said."""
