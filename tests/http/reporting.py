"""Key units of one province that report together, seen through the doors."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from api.sheets.read import CSV
from api.sheets.write import table_of, write_xlsx
from ledger.database import Urls
from tests.http.doors import As, Door, Json, door_at

YEAR, PROVINCE = 2026, "15"
PATH: Final = "/v1/fossil-budgets/reports"
HEADER: Final = (
    "credit_code",
    "item",
    "unit",
    "purchased",
    "sold",
    "heat_value",
    "fossil_share",
    "document_sha256",
)
STEEL: Final = (
    ("raw_coal", "万t", "30"),
    ("washed_coal", "t", "1500000"),
    ("coke", "", "400000"),
    ("diesel", "kg", "5000000"),
    ("natural_gas", "万m3", "6000"),
    ("coal_tar", "t", "", "50000"),
    ("grid_offtake", "万kWh", "180000"),
    ("traded", "MWh", "200000"),
)
"""The steel mill of the worked case V-5, in the units in which a plant's books give them."""


@dataclass
class Reporting:
    """A registry with units that have budgets of the year, and whoever reports for them."""

    door: Door
    regulators: tuple[As, As]
    province: As
    units: list[tuple[As, str]]  # who speaks for a unit, and its credit code
    budgets: list[str]

    def code(self, n: int) -> str:
        """Give a unit's credit code."""
        return self.units[n][1]

    def post(self, rows: Sequence[Sequence[str]], by: As | None = None, **query: str) -> Any:
        """Report rows as CSV, under the header above."""
        return self.file(csv_of(rows), CSV, by, **query)

    def file(self, content: bytes, media_type: str, by: As | None = None, **query: str) -> Any:
        """Report a file; by the province unless somebody else does."""
        asked = "&".join(f"{name}={value}" for name, value in {"year": str(YEAR), **query}.items())
        return (by or self.province).raw(f"{PATH}?{asked}", content, media_type)

    def told(self, n: int) -> Json:
        """Ask where a unit's budget stands."""
        answer: Json = self.regulators[0].get(f"/v1/fossil-budgets/{self.budgets[n]}").json()
        return answer


def csv_of(rows: Sequence[Sequence[str]], header: Sequence[str] = HEADER) -> bytes:
    """Write rows under a header; short rows are filled up."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(header)
    writer.writerows([*row, *[""] * (len(header) - len(row))] for row in rows)
    return out.getvalue().encode()


def xlsx_of(rows: Sequence[Sequence[str]], header: Sequence[str] = HEADER) -> bytes:
    """Write rows as a workbook; what looks like a whole number is one."""
    wide = ([*row, *[""] * (len(header) - len(row))] for row in rows)
    cells = ([int(cell) if cell.isdecimal() else cell for cell in row] for row in wide)
    return write_xlsx([table_of("report", header, cells)])


def steel(code: str) -> list[tuple[str, ...]]:
    """Write the mill's rows for a unit."""
    return [(code, *row) for row in STEEL]


@contextmanager
def reporting_at(urls: Urls, units: int = 3) -> Iterator[Reporting]:
    """Open a registry in the January after the budget year."""
    with door_at(urls.app) as door:
        door.registry.clock.now = datetime(2027, 1, 10, 4, tzinfo=UTC)
        door.adopt_shipped()
        maker, checker = door.pair("regulator")
        figure: Json = {"name": "k", "province": PROVINCE, "year": YEAR, "value": "0.25"}
        maker.must("/v1/factors", figure | {"document_no": "省发改〔2026〕1号"})
        office = door.person("province", door.party("province", province=PROVINCE))
        made = Reporting(door, (maker, checker), office, [], [])
        for _ in range(units):
            party = door.party("enterprise", "key_energy_unit", province=PROVINCE)
            told = maker.get(f"/v1/parties/{party}").json()
            made.units.append((door.person("enterprise", party), told["credit_code"]))
            body: Json = {"party_id": party, "year": YEAR, "budget_gce": 2 * 10**12, "mode": "net"}
            waiting = maker.must("/v1/fossil-budgets", body | {"document_no": "发改〔2026〕2号"})
            made.budgets.append(door.decided(checker, waiting)["budget_id"])
        yield made


def codes(answer: Json) -> set[tuple[int, str, str]]:
    """List where rows are refused and why: row, column, code."""
    found = answer["refused"] if "refused" in answer else answer["facts"]["rows"]
    return {(fault["row"], fault["column"], fault["code"]) for fault in found}
