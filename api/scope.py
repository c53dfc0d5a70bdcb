"""What a caller sees: the condition that every look-up carries."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, false, or_, select, true

from api.roles import HIDDEN_FROM_PROVINCES, SEES_ALL, SEES_PROVINCE
from ledger.store import tables as t


@dataclass(frozen=True, slots=True)
class Scope:
    """What a caller sees: its own party's objects, those of a province's parties, or everyone's."""

    party: int
    province: str | None = None
    everyone: bool = False

    def covers(self, party: ColumnElement[Any]) -> ColumnElement[bool]:
        """Write the condition that a column names a party within this scope."""
        if self.everyone:
            return true()
        own: ColumnElement[bool] = party == self.party
        if self.province is None:
            return own
        p = t.party.c
        others = select(p.id).where(
            p.province == self.province, ~p.kinds.overlap(sorted(HIDDEN_FROM_PROVINCES))
        )
        return or_(own, party.in_(others))

    def oversees(self, province: ColumnElement[Any]) -> ColumnElement[bool]:
        """Write the condition that a column names the province whose parties this scope is."""
        return false() if self.province is None else province == self.province


def scope_of(role: str, party: int, province: str | None) -> Scope:
    """Answer what a role of a party sees."""
    return Scope(party, province if role in SEES_PROVINCE else None, role in SEES_ALL)
