"""A small market whose acts are taken back, and its book unit by unit."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from itertools import count
from typing import Any

from ledger.database import Urls
from ledger.doctor import examine
from ledger.posting.answers import Answer
from schemas.identifiers import IdPrefix, decode_id
from settlement.approvals import ApprovalOrder, approve, open_approval
from settlement.desk import Decision
from settlement.retirement import RetirementOrder, retire
from settlement.reversals import ReversalOrder, reverse
from settlement.revocations import RevocationOrder, revoke
from settlement.transfers import Selection, TransferOrder, transfer
from tests.registry import NAME, OPERATOR, SECOND, Decide, Registry, code_of, opened, rows

OCTOBER = date(2025, 10, 1)
SOLD_OFTEN = 1000  # how often a certificate may be sold here, so that chains are as long as wanted

_UNITS = """
SELECT p.lot, unit, p.account, p.hold, p.acquired_journal, p.acquired_n, p.trades, p.origin
FROM (SELECT *, coalesce(lead(lo) OVER (PARTITION BY lot ORDER BY lo), size) AS past FROM parcel) AS p
CROSS JOIN LATERAL generate_series(p.lo, p.past - 1) AS unit
ORDER BY p.lot, unit
"""


@dataclass(slots=True)
class World:
    """A registry, its database, a generator with its plant, and two who buy."""

    urls: Urls
    registry: Registry
    owner: int
    generator: int
    users: tuple[int, int]
    plant: int
    _numbers: Iterator[int] = field(default_factory=lambda: count(1))

    @property
    def holders(self) -> tuple[int, ...]:
        """Name everybody's account."""
        return self.generator, *self.users

    def lot(self, size: int, month: date = OCTOBER) -> int:
        """Have certificates of a new plant issued; give their lot."""
        return self.registry.issue(self.registry.plant(self.owner), month, size)

    def sold(self, giver: int, taker: int, amount: int, chosen: Selection) -> Answer:
        """Sell."""
        return self.registry.ask(OPERATOR, sale(giver, taker, amount, chosen))

    def retired(self, account: int, amount: int, lot: int) -> Answer:
        """Retire."""
        return self.registry.ask(OPERATOR, retiring(account, amount, lot))

    def approved(self, decide: Decide) -> Answer:
        """Have one person ask, and a second approve."""
        order = ApprovalOrder(f"act {next(self._numbers)}", b"{}")
        opening: Decide = lambda r, a: open_approval(r, a, order)  # noqa: E731
        number = self.registry.must(OPERATOR, opening, "approval_id")
        return self.registry.ask(SECOND, lambda r, a: approve(r, a, number, decide(r, OPERATOR)))

    def taken_back(self, journal: int) -> Answer:
        """Have an act taken back."""
        return self.approved(taking_back(journal))

    def revoked(self, lot: int, **named: Any) -> Answer:
        """Have certificates withdrawn."""
        order = RevocationOrder(**{"lot": lot, "cause": "error", "document_no": "doc", **named})
        return self.approved(lambda r, a: revoke(r, a, order))

    def units(self) -> list[tuple[Any, ...]]:
        """Tell of every certificate who holds it and its history, however the parcels are cut."""
        return rows(self.urls.owner, _UNITS)

    def parcels(self) -> list[tuple[Any, ...]]:
        """Tell the parcels as they are cut."""
        return rows(
            self.urls.owner,
            "SELECT lot, lo, account, hold, acquired_journal, acquired_n, trades, origin "
            "FROM parcel ORDER BY lot, lo",
        )

    def balances(self) -> list[tuple[Any, ...]]:
        """Tell every balance that is not nothing."""
        query = (
            "SELECT account, instrument, posted, held FROM balance WHERE posted <> 0 OR held <> 0"
        )
        return rows(self.urls.owner, f"{query} ORDER BY account, instrument")

    def energy(self, plant: int) -> int:
        """Tell what a plant has left of its on-grid energy, or owes."""
        query = (
            "SELECT posted FROM balance WHERE instrument = 11 "
            "AND account = (SELECT account FROM plant WHERE id = %s)"
        )
        found = rows(self.urls.owner, query, plant)
        return int(found[0][0]) if found else 0

    def assert_sound(self) -> None:
        """Let doctor look at it."""
        assert examine(self.urls.owner, NAME) == []


def taking_back(journal: int) -> Decide:
    """Take an act back."""
    order = ReversalOrder(journal, "a mistake", "决定-1")
    return lambda read, actor: reverse(read, actor, order)


def sale(giver: int, taker: int, amount: int, chosen: Selection) -> Decide:
    """Sell what was chosen."""
    order = TransferOrder(giver, taker, "GEC", amount, "listing", chosen, 5)

    def decide(read: Any, actor: Any) -> Decision:
        found = transfer(read, actor, [order])[0]
        if isinstance(found, Decision):
            return found
        raise found

    return decide


def retiring(account: int, amount: int, lot: int) -> Decide:
    """Retire certificates of a lot."""
    chosen = Selection(lot=lot)
    order = RetirementOrder(account, amount, "code", "name", "voluntary", OCTOBER.year, chosen)
    return lambda read, actor: retire(read, actor, order)


def journal_of(answer: Answer, part: int = 0) -> int:
    """Give the number of an accepted answer's journal."""
    assert code_of(answer) is None, answer
    assert answer.outcome is not None
    return int(answer.outcome["journals"][part])


def told(answer: Answer, name: str) -> Any:
    """Read one entry of an accepted answer's result."""
    assert code_of(answer) is None, answer
    assert answer.outcome is not None
    return answer.outcome["result"][name]


def number_of(prefix: IdPrefix, name: str) -> int:
    """Read a number out of its name."""
    number = decode_id(prefix, name)
    assert number is not None
    return number


@contextmanager
def opened_world(urls: Urls) -> Iterator[World]:
    """Open a registry in which certificates may be sold again and again."""
    with opened(urls.app) as registry:
        registry.adopt_shipped(max_trades=str(SOLD_OFTEN))
        owner = registry.party("generator")
        yield World(
            urls,
            registry,
            owner,
            registry.account(owner, "generator"),
            (
                registry.account(registry.party("enterprise"), "user"),
                registry.account(registry.party("enterprise"), "user"),
            ),
            registry.plant(owner, capacity_kw=100_000),
        )
