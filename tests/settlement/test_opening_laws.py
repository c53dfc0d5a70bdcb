"""Lots that come in and parcels that are joined, by real commands: any tiling at all."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from itertools import groupby

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.database import Urls
from ledger.doctor import examine
from ledger.model.account import EXPIRED, RETIRED
from settlement.accounts import consolidate
from settlement.opening import Claim, OpeningLot, OpeningOrder, Piece, bring_in
from tests.databases import Clones
from tests.registry import NAME, OPERATOR, Decide, Registry, code_of, opened, rows
from tests.settlement.mill import two_persons

MONTH = date(2023, 1, 1)  # valid to the end of 2025, and over on the test's day
CLAIM = Claim("91110000100000001X", "某某钢铁", "voluntary", 2023, None)
Unit = tuple[int, int, str]  # account, trades, origin


@dataclass(slots=True)
class Place:
    """A registry with a plant's owner, two accounts, and a plant for every lot."""

    urls: Urls
    registry: Registry
    party: int
    accounts: tuple[int, int]
    lots: list[str] = field(default_factory=list)

    def bring_in(self, pieces: list[Piece]) -> int:
        """Have a lot of these pieces brought in by two persons; give its id."""
        plant, size = self.registry.plant(self.party), sum(piece.count for piece in pieces)
        name = f"old {len(self.lots)}"
        self.lots.append(name)
        lot = OpeningLot(
            plant, MONTH, "on_grid", "tradable", False, size * 1000 + 7, size, name, tuple(pieces)
        )
        order = OpeningOrder("old", name, "doc", (lot,))
        assert code_of(two_persons(self.registry, lambda r, a: bring_in(r, a, order))) is None
        return int(rows(self.urls.owner, "SELECT id FROM lot WHERE origin_lot = %s", name)[0][0])

    def units(self, lot: int) -> list[Unit]:
        """Unroll a lot's parcels, from its first serial to its last."""
        return [(a, t, o) for past, lo, a, t, o in self.parcels(lot) for _ in range(past - lo)]

    def parcels(self, lot: int) -> list[tuple[int, int, int, int, str]]:
        """Read a lot's parcels in order: past, lo, account, trades, origin."""
        found: list[tuple[int, int, int, int, str]] = rows(
            self.urls.owner,
            "SELECT coalesce(lead(lo) OVER (ORDER BY lo), size), lo, account, trades, origin "
            "FROM parcel WHERE lot = %s ORDER BY lo",
            lot,
        )
        return found


@pytest.fixture(scope="module")
def place(clones: Clones) -> Iterator[Place]:
    """Open a registry for many examples; at the end, doctor finds nothing in it."""
    with clones.fresh() as urls, opened(urls.app) as registry:
        registry.clock.now = registry.clock.now.replace(year=2026, month=2)
        registry.adopt_shipped()
        party = registry.party("generator")
        accounts = registry.account(party, "generator"), registry.account(party, "user")
        yield Place(urls, registry, party, accounts)
        assert examine(urls.owner, NAME) == []


def joining(account: int, lot: int, limit: int) -> Decide:
    """Join."""
    return lambda read, actor: consolidate(read, actor, account, lot, limit)


WHERE = st.sampled_from(("first", "first", "second", "retired", "expired"))
PIECES = st.lists(st.tuples(st.integers(1, 4), st.integers(0, 1), WHERE), min_size=1, max_size=12)


@settings(max_examples=12)
@given(drawn=PIECES, limit=st.integers(2, 5))
def test_pieces_tile_the_lot_and_joining_changes_no_certificate(
    place: Place, drawn: list[tuple[int, int, str]], limit: int
) -> None:
    """Each serial is where it was said to be; joined by any few, each account ends in whole runs."""
    first, second = place.accounts
    takers = {"first": first, "second": second, "retired": RETIRED, "expired": EXPIRED}
    accounts = {"first": first, "second": second, "retired": first, "expired": None}
    pieces = [
        Piece(count, trades, accounts[where], CLAIM if where == "retired" else None)
        for count, trades, where in drawn
    ]
    lot = place.bring_in(pieces)
    units = [
        (takers[where], trades, "imported") for count, trades, where in drawn for _ in range(count)
    ]
    assert place.units(lot) == units

    for account in place.accounts:
        before = len(place.parcels(lot))
        while code_of(place.registry.ask(OPERATOR, joining(account, lot, limit))) is None:
            after = len(place.parcels(lot))
            assert after < before
            before = after
        assert place.units(lot) == units
        mine = [(unit, len([*run])) for unit, run in groupby(units) if unit[0] == account]
        left = [p for p in place.parcels(lot) if p[2] == account]
        assert [(past - lo) for past, lo, *_ in left] == [count for _, count in mine]
