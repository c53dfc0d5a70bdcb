"""A party's allowances by where they lie, and what it lacks to meet its duties."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sqlalchemy import func, or_, select

from ledger.model.instrument import CEA_DEBT, by_id, yearly
from ledger.store import tables as t

if TYPE_CHECKING:
    from settlement.desk import Reader

_PLACES: Final = {
    "cea_registry": "registry",
    "cea_trading": "trading",
    "province_custody": "custody",
}
PLACES: Final = ("registry", "trading", "judicial", "pending", "custody")


@dataclass(frozen=True, slots=True)
class Holdings:
    """Allowances in t CO2e by vintage and place, what is owed of reductions, and what is due of all years.

    What is frozen by a court or waits for a second person is told apart from where it lies.
    """

    by_vintage: dict[int, Counter[str]]
    debt: int
    due: int

    @property
    def to_add(self) -> int:
        """Tell what is due beyond all that is there, whatever the vintage."""
        there = sum(sum(places.values()) for places in self.by_vintage.values())
        return max(0, self.due - there)


def holdings(read: Reader, party: int) -> Holdings:
    """Read where a party's allowances lie, its own and those in custody for it, in two statements."""
    a, b = t.account.c, t.balance.c
    first, duty = yearly("CEA", 2000).id, yearly("DUE-CEA", 2000).id
    rows = read.conn.execute(
        select(a["class"].label("cls"), b.instrument, func.sum(b.posted).label("units"))
        .join_from(t.balance, t.account, a.id == b.account)
        .where(or_(a.party == party, a.on_behalf_of == party), b.posted > 0)
        .group_by(a["class"], b.instrument)
    )
    found, owed = defaultdict[int, Counter[str]](Counter), Counter[str]()
    for row in rows:
        units = int(row.units)
        if first <= row.instrument < first + 100 and row.cls in _PLACES:
            found[by_id(row.instrument).year][_PLACES[row.cls]] += units
        elif row.cls == "duty" and duty <= row.instrument < duty + 100:
            owed["due"] += units
        elif row.cls == "duty" and row.instrument == CEA_DEBT:
            owed["debt"] += units
    for vintage, place, kind, units in _held(read, party):
        found[vintage][place] -= units
        found[vintage][kind] += units
    return Holdings(dict(sorted(found.items())), owed["debt"], owed["due"])


def _held(read: Reader, party: int) -> list[tuple[int, str, str, int]]:
    """Read what is set aside: vintage, where it lies, as what, and how much."""
    a, h, first = t.account.c, t.hold.c, yearly("CEA", 2000).id
    rows = read.conn.execute(
        select(a["class"].label("cls"), h.instrument, h.kind, func.sum(h.remaining).label("units"))
        .join_from(t.hold, t.account, a.id == h.account)
        .where(
            or_(a.party == party, a.on_behalf_of == party),
            h.instrument >= first,
            h.instrument < first + 100,
            h.remaining > 0,
            a["class"].in_(_PLACES),
        )
        .group_by(a["class"], h.instrument, h.kind)
    )
    kinds = {"judicial": "judicial", "freeze": "judicial"}
    return [
        (by_id(r.instrument).year, _PLACES[r.cls], kinds.get(r.kind, "pending"), int(r.units))
        for r in rows
    ]
