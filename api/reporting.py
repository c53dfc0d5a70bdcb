"""Reports as documents: JSON, CSV or XLSX, the same bytes whenever they are made for the same size."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from api.idempotency import canonical
from api.sheets.read import CSV, XLSX
from api.sheets.write import Table, table_of, write_csv, write_xlsx
from settlement.fossil_budget.told import OPEN_POINT, open_point
from settlement.reports import rests
from settlement.reports.allocations import allocations
from settlement.reports.compliance import compliance
from settlement.reports.cut import Cut, Report
from settlement.reports.double_use import double_use
from settlement.reports.flows import province_flows
from settlement.reports.gaps import evidence_gaps
from settlement.reports.offsets import offsets
from settlement.reports.over import over_budget
from settlement.reports.prices import allowance_prices
from settlement.reports.rests import Points

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Engine


class ReportName(StrEnum):
    """What a regulator may ask about all units at once."""

    BUDGETS_OVER = "budgets-over"
    OFFSETS = "offsets"
    DOUBLE_USE = "double-use"
    EVIDENCE_GAPS = "evidence-gaps"
    PROVINCE_FLOWS = "province-flows"
    COMPLIANCE = "compliance"
    ALLOCATIONS = "allocations"
    ALLOWANCE_PRICES = "allowance-prices"


class Format(StrEnum):
    """As what a report is told."""

    JSON = "json"
    CSV = "csv"
    XLSX = "xlsx"


MEDIA_TYPES: Final = {Format.JSON: "application/json", Format.CSV: CSV, Format.XLSX: XLSX}
_MAKERS: Final[dict[ReportName, Callable[[Cut], Report]]] = {
    ReportName.BUDGETS_OVER: over_budget,
    ReportName.OFFSETS: offsets,
    ReportName.DOUBLE_USE: double_use,
    ReportName.EVIDENCE_GAPS: evidence_gaps,
    ReportName.PROVINCE_FLOWS: province_flows,
    ReportName.COMPLIANCE: compliance,
    ReportName.ALLOCATIONS: allocations,
    ReportName.ALLOWANCE_PRICES: allowance_prices,
}
_RESTS: Final[dict[ReportName, Callable[[Cut], Points]]] = {
    ReportName.BUDGETS_OVER: rests.budgets,
    ReportName.OFFSETS: rests.budgets,
    ReportName.DOUBLE_USE: rests.nothing,
    ReportName.EVIDENCE_GAPS: rests.confirmations,
    ReportName.PROVINCE_FLOWS: rests.closings,
    ReportName.COMPLIANCE: rests.duties,
    ReportName.ALLOCATIONS: rests.entitlements,
    ReportName.ALLOWANCE_PRICES: rests.trading,
}


@dataclass(frozen=True, slots=True)
class Asked:
    """Which report, of which year, at which size of the log, and about whose parties."""

    name: ReportName
    year: int
    size: int
    sees: ColumnElement[bool]


@dataclass(frozen=True, slots=True)
class Document:
    """A report with what it is about and rests on; nothing in it tells when it was made."""

    asked: Asked
    registry: str
    report: Report
    open_points: Points

    def written(self, as_what: Format) -> bytes:
        """Write it as a file."""
        if as_what is Format.CSV:
            return write_csv(self._table(), self._open_points())
        if as_what is Format.XLSX:
            return write_xlsx([self._table(), self._about(), self._open_points()])
        return canonical(self.told())

    def told(self) -> dict[str, Any]:
        """Tell it as JSON: rows by the names of their columns."""
        report = self.report
        items = [dict(zip(report.columns, row, strict=True)) for row in report.rows]
        told = {"sums": dict(report.sums), "items": items, "open_points": [*self.open_points]}
        return {**self._head(), **told}

    def file_name(self, as_what: Format) -> str:
        """Name its file."""
        return f"{self.asked.name}-{self.asked.year}-at-{self.asked.size}.{as_what}"

    def _head(self) -> dict[str, str | int]:
        asked = self.asked
        return {
            "report": str(asked.name),
            "registry": self.registry,
            "year": asked.year,
            "size": asked.size,
        }

    def _table(self) -> Table:
        return table_of(self.asked.name, self.report.columns, self.report.rows)

    def _about(self) -> Table:
        told = {**self._head(), **self.report.sums}
        return table_of("about", ("name", "value"), told.items())

    def _open_points(self) -> Table:
        rows = (tuple(str(point[name]) for name in OPEN_POINT) for point in self.open_points)
        return table_of("open_points", OPEN_POINT, rows)


def document(reads: Engine, registry: str, asked: Asked) -> Document:
    """Make a report from history as the log's first leaves have it, on one consistent view."""
    with reads.connect().execution_options(isolation_level="REPEATABLE READ") as conn:
        cut = Cut(conn, asked.size, asked.year, asked.sees)
        report, said = _MAKERS[asked.name](cut), _RESTS[asked.name](cut)
    points = rests.in_order([*said, *map(open_point, report.points)])
    return Document(asked, registry, report, points)
