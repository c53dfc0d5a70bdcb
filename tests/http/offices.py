"""A regulator's office over units that report, with a log that can be sealed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

from ledger.database import Urls
from tests.http.budget_case import Case
from tests.http.doors import As, Json
from tests.http.reporting import YEAR, Reporting, reporting_at
from tests.http.sealed import seal

NAMES: Final = ("budgets-over", "offsets", "double-use", "evidence-gaps", "province-flows")
FORMATS: Final = ("json", "csv", "xlsx")


@dataclass
class Office:
    """A regulator's office over a registry whose log can be sealed."""

    urls: Urls
    reporting: Reporting
    case: Case  # the first unit, as one that holds certificates

    @property
    def regulator(self) -> As:
        """Give the regulator."""
        return self.reporting.regulators[0]

    def confirm(self) -> None:
        """Have the mill's traded energy confirmed."""
        body = {"traded_kwh": 200_000_000, "document_no": "结算〔2027〕1号"}
        self.regulator.must(f"{self.case.path}/confirmations", body)

    def seal(self) -> int:
        """Seal what waits; tell the size of the log."""
        return seal(self.urls, self.reporting.door.home)

    def report(self, name: str, by: As | None = None, **query: Any) -> Json:
        """Ask for a report as JSON."""
        answer = (by or self.regulator).get(f"/v1/reports/{name}", **{"year": YEAR, **query})
        assert answer.status_code == 200, answer.text
        told: Json = answer.json()
        return told

    def bytes_at(self, size: int) -> dict[tuple[str, str], bytes]:
        """Make every report in every format, for a size."""
        return {(name, kind): self._file(name, kind, size) for name in NAMES for kind in FORMATS}

    def _file(self, name: str, kind: str, size: int) -> bytes:
        asked = f"year={YEAR}&as_of_size={size}&format={kind}"
        answer = self.regulator.get(f"/v1/reports/{name}?{asked}")
        assert answer.status_code == 200, answer.text
        content: bytes = answer.content
        return content


@contextmanager
def office_at(urls: Urls) -> Iterator[Office]:
    """Open a registry of three units with budgets, the first of which may hold certificates."""
    with reporting_at(urls) as reporting:
        door = reporting.door
        mill = reporting.units[0][0]
        seller = door.registry.party("generator", province="15")
        case = Case(
            door,
            reporting.regulators,
            mill,
            door.account(mill.party, "user"),
            door.registry.account(seller, "generator"),
            door.registry.plant(seller, capacity_kw=10_000_000),
            reporting.budgets[0],
        )
        yield Office(urls, reporting, case)
