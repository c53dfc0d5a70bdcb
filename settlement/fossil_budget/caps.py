"""The room under provincial caps: first come, so what others have recognised goes first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from sqlalchemy import select, tuple_
from sqlalchemy.dialects.postgresql import distinct_on

from ledger.model.command import Expect
from ledger.model.instrument import yearly
from ledger.store import tables as t
from ledger.store.queries.among import among
from settlement.balances import balances_of
from settlement.desk import AnyRow, Reader
from settlement.fossil_budget.figures import Figures
from settlement.fossil_budget.filed import Filed
from settlement.fossil_budget.recognition import Direction

CAP_FACTORS: Final = {
    Direction.IN_PROVINCE: "cap_in_province",
    Direction.OUT_OF_PROVINCE: "cap_out_of_province",
}
"""The regulator's yearly caps of a province, in certificates; without one there is no cap."""


@dataclass(frozen=True, slots=True)
class CapRoom:
    """Certificates left for one budget by direction, and the others' balances this rests on."""

    left: dict[Direction, int] = field(default_factory=dict)
    others: tuple[Expect, ...] = ()


def caps_of(
    read: Reader, filed: Sequence[Filed], figures: Mapping[int, Figures]
) -> dict[int, CapRoom]:
    """Work out the room under the caps of each unit's province, by budget, in two statements.

    The others' balances are expected unchanged, since a recognition always changes one.
    """
    caps = {on_file.id: _caps(figures[on_file.id]) for on_file in filed}
    capped = [on_file for on_file in filed if caps[on_file.id]]
    neighbours = _neighbours(read, capped) if capped else {}
    return {
        on_file.id: _room(on_file, caps[on_file.id], neighbours.get(_place(on_file), ()))
        for on_file in filed
    }


def _caps(figures: Figures) -> dict[Direction, int]:
    found = {to: figures.get(name) for to, name in CAP_FACTORS.items()}
    return {to: int(Decimal(row.value)) for to, row in found.items() if row is not None}


def _place(on_file: Filed) -> tuple[str | None, int]:
    return on_file.province, on_file.year


def _room(
    on_file: Filed, caps: Mapping[Direction, int], neighbours: Sequence[_Neighbour]
) -> CapRoom:
    if not caps:
        return CapRoom()
    others = [one for one in neighbours if one.budget != on_file.id]
    taken = {to: sum(one.counted.get(to, 0) for one in others) for to in caps}
    left = {to: max(0, cap - taken[to]) for to, cap in caps.items()}
    return CapRoom(left, tuple(one.expect for one in others))


@dataclass(frozen=True, slots=True)
class _Neighbour:
    """A budget of the same province and year: what it has recognised, and its balance."""

    budget: int
    counted: Mapping[str, int]
    expect: Expect


def _neighbours(
    read: Reader, filed: Sequence[Filed]
) -> dict[tuple[str | None, int], list[_Neighbour]]:
    rows = _recognised(read, filed)
    instruments = {row.year: yearly("FEB", row.year).id for row in rows}
    balances = balances_of(read, {row.account for row in rows}, set(instruments.values()))
    found: dict[tuple[str | None, int], list[_Neighbour]] = {}
    for row in rows:
        balance = balances.get((row.account, instruments[row.year]))
        version = balance.version if balance else 0
        expect = Expect(row.account, instruments[row.year], version)
        one = _Neighbour(row.id, row.counted or {}, expect)
        found.setdefault((row.province, row.year), []).append(one)
    return found


def _recognised(read: Reader, filed: Sequence[Filed]) -> list[AnyRow]:
    """Read every budget of these provinces and years, with what it last counted by direction."""
    b, p, e = t.fossil_budget.c, t.party.c, t.fossil_budget_event.c
    places = (
        select(p.province, b.year)
        .join_from(t.fossil_budget, t.party, p.id == b.party)
        .where(among(b.id, [on_file.id for on_file in filed]))
    )
    query = (
        select(b.id, b.account, b.year, p.province, e.body["counted"].label("counted"))
        .ext(distinct_on(b.id))
        .join_from(t.fossil_budget, t.party, p.id == b.party)
        .join(t.fossil_budget_event, e.budget == b.id)
        .where(tuple_(p.province, b.year).in_(places))
        .order_by(b.id, e.body.has_key("counted").desc(), e.n.desc())
    )
    return list(read.conn.execute(query))
