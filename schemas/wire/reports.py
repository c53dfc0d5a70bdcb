"""Bodies of `/v1/reports`."""

from typing import Any

from schemas.wire.body import Told


class ReportTold(Told):
    """A report of one year as the log's first `size` leaves tell it; rows by the names of columns."""

    report: str
    registry: str
    year: int
    size: int
    sums: dict[str, int]
    items: list[dict[str, Any]]
