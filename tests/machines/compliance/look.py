"""What must be so after every step: the books, where everybody stands, and what it may cost."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from math import floor
from typing import Any, Final

import psycopg

from ledger.posting.answers import Answer
from settlement.carried.limit import t_max
from settlement.desk import Reader
from settlement.entitlement.quota import quotas
from settlement.penalty import penalty, price_month
from settlement.quotes import month_average
from settlement.standing import Standing, standing
from tests.machines.claims import broken
from tests.machines.compliance.model import DEADLINE, INTO, RECORD_DAY, YEARS, Book, Firm
from tests.machines.compliance.world import PRICED
from tests.registry import NAME, Registry

_OURS: Final = (
    "JOIN instrument AS i ON i.id = x.instrument AND i.code ~ '^(CEA|DUE|CCER|QUOTA|CARRY)'"
)
_PLACE: Final = "CASE a.class WHEN 'duty' THEN -a.party ELSE x.place END"
_POSTED: Final = f"""
SELECT {_PLACE}, i.code, sum(x.units)::bigint
FROM (SELECT debit AS place, instrument, -amount AS units FROM posting
      UNION ALL SELECT credit, instrument, amount FROM posting) AS x
{_OURS} LEFT JOIN account AS a ON a.id = x.place
GROUP BY 1, 2 HAVING sum(x.units) <> 0
"""
_BALANCES: Final = f"""
SELECT {_PLACE}, i.code, x.posted, x.held
FROM (SELECT account AS place, instrument, posted, held FROM balance) AS x
{_OURS} JOIN account AS a ON a.id = x.place
WHERE (x.posted, x.held) <> (0, 0)
"""
_GREEN: Final = "SELECT account, posted FROM balance WHERE instrument = 1 AND account >= 100"
_VERIFY_BY: Final = {"power": date(2026, 6, 30), "steel": date(2026, 7, 31)}
_FINE: Final = (100_000_000, 500_000_000)
_CONTRA: Final = 100


@dataclass(frozen=True)
class Stood:
    """What decides where an emitter stands at the end of a day."""

    known: bool
    figures: tuple[int, ...]  # version, verified, handed in, of it reductions, due, room
    changed_on: date | None

    @classmethod
    def of(cls, book: Book, firm: Firm, year: int) -> Stood:
        """See where it stands now."""
        of, due = firm.years[year], book.due(firm, year)
        figures = of.version, of.verified, of.handed, of.reductions, due, book.room(firm, year)
        return cls(of.version > 0, figures, of.changed_on)

    def told(self, sector: str, year: int, day: date) -> tuple[Any, ...]:
        """Tell what a day's standing must say: its figures, a word, a letter, and days late."""
        due, deadline = self.figures[4], DEADLINE[year]
        over = day > deadline
        if not self.known:
            verify_by = _VERIFY_BY[sector] if year == INTO else deadline
            letter = "C" if day > verify_by and year >= INTO else None
            return (*self.figures, "NOT_VERIFIED", letter, 0)
        end = day if due else self.changed_on or day
        late = max(0, (end - deadline).days)
        if due == 0:
            return (*self.figures, "COMPLIED", "A", late)
        return (*self.figures, "ARREARS" if over else "DUE", "B" if over else None, late)


Day = dict[tuple[int, int], Stood]
"""Where everybody stood at the end of a day, by (firm, compliance year)."""


def seen(book: Book) -> Day:
    """Remember where everybody stands."""
    firms = enumerate(book.firms)
    return {(who, year): Stood.of(book, firm, year) for who, firm in firms for year in YEARS}


