"""How every story begins: something of each verb, so that none of them starts with empty hands."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Final

from tests.machines.compliance.drawn import FITTING
from tests.machines.compliance.model import Asked
from tests.machines.compliance.plays import Plays, figures
from tests.machines.compliance.verbs import Play

COAL, GAS, STEEL = 0, 1, 2
WINDOW, SUMMER, SECOND = date(2026, 2, 10), date(2026, 7, 20), date(2027, 1, 5)
ERAS: Final = (SECOND, WINDOW, SUMMER, None)
"""How far the beginning goes: to December 2025, or to one of the days."""


def opening(ask: Plays, era: date | None) -> Iterator[Play | date]:
    """Tell what happens until then: acts, and days to go on to."""
    yield from first_december(ask)
    for day, chapter in ((WINDOW, window), (SUMMER, summer), (SECOND, second_year)):
        if era is None or era < day:
            return
        yield day
        yield from chapter(ask)


def first_december(ask: Plays) -> Iterator[Play]:
    """Owe for 2024, trade, and hand in: all of it, but gas, which stays 24,000 t short."""
    for who, tco2e in enumerate((20_000, 26_000, 12_345)):
        yield ask.verify(who, 2024, tco2e)
        yield ask.move(who, 2024, 9_000, home=False)
    yield ask.trade(COAL, GAS, 2024, 5_000)
    yield ask.surrender((COAL, False), (COAL, 2024), [(2024, 20_000)], [])
    yield ask.surrender((GAS, False), (GAS, 2024), [(2023, 2_000)], [])
    yield ask.surrender((STEEL, False), (STEEL, 2024), [(2023, 345), (2024, 12_000)], [])


def window(ask: Plays) -> Iterator[Play]:
    """Carry some over, and ask for more; pay some arrears; be given half of the year before early."""
    yield ask.ask_to_carry(COAL, 2023, 6_000)
    yield ask.decide(ask.book.requests[0], yes=True)
    yield ask.ask_to_carry(COAL, 2024, 500)
    yield ask.ask_to_carry(STEEL, 2024, 700)
    yield ask.surrender((GAS, False), (GAS, 2024), [(2024, 10_000)], [])
    yield ask.approve(COAL, 2025, "pre", Asked({}))


def summer(ask: Plays) -> Iterator[Play]:
    """Owe for 2025, and be given what the formula gives: into custody for steel."""
    for who, firm in enumerate(ask.book.firms):
        yield ask.verify(who, 2025, 30_001 + who)
        yield ask.bring(who, "A", (FITTING, False), 1_700)
        whole = Asked(
            figures(firm, 40_000, 500 + who), ground="defaulted" if who == STEEL else None
        )
        yield ask.approve(who, 2025, "final", whole)
    yield ask.reduce(GAS, 900, "fraud")
    yield ask.approve(GAS, 2025, "adjustment", Asked(figures(ask.book.firms[GAS], 41_000, 1)))
    yield ask.approve(COAL, 2025, "auction", Asked({}, asked=800, allocate=False))
    yield ask.allocate(COAL, 2025, 300)
    yield ask.give_back(COAL, 2025, 100)
    yield ask.release(STEEL, 2025, 1_000)
    yield ask.use_green(COAL, 5)
    yield ask.give_up(COAL, 2025, 7)


def second_year(ask: Plays) -> Iterator[Play]:
    """Coal has met 2025 a little late; the others owe for it still, and for 2026 as well."""
    for _ in range(2):
        yield ask.surrender((COAL, False), (COAL, 2025), [(2025, 28_501)], [("A", 1_500)])
        if not any(act.back for act in ask.book.acts):
            yield ask.take_back(ask.book.acts[-1])
    for who in (COAL, GAS):
        yield ask.verify(who, 2026, 22_222)
        yield ask.approve(who, 2026, "pre", Asked({}))
