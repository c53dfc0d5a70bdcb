"""An emitter with allowances, reductions and a duty, as tests of the book see it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any

from ledger.database import Urls
from ledger.posting.answers import Answer
from ledger.rulebooks import shipped
from ledger.rules.rulebook import Rulebook
from schemas.identifiers import IdPrefix, decode_id
from settlement.ccer_units import ImportOrder, import_units
from settlement.reversals import ReversalOrder, reverse
from settlement.standing import Standing, obligation
from settlement.succession import SuccessionOrder, succeed
from settlement.surrendering import SurrenderOrder, surrender
from settlement.verifying import EmissionOrder
from tests import carbon
from tests.registry import OPERATOR, Clock, Decide, Registry, code_of, opened, rows
from tests.settlement.mill import two_persons

YEAR = 2025
FITTING = date(2025, 3, 1)
"""A day on which reductions may be registered that 2025 takes."""
_CANCELLATIONS = count(1)


@dataclass
class Case:
    """A registry in August 2026 with allowances of several vintages in a province's account."""

    registry: Registry
    urls: Urls
    pool: int
    _parts: dict[int, int] = field(default_factory=dict)

    def emitter(self, *vintages: int, each: int = 10_000) -> Emitter:
        """Register an emitter, and give it so many allowances of each vintage."""
        party = self.registry.party("emitter")
        account = self.registry.account(party, "cea_registry")
        found = Emitter(self, party, account, self.registry.account(party, "ccer"))
        for vintage in vintages:
            found.give(each, vintage)
        return found

    def on(self, day: date) -> None:
        """Let it be noon of a day."""
        self.registry.clock.now = datetime(day.year, day.month, day.day, 4, tzinfo=UTC)

    def pass_days(self, days: int) -> None:
        """Let days pass."""
        self.registry.clock.advance(timedelta(days=days))

    def amend(self, book: str, before: str, after: str) -> None:
        """Have the next version of a rulebook adopted, one text in it changed."""
        name = f'name = "{book}"'
        with self.registry.desk.reader() as read:
            known = next(b.version for b in read.rules.books if b.name == book)
        raw = next(raw.decode() for raw in shipped() if Rulebook.parse(raw).name == book)
        version = Rulebook.parse(raw.encode()).version
        assert raw.count(before) == 1, (name, before)
        told = raw.replace(f"version = {version}", f"version = {known + 1}", 1)
        self.registry.adopt(told.replace(before, after).encode())

    def ask(self, decide: Decide) -> Answer:
        """Ask for an act that one person may do."""
        return self.registry.ask(OPERATOR, decide)


@dataclass
class Emitter:
    """One emitter, its accounts, and what is asked about it."""

    case: Case
    party: int
    account: int
    ccer: int

    def give(self, quantity: int, vintage: int = YEAR) -> None:
        """Have allowances of a vintage allocated."""
        carbon.given(self.case.registry, self.case.pool, self.account, vintage, quantity)

    def order(self, tco2e: int, year: int = YEAR) -> EmissionOrder:
        """Write verified emissions that nobody signed yet."""
        return EmissionOrder(self.party, year, tco2e, OPERATOR.party, "doc v")

    def verify(self, tco2e: int, year: int = YEAR) -> Answer:
        """Have emissions verified, and signed where the year asks for it."""
        return self.case.ask(carbon.signing(self.case.registry, self.order(tco2e, year)))

    def bring(
        self,
        quantity: int,
        project: str = "CCER-A",
        on: date = FITTING,
        *,
        inside: bool = False,
        cancellation: str = "",
    ) -> Answer:
        """Have two persons bring reductions in."""
        order = ImportOrder(
            account=self.ccer,
            project=project,
            registered_on=on,
            inside_ets=inside,
            quantity=quantity,
            cancellation_no=cancellation or f"cancellation {next(_CANCELLATIONS)}",
            document_no="doc c",
            document_ids=(1,),
        )
        return two_persons(self.case.registry, lambda r, a: import_units(r, a, order))

    def surrender(
        self,
        quantity: int = 0,
        ccer: int = 0,
        vintage: int = YEAR,
        year: int = YEAR,
        **changes: Any,
    ) -> Answer:
        """Hand in allowances of a vintage, and reductions of one project."""
        order = SurrenderOrder(
            self.account,
            year,
            ((vintage, quantity),) if quantity else (),
            (("CCER-A", ccer),) if ccer else (),
        )
        wanted = replace(order, **changes)
        return self.case.ask(lambda r, a: surrender(r, a, wanted))

    def take_back(self, answer: Answer) -> Answer:
        """Have two persons take an act back."""
        assert answer.outcome is not None
        order = ReversalOrder(int(answer.outcome["journals"][-1]), "wrong", "doc r")
        return two_persons(self.case.registry, lambda r, a: reverse(r, a, order))

    def pass_on(self, to: Emitter) -> Answer:
        """Have two persons pass everything on to a successor."""
        order = SuccessionOrder(self.party, to.party, "doc s")
        return two_persons(self.case.registry, lambda r, a: succeed(r, a, order))

    def stands(self, day: date | None = None, year: int = YEAR) -> Standing:
        """Tell where it stands, or stood at the end of a day."""
        with self.case.registry.desk.reader() as read:
            return obligation(read, self.party, year, day)

    def held(self, family: str) -> int:
        """Count the units of a family that it has in any account."""
        query = (
            "SELECT coalesce(sum(b.posted), 0) FROM balance b JOIN account a ON a.id = b.account"
            " JOIN instrument i ON i.id = b.instrument WHERE a.party = %s AND i.code ~ %s"
        )
        return int(rows(self.case.urls.app, query, self.party, f"^{family}-[0-9]+$")[0][0])


def told(answer: Answer) -> dict[str, object]:
    """Read what an accepted act came to."""
    assert answer.outcome is not None
    assert "result" in answer.outcome, answer.outcome
    return dict(answer.outcome["result"])


def number_in(answer: Answer, name: str, prefix: IdPrefix) -> int:
    """Read an id out of an accepted act."""
    number = decode_id(prefix, str(told(answer)[name]))
    assert number is not None
    return number


@contextmanager
def opened_case(urls: Urls, units: int = 100_000_000) -> Iterator[Case]:
    """Open a registry in August 2026, with so many allowances of 2023 to 2026 each."""
    with opened(urls.app, Clock(datetime(2026, 8, 20, 4, tzinfo=UTC))) as registry:
        registry.adopt_shipped()
        pool = registry.account(registry.party("province"), "province")
        for vintage in range(2023, 2027):
            carbon.created(registry, pool, vintage, units)
        yield Case(registry, urls, pool)


def done(answer: Answer) -> None:
    """Check that an act was not refused."""
    assert code_of(answer) is None, answer