class Eye:
    """The owner's eye on the registry, and a reader's."""

    def __init__(self, registry: Registry, url: str) -> None:
        """Connect, outside every transaction of the registry."""
        self._registry = registry
        self._conn = psycopg.connect(url, autocommit=True, options=f"-c search_path={NAME}")

    def close(self) -> None:
        """Hang up."""
        self._conn.close()

    def acts(self, answer: Answer) -> list[tuple[int, str]]:
        """List the journals of an answer with their kinds, but for deciding and taking back."""
        seqs = (answer.outcome or {}).get("journals", [])
        query = "SELECT seq, kind FROM journal WHERE seq = ANY(%s) AND kind ~ %s ORDER BY seq"
        return self._conn.execute(query, (seqs, "^(cea|ccer|transfer)[.]")).fetchall()

    def agrees(self, book: Book, plants: Iterable[int]) -> None:
        """Compare every place with the book, and look for what no act may do."""
        expected = {key: units for key, units in book.has.items() if units}
        assert {(p, c): units for p, c, units in self._conn.execute(_POSTED.encode())} == expected
        balances = self._conn.execute(_BALANCES.encode()).fetchall()
        there = {key: units for key, units in expected.items() if not 0 < key[0] < _CONTRA}
        assert {(p, c): posted for p, c, posted, _ in balances if posted} == there
        assert {(p, c): held for p, c, _, held in balances if held} == dict(+book.held)
        green: dict[int, int] = dict(self._conn.execute(_GREEN.encode()).fetchall())
        assert [green.get(account, 0) for account in plants] == [f.green for f in book.firms]
        assert not (found := broken(self._conn)), found

    def stood(self, book: Book, day: date, then: Day, years: Iterable[int] = YEARS) -> None:
        """Compare where everybody stood on a day, and what it may cost who was short."""
        with self._registry.desk.reader() as read:
            for year in years:
                found = standing(read, [firm.party for firm in book.firms], year, day)
                for who, firm in enumerate(book.firms):
                    mine = found[firm.party]
                    assert told(mine) == then[who, year].told(firm.sector, year, day), mine
                    check_penalty(read, mine)

    def limits(self, book: Book) -> None:
        """Compare what may be carried over, and what is left of what was approved."""
        with self._registry.desk.reader() as read:
            for who, firm in enumerate(book.firms) if book.day > RECORD_DAY else ():
                limit = t_max(read, firm.party, INTO)
                waiting = sum(request.quantity for request in book.waiting(who))
                figures = limit.t_max, limit.carried, limit.waiting, limit.holdings
                assert figures == (book.most(firm), firm.carried, waiting, firm.held_then)
                assert (limit.trades.sold, limit.trades.bought) == (firm.sold, firm.bought)
            for year in YEARS[1:]:
                found = quotas(read, year, [firm.party for firm in book.firms])
                for firm in book.firms:
                    of, mine = firm.years[year], found[firm.party]
                    figures = mine.approved, mine.allocated, mine.kept, mine.left
                    quota = book.quota(firm, year)
                    assert figures == (of.approved, of.allocated, of.kept, quota)
                    assert of.approved == of.allocated + quota


def told(mine: Standing) -> tuple[Any, ...]:
    """Tell what a standing says."""
    figures = mine.version, mine.verified, mine.surrendered, mine.ccer, mine.due, mine.ccer_room
    return (*figures, mine.status, mine.letter, mine.days_late)


def check_penalty(read: Reader, mine: Standing) -> None:
    """Hold the bounds against both laws: a multiple and a deduction; then a fine, and a multiple."""
    month = price_month(mine, read.rules)
    average = None if month is None else month_average(read, month, read.day)
    found = penalty(mine, read.rules, average)
    if mine.letter != "B":
        assert found is None
        return
    assert found is not None
    old = mine.compliance_year < INTO
    price = Fraction(PRICED.quotes[0].turnover_fen, PRICED.quotes[0].volume)
    bounds = (floor(5 * price * mine.due), floor(10 * price * mine.due)) if old else None
    assert (found.shortfall, found.multiple) == (mine.due, bounds)
    assert (found.fine, found.deduction) == ((None, mine.due) if old else (_FINE, 0))
